"""A practice call at a seat whose devices are no devices: keys, page, loudspeaker, hanging up."""

from __future__ import annotations

import io
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import soundfile as sf

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import read_log
from agent_assist.adapters.loudspeaker import LoudspeakerError
from agent_assist.adapters.portaudio import SoundError
from agent_assist.apps import practice_live as app
from agent_assist.apps.practice import Practice
from agent_assist.apps.practice_live import Equipment, Seat
from agent_assist.apps.practice_voice import speak_lesson
from agent_assist.core.events import CallEnded, Utterance
from agent_assist.core.framing import FRAME_SAMPLES, AudioFrame
from agent_assist.core.ports import Samples
from agent_assist.errors import BadInputError
from tests.lessons import pack_with_short_lesson, short_lesson, speak_agent

SILENCE = np.zeros((1, FRAME_SAMPLES), np.int16)


@dataclass
class FakeMicrophone:
    """Gives the agent's recording as quickly as it is taken, then silence until it is stopped."""

    inputs: object
    devices: dict[str, str | None]
    over: threading.Event = field(default_factory=threading.Event)
    sound: ClassVar[Path]

    def open(self) -> None:
        pass

    def stop(self) -> None:
        self.over.set()

    def __iter__(self) -> Iterator[AudioFrame]:
        at_ms = 0
        for frame in AudioFile(self.sound):
            if self.over.is_set():
                return
            yield frame
            at_ms = frame.end_ms
        while not self.over.wait(0.001):
            yield AudioFrame(at_ms, SILENCE)
            at_ms += 20


class FakeLoudspeaker:
    played: ClassVar[list[Samples]] = []

    def __init__(self, wanted: str | None) -> None:
        self.wanted = wanted

    def play(self, samples: Samples) -> None:
        self.played.append(samples)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return pack_with_short_lesson(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def agent(pack: Path) -> Path:
    """The agent's side of the short lesson."""
    return speak_agent(pack.parent / "agent.wav", list(speak_lesson(short_lesson(pack)).clips))


@pytest.fixture(autouse=True)
def devices(agent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeMicrophone.sound = agent
    FakeLoudspeaker.played = []
    monkeypatch.setattr(app, "PortAudio", object)
    monkeypatch.setattr(app, "Microphone", FakeMicrophone)
    monkeypatch.setattr(app, "Loudspeaker", FakeLoudspeaker)


def seat_of(pack: Path, out: Path, keys: str = "") -> tuple[Seat, io.StringIO]:
    """A seat without a model; the page has any free port."""
    shown = io.StringIO()
    practice = Practice(pack, out / "no-model", out, "90")
    return Seat(practice, Equipment(port=0), shown, io.StringIO(keys)), shown


def ended(out: Path) -> str:
    _, events = read_log(out / "90-short.events.jsonl")
    [end] = [e for e in events if isinstance(e, CallEnded)]
    return end.hung_up_by


def test_enter_connects_and_the_customer_hangs_up_at_the_end(pack: Path, tmp_path: Path) -> None:
    seat, shown = seat_of(pack, tmp_path, "\n")
    result = seat.run()
    assert result is not None and result.lesson.id == "90-short"
    assert ended(tmp_path) == "customer"
    assert len(FakeLoudspeaker.played) == 2
    said = shown.getvalue()
    assert "请戴耳机" in said and "话术助手：http://127.0.0.1:" in said
    assert "成绩 短课" in said and "报告：" in said
    assert AudioFile(tmp_path / "90-short.wav").channels == ("agent", "customer")
    _, events = read_log(tmp_path / "90-short.events.jsonl")
    texts = [e.text for e in events if isinstance(e, Utterance) and e.channel == "customer"]
    assert texts == ["你好我想查话费", "没有了"]


def test_enter_again_hangs_up(pack: Path, tmp_path: Path) -> None:
    seat, shown = seat_of(pack, tmp_path, "\n\n")
    assert seat.run() is not None
    assert ended(tmp_path) == "agent"
    assert "成绩 短课" in shown.getvalue()


def test_who_leaves_before_the_call_has_no_score(pack: Path, tmp_path: Path) -> None:
    seat, shown = seat_of(pack, tmp_path, "q\n")
    assert seat.run() is None
    assert "成绩" not in shown.getvalue()
    assert not list(tmp_path.glob("90-short*"))


def post(address: str, path: str, body: object) -> int:
    request = urllib.request.Request(
        address + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_the_page_connects_the_lessons_call_and_only_once(pack: Path, tmp_path: Path) -> None:
    FakeMicrophone.sound = tmp_path / "quiet.wav"
    sf.write(FakeMicrophone.sound, np.zeros(3_200, np.int16), 16_000, "PCM_16")
    seat, shown = seat_of(pack, tmp_path)
    running = threading.Thread(target=seat.run)
    running.start()
    try:
        while not (found := re.search(r"话术助手：(http\S+)", shown.getvalue())):
            threading.Event().wait(0.02)
        assert post(found[1], "calls", {"call_id": "page-1"}) == 201
        assert post(found[1], "calls", {"call_id": "page-2"}) == 409
        assert post(found[1], "calls/90-short/end", {"hung_up_by": "customer"}) == 200
    finally:
        seat.over.set()
        running.join(60)
    assert ended(tmp_path) == "agent", "whoever presses the button is the agent"


def test_without_a_loudspeaker_the_customer_is_read(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: str | None) -> FakeLoudspeaker:
        raise LoudspeakerError("no loudspeaker: no device")

    monkeypatch.setattr(app, "Loudspeaker", none)
    seat, shown = seat_of(pack, tmp_path, "\n")
    seat.run()
    said = shown.getvalue()
    assert "没有播放设备" in said and "客户　你好，我想查话费。" in said


def test_without_a_microphone_typing_is_offered(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> object:
        raise SoundError("no input device was found; plug in a headset")

    monkeypatch.setattr(app, "PortAudio", none)
    seat, _ = seat_of(pack, tmp_path)
    with pytest.raises(BadInputError, match=r"no microphone: .*plug in a headset.*--text"):
        seat.run()
