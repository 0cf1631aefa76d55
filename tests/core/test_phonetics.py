"""The cost of hearing one syllable for another."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from agent_assist.core.phonetics import (
    ACCENT,
    HOMOPHONE,
    costs_to,
    folded,
    sound_cost,
    sound_costs,
    sound_ids,
    split,
)
from tests.packs import repeatable

SYLLABLES = sorted({lazy_pinyin(chr(c))[0] for c in range(0x4E00, 0x9FA6)} - {""})
SYLLABLES = [s for s in SYLLABLES if s.isascii() and s.isalpha()]
syllables = st.sampled_from(SYLLABLES)

ACCENTS = [
    ("nan", "lan"),
    ("zhi", "zi"),
    ("chong", "cong"),
    ("shi", "si"),
    ("xin", "xing"),
    ("fen", "feng"),
    ("hui", "fui"),
    ("hu", "fu"),
    ("yin", "ying"),
]


def test_the_list_holds_mandarin() -> None:
    assert 380 < len(SYLLABLES) < 450


def test_symmetric_at_most_one_and_nothing_only_for_the_same() -> None:
    for a, b in product(SYLLABLES, repeat=2):
        cost = sound_cost(a, b)
        assert cost == sound_cost(b, a)
        assert 0 <= cost <= 1
        assert (cost == 0) == (a == b)


@pytest.mark.parametrize(("a", "b"), ACCENTS)
def test_an_accent_is_cheap_and_of_the_same_class(a: str, b: str) -> None:
    assert HOMOPHONE < sound_cost(a, b) <= ACCENT
    assert folded(a) == folded(b)


def test_both_parts_in_an_accent_cost_both() -> None:
    assert sound_cost("sheng", "sen") == pytest.approx(2 * ACCENT)


def test_nothing_in_common_costs_everything() -> None:
    assert sound_cost("ma", "qiu") == 1


def test_an_accent_is_cheaper_than_any_other_confusion() -> None:
    for a, b in combinations(SYLLABLES, 2):
        if folded(a) == folded(b):
            assert sound_cost(a, b) <= 0.45, (a, b)
        else:
            assert sound_cost(a, b) >= 0.2, (a, b)


@repeatable
@given(syllables)
def test_a_syllable_is_its_two_parts(syllable: str) -> None:
    initial, final = split(syllable)
    assert initial + final == syllable
    assert folded(folded(syllable)) == folded(syllable)


def test_every_syllable_has_a_number_of_its_own_and_the_same_costs() -> None:
    ids = sound_ids(tuple(SYLLABLES))
    assert len(set(ids.tolist())) == len(SYLLABLES)
    costs = sound_costs(ids, ids)
    wanted = [[sound_cost(a, b) for b in SYLLABLES] for a in SYLLABLES]
    assert costs == pytest.approx(np.array(wanted, np.float32))
    assert np.array_equal(costs_to(ids)[ids], np.rint(costs * 100))


def test_what_is_no_mandarin_sounds_like_nothing() -> None:
    ids = sound_ids(("B", "ß", "ma"))
    assert sound_costs(ids[:2], ids).tolist() == [[1, 1, 1], [1, 1, 1]]
