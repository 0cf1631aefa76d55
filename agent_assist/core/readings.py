"""How Chinese is read aloud: one toneless pinyin syllable a character, in its context.

The readings are pypinyin's, in a table (`readings.txt`) that takes an eighth of the library's
memory and of its time to load; ``python -m agent_assist.modelling.reading_table`` writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("readings.txt")
PART, READ_AS, APART = "\n\n", "=", ","
"""Between the parts of the table, between a word and its reading, between syllables."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of single characters, and of words.

    ``words`` has, for a first character, what may follow it in a word, between spaces; ``special``
    has the words that are read otherwise than their characters.
    """

    characters: dict[str, str]
    words: dict[str, str]
    longest: int
    special: dict[str, tuple[str, ...]]

    def of(self, text: str) -> list[str]:
        """One syllable a character, those of the longest known words; an unknown one is itself."""
        syllables: list[str] = []
        at = 0
        while at < len(text):
            word = self._word_at(text, at)
            syllables += self.special.get(word) or [self.characters.get(c, c) for c in word]
            at += len(word)
        return syllables

    def _word_at(self, text: str, at: int) -> str:
        followers = self.words.get(text[at], "")
        if f" {text[at + 1 : at + 2]}" not in followers:
            return text[at]
        for end in range(min(len(text), at + self.longest), at + 1, -1):
            if f" {text[at + 1 : end]} " in followers:
                return text[at:end]
        return text[at]


@cache
def readings() -> Readings:
    """The table, read when it is first needed."""
    _, by_syllable, by_character = TABLE.read_text(encoding="utf-8").strip().split(PART)
    characters: dict[str, str] = {}
    for line in by_syllable.split("\n"):
        syllable, members = line.split(" ")
        characters.update(dict.fromkeys(members, syllable))
    words: dict[str, str] = {}
    special: dict[str, tuple[str, ...]] = {}
    longest = 1
    for line in by_character.split("\n"):
        first, *entries = line.split(" ")
        followers: list[str] = []
        for entry in entries:
            follower, _, reading = entry.partition(READ_AS)
            followers.append(follower)
            longest = max(longest, 1 + len(follower))
            if reading:
                special[first + follower] = tuple(reading.split(APART))
        words[first] = f" {' '.join(followers)} "
    return Readings(characters, words, longest, special)
