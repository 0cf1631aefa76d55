"""The ear of one served call: hears what its connections put, a little at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from agent_assist.adapters.recorder import Recorder
from agent_assist.adapters.telephony_line import Chunk, Line
from agent_assist.apps.serve_listener import FIRST_MS
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, HungUpBy
from agent_assist.core.framing import AudioFrame, in_pieces
from agent_assist.errors import BadInputError

MOST_WAITING_MS = 5_000
"""No more is read of a connection while so much of its sound waits to be heard."""
TURN_MS = 100
"""So much of a call is heard at once, if it is there; then others are heard."""
FAILED = "failed"
"""The reason of a gap where sound was there, but could not be heard."""
_log = logging.getLogger(__name__)


class Hearer(Protocol):
    """A call's `Hearing`, here or elsewhere: None among its events says that it needs time."""

    def feed(self, frame: AudioFrame) -> Iterable[Event | None]: ...

    def finish(self, end_ms: int) -> Iterable[Event | None]: ...


def _nobody() -> None:
    """Who listens asks again by itself."""


@dataclass(slots=True, eq=False)
class ServedEar:
    """An `Ear`. Put from one thread at a time; the call ends with `end`.

    ``wake`` is called when a turn of it waits, so that whoever listens goes on.
    """

    line: Line
    make_hearing: Callable[[], AbstractContextManager[Hearer]]
    record: Callable[[CallMeta], Recorder] | None = None
    wake: Callable[[], None] = _nobody
    hung_up_by: HungUpBy = "unknown"
    heard_ms: int = 0
    """So much of the call was heard."""
    _idle: bool = False
    """It waits for more to be put."""
    _ending: bool = False
    _drained: bool = False
    _queue: deque[Chunk | None] = field(default_factory=deque)
    _put: dict[Channel, int] = field(default_factory=dict)
    _taken: dict[Channel, int] = field(default_factory=dict)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.line.channels

    @property
    def waiting_ms(self) -> int:
        """So much sound of one channel waits to be heard."""
        most = max((n - self._taken.get(c, 0) for c, n in self._put.items()), default=0)
        return most * 1000 // self.line.rate

    @property
    def urgent(self) -> bool:
        """Whether flags of this call may be due that rest on time alone."""
        return self.heard_ms < FIRST_MS

    def put(self, *chunks: Chunk) -> None:
        """Take sound."""
        for chunk in chunks:
            self._queue.append(chunk)
            self._put[chunk.channel] = self._put.get(chunk.channel, 0) + len(chunk.samples)
        if self._idle and self._is_turn:
            self.wake()

    def end(self, hung_up_by: HungUpBy) -> None:
        """The call ends after what was put so far."""
        self.hung_up_by = hung_up_by
        self.stop()

    def stop(self) -> None:
        """The desk's own wish to end; what was put is still heard."""
        self._queue.append(None)
        self._ending = True
        self.wake()

    def listen(self, meta: CallMeta) -> Iterator[Event | None]:
        """What is heard of the call, its end included; a fault here is a gap to the end.

        None when no turn waits, when others should have theirs, or while one is being heard.
        """
        try:
            yield from self._hear(meta)
        except Exception:
            _log.exception("call %s is no longer heard", meta.call_id)
            for _ in self._chunks():
                yield None
            missing_ms = max(self._put.values(), default=0) * 1000 // self.line.rate
            at_ms = self.heard_ms
            for channel in self.channels:
                if missing_ms > at_ms:
                    yield AudioGap(at_ms, channel, missing_ms - at_ms, FAILED)
            yield CallEnded(max(at_ms, missing_ms), self.hung_up_by)

    def _hear(self, meta: CallMeta) -> Iterator[Event | None]:
        with ExitStack() as stack:
            hearing = stack.enter_context(self.make_hearing())
            keep = self._open_record(meta)
            if keep:
                stack.callback(keep.close)
            for item in in_pieces(self._items(), TURN_MS):
                if item is None:
                    yield None
                    continue
                if keep:
                    keep.write(item)
                if isinstance(item, AudioGap):
                    yield item
                    continue
                yield from hearing.feed(item)
                self.heard_ms = item.end_ms
                if self._is_turn or self._ending:
                    self.wake()
                    yield None
            if keep:
                keep.close(self.hung_up_by)
            duration_ms = self.line.duration_ms
            yield from hearing.finish(duration_ms)
        yield CallEnded(duration_ms, self.hung_up_by)

    def _items(self) -> Iterator[AudioFrame | AudioGap | None]:
        for chunk in self._chunks():
            if chunk is None:
                yield None
                continue
            self.line.put(chunk)
            yield from self.line.take()
        yield from self.line.finish()

    def _chunks(self) -> Iterator[Chunk | None]:
        """What was put, as soon as a turn of it waits, else None; until the end was put."""
        while not self._drained:
            self._idle = True  # before looking: who puts looks at it after putting
            if not (self._is_turn or self._ending):
                yield None
                continue
            self._idle = False
            while self._queue and not self._drained:
                if (chunk := self._queue.popleft()) is None:
                    self._drained = True
                else:
                    taken = self._taken.get(chunk.channel, 0)
                    self._taken[chunk.channel] = taken + len(chunk.samples)
                    yield chunk

    @property
    def _is_turn(self) -> bool:
        """Whether so much of all channels together waits as is heard at once."""
        waiting = sum(self._put.values()) - sum(self._taken.values())
        return waiting * 1000 >= TURN_MS * self.line.rate * len(self.line.channels)

    def _open_record(self, meta: CallMeta) -> Recorder | None:
        """A call that cannot be recorded is heard all the same."""
        try:
            return self.record(meta) if self.record else None
        except BadInputError as error:
            _log.error("%s", error)
            return None
