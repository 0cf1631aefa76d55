"""Scores of very many wordings against one stretch of talk at once.

The recurrence is that of ``alignment`` (which then says what became of each character, of the few
wordings that matter); here all wordings lie one after the other in one array, and each heard
character moves the whole array on by one column. A cheap bound, the best sound anywhere in the
talk for each syllable, leaves out what cannot reach the score asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import EXTRA, MISSED, NOT_A_DIGIT, SLOT_SHORT, Pattern
from agent_assist.core.phonetics import ACCENT, HOMOPHONE, hundredths
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
Floats = NDArray[np.float32]


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
    """Patterns laid out; their numbers are their places in that order."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self.literals = np.array([p.literals for p in patterns], np.float32)
        rows = [_laid_out(pattern) for pattern in patterns]
        sizes = np.array([len(row) for row in rows], np.intp)
        flat = np.array([part for row in rows for part in row], np.int64).reshape(-1, 6)
        self._ids, self._chars, self._kind, self._miss, self._extra, self._digit = flat.T
        self._ends = np.cumsum(sizes)
        self._starts = self._ends - sizes
        self._sizes = sizes

    def reach(self, heard: SpokenText) -> Reach:
        """What each wording can reach at most."""
        if not len(self._starts) or not len(heard):
            nothing = np.zeros(len(self._starts), np.float32)
            return Reach(nothing, nothing)
        near = hundredths(heard.syllables).min(axis=0)[self._ids]
        literal = self._kind == 0
        costs = np.add.reduceat(np.where(literal, near, 0), self._starts)
        alike = np.add.reduceat(literal & (near <= ALIKE), self._starts, dtype=np.int64)
        bound = 1.0005 - costs / (HUNDRED * self.literals)
        return Reach((alike / self.literals).astype(np.float32), bound.astype(np.float32))

    def likeliest(
        self, reach: Reach, count: int, among: NDArray[np.bool_] | bool = True
    ) -> NDArray[np.intp]:
        """The wordings that share most with the talk; of equals the first ones."""
        some = (reach.shared >= LEAST_SHARED) & among
        shared = np.where(some, reach.shared**2 * self.literals, 0.0)
        order = np.argsort(-shared, kind="stable")[:count]
        return order[shared[order] > 0]

    def __len__(self) -> int:
        return len(self._starts)

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
        scores = np.maximum(0.0, 1.0 - (values >> shift) / (HUNDRED * self.literals[chosen]))
        scores = np.round(scores.astype(np.float64), 3)
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
        sizes = self._sizes[chosen] + 1
        lasts = np.cumsum(sizes) - 1
        begins = lasts - sizes + 1
        elements = np.repeat(self._starts[chosen] - begins - 1, sizes) + np.arange(lasts[-1] + 1)
        elements[begins] = self._starts[chosen]
        shift = (len(heard) + 1).bit_length()
        miss = self._miss[elements]
        miss[begins] = 0
        most = int(np.add.reduceat(miss, begins).max()) + HUNDRED
        kind = np.int32 if (most * len(chosen) * 2) << shift < np.iinfo(np.int32).max else np.int64
        passed = (np.cumsum(miss) + np.repeat(np.arange(len(chosen)) * most, sizes)) << shift
        costs = (self._costs(heard, elements) - miss) << shift
        costs[:, begins] = 2 * most << shift
        extra = np.minimum(self._extra[elements], most) << shift
        extra[begins] = -1
        costs, extra = costs.astype(kind), extra.astype(kind)
        values = np.empty((len(heard) + 1, len(elements)), kind)
        values[0] = np.repeat(len(heard) - passed[begins], sizes)
        via, kept = np.empty(len(elements), kind), np.empty(len(elements), kind)
        via[0] = np.iinfo(kind).max
        for j in range(len(heard)):
            np.add(values[j, :-1], costs[j, 1:], out=via[1:])
            np.add(values[j], extra, out=kept)
            np.minimum(kept, via, out=kept)
            np.minimum.accumulate(kept, out=values[j + 1])
        packed = values[:, lasts].astype(np.int64) + passed[lasts]
        return (packed >> shift).argmin(axis=0), packed, shift

    def _costs(self, heard: SpokenText, elements: NDArray[np.intp]) -> Ints:
        """Cost of each element against each heard character, shape (heard, elements)."""
        sounds = hundredths(heard.syllables)[:, self._ids[elements]]
        codes = np.array([ord(c) for c in heard.chars], np.int64)
        np.maximum(sounds, round(HOMOPHONE * HUNDRED), out=sounds)
        sounds[codes[:, None] == self._chars[elements][None, :]] = 0
        gap = self._kind[elements] == 1
        if gap.any():
            wrong = np.array([c not in DIGIT_CHARACTERS for c in heard.chars], np.int64)
            sounds[:, gap] = wrong[:, None] * self._digit[elements][gap][None, :]
        return sounds


def _laid_out(pattern: Pattern) -> list[tuple[int, int, int, int, int, int]]:
    """Each element: sound, character, whether in a slot, cost if missed, if followed by another
    character, if no digit. A slot becomes as many elements as it may have syllables."""
    extra = round(EXTRA * HUNDRED)
    rows: list[tuple[int, int, int, int, int, int]] = []
    for element, sound in zip(pattern.elements, pattern.ids.tolist(), strict=True):
        if not isinstance(element, Slot):
            rows.append((sound, ord(element), 0, round(MISSED * HUNDRED), extra, 0))
            continue
        digit = round(NOT_A_DIGIT * HUNDRED) if element.kind == "digits" else 0
        for n in range(element.max_syllables):
            short = round(SLOT_SHORT * HUNDRED) if n < element.min_syllables else 0
            rows.append((0, 0, 1, short, NEVER, digit))
    return rows
