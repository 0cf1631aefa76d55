"""Latin letters and words as they are said."""

import string

import pytest

from agent_assist.core.letters import LETTER_SYLLABLE, LETTERS, latin_pieces, latin_syllables
from agent_assist.core.text import said_in_full, spoken


def test_every_letter_has_readings_and_one_syllable_it_is_known_by() -> None:
    assert set(LETTERS) == set(LETTER_SYLLABLE) == set(string.ascii_uppercase)
    for letter, readings in LETTERS.items():
        assert LETTER_SYLLABLE[letter] in readings[0]
    assert (LETTER_SYLLABLE["S"], LETTER_SYLLABLE["A"]) == ("si", "ei")


@pytest.mark.parametrize(
    ("run", "pieces"),
    [
        ("WIFI", ("WIFI",)),
        ("APPLEPAY", ("APPLE", "PAY")),
        ("MAYBE", ("MAYBE",)),
        ("IPP", ("I", "P", "P")),
        ("A", ("A",)),
    ],
)
def test_a_run_is_known_words_or_else_letters(run: str, pieces: tuple[str, ...]) -> None:
    assert latin_pieces(run) == pieces
    assert all(latin_syllables(piece) for piece in pieces)


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("打开CallMeMaybe", "da kai kou mi mei bi"),
        ("黑色T恤", "hei se ti xu"),
        ("wi fi", "wai fai"),
        ("WX十", "da bu liu ai ke si shi"),
        ("您好", "nin hao"),
        ("", ""),
    ],
)
def test_all_that_is_said(text: str, syllables: str) -> None:
    assert " ".join(said_in_full(spoken(text))) == syllables
