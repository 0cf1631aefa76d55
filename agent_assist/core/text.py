"""Chinese text as the matcher sees it: plain characters, their toneless syllables, their origin.

Punctuation and spaces are dropped, Arabic digits become the characters an agent would speak
(10086 is 幺零零八六, 24 is 二十四), each Latin letter sounds as one syllable of its name.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from agent_assist.core.letters import LETTER_SYLLABLE, latin_pieces, latin_syllables
from agent_assist.core.readings import readings

_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_COUNTING = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_SAME_CHARACTER = str.maketrans("〇两", "零二")
_FULL_WIDTH = {ord(c) + 0xFEE0: c for c in string.digits + string.ascii_letters}
_LATIN_OR_NOT = re.compile(r"[A-Z]+|[^A-Z]+")
_KEPT = re.compile(r"[0-9]+|[A-Za-z]|[〇㐀-鿿]+")

DIGIT_CHARACTERS = frozenset("零幺一二三四五六七八九")

PHONE_DIGITS = range(7, 14)
"""A telephone number spoken out has this many digits; masked ones have seven."""


@dataclass(frozen=True, slots=True)
class SpokenText:
    """Normalised text: ``chars[i]`` sounds as ``syllables[i]`` and came from ``origin[i]``.

    ``origin`` holds indices into the text as it was given.
    """

    given: str
    chars: str
    syllables: tuple[str, ...] = field(hash=False)
    origin: tuple[int, ...] = field(hash=False)

    def __len__(self) -> int:
        return len(self.chars)

    def __add__(self, after: SpokenText) -> SpokenText:
        """Both, one after the other."""
        origin = self.origin + tuple(at + len(self.given) for at in after.origin)
        return SpokenText(
            self.given + after.given,
            self.chars + after.chars,
            self.syllables + after.syllables,
            origin,
        )

    def until(self, end: int) -> SpokenText:
        """The first ``end`` characters."""
        return SpokenText(self.given, self.chars[:end], self.syllables[:end], self.origin[:end])

    def given_span(self, start: int, end: int) -> str:
        """The part of the given text that characters ``start`` to ``end`` (exclusive) came from."""
        if start >= end:
            return ""
        return self.given[self.origin[start] : self.origin[end - 1] + 1]


@lru_cache(maxsize=4096)
def spoken(text: str) -> SpokenText:
    """Normalise a text for matching."""
    chars: list[str] = []
    origin: list[int] = []
    for found in _KEPT.finditer(text.translate(_FULL_WIDTH)):
        token, start = found.group(), found.start()
        if token[0].isdigit():
            read = _read_digits(token)
            origin += [start + min(k, len(token) - 1) for k in range(len(read))]
        else:
            read = token.upper()
            origin += range(start, found.end())
        chars.append(read.translate(_SAME_CHARACTER))
    joined = "".join(chars)
    return SpokenText(text, joined, _syllables(joined), tuple(origin))


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the words; nothing, where there are none."""
    return re.compile("|".join(re.escape(word) for word in words) or r"(?!)")


def _read_digits(digits: str) -> str:
    """How an agent reads a figure: up to two digits as a number, longer ones digit by digit."""
    if len(digits) > 2 or digits.startswith("0"):
        return "".join(_DIGITS[d] for d in digits)
    if len(digits) == 1:
        return _COUNTING[digits]
    tens, ones = digits[0], digits[1]
    head = "十" if tens == "1" else _COUNTING[tens] + "十"
    return head if ones == "0" else head + _COUNTING[ones]


def _syllables(chars: str) -> tuple[str, ...]:
    """One toneless pinyin syllable a character; letters by their name, unknown ones as such."""
    syllables: list[str] = []
    for run in re.findall(r"[A-Z]|[^A-Z]+", chars):
        if run in LETTER_SYLLABLE:
            syllables.append(LETTER_SYLLABLE[run])
        else:
            syllables.extend(readings().of(run))
    return tuple("yao" if c == "幺" else s for c, s in zip(chars, syllables, strict=True))


def said_in_full(text: SpokenText) -> tuple[str, ...]:
    """Every syllable of a text, letters and Latin words as they are said: W has three.

    >>> said_in_full(spoken("W十"))
    ('da', 'bu', 'liu', 'shi')
    """
    found: list[str] = []
    for run in _LATIN_OR_NOT.finditer(text.chars):
        if run[0][0] in LETTER_SYLLABLE:
            found += [s for piece in latin_pieces(run[0]) for s in latin_syllables(piece)]
        else:
            found += text.syllables[run.start() : run.end()]
    return tuple(found)


def digit_runs(text: SpokenText) -> list[tuple[int, int]]:
    """Stretches of spoken digits long enough to be a telephone number, as (start, end)."""
    runs: list[tuple[int, int]] = []
    start = 0
    for i in range(len(text) + 1):
        if i < len(text) and text.chars[i] in DIGIT_CHARACTERS:
            continue
        if i - start in PHONE_DIGITS:
            runs.append((start, i))
        start = i + 1
    return runs
