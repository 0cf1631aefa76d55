"""All calls of a server: each has a desk of its own, with overlay, log, report and recording."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from agent_assist.adapters.telephony_control import Offer
from agent_assist.adapters.telephony_line import Chunk, Line
from agent_assist.adapters.web_control import CallControl, CallRefused
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.desk import Desk
from agent_assist.apps.desk_call import DeskCall
from agent_assist.apps.live_book import CallBook
from agent_assist.apps.serve_ear import MOST_WAITING_MS, Hearer, ServedEar
from agent_assist.apps.serve_workers import Workers
from agent_assist.core.events import Channel, Event, HungUpBy

BEHIND_MS, IN_TIME_MS = 1_500, 300
"""The page tells when so much of a call waits to be heard, until no more than that waits."""
BEHIND = "电脑忙不过来，提示会晚到"
SHOWN_S = 60.0
"""A call that has ended can be looked at for so long."""
LOOK_S = 0.02
MakeHearing = Callable[[tuple[Channel, ...], Callable[[], None]], AbstractContextManager[Hearer]]
"""Makes what hears a call of these channels; it calls what it is given when it was slow."""
_log = logging.getLogger(__name__)


class ServedDesk(Desk):
    """A desk that is heard by the workers of all calls.

    ``failed`` is set when what is heard can be judged no more.
    """

    def __init__(
        self, workshop: Workshop, ear: ServedEar, record: CallBook, workers: Workers
    ) -> None:
        super().__init__(workshop, ear=ear, record=record, controls=False)
        self.failed = False
        self._served = ear
        self._workers = workers

    def _start(self, listening: Iterator[None]) -> None:
        ear = self._served
        job = self._workers.job(listening, lambda: ear.urgent)
        self._served.wake = job.wake
        job.wake()

    def _hearing(self, live: DeskCall, events: Iterable[Event | None]) -> Iterator[None]:
        try:
            for step in super()._hearing(live, events):
                self._watch_lateness(live)
                yield step
        except Exception:
            self.failed = True
            raise

    def _watch_lateness(self, live: DeskCall) -> None:
        waiting_ms, call_id = self._served.waiting_ms, live.meta.call_id
        if not self._standing and waiting_ms > BEHIND_MS:
            _log.warning("call %s is heard late: %d ms of it wait", call_id, waiting_ms)
            self._stand(BEHIND)
        elif self._standing and waiting_ms <= IN_TIME_MS:
            _log.warning("call %s is heard in time again", call_id)
            self._stand("")

    def _stand(self, notice: str) -> None:
        with self._changed:
            self._standing = notice
            self._tell()


@dataclass(slots=True, eq=False)
class Served:
    """A `ServedCall`."""

    offer: Offer
    desk: ServedDesk
    ear: ServedEar
    book: CallBook
    grace_s: float
    ended: bool = False
    _received: dict[Channel, int] = field(default_factory=dict)
    _connections: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _grace: threading.Timer | None = None
    _alone_s: float = 0.0
    _ended_s: float = 0.0

    @property
    def control(self) -> CallControl:
        return self.desk

    @property
    def waiting_ms(self) -> int:
        return self.ear.waiting_ms

    @property
    def full(self) -> bool:
        taking = not (self.ended or self.desk.failed)
        return taking and self.waiting_ms > MOST_WAITING_MS

    @property
    def over(self) -> bool:
        if self.ended and self.desk.failed and not self.book.idle.is_set():
            self._give_up()
        return self.book.idle.is_set()

    @property
    def gone(self) -> bool:
        """It ended long ago."""
        return self.over and self.ended and time.monotonic() - self._ended_s > SHOWN_S

    def received(self, channel: Channel) -> int:
        """Where this channel's sound ends so far."""
        return self._received.get(channel, 0)

    def put(self, *chunks: Chunk) -> None:
        """Take sound; after the end, or once it is no longer heard, it is passed over."""
        with self._lock:
            if self.ended or self.desk.failed:
                return
            for chunk in chunks:
                end = self.received(chunk.channel)
                at = end if chunk.position is None else chunk.position
                self._received[chunk.channel] = max(end, at + len(chunk.samples))
            self.ear.put(*chunks)

    def hold(self) -> None:
        """A connection was lost; without any, the call ends after the time of grace."""
        with self._lock:
            self._connections -= 1
            if self.ended or self._connections:
                return
            self._alone_s = time.monotonic()
            self._grace = threading.Timer(self.grace_s, self.end, ("network",))
            self._grace.daemon = True
            self._grace.start()

    def attach(self) -> None:
        """Somebody is connected."""
        with self._lock:
            self._connections += 1
            self._forget_grace()

    @property
    def alone_ms(self) -> int | None:
        """Since so long nobody is connected; None while somebody is."""
        if self._grace is None:
            return None
        return round((time.monotonic() - self._alone_s) * 1000)

    def leave(self) -> None:
        """A connection was closed that nobody will take up: with the last one the call ends."""
        with self._lock:
            self._connections -= 1
            last = not self._connections
        if last:
            self.end("unknown")

    def end(self, hung_up_by: HungUpBy) -> None:
        """The call is over once everything put so far has been heard."""
        with self._lock:
            if self.ended:
                return
            self.ended = True
            self._ended_s = time.monotonic()
            self._forget_grace()
        self.ear.end(hung_up_by)

    def forget(self) -> None:
        """Nobody will look at it any more."""
        if not self.desk.failed:
            self.desk.close()

    def _give_up(self) -> None:
        """The desk ends the call by itself where nothing more is heard of it."""
        try:
            self.desk.close()
        except Exception:
            _log.exception("call %s ends without its end", self.offer.meta.call_id)
            self.book.idle.set()

    def _forget_grace(self) -> None:
        if self._grace:
            self._grace.cancel()
            self._grace = None


@dataclass(slots=True, eq=False)
class Board:
    """A `Switchboard`: opens calls until there are too many."""

    workshop: Workshop
    hearing: MakeHearing
    facts: dict[str, Any]
    say: Callable[[str], None]
    out: Path
    record: Path | None = None
    defaults: Overrides = field(default_factory=Overrides)
    most_calls: int = 40
    grace_s: float = 30.0
    workers: Workers = field(default_factory=Workers)
    clerk: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "report"))
    _calls: dict[str, Served] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, offer: Offer) -> Served:
        """A call begins; raises CallRefused."""
        given = self.defaults
        meta = offer.meta
        named = replace(
            meta,
            agent_id=meta.agent_id or given.agent_id or "",
            agent_name=meta.agent_name or given.agent_name or "",
        )
        offer = replace(offer, meta=named)
        with self._lock:
            self._forget_ended()
            same = self._calls.get(meta.call_id)
            if same and not same.over:
                raise CallRefused("call_running", "这通电话已在进行")
            if sum(not call.over for call in self._calls.values()) >= self.most_calls:
                raise CallRefused("too_many_calls", f"同时通话已达上限 {self.most_calls}")
            call = self._make(offer)
            call.desk.start_call(offer.meta, offer.caller)
            self._calls[meta.call_id] = call
        return call

    def find(self, call_id: str) -> Served:
        """A call that is running or has just ended; raises CallRefused."""
        with self._lock:
            call = self._calls.get(call_id)
        if call is None:
            raise CallRefused("no_such_call", "没有这通电话")
        return call

    def calls(self) -> list[Served]:
        """Those that are running, and those that have just ended."""
        with self._lock:
            self._forget_ended()
            return list(self._calls.values())

    def close(self, timeout_s: float) -> None:
        """End every call and wait until their logs and reports are written."""
        calls = self.calls()
        for call in calls:
            call.end("unknown")
        until = time.monotonic() + timeout_s
        for call in calls:
            while not call.over and time.monotonic() < until:
                time.sleep(LOOK_S)
            call.book.finish(max(0.0, until - time.monotonic()))
            call.forget()
        self.workers.close()

    def _make(self, offer: Offer) -> Served:
        channels = offer.channels
        script = self.workshop.phrases.script
        out, record, clerk = self.out, self.record, self.clerk
        book = CallBook(script, out, record, self.facts, self.say, clerk=clerk)

        def hearing() -> AbstractContextManager[Hearer]:
            return self.hearing(channels, ear.wake)

        keep = (lambda meta: book.recorder(meta, channels)) if record else None
        ear = ServedEar(Line(channels, offer.rate), hearing, keep)
        desk = ServedDesk(self.workshop, ear, book, self.workers)
        return Served(offer, desk, ear, book, self.grace_s)

    def _forget_ended(self) -> None:
        for call_id in [i for i, call in self._calls.items() if call.gone]:
            self._calls.pop(call_id).forget()
