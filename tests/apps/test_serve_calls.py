"""Many calls beside each other: limits, grace, one that is slow, one that fails, recordings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from agent_assist.adapters.event_log import load_log
from agent_assist.adapters.telephony_control import Offer
from agent_assist.adapters.telephony_line import Chunk
from agent_assist.adapters.web_control import Caller, CallRefused
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps import live_book, serve_calls
from agent_assist.apps.calls import Overrides
from agent_assist.apps.replay import write_report
from agent_assist.apps.serve_calls import BEHIND, Board, Served
from agent_assist.apps.serve_ear import MOST_WAITING_MS
from agent_assist.core.call import CallMeta
from agent_assist.core.events import CallEnded, CallStarted, Channel, Word
from agent_assist.core.hearing import Hearing
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Samples
from tests.packs import workshop
from tests.telephony import CALL, wait_for

SAMPLES: np.ndarray = sf.read(CALL, dtype="int16", always_2d=True)[0]
RATE = 8000
BOTH: tuple[Channel, ...] = ("agent", "customer")


@dataclass
class Engine:
    """A model that understands nothing, and does nothing until it may."""

    sample_rate: int = 16_000
    look_ahead_ms: int = 0
    chunk_ms: int = 0
    may: threading.Event = field(default_factory=threading.Event)

    def ear(
        self, channels: tuple[Channel, ...], wake: Callable[[], None]
    ) -> AbstractContextManager[Hearing]:
        """Hears a call in this process."""
        ears = dict.fromkeys(channels, self)
        return nullcontext(Hearing(channels, ears, {c: WebrtcDetector() for c in channels}))

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        assert self.may.wait(60)
        return None

    def partial(self) -> str:
        return ""

    def finish(self) -> tuple[Word, ...]:
        return ()


@pytest.fixture
def engine() -> Engine:
    made = Engine()
    made.may.set()
    return made


@pytest.fixture
def board(tmp_path: Path, engine: Engine) -> Iterator[Board]:
    defaults = Overrides(agent_id="1086", agent_name="小周")
    made = Board(workshop(), engine.ear, {}, lambda _: None, tmp_path, None, defaults, 2, 30.0)
    yield made
    made.close(30.0)


def offer(call_id: str, **more: Any) -> Offer:
    return Offer(CallMeta(call_id, **more), Caller(), BOTH, RATE)


def put(call: Served, begin: int = 0, end: int = len(SAMPLES)) -> None:
    for at in range(begin, end, RATE // 10):
        for n, channel in enumerate(BOTH):
            call.put(Chunk(channel, SAMPLES[at : min(at + RATE // 10, end), n].copy(), at))


def ended(call: Served) -> None:
    wait_for(lambda: call.over)


def test_a_call_has_its_log_and_its_report(board: Board, tmp_path: Path) -> None:
    call = board.open(offer("c-1"))
    put(call, 0, 2 * RATE)
    assert not call.over
    call.end("customer")
    ended(call)
    call.book.finish(30)
    events = load_log(tmp_path / "c-1.events.jsonl").events
    assert isinstance(events[0], CallStarted) and events[0].agent_id == "1086"
    assert [e for e in events if isinstance(e, CallEnded)] == [CallEnded(2000, "customer")]
    assert (tmp_path / "c-1.report.html").exists()
    put(call, 0, RATE)
    assert call.received("agent") == 2 * RATE


def test_limits_and_names(board: Board, tmp_path: Path) -> None:
    first = board.open(offer("c-1"))
    with pytest.raises(CallRefused) as refused:
        board.open(offer("c-1"))
    assert refused.value.code == "call_running"
    board.open(offer("c-2"))
    with pytest.raises(CallRefused) as refused:
        board.open(offer("c-3"))
    assert refused.value.code == "too_many_calls"
    first.end("agent")
    ended(first)
    board.open(offer("c-1")).end("agent")
    assert (tmp_path / "c-1-2.events.jsonl").exists()
    with pytest.raises(CallRefused):
        board.find("c-3")


def test_what_the_script_does_not_know_is_refused_and_takes_no_place(board: Board) -> None:
    for _ in range(3):
        with pytest.raises(CallRefused) as refused:
            board.open(offer("c-1", desk="gold"))
        assert refused.value.code == "bad_call"
    assert not board.calls()


def test_a_slow_call_holds_back_itself_alone(board: Board, engine: Engine) -> None:
    slow = board.open(offer("slow"))
    engine.may.clear()
    put(slow)
    assert slow.waiting_ms > MOST_WAITING_MS
    assert slow.full
    quick = board.open(offer("quick"))
    for channel in BOTH:
        quick.put(Chunk(channel, np.zeros(RATE, np.int16)))
    quick.end("customer")
    ended(quick)
    assert slow.full and not slow.over
    engine.may.set()
    wait_for(lambda: slow.waiting_ms == 0)
    assert not slow.full


def test_a_call_heard_late_says_so_until_it_is_heard_in_time(
    board: Board, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    call = board.open(offer("c-1"))
    said: list[str] = []
    call.desk.listen(lambda: said.append(call.desk.snapshot()["notice"]))
    engine.may.clear()
    put(call)
    engine.may.set()
    wait_for(lambda: "in time again" in caplog.text)
    assert BEHIND in said
    assert call.desk.snapshot()["notice"] == ""
    assert caplog.text.count("call c-1 is heard late") == 1


def test_a_lost_call_waits_and_then_the_network_ended_it(board: Board, tmp_path: Path) -> None:
    board.grace_s = 0.2
    call = board.open(offer("c-1"))
    call.hold()
    assert call.alone_ms is not None
    call.attach()
    assert call.alone_ms is None
    assert not call.ended
    call.hold()
    ended(call)
    events = load_log(tmp_path / "c-1.events.jsonl").events
    assert [e.hung_up_by for e in events if isinstance(e, CallEnded)] == ["network"]


def test_the_last_to_leave_ends_the_call(board: Board) -> None:
    call = board.open(offer("c-1"))
    call.attach()
    call.leave()
    assert not call.ended
    call.leave()
    ended(call)


@pytest.mark.parametrize("to_its_end", [True, False])
def test_a_call_that_can_be_judged_no_more_still_ends(
    board: Board,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    to_its_end: bool,
) -> None:
    call = board.open(offer("c-1"))
    put(call, 0, RATE)
    wait_for(lambda: call.waiting_ms == 0)
    judged = Judgement.feed

    def fail(self: Judgement, event: Any) -> list[Any]:
        if isinstance(event, CallEnded) and to_its_end:
            return judged(self, event)
        raise RuntimeError("a fault of a rule")

    monkeypatch.setattr(Judgement, "feed", fail)
    put(call, RATE)
    wait_for(lambda: call.desk.failed)
    assert not call.full
    call.end("customer")
    ended(call)
    wait_for(lambda: "no longer heard" in caplog.text)


def test_ended_calls_are_forgotten_after_a_while(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = board.open(offer("c-1"))
    call.end("customer")
    ended(call)
    assert board.calls() == [call]
    monkeypatch.setattr(serve_calls, "SHOWN_S", -1.0)
    assert board.calls() == []


def test_a_report_that_cannot_be_made_is_told_and_the_next_one_is_made(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:

    def write(target: Path, *given: Any) -> None:
        if target.name.startswith("c-1"):
            raise RuntimeError("a fault of the report")
        write_report(target, *given)

    monkeypatch.setattr(live_book, "write_report", write)
    calls = [board.open(offer(call_id)) for call_id in ("c-1", "c-2")]
    for call in calls:
        call.end("customer")
        ended(call)
        call.book.finish(30)
    assert "c-1.events.jsonl: the report cannot be made" in caplog.text
    assert [path.name for path in tmp_path.glob("*.html")] == ["c-2.report.html"]


def test_a_recording_is_kept_where_it_is_wanted(tmp_path: Path, engine: Engine) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    board = Board(workshop(), engine.ear, {}, lambda _: None, tmp_path, kept)
    call = board.open(offer("c-1"))
    put(call, 0, 2 * RATE)
    call.end("customer")
    board.close(30.0)
    info = sf.info(kept / "c-1.wav")
    assert (info.channels, info.samplerate, info.frames) == (2, 16_000, 32_000)
