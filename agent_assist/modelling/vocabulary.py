"""Words: segmentation of sentences, general vocabulary, one word per syllable."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jieba

from agent_assist.modelling.lexicon import (
    PRONUNCIATIONS_FILE,
    Lexicon,
    Pronunciation,
    han_only,
    read_pronunciations,
)

DIGITS = "零〇一二两三四五六七八九十百千万幺点"
_DIGIT_RUN = re.compile(f"([{DIGITS}])")
_CLAUSE = re.compile("[^\u4e00-\u9fffA-Z]+")
_LATIN = re.compile("([A-Z]+)")
_GENERAL = re.compile("[\u4e00-\u9fff]{1,4}")

jieba.setLogLevel(logging.WARNING)


class Segmenter:
    """Splits text into words; digits always stand alone.

    Letters are kept where their reading is written down (VIP), in capitals.
    """

    def __init__(self, extra_words: Iterable[str] = ()) -> None:
        self._latin = frozenset(w for w in latin_words() | set(extra_words) if w.isascii())
        self._tokenizer = jieba.Tokenizer()
        for word in extra_words:
            self._tokenizer.add_word(word)

    def words(self, text: str) -> list[str]:
        """Words of ``text``; anything but Chinese and known letter words separates clauses."""
        plain = unicodedata.normalize("NFKC", text).upper()
        found: list[str] = []
        for clause in _CLAUSE.split(plain.replace("WI-FI", "WIFI")):
            for part in _LATIN.split(clause):
                if part.isascii():
                    found += [part] if part in self._latin else []
                    continue
                for piece in _DIGIT_RUN.split(part):
                    found += self._tokenizer.lcut(piece, HMM=False) if piece else []
        return found


@lru_cache(maxsize=1)
def latin_words() -> frozenset[str]:
    """Words in letters that have a reading in the bundled list."""
    return frozenset(word for word in read_pronunciations(PRONUNCIATIONS_FILE) if word.isascii())


@lru_cache(maxsize=1)
def dictionary() -> tuple[tuple[str, int], ...]:
    """Words of the jieba dictionary with their counts, most frequent first."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    rows = [(f[0], int(f[1])) for f in (line.split(" ") for line in lines)]
    rows = [(word, count) for word, count in rows if _GENERAL.fullmatch(word)]
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def general_words(lexicon: Lexicon, known: Iterable[str], count: int) -> dict[str, float]:
    """The ``count`` most frequent words that sound like no ``known`` word.

    Toneless homophones cannot be told apart, so only the most frequent word of
    each pronunciation is taken.
    """
    heard: set[Pronunciation] = {p for word in known for p in lexicon.pronunciations(word)}
    chosen: dict[str, float] = {}
    for word, frequency in dictionary():
        if len(chosen) >= count:
            break
        if len(word) > 1 and all(character in DIGITS for character in word):
            continue
        found = lexicon.pronunciations(word)[:1]
        if found and found[0] not in heard:
            heard.add(found[0])
            chosen[word] = float(frequency)
    return chosen


def syllable_words(lexicon: Lexicon) -> dict[str, float]:
    """The most frequent single character of every toneless syllable."""
    chosen: dict[Pronunciation, tuple[str, float]] = {}
    for word, frequency in dictionary():
        if len(word) == 1 and (found := lexicon.pronunciations(word)):
            chosen.setdefault(found[0], (word, float(frequency)))
    return {word: frequency**0.5 for word, frequency in chosen.values()}


def is_word(word: str) -> bool:
    """Whether ``word`` is written in Chinese characters only."""
    return bool(word) and han_only(word) == word
