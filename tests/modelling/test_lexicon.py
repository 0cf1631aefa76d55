"""Pronunciations."""

import pytest

from agent_assist.modelling.lexicon import (
    LATIN,
    UNITS,
    Lexicon,
    syllable_units,
    syllables_to_units,
)
from agent_assist.modelling.sentences import bundled_sentences
from agent_assist.modelling.vocabulary import Segmenter


@pytest.mark.parametrize(
    ("syllable", "units"),
    [
        ("zhong", ("zh", "ong")),
        ("shi", ("sh", "iii")),
        ("si", ("s", "ii")),
        ("xue", ("x", "ve")),
        ("lve", ("l", "ve")),
        ("jun", ("j", "vn")),
        ("yuan", ("van",)),
        ("wei", ("uei",)),
        ("liu", ("l", "iou")),
        ("ng", ("en",)),
        ("er", ("er",)),
    ],
)
def test_syllables_split_into_units(syllable: str, units: tuple[str, ...]) -> None:
    assert syllable_units(syllable) == units


@pytest.mark.parametrize("text", ["", "vip", "zhx", "hello"])
def test_other_text_is_no_syllable(text: str) -> None:
    with pytest.raises(ValueError, match="not a Mandarin syllable"):
        syllable_units(text)


def test_overrides_come_first() -> None:
    assert Lexicon().syllables("还款") == [("huan", "kuan")]
    assert Lexicon({"还款": [("hai", "kuan")]}).syllables("还款") == [("hai", "kuan")]


def test_several_readings_of_one_character() -> None:
    assert Lexicon().pronunciations("行") == [("x", "ing"), ("h", "ang")]


def test_every_word_of_the_bundled_sentences_has_a_pronunciation() -> None:
    lexicon, segmenter = Lexicon(), Segmenter()
    words = {w for text, _ in bundled_sentences() for w in segmenter.words(text)}
    assert len(words) > 700
    assert [word for word in words if not lexicon.pronunciations(word)] == []


def test_units_are_unique() -> None:
    assert len(set(UNITS)) == len(UNITS) == 58
    assert set(syllables_to_units(["ni", "hao"])) <= set(UNITS)


@pytest.mark.parametrize("word", LATIN)
def test_every_reading_of_letters_is_made_of_the_models_units(word: str) -> None:
    units = [syllables_to_units(reading) for reading in LATIN[word]]
    assert Lexicon().pronunciations(word) == units
    assert {unit for found in units for unit in found} <= set(UNITS)


def test_a_sites_reading_of_letters_replaces_the_tables() -> None:
    assert Lexicon({"PUK": [("pu", "ke")]}).pronunciations("PUK") == [("p", "u", "k", "e")]
