"""A lesson against a recording of the agent: real voice, real recogniser, no device."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import read_log
from agent_assist.adapters.recorder import Recorder
from agent_assist.adapters.synthesis import VoiceError
from agent_assist.apps import practice_sound as app
from agent_assist.apps.practice import Practice
from agent_assist.apps.practice_sound import Conversation, practise_recorded, recorded
from agent_assist.apps.practice_voice import CustomerVoice, speak_lesson
from agent_assist.core.events import CallEnded, Event, Finding, Utterance, VoiceStarted
from agent_assist.core.framing import AudioFrame
from agent_assist.core.lesson import Customer, Lesson
from agent_assist.core.lesson_result import LessonResult
from agent_assist.settings import DEFAULT_MODEL
from tests.lessons import pack_with_short_lesson, short_lesson, speak_agent


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack_with_short_lesson(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def lesson(pack: Path) -> Lesson:
    return short_lesson(pack)


@pytest.fixture(scope="module")
def voice(lesson: Lesson) -> CustomerVoice:
    return speak_lesson(lesson)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, voice: CustomerVoice) -> Path:
    """The agent's side of the short lesson."""
    return speak_agent(tmp_path_factory.mktemp("agent") / "agent.wav", list(voice.clips))


def practise(
    pack: Path, agent: Path, out: Path, model: Path = DEFAULT_MODEL
) -> tuple[LessonResult, str]:
    shown = io.StringIO()
    result = practise_recorded(Practice(pack, model, out, "90"), agent, shown)
    return result, shown.getvalue()


def said(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.channel, e.text) for e in events if isinstance(e, Utterance)]


def test_a_recorded_agent_is_answered_judged_and_scored(
    pack: Path, agent: Path, tmp_path: Path
) -> None:
    result, shown = practise(pack, agent, tmp_path)
    header, events = read_log(tmp_path / "90-short.events.jsonl")
    speakers = [who for who, _ in said(events)]
    assert speakers == ["agent", "customer", "agent", "customer", "agent"]
    customer = [text for who, text in said(events) if who == "customer"]
    assert customer == ["你好我想查话费", "没有了"]
    [ended] = [e for e in events if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "customer"
    met = {e.rule_id for e in events if isinstance(e, Finding) and e.verdict == "met"}
    assert {"time-greet-2s", "word-greeting", "word-anything-else", "word-closing"} <= met
    assert result.breaches == () and result.scorecard.total == 100.0
    assert "没有违规" in shown and "总分：100.0 分" in shown
    assert header["model"]["name"] == DEFAULT_MODEL.name
    assert header["source"] == "90-short.wav"
    recording = AudioFile(tmp_path / "90-short.wav")
    assert recording.channels == ("agent", "customer")
    assert sum(frame.samples.shape[1] for frame in recording) // 16 == ended.at_ms
    report = (tmp_path / "90-short.report.html").read_text("utf-8")
    assert "练习：短课" in report and "data:audio/wav" in report
    again, _ = practise(pack, agent, tmp_path / "again")
    assert again.breaches == ()
    for name in ("90-short.events.jsonl", "90-short.wav"):
        assert (tmp_path / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_rule_that_the_recorded_agent_breaks_is_told(
    pack: Path, voice: CustomerVoice, tmp_path: Path
) -> None:
    late = speak_agent(tmp_path / "late.wav", list(voice.clips), first_s=3.0)
    result, shown = practise(pack, late, tmp_path)
    assert [f.rule_id for f in result.breaches] == ["time-greet-2s"]
    assert result.scorecard.total is not None and result.scorecard.total < 100
    assert "要改进的：" in shown and "接通后两秒内问候" in shown


def test_without_a_voice_the_customers_lines_are_shown(
    pack: Path, agent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(_: Lesson) -> CustomerVoice:
        raise VoiceError("no Mandarin voice; apt-get install espeak-ng")

    monkeypatch.setattr(app, "speak_lesson", silent)
    _, shown = practise(pack, agent, tmp_path, model=tmp_path / "no-model")
    assert "没有语音引擎" in shown and "apt-get install espeak-ng" in shown
    assert "没有识别模型" in shown
    assert "客户　你好，我想查话费。" in shown and "客户　没有了。" in shown
    assert AudioFile(tmp_path / "90-short.wav").channels == ("agent",)


def hear(
    voice: CustomerVoice, lesson: Lesson, sound: list[AudioFrame], folder: Path, gated: bool = False
) -> list[Event]:
    """A call without a model."""
    customer = Customer(lesson, understands=False)
    fresh = CustomerVoice(voice.texts, voice.clips, lesson.sound)
    call = Conversation(customer, fresh, None, lambda *_: None, None, gated)
    events: list[Event] = []
    for event in call.hear(sound, Recorder(folder / "c.wav", call.channels, lesson.meta)):
        customer.hear(event)
        events.append(event)
    return events


def test_on_loudspeakers_the_agent_is_not_heard_under_the_customer(
    voice: CustomerVoice, lesson: Lesson, agent: Path, tmp_path: Path
) -> None:
    """What the microphone takes up of the customer would be an agent who interrupts."""
    frames = [AudioFrame(f.start_ms, f.samples) for f in AudioFile(agent)]
    loud = np.concatenate([f.samples for f in frames[:150]], axis=1)
    noisy = [
        f if f.start_ms < 5_400 else AudioFrame(f.start_ms, loud[:, i * 320 % 40_000 :][:, :320])
        for i, f in enumerate(frames[:350])
    ]

    def begun_under_him(events: list[Event]) -> int:
        starts = [e for e in events if isinstance(e, VoiceStarted)]
        his = next(e.at_ms for e in starts if e.channel == "customer")
        return sum(e.channel == "agent" and his <= e.at_ms < his + 1_000 for e in starts)

    (tmp_path / "open").mkdir()
    (tmp_path / "gated").mkdir()
    assert begun_under_him(hear(voice, lesson, noisy, tmp_path / "open")) > 0
    assert begun_under_him(hear(voice, lesson, noisy, tmp_path / "gated", gated=True)) == 0


def test_an_agent_whose_recording_ends_too_early_has_hung_up(
    voice: CustomerVoice, lesson: Lesson, agent: Path, tmp_path: Path
) -> None:
    frames = [f for f in AudioFile(agent) if f.end_ms <= 3_000]
    [ended] = [e for e in hear(voice, lesson, frames, tmp_path) if isinstance(e, CallEnded)]
    assert ended.hung_up_by == "agent"


def test_after_a_recording_there_is_silence_until_the_customer_hangs_up(
    lesson: Lesson, agent: Path
) -> None:
    waiting = Customer(lesson)
    frames = list(recorded(AudioFile(agent), waiting))
    length_ms = sum(1 for _ in AudioFile(agent)) * 20
    assert frames[-1].end_ms == length_ms + 1_000, "he would never answer an agent who is silent"
    assert not frames[-1].samples.any() and frames[-1].samples.shape == (1, 320)
