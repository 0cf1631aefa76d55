"""Puts what a telephone system sends of one call on one sample clock.

Pure: sound with its position in the stream goes in, frames at 16 kHz and gaps come out. What comes
twice is taken once, what comes late is put where it belongs as long as it is waited for, and what
does not come is silence, told as a gap. No clock but the stream's own is known here.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import soxr
from numpy.typing import NDArray

from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import FRAME_MS, SAMPLE_RATE, AudioFrame, Framer

LOST, LATE = "lost", "late"
"""Reasons: the other side of a hole came and it did not; a channel stays behind the other."""

WAITED_MS = 200
"""What comes out of order is waited for while no more than this came after it."""
BEHIND_MS = 3_000
"""A channel is done without once so much came on the other one since it was heard last."""
PIECE_MS = 5_000
"""A long gap is told in pieces of this length."""
LATE_PIECE_MS = 1_000
"""What is late may come any moment: so much is told before any silence calls for something."""
PART_MS = 100
"""No longer frames are given out, so that others have their turn."""
UNDER_WAY_MS = 100
"""Channels may end so far apart without a gap: the rest was under way."""

Samples = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Sound of one channel, at the rate of its line.

    ``position`` counts that channel's samples since the call began; None follows what was there.
    ``reason`` says why there is a hole before it, if that is known: it is not waited for then.
    """

    channel: Channel
    samples: Samples
    position: int | None = None
    reason: str = ""


@dataclass(slots=True)
class _Gap:
    start: int
    length: int
    reason: str


@dataclass(slots=True, eq=False)
class _Track:
    """One channel: what was put, in order and without holes."""

    rate: int
    end: int = 0
    ready: deque[Samples] = field(default_factory=deque)
    available: int = 0
    waited: int = 0
    open_gap: _Gap | None = None
    gaps: deque[_Gap] = field(default_factory=deque)
    held: list[tuple[int, int, Chunk]] = field(default_factory=list)
    count: int = 0

    def put(self, chunk: Chunk) -> None:
        at = self.end if chunk.position is None else chunk.position
        self.count += 1
        insort(self.held, (at, self.count, chunk))
        while self.held:
            at, _, first = self.held[0]
            if at > self.end and not self._gives_up(first):
                return
            self.fill(at - self.end, first.reason or LOST)
            self.held.pop(0)
            self._add(first.samples[self.end - at :])

    def fill(self, missing: int, reason: str) -> None:
        """Silence in place of what is missing."""
        while missing > 0:
            gap = self.open_gap
            if gap and gap.reason != reason:
                self.close_gap()
                gap = None
            gap = gap or _Gap(self.end, 0, reason)
            part = min(missing, PIECE_MS * self.rate // 1000 - gap.length)
            gap.length += part
            self.open_gap = gap
            self._append(np.zeros(part, np.int16))
            missing -= part
            if gap.length >= PIECE_MS * self.rate // 1000:
                self.close_gap()

    def close_gap(self, least_ms: int = 0) -> None:
        if self.open_gap and self.open_gap.length >= least_ms * self.rate // 1000:
            self.gaps.append(self.open_gap)
            self.open_gap = None

    def take(self, samples: int) -> Samples:
        """The next samples; as many must be available."""
        taken: list[Samples] = []
        self.available -= samples
        while samples:
            first = self.ready.popleft()
            taken.append(first[:samples])
            if len(first) > samples:
                self.ready.appendleft(first[samples:])
            samples -= len(taken[-1])
        return np.concatenate(taken)

    def _gives_up(self, first: Chunk) -> bool:
        last_at, _, last = self.held[-1]
        held = last_at + len(last.samples) - self.end
        missing = self.held[0][0] - self.end
        return bool(first.reason) or held - missing > WAITED_MS * self.rate // 1000

    def _add(self, samples: Samples) -> None:
        if len(samples):
            self.close_gap()
            self._append(samples)

    def _append(self, samples: Samples) -> None:
        self.ready.append(samples)
        self.available += len(samples)
        self.end += len(samples)


class Line:
    """Both sides of one call, or one."""

    def __init__(self, channels: tuple[Channel, ...], rate: int) -> None:
        self.channels = channels
        self.rate = rate
        self._tracks = {channel: _Track(rate) for channel in channels}
        self._framer = Framer(len(channels))
        self._resampler = None
        if rate != SAMPLE_RATE:
            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, len(channels), dtype="float32")

    @property
    def duration_ms(self) -> int:
        """Length of what was given out, without the last frame's padding."""
        return self._framer.duration_ms

    def put(self, chunk: Chunk) -> None:
        """Take sound of one channel."""
        for channel, track in self._tracks.items():
            track.waited = 0 if channel == chunk.channel else track.waited + len(chunk.samples)
        self._tracks[chunk.channel].put(chunk)

    def take(self) -> Iterator[AudioFrame | AudioGap]:
        """Frames for which every channel has its samples; a gap goes before its silence."""
        self._do_without_the_late()
        while samples := min(track.available for track in self._tracks.values()):
            part = min(samples, self.rate * PART_MS // 1000)
            block = np.stack([track.take(part) for track in self._tracks.values()])
            yield from self._give(block, last=False)

    def finish(self) -> Iterator[AudioFrame | AudioGap]:
        """Everything that is left; a channel with less is filled up with silence."""
        for track in self._tracks.values():
            for at, _, chunk in track.held:
                track.fill(at - track.end, chunk.reason or LOST)
                track._add(chunk.samples[max(0, track.end - at) :])
            track.held.clear()
        longest = max(track.end for track in self._tracks.values())
        for track in self._tracks.values():
            missing = longest - track.end
            if missing > UNDER_WAY_MS * self.rate // 1000:
                track.fill(missing, LATE)
            else:
                track._append(np.zeros(missing, np.int16))
            track.close_gap()
        yield from self.take()
        yield from self._give(np.zeros((len(self.channels), 0), np.int16), last=True)
        yield from self._framer.finish()
        yield from self._gaps_until(None)

    def _do_without_the_late(self) -> None:
        furthest = max(track.end for track in self._tracks.values())
        for track in self._tracks.values():
            if track.waited > BEHIND_MS * self.rate // 1000 and not track.held:
                track.fill(furthest - track.end, LATE)
                track.close_gap(LATE_PIECE_MS)

    def _give(self, block: Samples, last: bool) -> Iterator[AudioFrame | AudioGap]:
        if self._resampler:
            sound = self._resampler.resample_chunk(block.T.astype(np.float32) / 32768, last=last)
            block = np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16).T
        if frame := self._framer.feed_whole(block):
            yield from self._with_gaps(frame)

    def _with_gaps(self, frame: AudioFrame) -> Iterator[AudioFrame | AudioGap]:
        """A gap stands before those 20 ms in which it begins."""
        while (gap_ms := self._gap_ms()) < frame.end_ms:
            at_ms = max(int(gap_ms) // FRAME_MS * FRAME_MS, frame.start_ms)
            if at_ms > frame.start_ms:
                before, frame = frame.split(at_ms)
                yield before
            yield from self._gaps_until(at_ms + FRAME_MS)
        yield frame

    def _gap_ms(self) -> float:
        gaps = (
            track.gaps[0].start * 1000 // self.rate for track in self._tracks.values() if track.gaps
        )
        return min(gaps, default=math.inf)

    def _gaps_until(self, end_ms: int | None) -> Iterator[AudioGap]:
        for channel, track in self._tracks.items():
            while track.gaps:
                gap = track.gaps[0]
                at_ms = gap.start * 1000 // self.rate
                if end_ms is not None and at_ms >= end_ms:
                    break
                duration_ms = max(1, round(gap.length * 1000 / self.rate))
                yield AudioGap(at_ms, channel, duration_ms, gap.reason)
                track.gaps.popleft()
