"""The processes that hear calls: what they hear, and what the death of one costs its calls."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import load_engine
from agent_assist.apps.serve_ear import FAILED
from agent_assist.apps.serve_processes import Processes
from agent_assist.apps.serve_remote import HearingFault, RemoteHearing
from agent_assist.core.events import AudioGap, Channel, Event, Utterance, VoiceEnded, VoiceStarted
from agent_assist.core.framing import SAMPLE_RATE, AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.errors import ModelError
from agent_assist.settings import DEFAULT_MODEL
from tests.packs import workshop
from tests.telephony import CALL, WAIT_S, wait_for

BOTH: tuple[Channel, ...] = ("agent", "customer")
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
TURN = SAMPLE_RATE // 10


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    made = Processes(2, DEFAULT_MODEL, workshop().phrases.script)
    made.wait()
    yield made
    ids = made.ids
    made.close()
    assert not made.ids
    assert len(ids) == 2


@pytest.fixture(scope="module")
def turns() -> list[AudioFrame]:
    sound = np.concatenate([frame.samples for frame in AudioFile(CALL)], axis=1)
    return [
        AudioFrame(at * 1000 // SAMPLE_RATE, sound[:, at : at + TURN])
        for at in range(0, sound.shape[1], TURN)
    ]


@pytest.fixture(scope="module")
def expected(turns: list[AudioFrame]) -> list[Event]:
    """What is heard of the call in this process."""
    engine = load_engine(DEFAULT_MODEL)
    hearing = Hearing(
        BOTH,
        {channel: engine.recogniser() for channel in BOTH},
        {channel: WebrtcDetector() for channel in BOTH},
        workshop().phrases.expected,
    )
    events = [event for turn in turns for event in hearing.feed(turn)]
    return events + hearing.finish(turns[-1].end_ms)


class Call:
    """A call that is heard by the processes."""

    def __init__(self, processes: Processes) -> None:
        self._told = threading.Semaphore(0)
        self.hearing: RemoteHearing = processes.ear(BOTH, self._told.release)
        self.events: list[Event] = []

    def feed(self, turns: list[AudioFrame]) -> None:
        for turn in turns:
            self._follow(self.hearing.feed(turn))

    def finish(self, end_ms: int) -> None:
        with self.hearing:
            self._follow(self.hearing.finish(end_ms))

    def _follow(self, told: Iterator[Event | None]) -> None:
        for event in told:
            if event:
                self.events.append(event)
            else:
                assert self._told.acquire(timeout=WAIT_S)


def test_a_call_is_heard_as_it_is_here(
    processes: Processes, turns: list[AudioFrame], expected: list[Event]
) -> None:
    call = Call(processes)
    call.feed(turns)
    call.finish(turns[-1].end_ms)
    assert call.events == expected


def test_calls_are_shared_out(processes: Processes) -> None:
    calls = [Call(processes) for _ in range(4)]
    assert processes.calls == [2, 2]
    for call in calls[:2]:
        call.finish(0)
    assert processes.calls == [1, 1]
    for call in calls[2:]:
        call.finish(0)
    assert processes.calls == [0, 0]


def test_a_process_that_dies_costs_its_own_call_what_it_had_not_told(
    processes: Processes,
    turns: list[AudioFrame],
    expected: list[Event],
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = [Call(processes), Call(processes)]
    said = next(e for e in expected if isinstance(e, VoiceStarted) and e.at_ms > turns[30].start_ms)
    cut = next(n for n, turn in enumerate(turns) if turn.start_ms > said.at_ms + 800)
    for call in calls:
        call.feed(turns[:cut])
    killed = processes.ids[0]
    os.kill(killed, KILL)
    for call in calls:
        call.feed(turns[cut:])
        call.finish(turns[-1].end_ms)
    (other,) = [call.events for call in calls if call.events == expected]
    (events,) = [call.events for call in calls if call.events is not other]
    gaps = [event for event in events if isinstance(event, AudioGap)]
    at_ms, lasts_ms = gaps[0].at_ms, gaps[0].duration_ms
    assert gaps == [AudioGap(at_ms, channel, lasts_ms, FAILED) for channel in BOTH]
    assert turns[cut].start_ms <= at_ms < at_ms + lasts_ms <= turns[cut].end_ms + 1_000
    told = events[: events.index(gaps[0])]
    known = next(n for n, pair in enumerate(zip(told, expected, strict=False)) if len({*pair}) > 1)
    turn = sum(isinstance(event, Utterance) for event in told[:known])
    assert told[known:] == [
        VoiceEnded(at_ms, said.channel),
        Utterance(at_ms, turn, said.channel, said.at_ms, at_ms, "", (), 0.0),
    ]
    later = [event for event in events if isinstance(event, Utterance)][turn + 1 :]
    assert [event.turn for event in later] == list(range(turn + 1, turn + 1 + len(later)))
    last = [event for event in expected if isinstance(event, Utterance)][-1]
    assert (later[-1].start_ms, later[-1].text) == (last.start_ms, last.text)
    assert "a process that heard 1 calls has died" in caplog.text
    wait_for(lambda: len(processes.ids) == 2)
    assert killed not in processes.ids


def test_with_no_process_left_a_call_waits_for_the_next_one(
    turns: list[AudioFrame], expected: list[Event]
) -> None:
    processes = Processes(1, DEFAULT_MODEL, workshop().phrases.script)
    processes.wait()
    os.kill(processes.ids[0], KILL)
    wait_for(lambda: not processes.ids)
    call = Call(processes)
    call.feed(turns)
    call.finish(turns[-1].end_ms)
    assert call.events == expected
    processes.close()


def test_a_fault_in_a_call_is_told_and_ends_that_call_only(
    processes: Processes, turns: list[AudioFrame], expected: list[Event]
) -> None:
    broken, sound = Call(processes), Call(processes)
    with pytest.raises(HearingFault, match="ValueError"):
        broken.feed([AudioFrame(0, np.zeros((2, 100), np.int16))])
    with broken.hearing:
        pass
    sound.feed(turns)
    sound.finish(turns[-1].end_ms)
    assert sound.events == expected


def test_what_is_missing_for_hearing_is_told_at_the_start(tmp_path: Path) -> None:
    processes = Processes(1, tmp_path, workshop().phrases.script)
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing"):
        processes.wait()
    processes.close()


def test_a_process_that_hangs_is_ended_and_its_call_is_heard_elsewhere(
    turns: list[AudioFrame], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent_assist.apps.serve_processes.HANGS_S", 1.0)
    monkeypatch.setattr("agent_assist.apps.serve_processes.LOOK_S", 0.1)
    processes = Processes(1, DEFAULT_MODEL, workshop().phrases.script)
    processes.wait()
    call = Call(processes)
    call.feed(turns[:10])
    stopped = processes.ids[0]
    os.kill(stopped, signal.SIGSTOP)
    call.feed(turns[10:])
    call.finish(turns[-1].end_ms)
    gaps = [(e.at_ms, e.reason) for e in call.events if isinstance(e, AudioGap)]
    assert gaps == [(turns[10].start_ms, FAILED)] * 2
    assert [e for e in call.events if isinstance(e, Utterance) and e.text]
    assert "has not answered for 1 s" in caplog.text
    assert stopped not in processes.ids
    processes.close()


def test_a_process_that_never_gets_ready_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("agent_assist.apps.serve_processes.READY_S", 0.01)
    processes = Processes(1, DEFAULT_MODEL, workshop().phrases.script)
    with pytest.raises(ModelError, match=r"has died \(-9\)"):
        processes.wait()
    assert "was not ready after 0.01 s" in caplog.text
    processes.close()
