"""Live devices as a source of frames: opened, listened to, and opened again when they fail.

PortAudio's thread only copies a block and puts it in a queue. Whoever iterates does the rest, and
helper threads open and close devices, which may take long.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from agent_assist.adapters.capture import Sound, Timeline
from agent_assist.adapters.device_news import Block, DeviceNews, Input, News, Opened
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import FRAME_MS, AudioFrame
from agent_assist.errors import AgentAssistError

TICK_S = 0.05
"""What is to come is waited for so much longer than it takes."""
SETTLE_S = 0.3
"""Devices begin with a burst of what they had kept; it is over after this time."""
PATIENCE_S = 4.0
"""A device that is open and gives nothing is waited for this long at the start."""
SILENT_S = 3.0
"""A device that is open and gives nothing for this long is opened again."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 5.0
TRIES_ALONE, TRIES_BESIDE = 3, 9
"""Failures before the sound system is begun anew; it interrupts the other device, if that works."""
_log = logging.getLogger(__name__)


class Inputs(Protocol):
    """The sound system."""

    def open(
        self, wanted: str | None, deliver: Callable[[Sound], None], ended: Callable[[], None]
    ) -> Input:
        """Listen to a device."""
        ...

    def restart(self) -> None:
        """Close every stream and look for devices anew."""
        ...


@dataclass(slots=True, eq=False)
class _Line:
    """One side and the device it is heard through."""

    wanted: str | None
    opening: int = 0
    stream: Input | None = None
    lost: int = 0
    tries: int = 0
    next_try_s: float | None = None
    heard_s: float | None = None
    count: int = 0
    block_s: float = TICK_S
    least_s: float = float("inf")
    """Blocks can come late but never early: the least moment at which its count can have begun."""

    def settle(self, what: Block | Opened | None) -> None:
        """See how the device's count stands to the clock before what it gives is taken."""
        if not isinstance(what, Block) or not self.stream:
            self.count, self.least_s = 0, float("inf")
            return
        self.count += what.lost + len(what.sound)
        self.least_s = min(self.least_s, what.at_s - self.count / self.stream.rate)

    def early_s(self, zero_s: float) -> float:
        """How much of what comes next was spoken before a moment."""
        if not self.stream or not self.count:
            return 0.0
        return max(0.0, zero_s - self.least_s - self.count / self.stream.rate)


@dataclass(slots=True, eq=False)
class Microphone:
    """A `Source` of one device (the agent's) or two; iterate once, stop from any thread.

    Besides frames it gives an `AudioGap` after each frame in which missing sound ends.
    """

    inputs: Inputs
    devices: Mapping[Channel, str | None]
    clock: Callable[[], float] = time.monotonic
    began_s: float = 0.0
    """When the first sample was heard, on the clock."""
    rest_until_ms: int = 0
    """Sound may be held back until it reaches this moment."""
    _news: DeviceNews = field(default_factory=DeviceNews)
    _lines: dict[Channel, _Line] = field(default_factory=dict)
    _timeline: Timeline | None = None
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return tuple(self.devices)

    @property
    def duration_ms(self) -> int:
        return self._timeline.duration_ms if self._timeline else 0

    def open(self) -> None:
        """Open every device; raises AgentAssistError when one of them cannot be."""
        self._lines = {channel: _Line(name) for channel, name in self.devices.items()}
        try:
            for channel in self._lines:
                self._lines[channel].stream = self._listen_to(channel)
        except AgentAssistError:
            self._close_all()
            raise

    def stop(self) -> None:
        """End the iteration soon; what was heard until now still comes."""
        self._over.set()

    def __iter__(self) -> Iterator[AudioFrame | AudioGap]:
        if not self._lines:
            self.open()
        try:
            timeline = self._timeline = self._begin()
            while not self._over.is_set():
                self._collect(timeline)
                now_s = self.clock()
                self._look_after(now_s)
                for track in timeline.tracks.values():
                    track.pass_time(now_s)
                yield from timeline.take()
            yield from timeline.finish()
        finally:
            self._close_all()

    # ── the loop ───────────────────────────────────────────────────────────────────────────

    def _begin(self) -> Timeline:
        """Wait until every device delivers; what they gave until then is left out."""
        asked_s = self.clock()
        ready_s: float | None = None
        while not self._over.is_set():
            for channel, _, what in self._news.receive(TICK_S):
                self._take_note(channel, what)
                self._lines[channel].settle(what)
            now_s = self.clock()
            if ready_s is None and all(line.heard_s for line in self._lines.values()):
                ready_s = now_s
            settled = ready_s is not None and now_s - ready_s >= SETTLE_S
            if settled or now_s - asked_s >= PATIENCE_S:
                break
        self.began_s = self.clock()
        timeline = Timeline(self.channels, self.began_s)
        for channel, line in self._lines.items():
            if line.stream:
                timeline.tracks[channel].open(line.stream.rate, line.early_s(self.began_s))
        return timeline

    def _collect(self, timeline: Timeline) -> None:
        came: dict[Channel, list[Block]] = {channel: [] for channel in self._lines}
        for channel, opening, what in self._await_news(timeline):
            if opening != self._lines[channel].opening:
                if isinstance(what, Opened) and what.opened:
                    self._discard(what.opened)
                continue
            if isinstance(what, Block) and not what.lost:
                came[channel].append(what)
                continue
            self._take_blocks(timeline, channel, came[channel])
            if isinstance(what, Block):
                came[channel].append(what)
            else:
                self._take_note(channel, what)
            if isinstance(what, Opened) and what.opened:
                timeline.tracks[channel].open(what.opened.rate)
        for channel, blocks in came.items():
            self._take_blocks(timeline, channel, blocks)

    def _await_news(self, timeline: Timeline) -> Iterator[News]:
        """What the devices tell, once there may be a frame that ends where sound is needed."""
        block_s = min(line.block_s for line in self._lines.values())
        due_ms = -(-self.rest_until_ms // FRAME_MS) * FRAME_MS
        rounds = max(1, math.ceil((due_ms - timeline.duration_ms) / 1000 / block_s))
        return self._news.receive(TICK_S + rounds * block_s, rounds)

    def _take_blocks(self, timeline: Timeline, channel: Channel, blocks: list[Block]) -> None:
        """Blocks that followed each other, as one; none lost something but perhaps the first."""
        stream = self._lines[channel].stream
        if blocks and stream:
            whole = Block.joined(blocks, stream.rate)
            self._lines[channel].block_s = len(blocks[0].sound) / stream.rate
            timeline.feed(channel, whole.sound, whole.at_s, whole.lost)
            self._take_note(channel, whole)
        blocks.clear()

    def _take_note(self, channel: Channel, what: Block | Opened | None) -> None:
        line, now_s = self._lines[channel], self.clock()
        if isinstance(what, Block):
            line.heard_s = what.at_s
            line.tries = 0
        elif isinstance(what, Opened):
            line.heard_s = now_s
            if what.opened:
                line.stream = what.opened
                _log.info("%s: the device is open again", channel)
            else:
                self._try_later(line, now_s)
        else:
            _log.warning("%s: the device is gone; it is tried again", channel)
            self._let_go(channel, now_s)

    def _look_after(self, now_s: float) -> None:
        """Open again what is gone or has fallen silent."""
        for channel, line in self._lines.items():
            heard_s = line.heard_s if line.heard_s is not None else self.began_s
            if line.stream and now_s - heard_s > SILENT_S:
                _log.warning("%s: the device gives nothing; it is opened again", channel)
                self._let_go(channel, now_s)
            if line.next_try_s is not None and now_s >= line.next_try_s:
                line.next_try_s = None
                self._try(channel, line, now_s)

    # ── devices ────────────────────────────────────────────────────────────────────────────

    def _listen_to(self, channel: Channel) -> Input:
        line = self._lines[channel]
        line.opening += 1
        opening = line.opening

        def deliver(sound: Sound) -> None:
            if self._news.is_full:
                line.lost += len(sound)
                return
            lost, line.lost = line.lost, 0
            awaited = [name for name, each in self._lines.items() if each.stream]
            self._news.give(channel, opening, Block(sound, self.clock(), lost), awaited)

        def ended() -> None:
            self._news.tell(channel, opening, None)

        return self.inputs.open(line.wanted, deliver, ended)

    def _let_go(self, channel: Channel, now_s: float) -> None:
        line = self._lines[channel]
        line.opening += 1
        if self._timeline:
            self._timeline.tracks[channel].close()
        if line.stream:
            self._discard(line.stream)
            line.stream = None
        self._try_later(line, now_s)

    def _try_later(self, line: _Line, now_s: float) -> None:
        line.next_try_s = now_s + min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**line.tries)
        line.tries += 1

    def _try(self, channel: Channel, line: _Line, now_s: float) -> None:
        """Open in a thread of its own; after some failures PortAudio is begun anew."""
        others = [c for c, other in self._lines.items() if c != channel and other.stream]
        anew = line.tries > (TRIES_BESIDE if others else TRIES_ALONE)
        if anew:
            line.tries = 0
            for other in others:
                self._let_go(other, now_s)

        def work() -> None:
            opening = line.opening + 1
            try:
                if anew:
                    self.inputs.restart()
                opened: Input | None = self._listen_to(channel)
            except AgentAssistError as error:
                _log.info("%s: %s", channel, error)
                opened = None
            self._news.tell(channel, opening, Opened(opened))

        threading.Thread(target=work, name=f"open-{channel}", daemon=True).start()

    def _discard(self, stream: Input) -> None:
        """A dead device may take its time to close."""
        threading.Thread(target=stream.close, name="close-device", daemon=True).start()

    def _close_all(self) -> None:
        for line in self._lines.values():
            if line.stream:
                line.opening += 1
                line.stream.close()
                line.stream = None
