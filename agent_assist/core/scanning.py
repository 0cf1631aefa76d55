"""Scores of very many wordings against one stretch of talk at once.

The recurrence is that of ``alignment`` (which then says what became of each character, of the few
wordings that matter); here all wordings lie one after the other in one array, and each heard
character moves the whole array on by one column. A cheap bound, the best sound anywhere in the
talk for each syllable, leaves out what cannot reach the score asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import EXTRA, MISSED, NOT_A_DIGIT, SLOT_SHORT, Pattern
from agent_assist.core.phonetics import ACCENT, HOMOPHONE, costs_to, sound_ids
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText
from agent_assist.core.wording import Slot

HUNDRED = 100
"""Costs are whole hundredths, so that sums are exact in any order."""
LEAST_SHARED = 0.34
"""Wordings with a smaller share of syllables in the talk are no rivals."""
NEVER = 1_000_000
ALIKE = round(HUNDRED * ACCENT)
"""Up to this cost two syllables are one, said with an accent."""

Ints = NDArray[np.int64]
Costs = NDArray[np.uint8]
Floats = NDArray[np.float32]
Whole = np.signedinteger[Any]

ANY, DIGIT = -1, -2
"""What stands in place of a sound in a slot; a wording that has not begun goes with any, too."""
NONE = 0
"""No character, in their place."""
_COUNTED = 20
_BOTH = np.array([cost + ((cost <= ALIKE) << _COUNTED) for cost in range(HUNDRED + 1)], np.uint32)
"""By cost: itself and, in the bits above, whether the syllables are alike: summed in one go."""


class Hit(NamedTuple):
    """The best place of a wording: its number, and heard characters ``start`` to ``end``."""

    number: int
    score: float
    start: int
    end: int


class Reach(NamedTuple):
    """For each wording: the share of its syllables that occur in the talk, accents aside, and a
    score that it cannot exceed there."""

    shared: Floats
    bound: Floats


class Scanner:
    """Patterns laid out, each with a literal character at least; their numbers are their places
    in that order."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.literals = np.array([p.literals for p in patterns], np.float32)
        self._hundreds = HUNDRED * self.literals.astype(np.float64)
        rows = [_laid_out(pattern) for pattern in patterns]
        flat = np.array([part for row in rows for part in row], np.int64).reshape(-1, 4)
        sounds, chars, miss, extra = np.ascontiguousarray(flat.T)
        self._sizes = np.array([len(row) for row in rows], np.intp)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._whole = np.add.reduceat(miss, self._starts) if patterns else miss
        self._most = int(self._whole.max(initial=0)) + HUNDRED
        self._miss_extra = np.stack((miss, np.minimum(extra, self._most)))
        self._chars = chars.astype(np.uint32)
        self._in_slot = sounds < 0
        self._spell(sounds)

    def _spell(self, ids: Ints) -> None:
        """Number the sounds that occur; after them come any sound at all, and any digit's."""
        sounds, self._spelt = np.unique(ids[ids >= 0], return_inverse=True)
        self._sound_of = np.where(ids == DIGIT, len(sounds) + 1, len(sounds))
        self._sound_of[ids >= 0] = self._spelt
        self._near = costs_to(sounds)
        apart = np.maximum(self._near, round(HUNDRED * HOMOPHONE))
        others = np.array([[0, round(HUNDRED * NOT_A_DIGIT)]], np.uint8)
        self._apart = np.hstack((apart, np.repeat(others, len(apart), axis=0)))
        counts = self.literals.astype(np.intp)
        self._spelt_starts = np.cumsum(counts) - counts

    def __len__(self) -> int:
        return len(self._starts)

    def reach(self, heard: SpokenText) -> Reach:
        """What each wording can reach at most."""
        if not len(self) or not len(heard):
            nothing = np.zeros(len(self), np.float32)
            return Reach(nothing, nothing)
        near = self._near[sound_ids(heard.syllables)].min(axis=0)
        sums = np.add.reduceat(_BOTH[near][self._spelt], self._spelt_starts, dtype=np.uint32)
        shared = (sums >> _COUNTED) / self.literals.astype(np.float64)
        bound = 1.0005 - (sums & ((1 << _COUNTED) - 1)) / self._hundreds
        return Reach(shared.astype(np.float32), bound.astype(np.float32))

    def likeliest(
        self, reach: Reach, count: int, among: NDArray[np.bool_] | bool = True
    ) -> NDArray[np.intp]:
        """The wordings that share most with the talk; of equals the first ones."""
        some = np.flatnonzero((reach.shared >= LEAST_SHARED) & among)
        rank = -(reach.shared[some] ** 2 * self.literals[some])
        return some[rank.argsort(kind="stable")[:count]]

    def scan(
        self, heard: SpokenText, chosen: NDArray[np.intp], least: Floats | None = None
    ) -> list[Hit]:
        """The best place of each chosen wording, in the order given.

        With ``least``, a score for every wording, nothing unless one of them reaches its own.
        """
        if not len(chosen) or not len(heard):
            return []
        ends, packed, shift = self._places(heard, chosen)
        values = packed[ends, np.arange(len(chosen))]
        scores = np.maximum(0.0, 1.0 - (values >> shift) / self._hundreds[chosen])
        scores = scores.round(3)
        if least is not None and not (scores >= least[chosen]).any():
            return []
        starts = len(heard) - (values & ((1 << shift) - 1))
        columns = (chosen.tolist(), scores.tolist(), starts.tolist(), ends.tolist())
        return [Hit(*each) for each in zip(*columns, strict=True)]

    def occurrences(self, heard: SpokenText, number: int, least: float) -> list[Hit]:
        """All places of a wording that score ``least``, not overlapping, better ones first."""
        _, packed, shift = self._places(heard, np.array([number], np.intp))
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

    def _places(
        self, heard: SpokenText, chosen: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], Ints, int]:
        """First best end of each chosen wording, and packed values, (heard + 1, chosen).

        A value holds the cost in its upper bits and, in the ``shift`` lower ones, how far from the
        talk's end the place begins: of equal ones the shortest. They are filled in character by
        character of the talk or, in long talk, element by element of the wordings.
        """
        shift = (len(heard) + 1).bit_length()
        is_long = len(heard) > self._sizes[chosen].max()
        packed = (self._rows if is_long else self._columns)(heard, chosen, shift)
        return (packed >> shift).argmin(axis=0), packed, shift

    def _columns(self, heard: SpokenText, chosen: NDArray[np.intp], shift: int) -> Ints:
        """All elements of all wordings side by side, moved on by one heard character after another.

        What it costs to have missed all elements up to one is taken off its value meanwhile:
        missing elements is then a running minimum. Each next wording lies lower than all before
        it, so that none goes on in the next.
        """
        sizes = self._sizes[chosen]
        ends = np.cumsum(sizes)
        begins = ends - sizes
        elements = np.repeat(self._starts[chosen] - begins, sizes) + np.arange(ends[-1])
        kind = _narrowest(self._most * len(chosen) << shift)
        miss, extra = (self._miss_extra.take(elements, axis=1) << shift).astype(kind)
        extra[begins] = -1
        costs = self._costs(heard, elements).astype(kind)
        np.left_shift(costs, shift, out=costs)
        costs -= miss
        lower = np.arange(len(chosen)) * self._most << shift
        values = np.empty((len(heard) + 1, len(elements) + 1), kind)
        values[:, 0] = self._most << shift
        values[0, 1:] = np.repeat(len(heard) - lower, sizes)
        _sweep(values, costs, extra)
        return values[:, ends] + ((self._whole[chosen] << shift) + lower)

    def _rows(self, heard: SpokenText, chosen: NDArray[np.intp], shift: int) -> Ints:
        """All places of the talk side by side, for each wording, moved on by one element.

        What extra characters would have cost from the talk's beginning is taken off meanwhile:
        they are then a running minimum. The longest wordings stand first, so that those that go on
        do.
        """
        order = np.argsort(-self._sizes[chosen], kind="stable")
        sizes, starts = self._sizes[chosen[order]], self._starts[chosen[order]]
        steps = [starts[: np.count_nonzero(sizes > n)] + n for n in range(1, int(sizes[0]))]
        elements = np.concatenate(steps)
        extra = round(EXTRA * HUNDRED) << shift
        kind = _narrowest((self._most << shift) + extra * len(heard))
        between = np.arange(len(heard) + 1) * extra
        costs = (self._costs(heard, elements).T.astype(kind) << shift) - extra
        misses = (self._miss_extra[0, elements, None] << shift).astype(kind)
        slots = self._in_slot[elements]
        values = np.tile((np.arange(len(heard), -1, -1) - between).astype(kind), (len(chosen), 1))
        begin = 0
        for step in steps:
            now = slice(begin, begin := begin + len(step))
            before = values[: len(step)]
            here = before + misses[now]
            np.minimum(here[:, 1:], before[:, :-1] + costs[now], out=here[:, 1:])
            np.minimum.accumulate(here, axis=1, out=before)
            if slots[now].any():
                before[slots[now]] = here[slots[now]]
        packed = np.empty(values.shape, np.int64)
        packed[order] = values + between
        return packed.T

    def _costs(self, heard: SpokenText, elements: NDArray[np.intp]) -> Costs:
        """Cost of each element against each heard character, shape (heard, elements)."""
        sounds = self._apart[sound_ids(heard.syllables)]
        sounds[[j for j, c in enumerate(heard.chars) if c in DIGIT_CHARACTERS], -1] = 0
        costs = sounds.take(self._sound_of[elements], axis=1)
        codes = np.frombuffer(heard.chars.encode("utf-32-le"), np.uint32)
        costs *= codes[:, None] != self._chars[elements]
        return costs


def _narrowest(most: int) -> np.dtype[Whole]:
    """A kind of number that holds twice as much."""
    return np.dtype(np.int32 if 2 * most < np.iinfo(np.int32).max else np.int64)


def _sweep(values: NDArray[Whole], costs: NDArray[Whole], extra: NDArray[Whole]) -> None:
    """Fill the columns after the first: each element goes on from the one before it, or stays
    with one character more, or was missed."""
    via, kept = np.empty_like(extra), np.empty_like(extra)
    for before, same, cost, after in zip(
        values[:-1, :-1], values[:-1, 1:], costs, values[1:, 1:], strict=True
    ):
        np.add(before, cost, out=via)
        np.add(same, extra, out=kept)
        np.minimum(kept, via, out=kept)
        np.minimum.accumulate(kept, out=after)


def _laid_out(pattern: Pattern) -> list[tuple[int, int, int, int]]:
    """Where it has not begun, then each element: sound, character, cost if missed, cost if
    followed by another character. A slot becomes as many elements as it may have syllables."""
    rows: list[tuple[int, int, int, int]] = [(ANY, NONE, 0, 0)]
    missed, extra = round(MISSED * HUNDRED), round(EXTRA * HUNDRED)
    for element, sound in zip(pattern.elements, pattern.ids.tolist(), strict=True):
        if not isinstance(element, Slot):
            rows.append((sound, ord(element), missed, extra))
            continue
        for n in range(element.max_syllables):
            short = round(SLOT_SHORT * HUNDRED) if n < element.min_syllables else 0
            rows.append((DIGIT if element.kind == "digits" else ANY, NONE, short, NEVER))
    return rows
