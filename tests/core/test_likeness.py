"""Which of many known sentences a heard one is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.core.likeness import TABLE, NoisyChannel, Sentences, aligned, count, counts_in
from agent_assist.core.phonetics import FINALS, INITIALS
from agent_assist.core.text import spoken

SYLLABLES = st.lists(st.sampled_from(spoken("您好中国移动查询话费一二三").syllables), max_size=8)


def said(text: str) -> tuple[str, ...]:
    return spoken(text).syllables


def test_wrong_syllables_stand_beside_what_they_sound_like() -> None:
    assert aligned(said("查询话费"), said("擦话费")) == [
        ("cha", "ca"),
        ("xun", ""),
        ("hua", "hua"),
        ("fei", "fei"),
    ]
    assert aligned((), said("一")) == [("", "yi")]


@given(SYLLABLES, SYLLABLES)
def test_an_alignment_has_all_of_both_in_order(one: list[str], other: list[str]) -> None:
    pairs = aligned(tuple(one), tuple(other))
    assert [a for a, _ in pairs if a] == one
    assert [b for _, b in pairs if b] == other
    assert all(a or b for a, b in pairs)


def test_parts_of_syllables_are_counted() -> None:
    counts = count([("cha", "ca"), ("an", "ang"), ("xun", ""), ("", "de")])
    assert counts == {
        ("ch-", "c-"): 1,
        ("-a", "-a"): 1,
        ("-", "-"): 1,
        ("-an", "-ang"): 1,
        ("syllable", ""): 1,
        ("", "syllable"): 1,
    }


def test_what_was_counted_often_costs_little() -> None:
    usual = count([("ba", "ba")] * 1000 + [("ba", "")] * 100)
    channel = NoisyChannel.of({**usual, ("d-", "m-"): 1000, ("m-", "m-"): 1000, ("d-", "d-"): 1000})
    d, m, n = (INITIALS.index(initial) for initial in "dmn")
    assert channel.initials[d, m] < channel.initials[d, n]
    assert channel.initials[n, INITIALS.index("l")] < channel.initials[n, d]
    assert channel.heard < channel.lost < channel.extra


def test_chances_of_each_part_add_up_to_one() -> None:
    counts = counts_in(TABLE)
    channel = NoisyChannel.of(counts)
    for costs, keys in (
        (channel.initials, [f"{i}-" for i in INITIALS]),
        (channel.finals, [f"-{f}" for f in FINALS]),
    ):
        usual = np.array([1 + sum(counts.get((a, b), 0) for a in keys) for b in keys], float)
        chances = usual / usual.sum() * np.exp(-costs)
        assert chances.sum(1) == pytest.approx(1.0)
        assert (costs.argmin(1) == np.arange(len(keys))).mean() > 0.9


def test_counts_are_read_back(tmp_path: Path) -> None:
    file = tmp_path / "counts.txt"
    file.write_text("n-\tl-\t3\n\tsyllable\t1\n", encoding="utf-8")
    assert counts_in(file) == {("n-", "l-"): 3, ("", "syllable"): 1}


def test_the_nearest_sentence_is_found_beyond_equal_counts_of_errors() -> None:
    """One syllable wrong in each: the likelier mistake decides."""
    known = Sentences(map(said, ("商航", "上海", "北京")))
    assert known.nearest(said("双航")) == said("商航")
    assert known.nearest(said("桑海")) == said("上海")


def test_a_lost_syllable_is_likelier_than_wrong_ones() -> None:
    known = Sentences(map(said, ("打开时间煮雨", "打开西瓜")))
    assert known.nearest(said("打开煮雨")) == said("打开时间煮雨")


def test_a_tie_or_nothing_heard_is_no_find() -> None:
    known = Sentences(map(said, ("开通流量", "流量开通")))
    assert known.nearest(said("吗")) is None
    assert known.nearest(()) is None
    assert Sentences([]).nearest(said("流量")) is None


def test_a_syllable_outside_of_the_table_is_borne() -> None:
    known = Sentences([("a", "b"), ("zhong", "guo")])
    assert known.nearest(("zhong", "xyz")) == ("zhong", "guo")


def test_by_edits_every_wrong_syllable_counts_the_same() -> None:
    known = Sentences(map(said, ("商航", "上海", "北京")))
    assert known.nearest_by_edits(said("双航")) == said("商航")
    assert known.nearest_by_edits(said("商京")) is None
    assert known.nearest_by_edits(()) is None


def test_sentences_of_the_same_sound_are_one() -> None:
    assert Sentences(map(said, ("北京", "背景"))).nearest(said("北京")) == said("背景")


@settings(deadline=None)
@given(st.lists(SYLLABLES.filter(bool).map(tuple), min_size=1, max_size=6))
def test_what_was_heard_well_is_found(sentences: list[tuple[str, ...]]) -> None:
    known = Sentences(sentences)
    assert all(known.nearest(sentence) == sentence for sentence in sentences)
