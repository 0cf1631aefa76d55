"""The ear of a live desk: devices stay open, and each call takes its part of what they give.

Between calls only the last seconds are kept, in memory, so that a call that is noticed late begins
where it began.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Protocol

import numpy as np

from agent_assist.adapters.recorder import Recorder
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, HungUpBy
from agent_assist.core.framing import FRAME_MS, AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.errors import AgentAssistError, BadInputError

KEPT_FRAMES = 8_000 // FRAME_MS
OVERLOAD_FRAMES = 30_000 // FRAME_MS
"""A computer this far behind passes over what it cannot hear in time, as silence."""
CAUGHT_UP_FRAMES = 1_000 // FRAME_MS
CLOSING_S = 2.5
"""A call that is over is heard to its end for so long; what is left then is passed over as well."""
OVERLOAD = "overload"
MOST_LAGS = 50_000
_log = logging.getLogger(__name__)

Item = AudioFrame | AudioGap


class Stream(Protocol):
    """Devices that are listened to all the time."""

    @property
    def channels(self) -> tuple[Channel, ...]: ...

    @property
    def began_s(self) -> float:
        """When its first sample was heard."""
        ...

    def __iter__(self) -> Iterator[Item]: ...

    def stop(self) -> None: ...


class MicrophoneLost(AgentAssistError):
    """The devices give nothing any more and cannot be opened again."""


@dataclass(slots=True, eq=False)
class LiveEar:
    """An `Ear`; start it once, it then hears one call after the other."""

    stream: Stream
    make_hearing: Callable[[], Hearing]
    record: Callable[[CallMeta], Recorder] | None = None
    watch: Callable[[AudioFrame], None] = lambda _: None
    """Told of every frame, in calls and between them."""
    begun: Callable[[], None] = lambda: None
    """Told once, with the first frame."""
    clock: Callable[[], float] = time.monotonic
    hung_up_by: HungUpBy = "unknown"
    lags_ms: deque[int] = field(default_factory=lambda: deque(maxlen=MOST_LAGS))
    """From the end of each frame to the moment all that follows from it was known."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _recent: deque[AudioFrame] = field(default_factory=lambda: deque(maxlen=KEPT_FRAMES))
    _now_ms: int = 0
    _mark_ms: int | None = None
    _over_s: float | None = None
    _call: SimpleQueue[Item | None] | None = None
    _lost: bool = False
    _thread: threading.Thread | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        return self.stream.channels

    def start(self) -> None:
        """Listen to the devices from now on."""
        self._thread = threading.Thread(target=self._capture, name="capture", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self.stream.stop()
        if self._thread:
            self._thread.join(5.0)

    def mark(self, at_ms: int | None = None) -> None:
        """The next call began at this moment of the stream; None is now."""
        with self._lock:
            at = self._now_ms if at_ms is None else at_ms
            self._mark_ms = max(0, at) // FRAME_MS * FRAME_MS

    def listen(self, meta: CallMeta) -> Iterator[Event]:
        """What is heard of a call, its end included, until `stop`."""
        queue: SimpleQueue[Item | None] = SimpleQueue()
        with self._lock:
            if self._lost:
                raise MicrophoneLost("the microphone was lost")
            began_ms = self._now_ms if self._mark_ms is None else self._mark_ms
            kept = [frame for frame in self._recent if frame.start_ms >= began_ms]
            began_ms = kept[0].start_ms if kept else self._now_ms
            for frame in kept:
                queue.put(frame)
            self._call, self._mark_ms, self._over_s = queue, None, None
        hearing = self.make_hearing()
        duration_ms = 0
        with ExitStack() as stack:
            stack.callback(self._forget, queue)
            keep = self._open_record(meta)
            if keep:
                stack.callback(keep.close)
            for item in self._items(queue, began_ms):
                if keep:
                    keep.write(item)
                if isinstance(item, AudioGap):
                    yield item
                    continue
                yield from hearing.feed(item)
                duration_ms = item.end_ms
                late_s = self.clock() - self.stream.began_s
                self.lags_ms.append(round(late_s * 1000) - began_ms - duration_ms)
            if keep:
                keep.close(self.hung_up_by)
            yield from hearing.finish(duration_ms)
            yield CallEnded(duration_ms, self.hung_up_by)

    def stop(self) -> None:
        """The call is over: what was heard so far is still told."""
        with self._lock:
            if self._call:
                self._over_s = self.clock()
                self._call.put(None)

    def _capture(self) -> None:
        try:
            for item in self.stream:
                self._take(item)
        except Exception:
            _log.exception("the devices are no longer heard")
            self._lost = True
        self.stop()

    def _take(self, item: Item) -> None:
        with self._lock:
            if isinstance(item, AudioFrame):
                self._recent.append(item)
                self._now_ms = item.end_ms
            if self._call:
                self._call.put(item)
        if isinstance(item, AudioFrame):
            if not item.start_ms:
                self.begun()
            self.watch(item)

    def _items(self, queue: SimpleQueue[Item | None], began_ms: int) -> Iterator[Item]:
        """The call's part of the stream, counted from its own beginning."""
        for item in _in_time(queue, self.channels, self._hurries):
            if isinstance(item, AudioFrame):
                yield AudioFrame(item.start_ms - began_ms, item.samples)
            elif (end_ms := item.at_ms + item.duration_ms - began_ms) > 0:
                at_ms = max(0, item.at_ms - began_ms)
                yield AudioGap(at_ms, item.channel, end_ms - at_ms, item.reason)
        if self._lost:
            raise MicrophoneLost("the microphone was lost")

    def _hurries(self) -> bool:
        return self._over_s is not None and self.clock() - self._over_s > CLOSING_S

    def _open_record(self, meta: CallMeta) -> Recorder | None:
        """A call that cannot be recorded is heard all the same."""
        try:
            return self.record(meta) if self.record else None
        except BadInputError as error:
            _log.error("%s", error)
            return None

    def _forget(self, queue: SimpleQueue[Item | None]) -> None:
        with self._lock:
            if self._call is queue:
                self._call = None


def _in_time(
    queue: SimpleQueue[Item | None], channels: tuple[Channel, ...], hurries: Callable[[], bool]
) -> Iterator[Item]:
    """What is queued, until None; what cannot be heard in time becomes a gap of silence."""
    while (item := queue.get()) is not None:
        hurried = hurries()
        if not isinstance(item, AudioFrame) or not (hurried or queue.qsize() >= OVERLOAD_FRAMES):
            yield item
            continue
        passed, over = _passed_over(queue, 0 if hurried else CAUGHT_UP_FRAMES)
        yield from _silenced([item, *passed], channels)
        if over:
            return


def _passed_over(queue: SimpleQueue[Item | None], left: int) -> tuple[list[Item], bool]:
    """All that is queued but the last so many; whether the end was among it."""
    passed: list[Item] = []
    while queue.qsize() > left:
        item = queue.get()
        if item is None:
            return passed, True
        passed.append(item)
    return passed, False


def _silenced(items: list[Item], channels: tuple[Channel, ...]) -> Iterator[Item]:
    """A gap told before its silence, so that nobody is taken to be silent meanwhile."""
    frames = [item for item in items if isinstance(item, AudioFrame)]
    began_ms = frames[0].start_ms
    for channel in channels:
        yield AudioGap(began_ms, channel, frames[-1].end_ms - began_ms, OVERLOAD)
    for item in items:
        if isinstance(item, AudioFrame):
            yield AudioFrame(item.start_ms, np.zeros_like(item.samples))
        else:
            yield item
