"""Which of many known sentences a heard one is."""

from __future__ import annotations

import pytest

from agent_assist.core.likeness import COMPARED, Sentences, distance
from agent_assist.core.text import spoken


def said(text: str) -> tuple[str, ...]:
    return spoken(text).syllables


def test_distance_is_weighed_by_sound() -> None:
    assert distance(said("查询话费"), said("查询话费")) == 0.0
    accent = distance(said("查询话费"), said("擦询话费"))
    wrong = distance(said("查询话费"), said("跑询话费"))
    assert 0 < accent < wrong < 1
    assert distance(said("查询"), ()) == pytest.approx(1.7)
    assert distance(said("一二三"), said("一三")) == distance(said("一三"), said("一二三"))


def test_the_nearest_sentence_is_found_beyond_equal_counts_of_errors() -> None:
    """One syllable wrong in each: the likelier mistake decides."""
    known = Sentences(map(said, ("商航", "上海", "北京")))
    assert known.nearest(said("双航")) == said("商航")
    assert known.nearest(said("桑海")) == said("上海")


def test_a_tie_or_nothing_heard_is_no_find() -> None:
    known = Sentences(map(said, ("开通流量", "取消流量")))
    assert known.nearest(said("流量")) is None
    assert known.nearest(()) is None
    assert Sentences([]).nearest(said("流量")) is None


def test_by_edits_every_wrong_syllable_counts_the_same() -> None:
    known = Sentences(map(said, ("商航", "上海", "北京")))
    assert known.nearest_by_edits(said("双航")) == said("商航")
    assert known.nearest_by_edits(said("商京")) is None
    assert known.nearest_by_edits(()) is None


def test_sentences_of_the_same_sound_are_one() -> None:
    assert Sentences(map(said, ("北京", "背景"))).nearest(said("北京")) == said("背景")


def test_among_many_more_than_are_compared_precisely() -> None:
    many = [said(f"请您按{a}{b}{c}键") for a in "一二三四五" for b in "六七八" for c in "九零幺"]
    assert len(many) > COMPARED
    known = Sentences(many)
    assert all(known.nearest(sentence) == sentence for sentence in many)
