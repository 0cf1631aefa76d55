"""The ear of a served call: what it hears, how much waits, and what a fault in it costs."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import pytest

from agent_assist.adapters.telephony_line import Chunk, Line
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.serve_ear import FAILED, MOST_WAITING_MS, ServedEar
from agent_assist.apps.serve_listener import FIRST_MS
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing

BOTH: tuple[Channel, ...] = ("agent", "customer")
RATE = 16_000
SECOND = np.zeros(RATE, np.int16)


class Broken(Hearing):
    """Fails at two seconds."""

    def feed(self, frame: AudioFrame) -> list[Event]:
        if frame.start_ms == 2_000:
            raise RuntimeError("a fault of the engine")
        return super().feed(frame)


def ear(kind: type[Hearing] = Hearing) -> ServedEar:
    def hearing() -> AbstractContextManager[Hearing]:
        return nullcontext(kind(BOTH, {}, {channel: WebrtcDetector() for channel in BOTH}))

    return ServedEar(Line(BOTH, RATE), hearing)


def put(served: ServedEar, seconds: int) -> None:
    for _ in range(seconds):
        for channel in BOTH:
            served.put(Chunk(channel, SECOND))


def test_a_call_is_heard_to_its_end() -> None:
    served = ear()
    put(served, 3)
    assert served.waiting_ms == 3_000
    served.end("customer")
    *_, last = served.listen(CallMeta("c-1"))
    assert last == CallEnded(3_000, "customer")
    assert (served.waiting_ms, served.heard_ms) == (0, 3_000)


@pytest.mark.parametrize("more", [0, 4])
def test_a_fault_is_a_gap_to_the_end_of_the_call(
    more: int, caplog: pytest.LogCaptureFixture
) -> None:
    served = ear(Broken)
    put(served, 3 + more)
    served.end("agent")
    events = [e for e in served.listen(CallMeta("c-1")) if e and e.at_ms >= 2_000]
    end_ms = 3_000 + more * 1_000
    assert events == [
        AudioGap(2_000, "agent", end_ms - 2_000, FAILED),
        AudioGap(2_000, "customer", end_ms - 2_000, FAILED),
        CallEnded(end_ms, "agent"),
    ]
    assert "no longer heard" in caplog.text


def test_the_beginning_of_a_call_is_urgent() -> None:
    served = ear()
    assert served.urgent
    put(served, 5)
    served.end("agent")
    for _ in served.listen(CallMeta("c-1")):
        assert served.urgent == (served.heard_ms < FIRST_MS)
    assert not served.urgent


def test_much_may_wait_before_reading_stops() -> None:
    served = ear()
    put(served, MOST_WAITING_MS // 1000)
    assert served.waiting_ms == MOST_WAITING_MS


class Noting(Hearing):
    """Notes the frames it is given."""

    def feed(self, frame: AudioFrame) -> list[Event]:
        spans.append((frame.start_ms, frame.end_ms))
        return super().feed(frame)


spans: list[tuple[int, int]] = []


@pytest.mark.parametrize("packet_ms", [20, 50, 100, 1_000])
def test_a_call_is_heard_in_turns_whatever_its_packets(packet_ms: int) -> None:
    spans.clear()
    served = ear(Noting)
    woken: list[int] = []
    served.wake = lambda: woken.append(len(spans))
    steps = served.listen(CallMeta("c-1"))
    sound = SECOND[: packet_ms * RATE // 1000]
    for _ in range(1_000 // packet_ms):
        while next(steps):
            pass
        served.put(*(Chunk(channel, sound) for channel in BOTH))
    while next(steps):
        pass
    assert spans == [(at_ms, at_ms + 100) for at_ms in range(0, 1_000, 100)]
    assert len(woken) == min(10, 1_000 // packet_ms)


def test_what_is_left_at_the_end_is_heard() -> None:
    served = ear()
    served.put(*(Chunk(channel, SECOND[: RATE // 20]) for channel in BOTH))
    steps = served.listen(CallMeta("c-1"))
    assert next(steps) is None
    assert (served.waiting_ms, served.heard_ms) == (50, 0)
    served.end("customer")
    *_, last = steps
    assert (last, served.heard_ms) == (CallEnded(50, "customer"), 60)
