"""How alike two Mandarin syllables sound: costs between 0 (same) and 1 (nothing in common).

Accent confusions of Mandarin speakers are cheap: n/l, zh/z, ch/c, sh/s, in/ing, en/eng, h/f
(and, a little dearer, an/ang and r/l). The same table serves the first, coarse pass: ``folded``
maps every syllable to a representative of its confusion class.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

HOMOPHONE = 0.03
"""Cost of another character with the same syllable: what a recogniser gets wrong for free."""
ACCENT = 0.15
"""Cost of each confused initial or final."""
OTHER_INITIAL = 0.5
OTHER_FINAL = 0.6

_INITIALS = [
    "zh",
    "ch",
    "sh",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "r",
    "z",
    "c",
    "s",
    "y",
    "w",
]
_INITIAL_CONFUSIONS = {
    ("n", "l"): ACCENT,
    ("zh", "z"): ACCENT,
    ("ch", "c"): ACCENT,
    ("sh", "s"): ACCENT,
    ("h", "f"): ACCENT,
    ("r", "l"): 0.25,
    ("b", "p"): 0.3,
    ("d", "t"): 0.3,
    ("g", "k"): 0.3,
    ("j", "q"): 0.3,
    ("zh", "ch"): 0.3,
    ("z", "c"): 0.3,
    ("zh", "c"): 0.4,
    ("z", "ch"): 0.4,
}
_FINAL_CONFUSIONS = {
    ("in", "ing"): ACCENT,
    ("en", "eng"): ACCENT,
    ("an", "ang"): 0.2,
    ("ian", "iang"): 0.2,
    ("uan", "uang"): 0.2,
    ("i", "in"): 0.4,
    ("e", "en"): 0.4,
    ("ou", "uo"): 0.4,
    ("o", "uo"): 0.2,
    ("ong", "eng"): 0.3,
    ("ui", "ei"): 0.3,
    ("un", "en"): 0.3,
}
_FOLD_INITIAL = {"n": "l", "zh": "z", "ch": "c", "sh": "s", "f": "h"}
_FOLD_FINAL = {"ing": "in", "eng": "en", "ang": "an", "iang": "ian", "uang": "uan"}


@lru_cache(maxsize=2048)
def split(syllable: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable as written in pinyin; either may be empty."""
    for initial in _INITIALS:
        if syllable.startswith(initial):
            return initial, syllable[len(initial) :]
    return "", syllable


@lru_cache(maxsize=2048)
def folded(syllable: str) -> str:
    """The representative of a syllable's confusion class."""
    initial, final = split(syllable)
    return _FOLD_INITIAL.get(initial, initial) + _FOLD_FINAL.get(final, final)


def _part_cost(a: str, b: str, confusions: dict[tuple[str, str], float], other: float) -> float:
    if a == b:
        return 0.0
    return min(confusions.get((a, b), other), confusions.get((b, a), other))


@lru_cache(maxsize=65536)
def sound_cost(a: str, b: str) -> float:
    """Cost of hearing syllable ``b`` where ``a`` was expected, 0 to 1."""
    if a == b:
        return 0.0
    (initial_a, final_a), (initial_b, final_b) = split(a), split(b)
    cost = _part_cost(initial_a, initial_b, _INITIAL_CONFUSIONS, OTHER_INITIAL)
    cost += _part_cost(final_a, final_b, _FINAL_CONFUSIONS, OTHER_FINAL)
    return min(1.0, cost)


class SoundTable:
    """Syllables numbered in order of appearance, with a growing cost matrix between them."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._names: list[str] = []
        self._costs: NDArray[np.int64] = np.zeros((0, 0), np.int64)

    def ids(self, syllables: tuple[str, ...]) -> NDArray[np.intp]:
        """Numbers of the syllables; new ones are added."""
        for syllable in syllables:
            if syllable not in self._ids:
                self._names.append(syllable)
                self._ids[syllable] = len(self._names) - 1
        return np.array([self._ids[s] for s in syllables], np.intp)

    def costs(self, expected: NDArray[np.intp], heard: NDArray[np.intp]) -> NDArray[np.float32]:
        """Cost matrix, shape (len(expected), len(heard))."""
        chosen = self._known()[expected[:, None], heard[None, :]]
        return chosen.astype(np.float32) / np.float32(100)

    def hundredths(self, heard: tuple[str, ...]) -> NDArray[np.int64]:
        """Costs in hundredths against every syllable numbered so far, shape (heard, known)."""
        ids = self.ids(heard)
        return self._known()[ids]

    def _known(self) -> NDArray[np.int64]:
        if len(self._costs) < len(self._names):
            self._grow(len(self._costs))
        return self._costs

    def _grow(self, known: int) -> None:
        size = len(self._names)
        table = np.zeros((size, size), np.int64)
        table[:known, :known] = self._costs
        for i in range(known, size):
            for j in range(i):
                cost = round(100 * sound_cost(self._names[i], self._names[j]))
                table[i, j] = table[j, i] = cost
        self._costs = table


SOUNDS = SoundTable()
"""The table that all indexes of wordings share."""
