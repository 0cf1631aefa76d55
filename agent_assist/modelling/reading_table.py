"""Writes the table of readings that the matcher uses, from pypinyin's dictionaries.

    python -m agent_assist.modelling.reading_table

Wanted again when pypinyin has learned something; ``tests/modelling/test_reading_table.py`` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

from agent_assist.core.readings import APART, PART, READ_AS, TABLE

HEAD = (
    "# Toneless readings of characters, and words with their readings where these differ.\n"
    "# From pypinyin (MIT licence); written by agent_assist.modelling.reading_table."
)
KNOWN = range(0x3007, 0xA000)
"""Characters that the matcher keeps of a text lie in here."""


def table() -> str:
    """The whole table."""
    known = [chr(code) for code in sorted(PINYIN_DICT) if code in KNOWN]
    alone = dict(zip(known, map(_alone, known), strict=True))
    by_syllable: dict[str, str] = defaultdict(str)
    for character, syllable in alone.items():
        by_syllable[syllable] += character
    by_first: dict[str, list[str]] = defaultdict(list)
    for word in sorted(PHRASES_DICT):
        by_first[word[0]].append(_entry(word, alone))
    parts = [HEAD, _lines(sorted(by_syllable.items())), _lines(sorted(_joined(by_first)))]
    return PART.join(parts) + "\n"


def _alone(character: str) -> str:
    return lazy_pinyin(character)[0]


def _entry(word: str, alone: dict[str, str]) -> str:
    reading = lazy_pinyin(word)
    same = reading == [alone.get(character, character) for character in word]
    return word[1:] if same else f"{word[1:]}{READ_AS}{APART.join(reading)}"


def _joined(by_first: dict[str, list[str]]) -> Iterable[tuple[str, str]]:
    return ((first, " ".join(entries)) for first, entries in by_first.items())


def _lines(rows: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{key} {value}" for key, value in rows)


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
