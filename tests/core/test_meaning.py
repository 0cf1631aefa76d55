"""What is meant, in whatever words: stretches, probabilities, what is not the speaker's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.catalogue.compiler import load_script
from agent_assist.core.meaning import (
    BUCKETS,
    LONGEST,
    NO_MEANINGS,
    Meaning,
    Meanings,
    features,
    stretched,
)
from agent_assist.core.text import spoken
from agent_assist.settings import DEFAULT_SCRIPT

KNOWN = load_script(DEFAULT_SCRIPT).meanings


def _stretches(text: str) -> list[str]:
    said = spoken(text)
    return [said.given_span(*span) for span in stretched(said)]


def _held(text: str) -> set[str]:
    found = KNOWN.of(spoken(text), "agent")
    return {m.meaning.name for m in found if m.probability >= m.meaning.least}


def test_sentences_are_looked_at_by_themselves() -> None:
    assert _stretches("您好。请问您贵姓？") == ["您好", "请问您贵姓"]


def test_a_long_sentence_is_looked_at_in_runs_of_clauses() -> None:
    long = "您上个月一共打了三百分钟电话，流量用了十二个吉，套餐外另收了八块五，合计九十六块五"
    found = _stretches(long)
    assert "套餐外另收了八块五" in found and "流量用了十二个吉，套餐外另收了八块五" in found
    assert all(len(spoken(each)) <= LONGEST for each in found)


def test_talk_without_a_pause_is_looked_at_in_pieces() -> None:
    found = _stretches("您" + "说" * 58)
    assert len(found) > 2 and sum(map(len, found)) >= 59


def test_talk_in_letters_has_no_meaning() -> None:
    assert _stretches("Please wait a while.") == []


@given(st.text("您你说的是。，？！A3一不", max_size=90))
def test_stretches_lie_in_the_text(text: str) -> None:
    said = spoken(text)
    assert all(0 <= start < end <= len(said) for start, end in stretched(said))


@given(st.text("您你说的是一不查", min_size=1, max_size=30))
def test_the_two_words_for_you_are_the_same(text: str) -> None:
    for one, other in zip(features(text), features(text.replace("你", "您")), strict=True):
        assert (one == other).all() and ((one >= 0) & (one < BUCKETS)).all()


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("这事儿您跟我讲没用，谁卖您的您上谁那儿说去。", "shirking"),
        ("您有完没完，这问题都问了八百遍了。", "impatience"),
        ("您上过学吗，这字都不认识？", "contempt"),
        ("您爱上哪儿告就上哪儿告去。", "provocation"),
        ("您这会儿还有六个多吉的流量。", "told-value"),
    ],
)
def test_wordings_that_no_list_has_are_told(said: str, meaning: str) -> None:
    assert meaning in _held(said)


@pytest.mark.parametrize(
    "said",
    [
        "请问有什么可以帮您？",
        "这个业务需要机主本人带身份证去营业厅办理，我把最近的地址发到您手机上，好吗？",
        "您别着急，我马上给您查，请您稍等。",
        "建议您下次查询余额时直接拨打10086。",
        "好的，您请说。",
    ],
)
def test_what_good_agents_say_is_none(said: str) -> None:
    assert not _held(said)


def test_words_of_others_do_not_count() -> None:
    text = spoken("您有完没完，这问题都问了八百遍了。")
    assert KNOWN.of(text, "agent")
    assert KNOWN.of(text, "agent", range(len(text))) == []


def test_meanings_belong_to_a_side() -> None:
    assert KNOWN.of(spoken("您爱上哪儿告就上哪儿告去。"), "customer") == []


def test_a_pack_need_not_have_any() -> None:
    assert NO_MEANINGS.of(spoken("您好。"), "agent") == []


def test_of_a_group_only_one_meaning_is_told() -> None:
    """Both have the same weight on 好; the second one's bias decides."""
    weights = np.zeros((BUCKETS, 3), np.int8)
    single, *_ = features("好")
    weights[single, :2] = 100
    both = tuple(Meaning(name, name, "agent", "one", 0.5) for name in ("a", "b"))
    made = Meanings(both, weights, np.full(3, 0.1, np.float32), np.array([0, 1, 0], "f4"), "")
    [found] = made.of(spoken("好好"), "agent")
    assert found.meaning.name == "b" and (found.start, found.end) == (0, 2)
    assert found.probability > 0.99
