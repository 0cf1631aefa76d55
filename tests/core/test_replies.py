"""Marks of talk: questions, replies, words of one's own."""

from __future__ import annotations

import pytest

from agent_assist.core.events import Utterance
from agent_assist.core.replies import (
    MOVED_ON_MS,
    asks,
    asks_closed,
    denies,
    is_own_talk,
    moves_on,
    reply_to,
)
from agent_assist.core.spotting import PhraseSpotter, Turn
from tests.packs import phrases


@pytest.mark.parametrize(
    ("text", "question", "closed"),
    [
        ("请问您的号码是多少？", True, False),
        ("是昨天开始的吗", True, True),
        ("您没有订购，对吧？", True, True),
        ("我帮您查一下", False, False),
        ("您能详细说一下吗，我记一下", False, False),
    ],
)
def test_questions(text: str, question: bool, closed: bool) -> None:
    assert (asks(text), asks_closed(text)) == (question, closed)


@pytest.mark.parametrize(
    ("chars", "condition"),
    [
        ("是的开着", "customer_confirms"),
        ("对", "customer_confirms"),
        ("没有啊", "customer_denies"),
        ("不是免提", "customer_denies"),
        ("不是这样的我上个月就已经退订了", ""),
        ("流量", ""),
    ],
)
def test_a_short_reply_is_a_yes_or_a_no(chars: str, condition: str) -> None:
    assert reply_to(chars) == condition
    assert denies(chars) == (condition == "customer_denies")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("夜间流量包每月十元，晚上十一点以后使用", True),
        ("对不起！我的意思是这个流量只能在夜间使用", True),
        ("好的，我看一下", False),
        ("请问还有什么可以帮您？", False),
        ("您这个月用了很多流量，是吗", False),
    ],
)
def test_talk_beyond_the_catalogue(text: str, own: bool) -> None:
    turn = Turn.from_utterance(Utterance(0, 0, "agent", 0, 3000, text))
    spotted = PhraseSpotter(phrases().matcher).feed(turn)
    assert is_own_talk(turn, spotted) is own


def test_a_question_or_long_talk_leaves_a_line_behind() -> None:
    assert moves_on("您什么时候发现的？", 100)
    assert moves_on("好的", MOVED_ON_MS)
    assert not moves_on("好的", MOVED_ON_MS - 1)
