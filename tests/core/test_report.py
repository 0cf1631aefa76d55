"""A report is a pure fold over a call's events."""

from __future__ import annotations

import pytest

from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Evidence,
    Finding,
    LineQuality,
    PhraseMatch,
    Prompt,
    PromptCleared,
    Severity,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Utterance,
    Verdict,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.report import Stay, fold
from agent_assist.core.voice_metrics import count_chars

STARTED = CallStarted(
    0, "c1", "vip", "1086", "王晓敏", "2026-11-21T20:00:00", ("agent", "customer")
)


def said(turn: int, channel: Channel, start: int, end: int, text: str) -> Utterance:
    return Utterance(end + 200, turn, channel, start, end, text)


def judged(at_ms: int, verdict: Verdict, severity: Severity = "minor") -> Finding:
    return Finding(at_ms, f"rule-{at_ms}", verdict, severity, "t", "", Evidence(at_ms, at_ms))


def call(*events: Event, end_ms: int = 20_000) -> list[Event]:
    return [STARTED, *events, CallEnded(end_ms, "customer")]


def test_folding_twice_gives_equal_reports() -> None:
    log = call(
        said(0, "agent", 500, 3000, "您好"),
        PhraseMatch(3100, "s", 1, 0.9, 0.2, 0, 500, 3000, "agent", "您好", "您好", ()),
        judged(3200, "met"),
        Prompt(4000, "s", 1, "请讲", None, "seed", 12),
    )
    header = {"script": "10086", "frame_ms": 100, "models": {"b": 1, "a": 2}}
    assert fold(iter(log), header) == fold(log, dict(reversed(header.items())))
    assert hash(fold(log, header)) == hash(fold(log, header))


def test_call_facts_and_header() -> None:
    report = fold(call(), {"script": "10086", "frame_ms": 100})
    assert (report.call_id, report.desk, report.agent_id) == ("c1", "vip", "1086")
    assert (report.duration_ms, report.hung_up_by, report.complete) == (20_000, "customer", True)
    assert report.header == (("frame_ms", "100"), ("script", "10086"))


def test_a_log_cut_short_still_folds() -> None:
    report = fold([said(0, "agent", 500, 3000, "您好")], {})
    assert (report.duration_ms, report.complete, report.hung_up_by) == (3200, False, "unknown")
    assert fold([], {}).duration_ms == 0


def test_findings_stand_in_time_order_and_are_counted() -> None:
    log = call(
        judged(9000, "breach", "minor"),
        judged(1000, "met"),
        judged(5000, "breach", "fatal"),
        judged(5000, "undetermined", "fatal"),
    )
    report = fold(log, {})
    assert [f.at_ms for f in report.findings] == [1000, 5000, 5000, 9000]
    assert [f.verdict for f in report.findings[1:3]] == ["breach", "undetermined"]
    counts = report.counts
    assert (counts.met, counts.breach, counts.undetermined) == (1, 2, 1)
    assert counts.breaches_by_severity == (("fatal", 1), ("minor", 1))


def test_situations_and_stages_become_stretches() -> None:
    report = fold(
        call(
            StageEntered(0, "rapport"),
            SituationEntered(0, "greet", "connected"),
            SituationLeft(3000, "greet", "done"),
            StageEntered(4000, "diagnosis"),
            SituationEntered(4000, "hold", "agent"),
            SituationLeft(5000, "never-entered", "done"),
        ),
        {},
    )
    assert report.stages == (Stay("rapport", 0, 4000), Stay("diagnosis", 4000, 20_000))
    assert report.situations == (
        Stay("greet", 0, 3000, "connected"),
        Stay("hold", 4000, 20_000, "agent"),
    )


def test_a_situation_never_left_gives_way_to_the_next() -> None:
    entered = (
        SituationEntered(at, name, "agent") for at, name in ((0, "a"), (0, "b"), (4000, "c"))
    )
    assert fold(call(*entered), {}).situations == (
        Stay("a", 0, 4000, "agent"),
        Stay("b", 0, 4000, "agent"),
        Stay("c", 4000, 20_000, "agent"),
    )


def test_a_prompt_stands_until_the_next_one_or_until_cleared() -> None:
    first, second, third = (Prompt(at, "s", 1, "请讲", None, "seed", 5) for at in (0, 900, 5000))
    shown = fold(call(first, second, PromptCleared(2000, "s", 1, "said"), third), {}).prompts
    assert [(p.prompt.at_ms, p.until_ms, p.cause) for p in shown] == [
        (0, 900, ""),
        (900, 2000, "said"),
        (5000, 20_000, ""),
    ]


def test_talk_silence_and_overlap_come_from_voice_activity() -> None:
    report = fold(
        call(
            VoiceStarted(1000, "agent"),
            VoiceStarted(4000, "customer"),
            VoiceEnded(5000, "agent"),
            VoiceEnded(8000, "customer"),
            VoiceStarted(18_000, "agent"),
        ),
        {},
    )
    agent, customer = report.voice.channels
    assert (agent.talk_ms, customer.talk_ms) == (6000, 4000)
    assert agent.share == pytest.approx(0.6)
    assert report.voice.overlap_ms == 1000
    assert report.voice.mutual_silence_ms == 11_000
    assert report.voice.longest_silence_ms == 10_000


def test_a_call_judged_from_text_measures_its_utterances() -> None:
    log = call(
        said(0, "agent", 0, 4000, "您好，请问有什么"), said(1, "customer", 5000, 6000, "查话费")
    )
    voice = fold(log, {}).voice
    assert [side.talk_ms for side in voice.channels] == [4000, 1000]
    assert voice.channels[0].level_dbfs is None


def test_speech_rate_counts_spoken_characters_over_speaking_time() -> None:
    text = "您好，请问有什么可以帮您？"
    assert count_chars(text) == 11
    log = call(said(0, "agent", 8000, 12_000, text), said(1, "agent", 19_900, 20_000, "嗯"))
    voice = fold(log, {}).voice
    assert voice.agent_chars_per_min == pytest.approx(12 * 60_000 / 4100)
    assert [(w.start_ms, w.end_ms) for w in voice.agent_pace] == [(0, 10_000), (10_000, 20_000)]
    assert voice.agent_pace[0].chars_per_min == pytest.approx(165)


def test_too_little_speech_has_no_rate() -> None:
    voice = fold(call(said(0, "agent", 0, 500, "嗯")), {}).voice
    assert voice.agent_chars_per_min is None
    assert {window.chars_per_min for window in voice.agent_pace} == {None}


def test_levels_are_weighted_by_the_length_of_speech() -> None:
    log = call(
        LineQuality(1000, "agent", 0, 1000, -20.0, -50.0, 30.0, 0.0),
        LineQuality(5000, "agent", 1000, 4000, -24.0, -50.0, 26.0, 0.004),
        AudioGap(6000, "customer", 300, "lost"),
    )
    report = fold(log, {})
    agent = report.voice.channels[0]
    assert agent.level_dbfs == pytest.approx(-23.0)
    assert agent.snr_db == pytest.approx(27.0)
    assert agent.clipped_ratio == pytest.approx(0.003)
    assert report.gaps == (AudioGap(6000, "customer", 300, "lost"),)


def test_speech_outside_of_the_call_cannot_break_the_measures() -> None:
    log = call(said(0, "agent", 19_000, 23_000, "再见再见再见"), end_ms=20_000)
    voice = fold(log, {}).voice
    assert voice.mutual_silence_ms == 19_000
    assert voice.channels[0].talk_ms == 1000
