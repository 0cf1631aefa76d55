"""Mandarin pronunciations as sequences of toneless initials and finals.

The unit inventory is the one of the bundled acoustic model: 21 initials and
37 finals.  Apical vowels are separate finals (``ii`` after z, c, s and ``iii``
after zh, ch, sh, r) and glides are spelled out (``iou``, ``uei``, ``uen``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from pypinyin import lazy_pinyin

from agent_assist.core.letters import LATIN_WORDS, LETTERS

Pronunciation = tuple[str, ...]

#: Output units of the acoustic model; unit ``UNITS[k]`` is network output ``k + 1``.
UNITS: tuple[str, ...] = (
    "a", "ai", "an", "ang", "ao", "b", "c", "ch", "d", "e", "ei", "en", "eng", "er", "f", "g",
    "h", "i", "ia", "ian", "iang", "iao", "ie", "ii", "iii", "in", "ing", "iong", "iou", "j",
    "k", "l", "m", "n", "o", "ong", "ou", "p", "q", "r", "s", "sh", "t", "u", "ua", "uai",
    "uan", "uang", "uei", "uen", "uo", "v", "van", "ve", "vn", "x", "z", "zh",
)  # fmt: skip

INITIALS = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x",
    "r", "z", "c", "s",
)  # fmt: skip

_ZERO_INITIAL = {
    "yi": "i", "ya": "ia", "yan": "ian", "yang": "iang", "yao": "iao", "ye": "ie", "yin": "in",
    "ying": "ing", "yo": "o", "yong": "iong", "you": "iou", "yu": "v", "yuan": "van",
    "yue": "ve", "yun": "vn", "wu": "u", "wa": "ua", "wai": "uai", "wan": "uan",
    "wang": "uang", "wei": "uei", "wen": "uen", "weng": "ong", "wo": "uo",
}  # fmt: skip
_SYLLABIC_NASALS = frozenset({"hm", "hng", "m", "n", "ng", "ê"})
_CONTRACTED = {"ui": "uei", "un": "uen", "iu": "iou"}
_HAN = re.compile(r"[\u4e00-\u9fff]")

LATIN: Mapping[str, Sequence[tuple[str, ...]]] = {**LETTERS, **LATIN_WORDS}
"""Readings of what is written in Latin letters."""

PRONUNCIATIONS_FILE = Path(__file__).with_name("pronunciations.txt")


@lru_cache(maxsize=2048)
def syllable_units(syllable: str) -> Pronunciation:
    """Split a toneless pinyin syllable into one or two units.

    >>> syllable_units("zhong"), syllable_units("yu"), syllable_units("shi")
    (('zh', 'ong'), ('v',), ('sh', 'iii'))

    Raises ValueError for anything that is not a Mandarin syllable.
    """
    text = syllable.replace("ü", "v")
    if text in _SYLLABIC_NASALS:
        return ("en",)
    if text in _ZERO_INITIAL:
        return (_ZERO_INITIAL[text],)
    initial = next((i for i in INITIALS if text.startswith(i)), "")
    units = (initial, _final(initial, text[len(initial) :])) if initial else (text,)
    if units[-1] in INITIALS or any(unit not in UNITS for unit in units):
        raise ValueError(f"not a Mandarin syllable: {syllable!r}")
    return units


def _final(initial: str, final: str) -> str:
    """Normalise the written final that follows ``initial``."""
    if final == "i" and initial in ("z", "c", "s"):
        return "ii"
    if final == "i" and initial in ("zh", "ch", "sh", "r"):
        return "iii"
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    elif initial in ("n", "l") and final == "ue":
        final = "ve"
    return _CONTRACTED.get(final, final)


def syllables_to_units(syllables: Iterable[str]) -> Pronunciation:
    """Concatenate the units of several syllables."""
    return tuple(unit for syllable in syllables for unit in syllable_units(syllable))


def han_only(text: str) -> str:
    """Drop everything but Chinese characters."""
    return "".join(_HAN.findall(text))


def read_pronunciations(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Read an override file: ``word syllable syllable ...``, one reading a line.

    A word may have several lines; ``#`` starts a comment.
    """
    readings: dict[str, list[tuple[str, ...]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("#", 1)[0].split()
        if len(fields) >= 2:
            readings.setdefault(fields[0], []).append(tuple(fields[1:]))
    return readings


class Lexicon:
    """Readings of words: overrides, letters and Latin words, then pypinyin's phrase dictionary."""

    def __init__(self, overrides: Mapping[str, Sequence[tuple[str, ...]]] | None = None) -> None:
        """``overrides`` adds to (and for equal words replaces) the bundled file."""
        bundled = read_pronunciations(PRONUNCIATIONS_FILE)
        self._overrides: dict[str, Sequence[tuple[str, ...]]] = {**bundled, **(overrides or {})}

    def has_own_reading(self, word: str) -> bool:
        """Whether the reading is written down, not pypinyin's."""
        return word in self._overrides or word in LATIN

    def syllables(self, word: str) -> Sequence[tuple[str, ...]]:
        """Toneless pinyin readings of ``word``, most usual first."""
        if word in self._overrides:
            return self._overrides[word]
        if word in LATIN:
            return LATIN[word]
        han = han_only(word)
        return [tuple(lazy_pinyin(han, v_to_u=False))] if han else []

    def pronunciations(self, word: str) -> list[Pronunciation]:
        """Unit sequences of ``word``; empty when it has no Mandarin reading."""
        found: list[Pronunciation] = []
        for reading in self.syllables(word):
            try:
                units = syllables_to_units(reading)
            except ValueError:
                continue
            if units and units not in found:
                found.append(units)
        return found
