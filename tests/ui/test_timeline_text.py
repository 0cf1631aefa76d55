"""Terminal lines of a call."""

from __future__ import annotations

import pytest

from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    Event,
    Evidence,
    Finding,
    LineQuality,
    Listened,
    Overdue,
    PartialHeard,
    PhraseMatch,
    Prompt,
    PromptCleared,
    Settled,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.ui.timeline_text import line_for

GREETING = "请问有什么可以帮您？"


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            Utterance(5000, 1, "customer", 3500, 4900, "你好，我想查一下这个月话费"),
            "00:03.5  客户  你好，我想查一下这个月话费",
        ),
        (Utterance(900, 0, "agent", 800, 850, ""), "00:00.8  座席  （未能识别）"),
        (
            PhraseMatch(900, "greet-general-desk", 1, 0.96, 0.31, 0, 0, 800, "agent", GREETING,
                        GREETING, ()),
            "      ↳ 匹配 greet-general-desk·1 普通座席首问句 96% (领先 31%)",
        ),
        (
            Prompt(0, "greet-general-desk", 1, GREETING, 2000, "seed", 20),
            "      ▸ 提示 «请问有什么可以帮您？»  限时 00:02.0",
        ),
        (Prompt(0, "hold", 1, "请稍等", None, "own", 20), "      ▸ 提示 «请稍等»"),
        (
            Finding(2600, "time-greet-2s", "breach", "major", "接通后两秒内问候", "太晚",
                    Evidence(0, 2600, value=2.6, limit=2.0, unit="s")),
            "      ✗ 违规 time-greet-2s 接通后两秒内问候：2.6 秒（上限 2.0 秒）",
        ),
        (
            Finding(2600, "r", "breach", "major", "音量", "",
                    Evidence(0, 2600, value=-41.04, limit=-41.0, unit="dBFS")),
            "      ✗ 违规 r 音量：-41.04 dBFS（下限 -41 dBFS）",
        ),
        (
            Finding(2600, "r", "met", "major", "抢话", "",
                    Evidence(0, 2600, value=0.0, limit=2.0, unit="次")),
            "      ✓ 达标 r 抢话：0 次（上限 2 次）",
        ),
        (
            Finding(2600, "taboo", "breach", "fatal", "忌语", "使用了服务忌语",
                    Evidence(0, 2600, term="不知道")),
            "      ✗ 违规 taboo 忌语：使用了服务忌语「不知道」",
        ),
        (
            Finding(2600, "r", "met", "major", "首问句用语", "", Evidence(0, 2600)),
            "      ✓ 达标 r 首问句用语",
        ),
        (
            Finding(2600, "r", "undetermined", "info", "不抢话", "", Evidence(0, 0, reason="太吵")),
            "      ? 无法判定 r 不抢话：太吵",
        ),
        (StageEntered(0, "rapport"), "      · 阶段 奠定基调"),
        (SituationEntered(0, "hold", "agent"), "      · 情形 hold（座席所说）"),
        (AudioGap(61_000, "agent", 300, "lost"), "01:01.0  缺音  座席 0.3 秒"),
        (Overdue(2000, "g", "major", "问候", "两秒内没有问候"), "00:02.0  超时  两秒内没有问候"),
        (CallEnded(88_000, "customer"), "01:28.0  结束  客户挂机"),
    ],
)  # fmt: skip
def test_lines(event: Event, line: str) -> None:
    assert line_for(event, {"greet-general-desk": "普通座席首问句"}) == line


@pytest.mark.parametrize(
    "event",
    [
        VoiceStarted(0, "agent"),
        VoiceEnded(10, "agent"),
        PartialHeard(5, "agent", "您"),
        Settled(10),
        Listened(500),
        LineQuality(0, "agent", 0, 10, -20.0, -50.0, 30.0, 0.0),
        PromptCleared(0, "s", 1, "said"),
        SituationLeft(0, "s", "done"),
    ],
)
def test_no_news_no_line(event: Event) -> None:
    assert line_for(event) is None


@pytest.mark.parametrize(
    "text", ["我的号码是13800000001", "一三八零零零零零零零一", "是 123456", "一二三四五六"]
)
def test_speech_is_masked(text: str) -> None:
    line = line_for(Utterance(900, 0, "customer", 0, 800, text)) or ""
    assert text not in line
    assert "*" in line or "＊" in line


def test_a_line_is_one_line(events: tuple[Event, ...]) -> None:
    lines = [line_for(event) for event in events]
    assert all("\n" not in line for line in lines if line)
    two = line_for(Utterance(900, 0, "agent", 0, 800, "您好\n再见")) or ""
    assert two.endswith("您好 再见")
