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

INITIALS = (
    "", "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r",
    "z", "c", "s", "y", "w",
)  # fmt: skip
FINALS = (
    "", "a", "ai", "an", "ang", "ao", "e", "ei", "en", "eng", "er", "i", "ia", "ian", "iang", "iao",
    "ie", "in", "ing", "iong", "iu", "o", "ong", "ou", "u", "ua", "uai", "uan", "uang", "ue", "ui",
    "un", "uo", "v", "ve", "m",
)  # fmt: skip
_FINAL_NUMBERS = {final: number for number, final in enumerate(FINALS)}
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
    for initial in INITIALS[1:]:
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


def _part_costs(
    parts: tuple[str, ...], confusions: dict[tuple[str, str], float], other: float
) -> NDArray[np.uint8]:
    """Costs between all initials or finals in hundredths; the part after the last is unknown."""
    table = np.full((len(parts) + 1, len(parts) + 1), round(100 * other), np.uint8)
    for i, a in enumerate(parts):
        for j, b in enumerate(parts):
            table[i, j] = round(100 * _part_cost(a, b, confusions, other))
    return table


INITIAL_COSTS = _part_costs(INITIALS, _INITIAL_CONFUSIONS, OTHER_INITIAL)
FINAL_COSTS = _part_costs(FINALS, _FINAL_CONFUSIONS, OTHER_FINAL)


def _table() -> NDArray[np.uint8]:
    """Costs between all numbered sounds in hundredths, shape (sounds, sounds)."""
    both = INITIAL_COSTS[:, None, :, None] + FINAL_COSTS[None, :, None, :]
    size = len(INITIAL_COSTS) * len(FINAL_COSTS)
    costs: NDArray[np.uint8] = np.minimum(100, both.reshape(size, size))
    return costs


_COSTS = _table()


@lru_cache(maxsize=2048)
def _number(syllable: str) -> int:
    initial, final = split(syllable)
    if final in _FINAL_NUMBERS:
        return INITIALS.index(initial) * (len(FINALS) + 1) + _FINAL_NUMBERS[final]
    return len(_COSTS) - 1


@lru_cache(maxsize=1024)
def sound_ids(syllables: tuple[str, ...]) -> NDArray[np.intp]:
    """Numbers of syllables: of every one that Mandarin could have; all others share the last."""
    numbers = np.array([_number(s) for s in syllables], np.intp)
    numbers.flags.writeable = False
    return numbers


def sound_costs(expected: NDArray[np.intp], heard: NDArray[np.intp]) -> NDArray[np.float32]:
    """Cost matrix of numbered syllables, shape (len(expected), len(heard)).

    Between two that are no Mandarin it is 1, even of the same: only their characters tell them.
    """
    return _COSTS[expected[:, None], heard[None, :]].astype(np.float32) / np.float32(100)


def costs_to(sounds: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Costs in hundredths of every numbered sound against each of these, shape (all, sounds)."""
    return np.ascontiguousarray(_COSTS[:, sounds])
