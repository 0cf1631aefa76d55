"""The ear of one served call: what its connections put, heard in a thread of the call's own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import SimpleQueue

from agent_assist.adapters.recorder import Recorder
from agent_assist.adapters.telephony_line import Chunk, Line
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, HungUpBy
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.errors import BadInputError

MOST_WAITING_MS = 5_000
"""No more is read of a connection while so much of its sound waits to be heard."""
FAILED = "failed"
"""The reason of a gap where sound was there, but could not be heard."""
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class ServedEar:
    """An `Ear`. Put from one thread at a time; the call ends with `end`."""

    line: Line
    make_hearing: Callable[[], Hearing]
    record: Callable[[CallMeta], Recorder] | None = None
    hung_up_by: HungUpBy = "unknown"
    heard_ms: int = 0
    """So much of the call was heard."""
    _drained: bool = False
    _queue: SimpleQueue[Chunk | None] = field(default_factory=SimpleQueue)
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

    def put(self, chunk: Chunk) -> None:
        """Take sound."""
        self._put[chunk.channel] = self._put.get(chunk.channel, 0) + len(chunk.samples)
        self._queue.put(chunk)

    def end(self, hung_up_by: HungUpBy) -> None:
        """The call ends after what was put so far."""
        self.hung_up_by = hung_up_by
        self._queue.put(None)

    def stop(self) -> None:
        """The desk's own wish to end; what was put is still heard."""
        self._queue.put(None)

    def listen(self, meta: CallMeta) -> Iterator[Event]:
        """What is heard of the call, its end included; a fault here is a gap to the end."""
        try:
            yield from self._hear(meta)
        except Exception:
            _log.exception("call %s is no longer heard", meta.call_id)
            while not self._drained:
                self._drained = self._queue.get() is None
            missing_ms = max(self._put.values(), default=0) * 1000 // self.line.rate
            at_ms = self.heard_ms
            for channel in self.channels:
                if missing_ms > at_ms:
                    yield AudioGap(at_ms, channel, missing_ms - at_ms, FAILED)
            yield CallEnded(max(at_ms, missing_ms), self.hung_up_by)

    def _hear(self, meta: CallMeta) -> Iterator[Event]:
        hearing = self.make_hearing()
        with ExitStack() as stack:
            keep = self._open_record(meta)
            if keep:
                stack.callback(keep.close)
            for item in self._items():
                if keep:
                    keep.write(item)
                if isinstance(item, AudioGap):
                    yield item
                else:
                    yield from hearing.feed(item)
                    self.heard_ms = item.end_ms
            if keep:
                keep.close(self.hung_up_by)
        duration_ms = self.line.duration_ms
        yield from hearing.finish(duration_ms)
        yield CallEnded(duration_ms, self.hung_up_by)

    def _items(self) -> Iterator[AudioFrame | AudioGap]:
        chunks: Iterator[Chunk] = iter(self._queue.get, None)
        for chunk in chunks:
            self.line.put(chunk)
            self._taken[chunk.channel] = self._taken.get(chunk.channel, 0) + len(chunk.samples)
            yield from self.line.take()
        self._drained = True
        yield from self.line.finish()

    def _open_record(self, meta: CallMeta) -> Recorder | None:
        """A call that cannot be recorded is heard all the same."""
        try:
            return self.record(meta) if self.record else None
        except BadInputError as error:
            _log.error("%s", error)
            return None
