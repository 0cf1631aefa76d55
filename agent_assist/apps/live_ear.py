"""The ear of a live desk: devices stay open, and each call takes its part of what they give.

Between calls only the last seconds are kept, in memory, so that a call that is noticed late begins
where it began. The thread that takes the sound hears it as well: a hand-over to another would cost
as much as all that is done with a frame in which nobody speaks.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from agent_assist.adapters.recorder import Recorder
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, HungUpBy
from agent_assist.core.framing import FRAME_MS, AudioFrame, in_pieces
from agent_assist.core.hearing import Hearing
from agent_assist.errors import AgentAssistError, BadInputError

KEPT_FRAMES = 8_000 // FRAME_MS
REST_MS = 100
"""So much of a call is heard at once where nothing in it is awaited sooner: each time that a
computer is woken up costs it as much as what it then does."""
OVERLOAD_MS = 20_000
"""A computer this far behind passes over what it cannot hear in time, as silence."""
CAUGHT_UP_MS = 1_000
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

    rest_until_ms: int
    """Sound is not needed before it reaches this moment; then it is needed at once."""

    def __iter__(self) -> Iterator[Item]: ...

    def stop(self) -> None: ...


class MicrophoneLost(AgentAssistError):
    """The devices give nothing any more and cannot be opened again."""


@dataclass(slots=True, eq=False)
class LiveEar:
    """An `Ear`; start it once, it then hears one call after the other.

    Its own thread does the steps that `follow` is given, one after every frame.
    """

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
    _due_ms: float = 0.0
    """What was taken is heard when the stream reaches this moment."""
    _mark_ms: int | None = None
    _steps: deque[Iterator[None]] = field(default_factory=deque)
    _waiting: deque[Item] | None = None
    _over_ms: int | None = None
    """The moment of the stream at which the call is over."""
    _over_s: float = 0.0
    _silent_until_ms: int = 0
    _ended: bool = False
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

    def follow(self, steps: Iterator[None]) -> None:
        """Steps that take what `listen` gives; each ends where there is nothing yet."""
        with self._lock:
            self._over_ms = None
            self._mark_ms = self._now_ms if self._mark_ms is None else self._mark_ms
            if not self._ended:
                self._steps.append(steps)
                return
        deque(steps, maxlen=0)

    def listen(self, meta: CallMeta) -> Iterator[Event | None]:
        """What is heard of a call, its end included, until `stop`; None when nothing waits."""
        with self._lock:
            if self._lost:
                raise MicrophoneLost("the microphone was lost")
            began_ms = self._now_ms if self._mark_ms is None else self._mark_ms
            kept = [frame for frame in self._recent if frame.start_ms >= began_ms]
            began_ms = kept[0].start_ms if kept else self._now_ms
            self._waiting = waiting = deque[Item](kept)
            self._mark_ms, self._silent_until_ms = None, 0
        hearing = self.make_hearing()
        duration_ms = 0
        with ExitStack() as stack:
            stack.callback(self._forget, waiting)
            keep = self._open_record(meta)
            if keep:
                stack.callback(keep.close)
            for item in in_pieces(self._items(waiting, began_ms), REST_MS):
                if item is None:
                    yield None
                    continue
                if keep:
                    keep.write(item)
                if isinstance(item, AudioGap):
                    yield item
                    continue
                yield from hearing.feed(item)
                duration_ms = item.end_ms
                self._rest_until(began_ms + min(hearing.due_ms, duration_ms + REST_MS))
                self.lags_ms.append(self._late_ms(began_ms + duration_ms))
            if keep:
                keep.close(self.hung_up_by)
            yield from hearing.finish(duration_ms)
            yield CallEnded(duration_ms, self.hung_up_by)

    def stop(self) -> None:
        """The call is over: what was spoken until now is still told.

        From within ``watch`` it is over with the frame that was told.
        """
        with self._lock:
            self._over_s = self.clock()
            within = self._ended or threading.current_thread() is self._thread
            late_ms = 0 if within else self._late_ms(self._now_ms)
            self._over_ms = self._now_ms - (-late_ms // FRAME_MS) * FRAME_MS

    # ── the thread ─────────────────────────────────────────────────────────────────────────

    def _capture(self) -> None:
        try:
            for item in self.stream:
                self._take(item)
                if self._now_ms >= self._due_ms or self._over_ms is not None:
                    self._follow()
        except Exception:
            _log.exception("the devices are no longer heard")
            self._lost = True
        with self._lock:
            self._ended = True
        self._follow()

    def _take(self, item: Item) -> None:
        with self._lock:
            if isinstance(item, AudioFrame):
                self._recent.append(item)
                self._now_ms = item.end_ms
            if self._waiting is not None:
                self._waiting.append(item)
        if isinstance(item, AudioFrame):
            if not item.start_ms:
                self.begun()
            self.watch(item)

    def _follow(self) -> None:
        """Go on with the call, and with the next one once it is over."""
        while self._steps:
            try:
                next(self._steps[0])
            except StopIteration:
                self._steps.popleft()
            except Exception:
                _log.exception("a call is not heard to its end")
                self._steps.popleft()
            else:
                return

    # ── a call's part of the stream ────────────────────────────────────────────────────────

    def _items(self, waiting: deque[Item], began_ms: int) -> Iterator[Item | None]:
        """What is taken until the call is over, counted from its own beginning."""
        for item in self._taken(waiting):
            if isinstance(item, AudioFrame):
                yield AudioFrame(item.start_ms - began_ms, item.samples)
            elif item is None:
                yield None
            elif (end_ms := item.at_ms + item.duration_ms - began_ms) > 0:
                at_ms = max(0, item.at_ms - began_ms)
                yield AudioGap(at_ms, item.channel, end_ms - at_ms, item.reason)
        if self._lost:
            raise MicrophoneLost("the microphone was lost")

    def _taken(self, waiting: deque[Item]) -> Iterator[Item | None]:
        while True:
            while waiting:
                item = waiting.popleft()
                if not isinstance(item, AudioFrame):
                    yield item
                elif self._over_ms is None or item.start_ms < self._over_ms:
                    yield from self._in_time(item)
            if self._ended or (self._over_ms is not None and self._now_ms >= self._over_ms):
                return
            yield None

    def _in_time(self, frame: AudioFrame) -> Iterator[Item]:
        """The frame; what cannot be heard in time is silence, and the gap is told before it.

        So nobody is taken to be silent meanwhile.
        """
        at_ms = frame.start_ms
        if at_ms >= self._silent_until_ms and (until_ms := self._passes_over_until(frame)) > at_ms:
            self._silent_until_ms = until_ms
            for channel in self.channels:
                yield AudioGap(at_ms, channel, until_ms - at_ms, OVERLOAD)
        silent = at_ms < self._silent_until_ms
        yield AudioFrame(at_ms, np.zeros_like(frame.samples)) if silent else frame

    def _passes_over_until(self, frame: AudioFrame) -> int:
        if self._over_ms is not None and self.clock() - self._over_s > CLOSING_S:
            return self._over_ms
        late_ms = self._late_ms(frame.start_ms)
        passed_ms = (late_ms - CAUGHT_UP_MS) // FRAME_MS * FRAME_MS
        return frame.start_ms + passed_ms if late_ms > OVERLOAD_MS else 0

    def _late_ms(self, at_ms: int) -> int:
        """How long ago a moment of the stream was."""
        late_ms = (self.clock() - self.stream.began_s) * 1000 - at_ms
        return max(0, round(late_ms))

    def _open_record(self, meta: CallMeta) -> Recorder | None:
        """A call that cannot be recorded is heard all the same."""
        try:
            return self.record(meta) if self.record else None
        except BadInputError as error:
            _log.error("%s", error)
            return None

    def _rest_until(self, due_ms: float) -> None:
        """Nothing has to be heard before this moment of the stream."""
        self._due_ms = due_ms
        self.stream.rest_until_ms = int(due_ms)

    def _forget(self, waiting: deque[Item]) -> None:
        with self._lock:
            if self._waiting is waiting:
                self._waiting = None
                self._rest_until(0)
