"""What a process that hears does, in this process: in which order it answers, and what ends it."""

from __future__ import annotations

from multiprocessing import Pipe
from threading import Thread

import numpy as np

from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.serve_listener import (
    FIRST_MS,
    Answer,
    Drop,
    Feed,
    Finish,
    Listener,
    Open,
    Question,
)
from agent_assist.core.events import Settled
from agent_assist.core.hearing import Hearing
from tests.telephony import WAIT_S

SILENCE = np.zeros(1600, np.int16).tobytes()


def hearing(call: Open) -> Hearing:
    detectors = {channel: WebrtcDetector() for channel in call.channels}
    return Hearing(call.channels, {}, detectors, None, call.begin_ms, call.turn)


def answered(*questions: Question) -> list[Answer]:
    """What is answered to questions that are all there before the first one is looked at."""
    ours, theirs = Pipe()
    with ours, theirs:
        for question in (*questions, Open(99, ("agent",), 0, 0), Finish(99, 0)):
            ours.send(question)
        listening = Thread(target=Listener(theirs, hearing).run)
        listening.start()
        found: list[Answer] = []
        while not found or found[-1].call != 99:
            assert ours.poll(WAIT_S)
            found.append(ours.recv())
        ours.send(None)
        listening.join(WAIT_S)
        assert not listening.is_alive()
        return found[:-1]


def opened(call: int, begin_ms: int) -> Open:
    return Open(call, ("agent",), begin_ms, 0)


def test_beginnings_of_calls_go_first_and_else_it_is_the_order_of_asking() -> None:
    later = FIRST_MS + 1_000
    found = answered(
        opened(1, later),
        opened(2, later),
        opened(3, 0),
        Feed(1, later, SILENCE),
        Feed(2, later, SILENCE),
        Feed(3, 0, SILENCE),
        Feed(1, later + 100, SILENCE),
        Finish(2, later + 100),
    )
    assert [answer.call for answer in found] == [3, 1, 2, 1, 2]
    assert found[1].events[-1] == Settled(later + 40)
    assert not any(answer.fault for answer in found)


def test_a_fault_is_told_and_the_call_is_known_no_more() -> None:
    half = SILENCE[: len(SILENCE) // 3]
    found = answered(opened(1, 0), Feed(1, 0, half), Feed(1, 100, SILENCE))
    (answer,) = found
    assert answer.call == 1
    assert "ValueError" in answer.fault


def test_a_call_that_was_dropped_is_not_heard() -> None:
    assert answered(opened(1, 0), Feed(1, 0, SILENCE), Drop(1)) == []
    assert answered(Feed(7, 0, SILENCE)) == []
