"""What was worked out lately, kept for when it is asked for again, or ahead of that."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Keeps at most ``size`` answers, and those asked for last: at least half as many.

    Threads may share it.
    """

    def __init__(self, size: int, work_out: Callable[[Sequence[K]], Sequence[V]]) -> None:
        self._half = size // 2
        self._work_out = work_out
        self._new: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __call__(self, key: K) -> V:
        """The answer, worked out if it is not known."""
        found = self._new.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                (found,) = self._work_out((key,))
            self._keep(key, found)
        return found

    def foresee(self, keys: Iterable[K]) -> None:
        """Work out together what will be asked for, as far as it can be kept."""
        some = list(dict.fromkeys(keys))[: self._half]
        wanted = [key for key in some if key not in self._new and key not in self._old]
        for key, found in zip(wanted, self._work_out(wanted) if wanted else (), strict=True):
            self._keep(key, found)

    def clear(self) -> None:
        """Forget everything."""
        self._new, self._old = {}, {}

    def _keep(self, key: K, found: V) -> None:
        if len(self._new) >= self._half:
            self._old, self._new = self._new, {}
        self._new[key] = found
