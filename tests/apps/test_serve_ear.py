"""The ear of a served call: what it hears, how much waits, and what a fault in it costs."""

from __future__ import annotations

import numpy as np
import pytest

from agent_assist.adapters.telephony_line import Chunk, Line
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.serve_ear import FAILED, FIRST_MS, MOST_WAITING_MS, ServedEar
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
    def hearing() -> Hearing:
        return kind(BOTH, {}, {channel: WebrtcDetector() for channel in BOTH})

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


def test_others_have_their_turn_before_much_of_a_call_is_heard() -> None:
    served = ear()
    woken: list[int] = []
    served.wake = lambda: woken.append(served.heard_ms)
    steps = served.listen(CallMeta("c-1"))
    put(served, 1)
    woken.clear()
    heard = []
    while served.heard_ms < 1_000:
        while next(steps):
            pass
        heard.append(served.heard_ms)
    assert heard == list(range(100, 1_001, 100))
    assert woken == heard
    assert next(steps) is None
    assert woken == heard
