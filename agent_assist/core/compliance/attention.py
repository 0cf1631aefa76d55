"""Which turns a check has to be told of: of all that is said, most checks wait for a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from agent_assist.core.events import Channel


class Listening(NamedTuple):
    """What a selector stands for: numbers of wordings (`Earshot.number`), and situations, lines of
    which may be spotted, and meanings."""

    by: Channel
    numbers: frozenset[int]
    situations: frozenset[str]
    meanings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Attention:
    """``every``: the channels whose every turn matters; of the others, what is listened for."""

    every: tuple[Channel, ...] = ()
    listening: tuple[Listening, ...] = ()


TO_ALL = Attention(every=("agent", "customer"))
TO_NONE = Attention()


class Audience:
    """Which checks, by their place among all, are told of a channel's turns."""

    def __init__(self, attentions: Sequence[Attention], channel: Channel) -> None:
        self._always = [n for n, each in enumerate(attentions) if channel in each.every]
        waiting: dict[int | str, list[int]] = {}
        for n, each in enumerate(attentions):
            for wanted in each.listening if n not in self._always else ():
                meanings = map(_key, wanted.meanings)
                all_of_it: set[int | str] = {*wanted.numbers, *wanted.situations, *meanings}
                for what in all_of_it if wanted.by == channel else ():
                    waiting.setdefault(what, []).append(n)
        shared: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._waiting = {
            what: shared.setdefault(tuple(places), tuple(places))
            for what, places in waiting.items()
        }
        self._all = sorted({*self._always, *chain(*shared)})

    def of(
        self, numbers: Iterable[int], situations: Iterable[str], meanings: Iterable[str] = ()
    ) -> list[int]:
        """Those told of a turn in which these wordings were heard, these situations spotted and
        these meanings found."""
        told = set(self._always)
        for number in numbers:
            told.update(self._waiting.get(number, ()))
        for name in (*situations, *map(_key, meanings)):
            told.update(self._waiting.get(name, ()))
        return sorted(told)

    def of_any(self) -> list[int]:
        """Those told of a turn that may hold anything: one that is weighed (`is_weighed`)."""
        return self._all


def _key(meaning: str) -> str:
    """Meanings and situations may have the same name."""
    return f"~{meaning}"
