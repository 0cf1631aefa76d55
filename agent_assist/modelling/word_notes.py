"""What a person should look at after new words came in: guessed, equal and doubtful readings."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pypinyin.constants import PHRASES_DICT
from pypinyin.contrib.tone_convert import to_normal

from agent_assist.modelling.lexicon import Lexicon, Pronunciation, syllable_units
from agent_assist.modelling.vocabulary import DIGITS, Segmenter

_LATIN = re.compile(r"[A-Za-z]+")
LEAST_PHRASES, LEAST_SHARE = 3, 0.05
"""A reading is usual when so many phrases have it, and this share of a character's phrases."""
_CHINESE = re.compile("[\u4e00-\u9fff]")
_WORD = re.compile(r"[\u4e00-\u9fff]+|[A-Z]+")


@dataclass(frozen=True, slots=True)
class WordNotes:
    """Words of a site's texts, each list in order of the words.

    ``guessed``: new words whose reading no list gives, with that reading. ``doubtful``: words with
    a character that is often read otherwise, with the reading taken and the usual ones.
    ``homophones``: words that sound alike without tones. ``letters``: long words in letters
    among Chinese characters that have no reading and that nobody spells, so that they cannot be
    recognised; sentences of another language are not listed, for none of them is heard.
    """

    words: int
    added: tuple[str, ...]
    guessed: Mapping[str, str]
    doubtful: Mapping[str, str]
    homophones: tuple[tuple[str, ...], ...]
    letters: tuple[str, ...]


def word_notes(
    texts: Iterable[str],
    known: Iterable[str],
    readings: Mapping[str, list[tuple[str, ...]]],
) -> WordNotes:
    """Look at the words of ``texts``; ``known`` are those of the model before."""
    segmenter, lexicon, before = Segmenter(readings), Lexicon(readings), set(known)
    words: set[str] = set(readings)
    letters: set[str] = set()
    for text in texts:
        words.update(segmenter.words(text))
        if _CHINESE.search(text):
            found = _LATIN.findall(unicodedata.normalize("NFKC", text))
            letters.update(word.upper() for word in found if not segmenter.words(word))
    ordered = sorted(words)
    added = tuple(word for word in ordered if word not in before)
    automatic = [w for w in ordered if not lexicon.has_own_reading(w) and lexicon.syllables(w)]
    return WordNotes(
        words=len(ordered),
        added=added,
        guessed={w: " ".join(lexicon.syllables(w)[0]) for w in automatic if w not in before},
        doubtful={
            w: f"{' '.join(lexicon.syllables(w)[0])} {doubt}"
            for w in automatic
            if len(w) > 1 and (doubt := _other_readings(w))
        },
        homophones=_homophones(lexicon, ordered),
        letters=tuple(sorted(letters)),
    )


def _other_readings(word: str) -> str:
    """Characters of a word with several usual readings; none for a word of the phrase list."""
    if word in PHRASES_DICT:
        return ""
    usual = _usual_readings()
    found = [f"{c}({'/'.join(usual[c])})" for c in word if len(usual.get(c, ())) > 1]
    return " ".join(found)


@lru_cache(maxsize=1)
def _usual_readings() -> dict[str, tuple[str, ...]]:
    """Toneless readings of each character, leaving out what few phrases have, usual ones first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, readings in PHRASES_DICT.items():
        for character, options in zip(phrase, readings, strict=False):
            counts[character][options[0]] += 1
    usual: dict[str, tuple[str, ...]] = {}
    for character, toned in counts.items():
        plain: Counter[str] = Counter()
        for syllable, count in toned.items():
            plain[to_normal(syllable, v_to_u=False)] += count
        least = max(LEAST_PHRASES, plain.total() * LEAST_SHARE)
        usual[character] = tuple(s for s, count in plain.most_common() if count >= least)
    return usual


def _homophones(lexicon: Lexicon, words: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    alike: dict[Pronunciation, list[str]] = defaultdict(list)
    for word in words:
        if len(word) > 1 and not set(word) <= set(DIGITS):
            for units in lexicon.pronunciations(word)[:1]:
                alike[units].append(word)
    return tuple(tuple(group) for group in alike.values() if len(group) > 1)


def read_site_pronunciations(path: Path) -> dict[str, list[tuple[str, ...]]]:
    """Read ``word syllable syllable ...`` strictly; raises ValueError with the line's number."""
    readings: dict[str, list[tuple[str, ...]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split("#", 1)[0].split()
        if not fields:
            continue
        word, syllables = fields[0].upper(), tuple(fields[1:])
        if not _WORD.fullmatch(word):
            raise ValueError(f"{path}:{number}: '{word}' is neither Chinese characters nor letters")
        if not syllables or (len(word) != len(syllables) and not word.isascii()):
            raise ValueError(
                f"{path}:{number}: '{word}' needs {len(word)} syllables, {len(syllables)} are given"
            )
        for syllable in syllables:
            try:
                syllable_units(syllable)
            except ValueError:
                raise ValueError(
                    f"{path}:{number}: '{syllable}' is no pinyin syllable without tone"
                ) from None
        readings.setdefault(word, []).append(syllables)
    return readings
