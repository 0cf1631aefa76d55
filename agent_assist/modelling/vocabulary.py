"""Words: segmentation of sentences, general vocabulary, one word per syllable."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import jieba

from agent_assist.core.letters import LETTERS, latin_pieces
from agent_assist.modelling.lexicon import Lexicon, Pronunciation, han_only

LONGEST_SPELLED = 5
"""Letters of the longest run that is taken to be spelled."""

LETTER_COUNT = 1000.0
"""How often a letter is said, in the counts of the general dictionary (60 million words)."""

DIGITS = "零〇一二两三四五六七八九十百千万幺点"
_DIGIT_RUN = re.compile(f"([{DIGITS}])")
_CLAUSE = re.compile("[^\u4e00-\u9fffA-Za-z]+")
_LATIN = re.compile("([A-Za-z]+)")
_WIFI = re.compile("wi-fi", re.IGNORECASE)
_TITLED = re.compile("^([\u4e00-\u9fff]{1,2})(先生|女士|小姐)$")
"""The dictionary has words like 李先生; divided, what stands behind one title holds for all."""
_GENERAL = re.compile("[\u4e00-\u9fff]{1,4}")

jieba.setLogLevel(logging.WARNING)


class Segmenter:
    """Splits text into words; digits always stand alone.

    What is in Latin letters becomes known words in capitals (VIP) or, if it is written in capitals
    and short enough to be spelled, single letters; other unknown words are left out.
    """

    def __init__(self, extra_words: Iterable[str] = ()) -> None:
        self._latin = frozenset(word for word in extra_words if word.isascii())
        self._tokenizer = jieba.Tokenizer()
        for word in extra_words:
            self._tokenizer.add_word(word)

    def words(self, text: str) -> list[str]:
        """Words of ``text``; anything but Chinese and known letter words separates clauses."""
        plain = _WIFI.sub("WIFI", unicodedata.normalize("NFKC", text))
        found: list[str] = []
        for clause in _CLAUSE.split(plain):
            for part in _LATIN.split(clause):
                if part.isascii():
                    found += self._pieces(part)
                    continue
                for piece in _DIGIT_RUN.split(part):
                    for word in self._tokenizer.lcut(piece, HMM=False) if piece else ():
                        found += _TITLED.sub(r"\1 \2", word).split()
        return found

    def _pieces(self, run: str) -> Iterable[str]:
        capitals = run.upper()
        if capitals in self._latin:
            return (capitals,)
        pieces = latin_pieces(capitals)
        spelled = len(pieces) == len(run)
        return pieces if not spelled or (run == capitals and len(run) <= LONGEST_SPELLED) else ()


@lru_cache(maxsize=1)
def dictionary() -> tuple[tuple[str, int], ...]:
    """Words of the jieba dictionary with their counts, most frequent first."""
    lines = Path(jieba.__file__).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    rows = [(f[0], int(f[1])) for f in (line.split(" ") for line in lines)]
    rows = [row for row in rows if _GENERAL.fullmatch(row[0]) and not _TITLED.match(row[0])]
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def general_words(lexicon: Lexicon, known: Iterable[str], count: int) -> dict[str, float]:
    """The ``count`` most frequent words that sound like no ``known`` Chinese word.

    Toneless homophones cannot be told apart, so only the most frequent word of
    each pronunciation is taken.
    """
    chinese = [word for word in known if not word.isascii()]
    heard: set[Pronunciation] = {p for word in chinese for p in lexicon.pronunciations(word)}
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


def letter_words() -> dict[str, float]:
    """Every letter, as often as a rather rare word, so that a run of them is heard as spelled."""
    return dict.fromkeys(LETTERS, LETTER_COUNT)


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
