"""Where in a stretch of talk a wording was said, and which of its characters were.

A semi-global weighted edit distance (Sellers 1980): the whole wording against any part of the
talk. Rows are the wording's elements (characters or slots), columns the heard characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.events import AlignedChar, Operation
from agent_assist.core.phonetics import HOMOPHONE, sound_costs, sound_ids
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken
from agent_assist.core.wording import Slot, Wording

MISSED = 1.0
"""Cost of an expected character that was not said."""
EXTRA = 0.5
"""Cost of a character said in between."""
SLOT_SHORT = 0.5
"""Cost of a slot with fewer syllables than it needs."""
NOT_A_DIGIT = 0.7
"""Cost of a syllable other than a digit in a slot for digits."""
NEAR = 0.45
"""Up to this cost a substitution counts as said with an accent (shown as near, not wrong)."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A wording made ready: ``elements`` are characters or slots, ``sounds`` their syllables."""

    wording: Wording
    elements: tuple[str | Slot, ...]
    ids: NDArray[np.intp]
    chars: NDArray[np.uint32]
    literals: int
    literal: str
    """Its characters, where it has no slot."""

    @classmethod
    def from_wording(cls, wording: Wording) -> Pattern:
        elements: list[str | Slot] = []
        syllables: list[str] = []
        for piece in wording.pieces:
            if isinstance(piece, Slot):
                elements.append(piece)
                syllables.append("")
            else:
                text = spoken(piece)
                elements.extend(text.chars)
                syllables.extend(text.syllables)
        codes = [0 if isinstance(e, Slot) else ord(e) for e in elements]
        return cls(
            wording,
            tuple(elements),
            sound_ids(tuple(syllables)),
            np.array(codes, np.uint32),
            sum(isinstance(e, str) for e in elements),
            "" if wording.slots else "".join(e for e in elements if isinstance(e, str)),
        )


@dataclass(frozen=True, slots=True)
class Alignment:
    """Result: heard characters ``start`` to ``end`` (exclusive) and what became of each."""

    score: float
    start: int
    end: int
    chars: tuple[AlignedChar, ...]


def align(pattern: Pattern, heard: SpokenText) -> Alignment:
    """Best place of the pattern in the heard text; score is 1 minus cost per literal character."""
    start = heard.chars.find(pattern.literal) if pattern.literal else -1
    if start >= 0:
        said = tuple(map(_as_said, pattern.literal))
        return Alignment(1.0, start, start + len(said), said)
    costs = _cost_rows(pattern, heard)
    rows = _fill(pattern, costs, heard)
    end = int(np.argmin(rows[-1]))
    score = max(0.0, 1.0 - float(rows[-1][end]) / max(1, pattern.literals))
    start, chars = _trace(pattern, costs, rows, heard, end)
    return Alignment(round(score, 3), start, end, chars)


@lru_cache(maxsize=4096)
def _as_said(char: str) -> AlignedChar:
    return AlignedChar(char, char, "said")


def _cost_rows(pattern: Pattern, heard: SpokenText) -> Floats:
    codes = np.array([ord(c) for c in heard.chars], np.uint32)
    costs = sound_costs(pattern.ids, sound_ids(heard.syllables))
    differ = pattern.chars[:, None] != codes[None, :]
    return np.where(differ, np.maximum(costs, HOMOPHONE), 0.0).astype(np.float32)


def _digit_penalty(slot: Slot, heard: SpokenText) -> Floats:
    if slot.kind != "digits":
        return np.zeros(len(heard), np.float32)
    return np.array(
        [0.0 if c in DIGIT_CHARACTERS else NOT_A_DIGIT for c in heard.chars], np.float32
    )


def _fill(pattern: Pattern, costs: Floats, heard: SpokenText) -> Floats:
    """Distance matrix, shape (elements + 1, heard + 1)."""
    width = len(heard) + 1
    rows = np.zeros((len(pattern.elements) + 1, width), np.float32)
    steps = np.arange(width, dtype=np.float32) * EXTRA
    for i, element in enumerate(pattern.elements):
        if isinstance(element, Slot):
            rows[i + 1] = _slot_row(element, rows[i], _digit_penalty(element, heard))
            continue
        row = rows[i] + MISSED
        np.minimum(row[1:], rows[i][:-1] + costs[i], out=row[1:])
        rows[i + 1] = np.minimum.accumulate(row - steps) + steps
    return rows


def _slot_row(slot: Slot, before: Floats, penalty: Floats) -> Floats:
    width = len(before)
    best: Floats = np.full(width, np.inf, np.float32)
    paid: Floats = np.zeros(width, np.float32)
    for length in range(min(slot.max_syllables, width - 1) + 1):
        if length:
            paid = np.concatenate(([np.float32(np.inf)], paid[:-1] + penalty)).astype(np.float32)
        short = SLOT_SHORT * max(0, slot.min_syllables - length)
        shifted = before[: width - length] + paid[length:] + np.float32(short)
        np.minimum(best[length:], shifted, out=best[length:])
    return best


def _trace(
    pattern: Pattern, costs: Floats, rows: Floats, heard: SpokenText, end: int
) -> tuple[int, tuple[AlignedChar, ...]]:
    result: list[AlignedChar] = []
    j = end
    for i in range(len(pattern.elements), 0, -1):
        element = pattern.elements[i - 1]
        if isinstance(element, Slot):
            length = _slot_length(
                element, rows[i - 1], rows[i][j], _digit_penalty(element, heard), j
            )
            result.extend(
                AlignedChar("", heard.chars[k], "slot") for k in range(j - 1, j - length - 1, -1)
            )
            j -= length
            continue
        step, j = _literal_step(element, costs, rows, heard, i, j)
        result.extend(step)
    return j, tuple(reversed(result))


def _literal_step(
    element: str, costs: Floats, rows: Floats, heard: SpokenText, i: int, j: int
) -> tuple[list[AlignedChar], int]:
    """Undo row ``i``: extra characters first, then one substitution or one missed character."""
    extras: list[AlignedChar] = []
    while True:
        if j > 0 and _is_close(rows[i, j], rows[i - 1, j - 1] + costs[i - 1, j - 1]):
            cost = float(costs[i - 1, j - 1])
            aligned = AlignedChar(element, heard.chars[j - 1], _operation(cost))
            return [*extras, aligned], j - 1
        if j == 0 or _is_close(rows[i, j], rows[i - 1, j] + MISSED):
            return [*extras, AlignedChar(element, "", "missed")], j
        extras.append(AlignedChar("", heard.chars[j - 1], "extra"))
        j -= 1


def _slot_length(slot: Slot, before: Floats, value: float, penalty: Floats, j: int) -> int:
    """The shortest slot filling that explains the value."""
    paid = 0.0
    for length in range(min(slot.max_syllables, j) + 1):
        if length:
            paid += float(penalty[j - length])
        short = SLOT_SHORT * max(0, slot.min_syllables - length)
        if _is_close(value, before[j - length] + paid + short):
            return length
    return 0


def _operation(cost: float) -> Operation:
    if cost <= 0:
        return "said"
    if cost <= HOMOPHONE + 1e-6:
        return "homophone"
    return "near" if cost <= NEAR else "wrong"


def _is_close(a: float, b: float) -> bool:
    return abs(float(a) - float(b)) < 1e-3
