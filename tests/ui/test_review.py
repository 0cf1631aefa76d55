"""The review page: what it says, what it hides, and that it cannot reach out."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from agent_assist.core.events import (
    AlignedChar,
    CallEnded,
    CallStarted,
    Event,
    Evidence,
    Finding,
    Utterance,
)
from agent_assist.core.report import fold
from agent_assist.errors import BadInputError
from agent_assist.ui.review import Waveform, peaks_from, render_report
from agent_assist.ui.transcript_marks import Piece, locate, masked_cells, pieces_of

AUDIO = "data:audio/wav;base64,UklGRg=="


@pytest.fixture(scope="module")
def page(events: tuple[Event, ...], titles: dict[str, str]) -> str:
    report = fold(events, {"script": "10086"})
    return render_report(report, Waveform((((-100, 90),), ((-3, 4),)), 88_000), AUDIO, titles)


def said(text: str) -> list[AlignedChar]:
    return [AlignedChar(char, char, "said") for char in text]


@pytest.mark.parametrize(
    "words",
    [
        "c-20261121-0007", "王晓敏", "普通座席", "2026-11-21 20:08:11", "1 分 28 秒", "客户挂机",
        "违规", "无法判定", "达标", "致命", "严重", "一般", "提示",
        "time-greet-2s", "2.6 秒（上限 2.0 秒）", "客户侧信噪比 6 dB", "请您稍等，我帮您核实一下。",
        "奠定基调", "查询等待", "规定用语", "自拟用语", "延迟 640 毫秒", "241 字/分",
    ],
)  # fmt: skip
def test_the_page_tells_the_call(page: str, words: str) -> None:
    assert words in page


def test_rendering_twice_gives_the_same_page(events: tuple[Event, ...]) -> None:
    report = fold(events, {})
    assert render_report(report, None, None) == render_report(report, None, None)


def test_breaches_come_first(page: str) -> None:
    order = re.findall(r'data-verdict="(\w+)"', page)
    assert order == ["breach"] * 4 + ["undetermined"] + ["met"] * 3


def test_speech_is_escaped(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#39;吵&#39;)&lt;/script&gt; 那边太吵了" in page


def test_personal_numbers_do_not_reach_the_page(page: str) -> None:
    assert "13800000001" not in page
    assert "一三八零零零零零零零一" not in page
    assert "一二三四五六" not in page
    assert "138****0001" in page


def test_a_number_quoted_by_a_finding_is_hidden_like_in_its_turn() -> None:
    turns = (
        Utterance(900, 0, "agent", 0, 800, "请您输入服务密码"),
        Utterance(1900, 1, "customer", 1000, 1800, "嗯 123456"),
    )
    digits = tuple(AlignedChar("", char, "slot") for char in "幺二三四五六")
    evidence = Evidence(1000, 1800, 1, heard="123456", alignment=digits)
    finding = Finding(2000, "r", "breach", "minor", "t", "客户说：嗯 123456", evidence)
    page = render_report(fold([*turns, finding], {}), None, None)
    assert "123456" not in page
    assert not re.search(r"<span>[幺二三四五六]</span>", page)
    assert "嗯 ******" in page


def test_every_text_of_an_event_is_escaped() -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    events: list[Event] = [
        CallStarted(0, evil, evil, evil, evil, evil, ("agent",)),
        Utterance(900, 0, "agent", 0, 800, evil),
        Finding(950, evil, "breach", "fatal", evil, evil,
                Evidence(0, 800, 0, evil, evil, evil, evil, reason=evil, value=1.0, unit=evil)),
        CallEnded(1000, "agent"),
    ]  # fmt: skip
    page = render_report(fold(events, {evil: evil}), None, None, {"x": evil})
    assert "<img" not in page


def test_the_policy_allows_this_page_and_nothing_else(page: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    assert found
    policy = found[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        content = page[page.index(f"<{tag}>") + len(tag) + 2 : page.index(f"</{tag}>")]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_the_page_names_no_outside_resource(page: str) -> None:
    assert not re.search(r"https?://|//[a-z]+\.|@import|\burl\(", page)
    assert re.findall(r'(?:src|href)="([^"#]+)', page) == [AUDIO]
    assert not re.search(r"<[^>]+\sstyle=", page)


@pytest.mark.parametrize("address", ["https://x/a.wav", "data:text/html;base64,AA==", "a.wav", ""])
def test_only_embedded_audio_is_taken(events: tuple[Event, ...], address: str) -> None:
    with pytest.raises(BadInputError, match="data:audio"):
        render_report(fold(events, {}), None, address)


def test_without_audio_or_waveform_the_page_says_so(events: tuple[Event, ...]) -> None:
    page = render_report(fold(events, {}), None, None)
    assert "本报告未附录音" in page
    assert "未附波形" in page
    assert "<audio" not in page


def test_the_provenance_reads_plainly(events: tuple[Event, ...]) -> None:
    header = {"call_id": "c", "model": {"name": "zh-small", "digest": "ab"}, "script": "{odd"}
    page = render_report(fold(events, header), None, None)
    assert "<dt>识别模型</dt><dd><code>digest ab · name zh-small</code></dd>" in page
    assert "<code>{odd</code>" in page
    assert "<dt>call_id</dt>" not in page


def test_an_empty_log_renders() -> None:
    page = render_report(fold([], {}), None, None)
    assert "没有识别到任何话语" in page
    assert "没有触发任何规则" in page


@pytest.mark.parametrize(
    ("desk", "label"), [("vip", "VIP专席"), ("gotone", "全球通专席"), ("general", "普通座席")]
)
def test_desks_have_their_names(events: tuple[Event, ...], desk: str, label: str) -> None:
    page = render_report(replace(fold(events, {}), desk=desk), None, None)
    assert f"<dd>{label}</dd>" in page


def test_peaks_are_the_extremes_of_each_stretch() -> None:
    samples = np.zeros((8000, 2), dtype=np.int16)
    samples[100] = (-32768, 5)
    samples[7999] = (7, 32767)
    wave = peaks_from(samples, 8000)
    assert wave.ms_per_peak == 10
    assert [len(side) for side in wave.peaks] == [100, 100]
    assert wave.peaks[0][1] == (-32768, 0)
    assert wave.peaks[1][-1] == (0, 32767)


def test_peaks_of_a_long_call_stay_few_and_span_it() -> None:
    samples = np.ones(16_000 * 600, dtype=np.int16)
    wave = peaks_from(samples, 16_000)
    assert len(wave.peaks) == 1
    assert 2000 < len(wave.peaks[0]) <= 2400
    assert len(wave.peaks[0]) * wave.ms_per_peak == pytest.approx(600_000, abs=wave.ms_per_peak)
    assert peaks_from(np.array([], dtype=np.int16), 8000).peaks == ((),)


def test_peaks_of_alternating_extremes_span_the_same_time() -> None:
    pairs = np.array([(-100 - i, 100 + i) for i in range(30)], dtype=np.int16).reshape(-1)
    wave = peaks_from(pairs, 20)
    assert wave.ms_per_peak == 100
    assert wave.peaks[0] == tuple((-100 - i, 100 + i) for i in range(30))


def test_marks_point_at_the_characters_heard() -> None:
    cells = [
        *said("您好"),
        AlignedChar("请", "", "missed"),
        *said("问"),
        AlignedChar("您", "你", "near"),
    ]
    pieces = pieces_of("嗯，您好，问你？", "嗯，您好，问你？", [cells])
    assert pieces == (
        Piece("plain", "嗯，"),
        Piece("said", "您好，", "与规定用语一致"),
        Piece("missed", "请", "漏说「请」"),
        Piece("said", "问", "与规定用语一致"),
        Piece("near", "你", "近音：规定为「您」"),
        Piece("plain", "？"),
    )


def test_words_apart_and_digits_spelled_otherwise_are_still_found() -> None:
    assert locate("请 您 稍等", said("请您稍等")) == [0, 2, 4, 5]
    assert locate("我是1086号客户代表", said("我是幺零八六号客户代表")) == [
        0, 1, None, None, None, None, 6, 7, 8, 9, 10,
    ]  # fmt: skip
    assert locate("完全无关的话", said("请您稍等")) == [None] * 4


def test_a_term_is_marked_even_when_it_is_a_wording_too() -> None:
    pieces = pieces_of("这个我不知道。", "这个我不知道。", [said("这个")], ["我不知道"])
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("said", "这个"),
        ("taboo", "我不知道"),
        ("plain", "。"),
    ]


def test_aligned_digits_are_masked_too() -> None:
    cells = masked_cells(said("号码一三八零零零零零零零一"))
    assert "".join(cell.heard for cell in cells) == "号码一三八＊＊＊＊零零零一"
    assert "".join(cell.expected for cell in cells) == "号码一三八＊＊＊＊零零零一"
