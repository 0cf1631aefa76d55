"""Pace against pace, the share of the talk and echoed questions, as numbers of a conversation."""

from __future__ import annotations

import pytest

from agent_assist.core.events import Event, Finding
from tests.conversations import GREETING, Said, judged

QUESTION = "我上个月的流量为什么突然多扣了二十块钱"
SLOWER = "麻烦您说慢一点"
TALK = "您这个月的套餐费是三十八元，流量叠加包是十元，两项一共四十八元"


def found(events: list[Event], rule: str) -> list[Finding]:
    return [e for e in events if isinstance(e, Finding) and e.rule_id == rule]


@pytest.mark.parametrize(
    ("seconds", "ratio", "verdict"), [(12.0, 0.5, "met"), (5.5, 1.09, "undetermined")]
)
def test_the_pace_after_the_customer_asked_over_the_pace_before(
    seconds: float, ratio: float, verdict: str
) -> None:
    first: Said = ("agent", 5.0, 11.0, TALK)
    again: Said = ("agent", 20.0, 20.0 + seconds, TALK)
    events = judged(first, ("customer", 12.0, 14.0, SLOWER), again)
    (finding,) = found(events, "voice-speed-match")
    assert (finding.evidence.value, finding.verdict) == (ratio, verdict)


def test_an_echo_is_counted_for_one_question_and_not_across_questions() -> None:
    asked: Said = ("customer", 5.0, 9.0, QUESTION)
    other: Said = ("customer", 20.0, 23.0, "宽带昨天晚上断了三个小时")
    echoes: list[Said] = [
        ("agent", 10.0, 14.0, QUESTION),
        ("agent", 24.0, 27.0, "宽带昨天晚上断了三个小时"),
        ("agent", 30.0, 34.0, QUESTION),
    ]
    events = judged(GREETING, asked, echoes[0], other, *echoes[1:])
    (finding,) = found(events, "conduct-repeat-question")
    assert (finding.evidence.value, finding.verdict) == (2, "met")
    assert finding.evidence.start_ms == 5000


def test_the_share_of_the_talk_counts_from_the_complaint_on() -> None:
    before: Said = ("customer", 5.0, 45.0, "我上次打电话来的时候")
    complaint: Said = ("customer", 50.0, 60.0, "我要投诉你们乱扣费")
    answer: Said = ("agent", 61.0, 91.0, "我能理解您的心情")
    (finding,) = found(judged(GREETING, before, complaint, answer), "conduct-seven-more")
    assert (finding.evidence.value, finding.verdict) == (75.0, "undetermined")
