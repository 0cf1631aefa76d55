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
Whole = np.signedinteger[Any]
Costs = NDArray[np.uint8]
Floats = NDArray[np.float32]

_LITERAL, _IN_SLOT, _NOT_BEGUN = range(3)
_COUNTED = 32
_BOTH = np.array([cost + ((cost <= ALIKE) << _COUNTED) for cost in range(HUNDRED + 1)], np.int64)
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
        self._literals = self.literals.astype(np.float64)
        rows = [_laid_out(pattern) for pattern in patterns]
        flat = np.array([part for row in rows for part in row], np.int64).reshape(-1, 6)
        ids, self._chars, kind, miss, self._extra, self._digit = np.ascontiguousarray(flat.T)
        self._sizes = np.array([len(row) for row in rows], np.intp)
        self._starts = np.cumsum(self._sizes) - self._sizes
        passed = np.cumsum(miss)
        self._passed = passed - np.repeat(passed[self._starts], self._sizes)
        self._whole = self._passed[self._starts + self._sizes - 1]
        self._miss = miss
        self._in_slot = kind == _IN_SLOT
        self._spell(ids, kind == _LITERAL)

    def _spell(self, ids: Ints, literal: NDArray[np.bool_]) -> None:
        """Number the sounds that occur, for each element and for the literal ones alone."""
        sounds, self._spelt = np.unique(ids[literal], return_inverse=True)
        self._sounds = costs_to(sounds)
        self._sound_of = np.zeros(len(ids), np.intp)
        self._sound_of[literal] = self._spelt
        counts = self.literals.astype(np.intp)
        self._spelt_starts = np.cumsum(counts) - counts

    def __len__(self) -> int:
        return len(self._starts)

    def reach(self, heard: SpokenText) -> Reach:
        """What each wording can reach at most."""
        if not len(self) or not len(heard):
            nothing = np.zeros(len(self), np.float32)
            return Reach(nothing, nothing)
        near = self._sounds[sound_ids(heard.syllables)].min(axis=0)
        sums = np.add.reduceat(_BOTH[near][self._spelt], self._spelt_starts)
        shared = (sums >> _COUNTED) / self._literals
        bound = 1.0005 - (sums & ((1 << _COUNTED) - 1)) / (HUNDRED * self._literals)
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
        ends, packed, shift = self._columns(heard, chosen)
        values = packed[ends, np.arange(len(chosen))]
        scores = np.maximum(0.0, 1.0 - (values >> shift) / (HUNDRED * self._literals[chosen]))
        scores = scores.round(3)
        if least is not None and not (scores >= least[chosen]).any():
            return []
        starts = len(heard) - (values & ((1 << shift) - 1))
        columns = (chosen.tolist(), scores.tolist(), starts.tolist(), ends.tolist())
        return [Hit(*each) for each in zip(*columns, strict=True)]

    def occurrences(self, heard: SpokenText, number: int, least: float) -> list[Hit]:
        """All places of a wording that score ``least``, not overlapping, better ones first."""
        _, packed, shift = self._columns(heard, np.array([number], np.intp))
        literals = max(1.0, float(self.literals[number]))
        mask, width = (1 << shift) - 1, len(heard)
        found = [
            Hit(number, round(1 - (v >> shift) / (HUNDRED * literals), 3), width - (v & mask), end)
            for end, v in enumerate(packed[:, 0].tolist())
        ]
        kept: list[Hit] = []
        for hit in sorted((h for h in found if h.score >= least), key=lambda h: (-h.score, h.end)):
            if all(hit.end <= k.start or hit.start >= k.end for k in kept):
                kept.append(hit)
        return kept

    def _columns(
        self, heard: SpokenText, chosen: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], Ints, int]:
        """First best end of each chosen wording, and packed values, (heard + 1, chosen).

        A value holds the cost in its upper bits and, in the ``shift`` lower ones, how far from the
        talk's end the place begins: of equal ones the shortest. Before each wording's elements
        stands one where it has not begun. What it costs to have missed all elements up to one is
        taken off its value while the columns are filled: missing elements is then a running
        minimum. Each next wording lies lower than all before it, so that none goes on in the next.
        """
        sizes = self._sizes[chosen]
        ends = np.cumsum(sizes)
        begins = ends - sizes
        elements = np.repeat(self._starts[chosen] - begins, sizes) + np.arange(ends[-1])
        shift = (len(heard) + 1).bit_length()
        most = int(self._whole[chosen].max()) + HUNDRED
        narrow = (most * len(chosen) * 2) << shift < np.iinfo(np.int32).max
        kind: np.dtype[Whole] = np.dtype(np.int32 if narrow else np.int64)
        lower = np.arange(len(chosen)) * most
        passed = (self._passed[elements] + np.repeat(lower, sizes)) << shift
        extra = np.minimum(self._extra[elements], most) << shift
        extra[begins] = -1
        values = np.empty((len(heard) + 1, len(elements) + 1), kind)
        values[:, 0] = most << shift
        values[0, 1:] = np.repeat(len(heard) - (lower << shift), sizes)
        costs = self._costs(heard, elements).astype(kind)
        costs -= self._miss[elements].astype(kind)
        np.left_shift(costs, shift, out=costs)
        _sweep(values, costs, extra.astype(kind))
        packed = values[:, ends].astype(np.int64) + passed[ends - 1]
        return (packed >> shift).argmin(axis=0), packed, shift

    def _costs(self, heard: SpokenText, elements: NDArray[np.intp]) -> Costs:
        """Cost of each element against each heard character, shape (heard, elements)."""
        sounds = self._sounds[sound_ids(heard.syllables)]
        costs = sounds.take(self._sound_of[elements], axis=1)
        np.maximum(costs, round(HOMOPHONE * HUNDRED), out=costs)
        codes = np.array([ord(c) for c in heard.chars], np.int64)
        costs *= codes[:, None] != self._chars[elements]
        slots = np.flatnonzero(self._in_slot[elements])
        if len(slots):
            wrong = np.array([c not in DIGIT_CHARACTERS for c in heard.chars], np.uint8)
            costs[:, slots] = wrong[:, None] * self._digit[elements[slots]]
        return costs


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


def _laid_out(pattern: Pattern) -> list[tuple[int, int, int, int, int, int]]:
    """Where it has not begun, then each element: sound, character, kind, cost if missed, if
    followed by another character, if no digit. A slot becomes as many elements as it may have
    syllables."""
    extra = round(EXTRA * HUNDRED)
    rows: list[tuple[int, int, int, int, int, int]] = [(0, 0, _NOT_BEGUN, 0, 0, 0)]
    for element, sound in zip(pattern.elements, pattern.ids.tolist(), strict=True):
        if not isinstance(element, Slot):
            rows.append((sound, ord(element), _LITERAL, round(MISSED * HUNDRED), extra, 0))
            continue
        digit = round(NOT_A_DIGIT * HUNDRED) if element.kind == "digits" else 0
        for n in range(element.max_syllables):
            short = round(SLOT_SHORT * HUNDRED) if n < element.min_syllables else 0
            rows.append((0, 0, _IN_SLOT, short, NEVER, digit))
    return rows
