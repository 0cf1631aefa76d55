"""What a wording must cost at least, by each two of its syllables that follow each other.

Two syllables cost least where they were heard one right after the other. Heard apart, there is a
character between them; and one of them may have been missed. Pairs that share no syllable add up.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import EXTRA, MISSED

_APART, _MISSED = round(100 * EXTRA), round(100 * MISSED)
_ODD = 16
"""Pairs that begin at odd places are summed in the bits above."""

Costs = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class Elements(NamedTuple):
    """Of each element of many wordings: whether it is a syllable, whether one follows it in its
    wording, whether it is its wording's last one, and where pairs that begin there are summed."""

    is_syllable: Flags
    goes_on: Flags
    is_last: Flags
    shift: NDArray[np.uint32]

    @classmethod
    def of(cls, is_syllable: Flags, sizes: NDArray[np.intp]) -> Elements:
        """``sizes`` are the numbers of elements of each wording, which lie one after the other."""
        ends = np.cumsum(sizes)
        is_last = np.zeros(len(is_syllable), bool)
        is_last[ends - 1] = True
        goes_on = is_syllable & ~is_last
        goes_on[:-1] &= is_syllable[1:]
        places = np.arange(len(is_syllable)) - np.repeat(ends - sizes, sizes)
        return cls(is_syllable, goes_on, is_last, (places % 2 * _ODD).astype(np.uint32))

    def some(self, elements: NDArray[np.intp]) -> Elements:
        """Those of the elements with these numbers."""
        return Elements(
            self.is_syllable.take(elements),
            self.goes_on.take(elements),
            self.is_last.take(elements),
            self.shift.take(elements),
        )


def pair_costs(costs: Costs, elements: Elements, begins: NDArray[np.intp]) -> NDArray[np.uint32]:
    """Least cost, in hundredths, of each wording; it begins at the element numbered so.

    ``costs`` are those of each element against each heard character, shape (heard, elements).
    """
    alone = costs.min(axis=0) * elements.is_syllable
    following = alone[1:]
    both = alone[:-1] + following
    cheapest = np.minimum(both + _APART, np.minimum(alone[:-1], following) + _MISSED)
    if len(costs) > 1:
        np.minimum(cheapest, (costs[:-1, :-1] + costs[1:, 1:]).min(axis=0), out=cheapest)
    pairs = alone.astype(np.uint32)
    pairs[:-1] = np.where(elements.goes_on[:-1], cheapest, both)
    pairs[elements.is_last] = alone[elements.is_last]
    sums = np.add.reduceat(pairs << elements.shift, begins, dtype=np.uint32)
    least: NDArray[np.uint32] = np.maximum(sums & ((1 << _ODD) - 1), sums >> _ODD)
    return least
