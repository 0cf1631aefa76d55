"""What lasting silence brings up besides the silent caller and the hold (told in test_flow)."""

from __future__ import annotations

from operator import itemgetter

import pytest

from agent_assist.core.events import AudioGap
from tests.conversations import GREETING, Said, conversation, entered, judge, judged, prompts

ASKED: Said = ("customer", 5.0, 8.0, "夜间流量包是怎么收费的")
EXPLAINED: Said = ("agent", 9.0, 14.0, "夜间流量包每月十元，晚上十一点到早上七点使用")
UNANSWERED = "no-response-while-explaining"


def test_no_answer_to_an_explanation_is_asked_about_after_five_seconds() -> None:
    events = judged(GREETING, ASKED, EXPLAINED, ended_at_s=30)
    shown = [(p.at_ms, p.text) for p in prompts(events) if p.situation_id == UNANSWERED]
    assert shown == [(19_000, "请问您听得见我的声音吗？")]


@pytest.mark.parametrize(
    "last",
    [
        ("agent", 9.0, 10.0, "好的"),
        ("agent", 9.0, 13.0, "请您稍候片刻，我帮您核实一下"),
        ("agent", 9.0, 14.0, "请您根据语音提示输入密码后按#号键返回，我再为您服务"),
        ("agent", 9.0, 13.0, "1086号感谢您对我们工作的支持，再见"),
    ],
    ids=["sign of listening", "hold", "typing a password", "closing"],
)
def test_silence_by_right_asks_for_nothing(last: Said) -> None:
    assert UNANSWERED not in entered(judged(GREETING, ASKED, last, ended_at_s=25))


def test_an_answer_in_time_and_a_call_not_begun_ask_for_nothing() -> None:
    answer: Said = ("customer", 18.0, 18.5, "哦")
    assert UNANSWERED not in entered(judged(GREETING, ASKED, EXPLAINED, answer, ended_at_s=30))
    assert UNANSWERED not in entered(judged(GREETING, EXPLAINED, ended_at_s=30))


@pytest.mark.parametrize(
    ("pieces", "shown_at"),
    [
        ([], [6_000]),
        ([(4_500, 1_000), (5_500, 1_000), (6_500, 500)], [9_000]),
        ([(4_500, 100)], [6_000]),
    ],
    ids=["no gap", "a gap in pieces", "less than a word"],
)
def test_a_caller_whose_sound_is_lost_is_not_a_silent_caller(
    pieces: list[tuple[int, int]], shown_at: list[int]
) -> None:
    meta, heard = conversation(GREETING, ended_at_s=10)
    lost = [(at + length, AudioGap(at, "customer", length, "unplugged")) for at, length in pieces]
    told = sorted([*((e.at_ms, e) for e in heard), *lost], key=itemgetter(0))
    events = judge(meta, [event for _, event in told])
    shown = [p.at_ms for p in prompts(events) if p.situation_id == "caller-silent"]
    assert shown[:1] == shown_at
