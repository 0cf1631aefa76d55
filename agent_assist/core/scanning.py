"""Scores of very many wordings against one stretch of talk at once.

``alignment`` says what became of each character, of the few wordings that matter; here all are
scored (``grid``). Two cheap bounds leave out what cannot reach the score asked for: the best sound
anywhere in the talk for each syllable, and the best place for each two syllables that follow each
other (``pairing``); of few wordings the second costs more than it spares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import Pattern
from agent_assist.core.grid import HUNDRED, Asked, Costs, Grid, Places
from agent_assist.core.phonetics import ACCENT
from agent_assist.core.text import SpokenText

ALIKE = round(HUNDRED * ACCENT)
"""Up to this cost two syllables are one, said with an accent."""

Floats = NDArray[np.float32]

_COUNTED = 20
_COST = (1 << _COUNTED) - 1
_BOTH = np.array([cost + ((cost <= ALIKE) << _COUNTED) for cost in range(HUNDRED + 1)], np.int32)
"""By cost: itself and, in the bits above, whether the syllables are alike: summed in one go."""
MUCH = 4000
"""Up to so many wordings times heard characters they are scored sooner than bounds are known."""
TOLD_APART = 10
"""Different scores of a wording of so many characters stay different when they are rounded."""
ROUNDED = 0.00051
"""Scores are rounded to thousandths: by so much one may exceed what it is."""


class Hit(NamedTuple):
    """The best place of a wording: its number, and heard characters ``start`` to ``end``."""

    number: int
    score: float
    start: int
    end: int


class Reach(NamedTuple):
    """What can be in a talk: ``near``, the best cost of each sound, and for each wording ``sums``,
    the least it can cost and, in the bits above, how many of its syllables occur."""

    near: Costs
    sums: NDArray[np.int32]

    @property
    def alike(self) -> NDArray[np.int32]:
        """How many syllables of each wording occur in the talk, accents aside."""
        return self.sums >> _COUNTED


class Bar(NamedTuple):
    """For each wording the most it may cost, and how many of its syllables must occur at least."""

    cost: NDArray[np.int32]
    alike: NDArray[np.int32]


class Scanner:
    """Patterns laid out, each with a literal character at least; their numbers are their places
    in that order."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.literals = np.array([p.literals for p in patterns], np.float32)
        self._hundreds = HUNDRED * self.literals.astype(np.float64)
        self._grid = Grid(patterns)
        self._texts = [pattern.literal for pattern in patterns]

    def __len__(self) -> int:
        return len(self._texts)

    def reach(self, heard: SpokenText) -> Reach:
        """What each wording can reach at most."""
        return self._summed(self._grid.nearest(heard))

    def either(self, one: Reach, other: Reach) -> Reach:
        """The same in two stretches of talk together."""
        return self._summed(np.minimum(one.near, other.near))

    def _summed(self, near: Costs) -> Reach:
        return Reach(near, self._grid.summed(_BOTH[near]))

    def shared(self, reach: Reach, some: NDArray[np.intp]) -> Floats:
        """The share of these wordings' syllables that occur in the talk, accents aside."""
        return (reach.alike[some] / self.literals[some].astype(np.float64)).astype(np.float32)

    def most(self, reach: Reach, some: NDArray[np.intp]) -> NDArray[np.float64]:
        """For each of these wordings a score that it cannot exceed."""
        return 1.0 + ROUNDED - (reach.sums[some] & _COST) / self._hundreds[some]

    def bar(self, least: NDArray[np.floating[Any]], shared: float) -> Bar:
        """What a wording must reach to get this score, with such a share of its syllables."""
        cost = np.maximum(-1.0, (1.0 + ROUNDED - least) * self._hundreds)
        alike = np.ceil(shared * self.literals.astype(np.float64) - 1e-6)
        return Bar(cost.astype(np.int32), alike.astype(np.int32))

    def able(self, reach: Reach, bar: Bar) -> NDArray[np.bool_]:
        """Which wordings can reach what they must."""
        return ((reach.sums & _COST) <= bar.cost) & (reach.alike >= bar.alike)

    def likeliest(self, reach: Reach, count: int, among: NDArray[np.intp]) -> NDArray[np.intp]:
        """Of these wordings those that share most with the talk; of equals the first ones."""
        if len(among) <= count:
            return among
        rank = -(self.shared(reach, among) ** 2 * self.literals[among])
        return among[rank.argsort(kind="stable")[:count]]

    def bounds(self, heard: SpokenText, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
        """For each of the chosen a score that it cannot exceed."""
        if not len(heard):
            return np.zeros(len(chosen))
        costs = self._grid.pair_costs(heard, chosen)
        return 1.0 + ROUNDED - costs / self._hundreds[chosen]

    def scan(
        self, heard: SpokenText, chosen: NDArray[np.intp], least: NDArray[np.floating[Any]]
    ) -> list[Hit]:
        """Those of the chosen, in their order, that reach their score of ``least``."""
        return self.scan_each([Asked(heard, chosen)], least)[0]

    def scan_each(
        self, asked: Sequence[Asked], least: NDArray[np.floating[Any]]
    ) -> list[list[Hit]]:
        """The same of several talks, each with wordings of its own."""
        able = [Asked(heard, self._able_to(heard, chosen, least)) for heard, chosen in asked]
        return self.score_each(able, least)

    def _able_to(
        self, heard: SpokenText, chosen: NDArray[np.intp], least: NDArray[np.floating[Any]]
    ) -> NDArray[np.intp]:
        if len(chosen) * len(heard) <= MUCH:
            return chosen
        return chosen[self.bounds(heard, chosen) >= least[chosen]]

    def score(self, heard: SpokenText, chosen: NDArray[np.intp]) -> list[Hit]:
        """The best place of each chosen wording, in the order given."""
        if not len(chosen) or not len(heard):
            return []
        columns = self._scored(chosen, self._grid.best(heard, chosen))
        return list(map(Hit, *(column.tolist() for column in columns)))

    def _scored(self, chosen: NDArray[np.intp], places: Places) -> tuple[NDArray[Any], ...]:
        """Hits, column by column."""
        scores = np.maximum(0.0, 1.0 - places.costs / self._hundreds[chosen]).round(3)
        return chosen, scores, places.starts, places.ends

    def score_each(
        self, asked: Sequence[Asked], least: NDArray[np.floating[Any]] | None = None
    ) -> list[list[Hit]]:
        """The same of several talks, each with wordings of its own; only what reaches ``least``."""
        some = [each for each in asked if len(each.heard) and len(each.chosen)]
        found = iter(self._hits(some, least) if some else ())
        return [next(found) if len(h) and len(c) else [] for h, c in asked]

    def _hits(
        self, asked: Sequence[Asked], least: NDArray[np.floating[Any]] | None
    ) -> Iterator[list[Hit]]:
        numbers = np.concatenate([chosen for _, chosen in asked])
        alone = len(asked) == 1
        places = self._grid.best(*asked[0]) if alone else self._grid.best_of_each(asked)
        columns = self._scored(numbers, places)
        last = np.cumsum([len(chosen) for _, chosen in asked])
        if least is not None:
            enough = columns[1].astype(least.dtype) >= least[numbers]
            last = np.cumsum(enough)[last - 1]
            columns = tuple(column[enough] for column in columns)
        hits = list(map(Hit, *(column.tolist() for column in columns)))
        begin = 0
        for end in last.tolist():
            yield hits[begin:end]
            begin = end

    def occurrences(self, heard: SpokenText, best: Hit, least: float) -> list[Hit]:
        """All places of a wording that score ``least``, not overlapping, better ones first.

        ``best`` is the first best one.
        """
        if best.score < least:
            return []
        number = best.number
        chosen, text = np.array([number], np.intp), self._texts[number]
        beside = max(best.start, len(heard) - best.end)
        if 0 < len(text) <= TOLD_APART and beside < (least - ROUNDED) * len(text):
            return [best]
        is_exact = bool(text) and heard.chars.startswith(text, best.start)
        if is_exact and not self._is_elsewhere(heard, best, least):
            return [best]
        _, packed, shift = self._grid.places(heard, chosen)
        scores = 1.0 - (packed[:, 0] >> shift) / self._hundreds[number]
        mask, width = (1 << shift) - 1, len(heard)
        found = [
            Hit(number, round(float(scores[end]), 3), width - int(packed[end, 0] & mask), end)
            for end in np.flatnonzero(scores >= least - 0.001).tolist()
        ]
        kept: list[Hit] = []
        for hit in sorted((h for h in found if h.score >= least), key=lambda h: (-h.score, h.end)):
            if all(hit.end <= k.start or hit.start >= k.end for k in kept):
                kept.append(hit)
        return kept

    def _is_elsewhere(self, heard: SpokenText, exact: Hit, least: float) -> bool:
        """Whether the wording may be in the talk once more."""
        costs = self._grid.costs_of(heard, exact.number)
        around = np.concatenate((costs[: exact.start], costs[exact.end :]))
        if not len(around):
            return False
        most = 1.0 + ROUNDED - int(around.min(axis=0).sum()) / self._hundreds[exact.number]
        return bool(most >= least)
