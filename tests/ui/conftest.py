"""A realistic call, as the events it produces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent_assist.core.events import (
    AlignedChar,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Evidence,
    Finding,
    LineQuality,
    Operation,
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

TITLES = {
    "greet-general-desk": "普通座席首问句",
    "verify-identity": "身份核验",
    "hold-lookup": "查询等待",
    "apology-wait": "等待后致歉",
    "answer-confirm": "确认解答",
    "close-anything-else": "询问其他需求",
    "close-thanks": "结束语",
}

# fmt: off
LINES: tuple[tuple[Channel, int, int, str, float], ...] = (
    ("agent", 2600, 5900, "您好，很高兴为您服务，请问有什么可以帮你？", 0.94),
    ("customer", 6700, 10400, "你好，我想查一下这个月话费，怎么扣了我一百多块。", 0.91),
    ("agent", 11100, 14000, "好的，请您提供一下您的手机号码。", 0.95),
    ("customer", 14600, 19300, "一三八零零零零零零零一，就是 13800000001 这个号。", 0.88),
    ("agent", 20000, 23400, "请您输入六位服务密码。", 0.93),
    ("customer", 24500, 27900, "一二三四五六", 0.83),
    ("agent", 29000, 32800, "请您稍等，我帮您查询一下。", 0.96),
    ("agent", 51200, 56800, "您这个月套餐三十八元，超出流量产生了六十二元。", 0.87),
    ("customer", 56100, 60900, "流量超了？怎么没有人告诉我啊！", 0.79),
    ("agent", 61500, 64200, "这个我不知道，短信应该发过了。", 0.9),
    ("customer", 65600, 70100, "<script>alert('吵')</script> 那边太吵了", 0.42),
    ("agent", 71000, 76500, "非常抱歉给您带来不便，我帮您登记，稍后会有专人与您联系。", 0.92),
    ("customer", 77300, 79000, "行吧，那就这样。", 0.9),
    ("agent", 79900, 82100, "请问还有什么可以帮您？", 0.97),
    ("customer", 82800, 83900, "没有了。", 0.95),
    ("agent", 84500, 87400, "感谢您的来电，再见。", 0.97),
)
# fmt: on


def aligned(*cells: tuple[str, str, Operation]) -> tuple[AlignedChar, ...]:
    return tuple(AlignedChar(*cell) for cell in cells)


def said(text: str) -> tuple[AlignedChar, ...]:
    return tuple(AlignedChar(char, char, "said") for char in text)


GREETING = (
    *said("您好"),
    *aligned(("很", "很", "said"), ("高", "高", "said"), ("兴", "兴", "said")),
    *said("为您服务"),
    *said("请问有什么可以帮"),
    AlignedChar("您", "你", "near"),
)
WAIT = (
    *said("请您稍等"),
    *aligned(("正", "", "missed"), ("在", "", "missed"), ("为", "我", "wrong")),
    *aligned(("", "帮", "extra")),
    *said("您查询"),
)
THANKS = (
    *said("感谢您的来电"),
    *aligned(("祝", "", "missed"), ("您", "", "missed")),
    *said("再见"),
)


def _match(turn: int, situation: str, expected: str, cells: tuple[AlignedChar, ...]) -> PhraseMatch:
    _, start, end, text, _ = LINES[turn]
    good = sum(cell.operation == "said" for cell in cells) / len(cells)
    return PhraseMatch(
        end + 300, situation, 1, good, 0.31, turn, start, end, "agent", expected, text, cells
    )


MATCHES = (
    _match(0, "greet-general-desk", "您好，很高兴为您服务，请问有什么可以帮您？", GREETING),
    _match(6, "hold-lookup", "请您稍等，正在为您查询。", WAIT),
    _match(13, "close-anything-else", "请问还有什么可以帮您？", said("请问还有什么可以帮您")),
    _match(15, "close-thanks", "感谢您的来电，祝您……再见。", THANKS),
)

# fmt: off
FINDINGS = (
    Finding(
        3000, "time-greet-2s", "breach", "major", "接通后两秒内问候",
        "接通后 2.6 秒才开口。",
        Evidence(0, 2600, 0, value=2.6, limit=2.0, unit="s"),
    ),
    Finding(
        6200, "greet-wording", "met", "major", "首问句用语规范", "首问句与规定用语一致。",
        Evidence(2600, 5900, 0, "您好，很高兴为您服务，请问有什么可以帮您？", LINES[0][3],
                 alignment=GREETING, score=0.96, margin=0.31, confidence=0.94),
    ),
    Finding(
        33100, "hold-wording", "breach", "minor", "查询等待用语", "等待前的用语与规定不一致。",
        Evidence(29000, 32800, 6, "请您稍等，正在为您查询。", LINES[6][3],
                 alignment=WAIT, score=0.71, margin=0.24, confidence=0.96),
    ),
    Finding(
        51300, "hold-15s", "breach", "minor", "等待中每十五秒安抚客户", "等待 18.4 秒没有安抚。",
        Evidence(32800, 51200, 7, value=18.4, limit=15.0, unit="s"),
    ),
    Finding(
        57000, "no-overlap", "undetermined", "info", "不抢话", "重叠处难以判定是谁先开口。",
        Evidence(56100, 56800, 8, confidence=0.42, value=0.7, limit=1.0, unit="s",
                 reason="客户侧信噪比 6 dB，低于可判定的 10 dB"),
    ),
    Finding(
        64500, "taboo-dont-know", "breach", "fatal", "服务忌语", "使用了推诿类忌语「我不知道」。",
        Evidence(61500, 64200, 9, heard=LINES[9][3], term="我不知道",
                 replacement="请您稍等，我帮您核实一下。", score=1.0, confidence=0.9),
    ),
    Finding(
        82300, "close-ask-again", "met", "minor", "结束前询问其他需求", "",
        Evidence(79900, 82100, 13, "请问还有什么可以帮您？", LINES[13][3],
                 alignment=said("请问还有什么可以帮您"), score=1.0, margin=0.5, confidence=0.97),
    ),
    Finding(
        87800, "voice-speed-120", "met", "minor", "语速约每分钟一百二十字", "",
        Evidence(0, 87400, value=148.0, limit=160.0, unit="chars/min"),
    ),
)


def call_events() -> Iterator[Event]:
    """The call in log order."""
    yield CallStarted(0, "c-20261121-0007", "general", "1086", "王晓敏",
                      "2026-11-21T20:08:11+08:00", ("agent", "customer"))
    later: list[Event] = []
    later += [StageEntered(0, "rapport"), StageEntered(6700, "diagnosis"),
              StageEntered(51200, "solution"), StageEntered(71000, "agreement"),
              StageEntered(79900, "summary")]
    later += [
        SituationEntered(0, "greet-general-desk", "state"),
        SituationLeft(6200, "greet-general-desk", "done"),
        SituationEntered(11100, "verify-identity", "agent"),
        SituationLeft(28000, "verify-identity", "done"),
        SituationEntered(28400, "hold-lookup", "agent"),
        SituationLeft(51200, "hold-lookup", "done"),
        SituationEntered(79500, "close-anything-else", "customer"),
        SituationLeft(83900, "close-anything-else", "done"),
        SituationEntered(84000, "close-thanks", "state"),
        Prompt(20, "greet-general-desk", 1, "您好，很高兴为您服务，请问有什么可以帮您？", 2000,
               "seed", 20),
        PromptCleared(6200, "greet-general-desk", 1, "said"),
        Prompt(28400, "hold-lookup", 1, "请您稍等，正在为您查询。", 31000, "seed", 640),
        Prompt(47800, "apology-wait", 1, "不好意思，让您久等了，正在为您查询 13800000001 的账单。",
               48000, "own", 1180),
        PromptCleared(51200, "apology-wait", 1, "said"),
        Prompt(79300, "close-anything-else", 1, "请问还有什么可以帮您？", 81000, "seed", 310),
        PromptCleared(82300, "close-anything-else", 1, "said"),
    ]
    for turn, (channel, start, end, text, confidence) in enumerate(LINES):
        snr = 6.0 if turn == 10 else 24.0
        later += [
            VoiceStarted(start, channel), PartialHeard(start + 500, channel, text[:3]),
            VoiceEnded(end, channel),
            LineQuality(end + 100, channel, start, end, -22.5 if channel == "agent" else -27.0,
                        -52.0, snr, 0.001),
            Utterance(end + 200, turn, channel, start, end, text, (), confidence),
            Settled(end + 210),
        ]
    yield from sorted([*later, *MATCHES, *FINDINGS], key=lambda event: event.at_ms)
    yield CallEnded(88_000, "customer")


# fmt: on


@pytest.fixture(scope="session")
def events() -> tuple[Event, ...]:
    return tuple(call_events())


@pytest.fixture(scope="session")
def titles() -> dict[str, str]:
    return dict(TITLES)
