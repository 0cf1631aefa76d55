"""Normalised text: one syllable a character, and every character knows where it came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.text import spoken
from tests.packs import repeatable

mixed = st.text(
    st.one_of(
        st.characters(min_codepoint=0x3400, max_codepoint=0x9FFF),
        st.sampled_from("您好请问银行重庆行长〇两零幺"),
        st.sampled_from("0123456789０１８９ABCxyzＶＩＰ"),
        st.sampled_from("，。！？、；：“”（）《》…— \n\t.,!?-%/@"),
        st.characters(codec="utf-8"),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("given_text", "chars"),
    [
        ("您好，中国移动！", "您好中国移动"),
        ("10086", "幺零零八六"),
        ("24小时", "二十四小时"),
        ("10元", "十元"),
        ("20", "二十"),
        ("5个", "五个"),
        ("05", "零五"),
        ("138", "幺三八"),
        ("１３８", "幺三八"),
        ("全球通VIP", "全球通VIP"),
        ("全球通vip", "全球通VIP"),
        ("ＶＩＰ专席", "VIP专席"),
        ("两百〇五", "二百零五"),
        ("  \n，。！", ""),
        ("", ""),
        ("😀您", "您"),
    ],
)
def test_what_is_left_of_a_text(given_text: str, chars: str) -> None:
    assert spoken(given_text).chars == chars


@pytest.mark.parametrize(
    ("chars", "syllables"),
    [
        ("您好", ("nin", "hao")),
        ("银行", ("yin", "hang")),
        ("行不行", ("xing", "bu", "xing")),
        ("重庆", ("chong", "qing")),
        ("1086", ("yao", "ling", "ba", "liu")),
        ("VIP", ("wei", "ai", "pi")),
        ("绿", ("lv",)),
    ],
)
def test_how_it_sounds(chars: str, syllables: tuple[str, ...]) -> None:
    assert spoken(chars).syllables == syllables


@repeatable
@given(mixed)
def test_every_character_has_a_syllable_and_an_origin(text: str) -> None:
    heard = spoken(text)
    assert len(heard) == len(heard.chars) == len(heard.syllables) == len(heard.origin)
    assert all(heard.syllables)
    assert list(heard.origin) == sorted(heard.origin)
    assert all(0 <= at < len(text) for at in heard.origin)
    assert heard.given == text


@repeatable
@given(mixed)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = spoken(text)
    assert spoken(once.chars).chars == once.chars
    assert spoken(once.chars).syllables == once.syllables


@repeatable
@given(mixed, mixed)
def test_parts_stay_parts(before: str, after: str) -> None:
    joined = spoken(before + "，" + after)
    assert joined.chars == spoken(before).chars + spoken(after).chars


@repeatable
@given(mixed, st.data())
def test_a_span_is_quoted_from_the_given_text(text: str, data: st.DataObject) -> None:
    heard = spoken(text)
    start = data.draw(st.integers(0, len(heard)))
    end = data.draw(st.integers(start, len(heard)))
    quoted = heard.given_span(start, end)
    assert quoted in text
    assert (quoted == "") == (start == end)


def test_a_span_keeps_the_punctuation_inside_it() -> None:
    heard = spoken("您好，请稍等。谢谢")
    assert heard.given_span(0, 5) == "您好，请稍等"
    assert heard.given_span(5, 7) == "谢谢"


def test_a_figure_is_quoted_whole() -> None:
    heard = spoken("还有24小时")
    assert heard.chars == "还有二十四小时"
    assert heard.given_span(2, 5) == "24"
