"""A seat's loop on a stream that is no sound card: the law of its log, control, degradation."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from agent_assist import settings
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import load_log
from agent_assist.adapters.portaudio import SoundError
from agent_assist.adapters.recorder import Recorder, Recording
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps import live as app
from agent_assist.apps.live import Live, Seat
from agent_assist.apps.live_control import AutoControl
from agent_assist.apps.live_ear import Item, LiveEar
from agent_assist.apps.run import hear
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, Prompt, SituationChosen
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing

CALL = settings.AUDIO_FIXTURES / "calls" / "taboo-word.wav"
BOTH: tuple[Channel, ...] = ("agent", "customer")


@dataclass
class FileStream:
    """A recording as a stream; the call is over when it is, or when somebody stops it."""

    items: list[Item]
    channels: tuple[Channel, ...] = BOTH
    began_s: float = 0.0
    rest_until_ms: int = 0
    go: threading.Event = field(default_factory=threading.Event)

    def __iter__(self) -> Iterator[Item]:
        self.go.wait(30)
        yield from self.items

    def stop(self) -> None:
        self.go.set()


def steps(ear: LiveEar, told: list[Event]) -> Iterator[None]:
    """A call's listening as a desk does it."""
    for event in ear.listen(CallMeta("c1")):
        if event is None:
            yield
        else:
            told.append(event)


def hearing() -> Hearing:
    return Hearing(BOTH, {}, {channel: WebrtcDetector() for channel in BOTH})


def with_gaps(path: Path) -> list[Item]:
    """A recording's frames, some of them silent, with the gaps told behind them."""
    items: list[Item] = []
    for frame in AudioFile(path):
        missing = 2_000 <= frame.start_ms < 3_000
        items.append(AudioFrame(frame.start_ms, frame.samples * np.int16(not missing)))
        if frame.end_ms in (2_200, 3_000):
            begun = 2_000 if frame.end_ms == 2_200 else 2_200
            items.append(AudioGap(begun, "customer", frame.end_ms - begun, "unplugged"))
    return items


def test_what_was_heard_is_heard_again_from_the_recording_with_its_gaps(tmp_path: Path) -> None:
    path = tmp_path / "c1.wav"
    stream = FileStream(with_gaps(CALL))
    ear = LiveEar(stream, hearing, lambda meta: Recorder(path, BOTH, meta), clock=lambda: 0.0)
    told: list[Event] = []
    ear.follow(steps(ear, told))
    ear.start()
    stream.go.set()
    assert ear._thread
    ear._thread.join(60)
    again = Recording(AudioFile(path))
    started = CallMeta("c1").to_call_started(BOTH)
    assert [started, *told] == list(hear(started, again, hearing(), "unknown"))
    assert sum(isinstance(event, AudioGap) for event in told) == 2


def test_a_call_begins_at_its_mark_and_counts_from_there() -> None:
    stream = FileStream(with_gaps(CALL)[:200])
    ear = LiveEar(stream, hearing, clock=lambda: 0.0)
    ear.start()
    stream.go.set()
    assert ear._thread
    ear._thread.join(10)
    ear.mark(1_990)
    events: list[Event] = []
    ear.follow(steps(ear, events))
    assert isinstance(events[-1], CallEnded)
    frames = [item for item in stream.items if isinstance(item, AudioFrame)]
    assert events[-1].at_ms == frames[-1].end_ms - 1_980


def test_what_is_not_heard_soon_after_the_end_is_a_gap_and_replayed_as_one(tmp_path: Path) -> None:
    path, clock_s = tmp_path / "c1.wav", [0.0]
    stream = FileStream(with_gaps(CALL)[:200])
    ear = LiveEar(
        stream, hearing, lambda meta: Recorder(path, BOTH, meta), clock=lambda: clock_s[0]
    )
    ear.start()
    stream.go.set()
    assert ear._thread
    ear._thread.join(10)
    ear.mark(0)
    told: list[Event] = []
    for event in ear.listen(CallMeta("c1")):
        assert event, "all of the call waits"
        if not told:
            ear.stop()
            clock_s[0] = 2.6
        told.append(event)
    (end,) = [event for event in told if isinstance(event, CallEnded)]
    passed = [e for e in told if isinstance(e, AudioGap) and e.reason == "overload"]
    assert [gap.channel for gap in passed] == ["agent", "customer"]
    assert {gap.at_ms + gap.duration_ms for gap in passed} == {end.at_ms} == {198 * 20}
    assert told.index(passed[0]) <= 3, "told before its silence is heard"
    again = Recording(AudioFile(path))
    started = CallMeta("c1").to_call_started(BOTH)
    assert [started, *told] == list(hear(started, again, hearing(), "unknown"))


@dataclass
class Metronome(FileStream):
    """A stream that goes on for as long as it is told to, frame by frame."""

    more: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __iter__(self) -> Iterator[Item]:
        for item in self.items:
            self.more.acquire(timeout=30)
            yield item


def test_a_call_lasts_until_what_was_spoken_before_its_end_was_taken() -> None:
    """The ear is behind the clock by what is under way, which belongs to the call as well."""
    stream = Metronome([AudioFrame(20 * n, np.zeros((2, 320), np.int16)) for n in range(50)])
    taken = threading.Semaphore(0)
    ear = LiveEar(stream, hearing, watch=lambda _: taken.release(), clock=lambda: 0.25)
    told: list[Event] = []
    ear.follow(steps(ear, told))
    ear.start()
    for _ in range(5):
        stream.more.release()
        assert taken.acquire(timeout=10)
    ear.stop()
    for _ in range(45):
        stream.more.release()
    assert ear._thread
    ear._thread.join(10)
    assert told[-1] == CallEnded(260, "unknown")


def test_who_is_far_behind_passes_over_what_waits_and_hears_on_from_there() -> None:
    stream = FileStream([AudioFrame(20 * n, np.ones((2, 320), np.int16)) for n in range(100)])
    stream.go.set()
    clock_s = [20.5]
    heard: list[AudioFrame] = []

    class Heard(Hearing):
        def feed(self, frame: AudioFrame) -> list[Event]:
            heard.append(frame)
            clock_s[0] = 20.0
            return super().feed(frame)

    def quick() -> Hearing:
        return Heard(BOTH, {}, {channel: WebrtcDetector() for channel in BOTH})

    stream.began_s = 0.0
    ear = LiveEar(stream, quick, clock=lambda: clock_s[0])
    told: list[Event] = []
    ear.follow(steps(ear, told))
    ear.start()
    assert ear._thread
    ear._thread.join(30)
    gaps = [event for event in told if isinstance(event, AudioGap)]
    assert [(gap.channel, gap.at_ms, gap.reason) for gap in gaps] == [
        ("agent", 0, "overload"),
        ("customer", 0, "overload"),
    ]
    assert gaps[0].duration_ms == 19_500
    assert not any(frame.samples.any() for frame in heard)


def decide(control: AutoControl, frames: list[AudioFrame]) -> list[tuple[str, int]]:
    decisions: list[tuple[str, int]] = []
    in_call = False
    for frame in frames:
        decision = control.feed(frame, in_call)
        if decision:
            decisions.append((decision, frame.end_ms))
            in_call = decision == "start"
    return decisions


def test_automatic_control_begins_with_the_first_voice_and_ends_after_silence() -> None:
    spoken = list(AudioFile(CALL))
    lead, tail = 100, 1_700
    silence = np.zeros((2, 320), np.int16)
    samples = [silence] * lead + [frame.samples for frame in spoken] + [silence] * tail
    frames = [AudioFrame(20 * n, block) for n, block in enumerate(samples)]
    control = AutoControl(BOTH, WebrtcDetector)
    (begins, begun_ms), (ends, ended_ms) = decide(control, frames)
    assert (begins, ends) == ("start", "end")
    greeting_ms = 20 * lead + 800
    assert greeting_ms < begun_ms < greeting_ms + 3_000
    assert 20 * lead - 500 <= control.began_ms <= greeting_ms - 400, "the line's noise may begin it"
    last_voice_ms = 20 * (lead + len(spoken))
    assert last_voice_ms + 25_000 < ended_ms < last_voice_ms + 31_000


def broken() -> Callable[..., object]:
    def refuse() -> object:
        raise SoundError("PortAudio (libportaudio2) is missing; apt-get install libportaudio2")

    return refuse


def test_without_microphone_and_model_the_agent_works_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "PortAudio", broken())
    out = io.StringIO()
    over = threading.Event()
    missing, kept = tmp_path / "none", tmp_path / "out"
    seat = Seat(settings.DEFAULT_SCRIPT, missing, kept, port=0, terminal=True)
    keys = io.StringIO("\n1\n99\n\nq\n")
    Live(seat, out, keys).run(over)
    said = out.getvalue()
    assert "识别模型不可用" in said
    assert "libportaudio2" in said
    assert "运行方式：没有麦克风" in said
    (log,) = (tmp_path / "out").glob("*.events.jsonl")
    events = load_log(log).events
    assert any(isinstance(event, CallEnded) for event in events)
    (chosen,) = [event for event in events if isinstance(event, SituationChosen)]
    lines = [event.text for event in events if isinstance(event, Prompt)]
    assert chosen.situation_id == "caller-silent"
    assert len(lines) == 2, "the greeting, and what the situation calls for"
    assert list((tmp_path / "out").glob("*.report.html"))
