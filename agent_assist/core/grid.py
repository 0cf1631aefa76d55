"""Wordings laid out one after the other in one array, and what they cost against a talk.

The recurrence is that of ``alignment``; each heard character moves the whole array on by one
column. Costs are whole hundredths, so that sums are exact in any order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import EXTRA, MISSED, NOT_A_DIGIT, SLOT_SHORT, Pattern
from agent_assist.core.pairing import Elements, pair_costs
from agent_assist.core.phonetics import HOMOPHONE, costs_to, sound_ids
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText
from agent_assist.core.wording import Slot

HUNDRED = 100
NEVER = 1_000_000
LONG_TALK = 5
"""Talk so many times as long as any wording is gone through element by element."""

Ints = NDArray[np.int64]
Costs = NDArray[np.uint8]
Whole = np.signedinteger[Any]

ANY, DIGIT = -1, -2
"""What stands in place of a sound in a slot; a wording that has not begun goes with any, too."""
NONE = 0
"""No character, in their place."""
ABREAST = 4000
"""So many elements are moved on at once."""


class Asked(NamedTuple):
    """Wordings, by number, whose places in a talk are wanted; both have one at least."""

    heard: SpokenText
    chosen: NDArray[np.intp]


class Layout(NamedTuple):
    """Chosen wordings side by side: their sizes and ends, and the elements in each column."""

    chosen: NDArray[np.intp]
    sizes: NDArray[np.intp]
    ends: NDArray[np.intp]
    elements: NDArray[np.intp]


class Places(NamedTuple):
    """For each wording what it costs and where in the talk it stands."""

    costs: Ints
    starts: Ints
    ends: Ints


class Grid:
    """The elements of patterns; a wording's first one stands for its not having begun."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        rows = [_rows_of(pattern) for pattern in patterns]
        flat = np.array([part for row in rows for part in row], np.int64).reshape(-1, 4)
        sounds, chars, miss, extra = np.ascontiguousarray(flat.T)
        self._sizes = np.array([len(row) for row in rows], np.intp)
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._whole = np.add.reduceat(miss, self._starts) if patterns else miss
        self._most = int(self._whole.max(initial=0)) + HUNDRED
        self._miss_extra = np.stack((miss, np.minimum(extra, self._most)))
        self._chars = chars.astype(np.uint32)
        self._in_slot = sounds < 0
        self._elements = Elements.of(sounds >= 0, self._sizes)
        self._spell(sounds, np.array([p.literals for p in patterns], np.intp))

    def _spell(self, ids: Ints, counts: NDArray[np.intp]) -> None:
        """Number the sounds that occur; after them come any sound at all, and any digit's."""
        sounds, self._spelt = np.unique(ids[ids >= 0], return_inverse=True)
        self._sound_of = np.where(ids == DIGIT, len(sounds) + 1, len(sounds))
        self._sound_of[ids >= 0] = self._spelt
        self._has_digits = bool((ids == DIGIT).any())
        self._near = costs_to(sounds)
        apart = np.maximum(self._near, round(HUNDRED * HOMOPHONE))
        others = np.array([[0, round(HUNDRED * NOT_A_DIGIT)]], np.uint8)
        self._apart = np.hstack((apart, np.repeat(others, len(apart), axis=0)))
        self._spelt_ends = np.cumsum(counts) - 1

    def nearest(self, heard: SpokenText) -> Costs:
        """The least cost of each sound that occurs in the wordings, anywhere in the talk."""
        if not len(heard):
            return np.full(self._near.shape[1], HUNDRED, np.uint8)
        near: Costs = self._near[sound_ids(heard.syllables)].min(axis=0)
        return near

    def summed(self, each: NDArray[np.int32]) -> NDArray[np.int32]:
        """For each wording the sum over its syllables, of a number for each sound.

        They are differences of a running sum, which may wrap around.
        """
        sums = each.take(self._spelt).cumsum(dtype=np.int32).take(self._spelt_ends)
        sums[1:] -= sums[:-1]
        return sums

    def pair_costs(self, heard: SpokenText, chosen: NDArray[np.intp]) -> NDArray[np.uint32]:
        """What each chosen wording costs at least, by its pairs of syllables."""
        sizes = self._sizes[chosen]
        begins = np.cumsum(sizes) - sizes
        elements = np.repeat(self._starts[chosen] - begins, sizes) + np.arange(int(sizes.sum()))
        return pair_costs(self._costs(heard, elements), self._elements.some(elements), begins)

    def costs_of(self, heard: SpokenText, number: int) -> Costs:
        """Costs of a wording's syllables against each heard character, (heard, syllables)."""
        begin = int(self._starts[number])
        elements = np.arange(begin, begin + int(self._sizes[number]))
        return self._costs(heard, elements[~self._in_slot[elements]])

    def places(
        self, heard: SpokenText, chosen: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], Ints, int]:
        """First best end of each chosen wording, and packed values, (heard + 1, chosen).

        A value holds the cost in its upper bits and, in the ``shift`` lower ones, how far from the
        talk's end the place begins: of equal ones the shortest. They are filled in character by
        character of the talk or, in long talk, element by element of the wordings.
        """
        shift = _shift(heard)
        is_long = len(heard) > LONG_TALK * self._sizes[chosen].max()
        packed = (self._rows if is_long else self._columns)(heard, chosen, shift)
        return (packed >> shift).argmin(axis=0), packed, shift

    def best(self, heard: SpokenText, chosen: NDArray[np.intp]) -> Places:
        """The first best place of each chosen wording."""
        ends, packed, shift = self.places(heard, chosen)
        return _placed(packed, ends, len(heard), shift)

    def best_of_each(self, asked: Sequence[Asked]) -> Places:
        """The first best places of the wordings chosen for each talk, one after the other."""
        last = np.cumsum([len(chosen) for _, chosen in asked]).tolist()
        found = np.empty((3, last[-1]), np.int64)
        order = sorted(range(len(asked)), key=lambda n: -len(asked[n].heard))
        widths = np.cumsum([self._sizes[asked[n].chosen].sum() for n in order])
        while order:
            most = max(1, int(np.searchsorted(widths, ABREAST)))
            some, order, widths = order[:most], order[most:], widths[most:] - widths[most - 1]
            here = [np.arange(last[n] - len(asked[n].chosen), last[n]) for n in some]
            found[:, np.concatenate(here)] = self._best_abreast([asked[n] for n in some])
        return Places(*found)

    def _best_abreast(self, asked: list[Asked]) -> Places:
        """Those of talks whose places are filled in side by side, the longest of them first.

        Talks that have ended stay behind; what stands after their end means nothing.
        """
        chosen = np.concatenate([numbers for _, numbers in asked])
        counts = [len(numbers) for _, numbers in asked]
        lengths = [len(heard) for heard, _ in asked]
        layout = self._laid_out(chosen)
        widths = layout.ends[np.cumsum(counts) - 1].tolist()
        costs = np.zeros((lengths[0], widths[-1]), np.uint8)
        begin = 0
        for (heard, _), end in zip(asked, widths, strict=True):
            costs[: len(heard), begin:end] = self._costs(heard, layout.elements[begin:end])
            begin = end
        going_on = np.searchsorted(-np.array(lengths), -np.arange(lengths[0]))
        each = np.repeat(lengths, counts)
        shift = _shift(asked[0].heard)
        packed = self._swept(layout, costs, each, shift, [widths[n - 1] for n in going_on.tolist()])
        packed[np.arange(len(packed))[:, None] > each] = np.iinfo(packed.dtype).max
        return _placed(packed, (packed >> shift).argmin(axis=0), each, shift)

    def _laid_out(self, chosen: NDArray[np.intp]) -> Layout:
        sizes = self._sizes[chosen]
        ends = np.cumsum(sizes)
        elements = np.repeat(self._starts[chosen] - ends + sizes, sizes) + np.arange(ends[-1])
        return Layout(chosen, sizes, ends, elements)

    def _columns(self, heard: SpokenText, chosen: NDArray[np.intp], shift: int) -> Ints:
        """All elements of all wordings side by side, moved on character by character."""
        layout = self._laid_out(chosen)
        costs = self._costs(heard, layout.elements)
        return self._swept(layout, costs, len(heard), shift, len(heard) * [len(layout.elements)])

    def _swept(
        self, layout: Layout, each: Costs, lengths: Ints | int, shift: int, widths: list[int]
    ) -> Ints:
        """Packed values of wordings, from what each element costs against each character.

        What it costs to have missed all elements up to one is taken off its value meanwhile:
        missing elements is then a running minimum. Each next wording lies lower than all before
        it, so that none goes on in the next. ``widths``: how many columns go on at each character.
        """
        chosen, sizes, ends, elements = layout
        kind = _narrowest(self._most * len(chosen) << shift)
        miss, extra = (self._miss_extra.take(elements, axis=1) << shift).astype(kind)
        extra[ends - sizes] = -1
        costs = each.astype(kind)
        np.left_shift(costs, shift, out=costs)
        costs -= miss
        lower = np.arange(len(chosen)) * self._most << shift
        values = np.empty((len(costs) + 1, len(elements) + 1), kind)
        values[:, 0] = self._most << shift
        values[0, 1:] = np.repeat(lengths - lower, sizes)
        _sweep(values, costs, extra, widths)
        packed: Ints = values[:, ends] + ((self._whole[chosen] << shift) + lower)
        return packed

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
        if self._has_digits:
            sounds[[j for j, c in enumerate(heard.chars) if c in DIGIT_CHARACTERS], -1] = 0
        costs = sounds.take(self._sound_of.take(elements), axis=1)
        codes = np.frombuffer(heard.chars.encode("utf-32-le"), np.uint32)
        costs *= codes[:, None] != self._chars.take(elements)
        return costs


def _shift(heard: SpokenText) -> int:
    """How many bits hold a place in the talk."""
    return (len(heard) + 1).bit_length()


def _placed(packed: Ints, ends: NDArray[np.intp], lengths: Ints | int, shift: int) -> Places:
    """What stands at these ends of talks of such lengths."""
    values = packed[ends, np.arange(len(ends))]
    return Places(values >> shift, lengths - (values & ((1 << shift) - 1)), ends)


def _narrowest(most: int) -> np.dtype[Whole]:
    """A kind of number that holds twice as much."""
    return np.dtype(np.int32 if 2 * most < np.iinfo(np.int32).max else np.int64)


def _sweep(
    values: NDArray[Whole], costs: NDArray[Whole], extra: NDArray[Whole], widths: list[int]
) -> None:
    """Fill the columns after the first, as far as ``widths`` say: each element goes on from the one
    before it, or stays with one character more, or was missed."""
    via, kept, width = np.empty_like(extra), np.empty_like(extra), len(extra)
    rows = zip(values[:-1, :-1], values[:-1, 1:], costs, values[1:, 1:], widths, strict=True)
    for before, same, cost, after, goes_on in rows:
        if goes_on < width:
            width = goes_on
            via, kept, extra = via[:width], kept[:width], extra[:width]
        np.add(before[:width], cost[:width], out=via)
        np.add(same[:width], extra, out=kept)
        np.minimum(kept, via, out=kept)
        np.minimum.accumulate(kept, out=after[:width])


def _rows_of(pattern: Pattern) -> list[tuple[int, int, int, int]]:
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
