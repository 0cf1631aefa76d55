"""Which turns a check has to be told of: of all that is said, most checks wait for a few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from agent_assist.core.events import Channel


class Listening(NamedTuple):
    """What a selector stands for: numbers of wordings (`Earshot.number`), and situations, lines of
    which may be spotted."""

    by: Channel
    numbers: frozenset[int]
    situations: frozenset[str]


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
        waiting: dict[Listening, list[int]] = {}
        for n, each in enumerate(attentions):
            for wanted in each.listening if n not in self._always else ():
                if wanted.by == channel:
                    waiting.setdefault(wanted, []).append(n)
        self._waiting = [(w.numbers, w.situations, places) for w, places in waiting.items()]
        self._all = sorted({*self._always, *(n for *_, places in self._waiting for n in places)})

    def of(self, numbers: Iterable[int], situations: Iterable[str]) -> list[int]:
        """Those told of a turn in which these wordings were heard and these situations spotted."""
        told = set(self._always)
        for heard, spotted, places in self._waiting:
            if not (heard.isdisjoint(numbers) and spotted.isdisjoint(situations)):
                told.update(places)
        return sorted(told)

    def of_any(self) -> list[int]:
        """Those told of a turn that may hold anything: one that is weighed (`is_weighed`)."""
        return self._all
