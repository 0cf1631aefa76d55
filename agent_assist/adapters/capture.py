"""Puts what devices deliver on one sample clock: resampling, alignment, gaps filled with silence.

Pure: arrays and moments go in, frames and gaps come out. A moment is any steady clock's seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from agent_assist.adapters.decimator import Decimator
from agent_assist.adapters.lateness import Lateness
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import (
    FRAME_SAMPLES,
    SAMPLE_RATE,
    SAMPLES_PER_MS,
    AudioFrame,
    Framer,
)

Sound = NDArray[np.float32]
"""Samples as a device gives them, -1 to 1, shape (n,) or (n, channels)."""

OVERFLOW, UNPLUGGED, STALLED, DRIFT = "overflow", "unplugged", "stalled", "drift"

STALL_S = 1.0
"""A device that was not told to be gone is believed to be so after this time without a block."""
FILL_BEHIND_S = 0.06
"""Silence is filled in up to this long ago, so that a device that is back loses nothing."""
CATCH_UP_S = 1.0
AHEAD_S = 0.02
"""What a stalled device delivers after all, in this time, has silence in its place already."""
MOST_DRIFT_S = 0.04
DECIMATED_RATE = 48_000
UNDER_WAY_SAMPLES = SAMPLE_RATE // 10
PIECE_SAMPLES = SAMPLE_RATE
"""A gap is told at once when it begins, and from then on in pieces of this length:
sooner than any silence calls for something."""


@dataclass(slots=True)
class _Gap:
    start: int
    length: int
    reason: str
    told_after: int

    def to_event(self, channel: Channel) -> AudioGap:
        duration_ms = max(1, round(self.length / SAMPLES_PER_MS))
        return AudioGap(self.start // SAMPLES_PER_MS, channel, duration_ms, self.reason)


class Track:
    """One device's sound at 16 kHz on the common clock."""

    def __init__(self, channel: Channel, zero_s: float) -> None:
        self.channel = channel
        self.lateness = Lateness(zero_s)
        self.gaps: deque[_Gap] = deque()
        self.given = 0
        """Samples so far, silence for missing ones included."""
        self.is_back = False
        """Sound came back, and how its count stands to the others is not yet known."""
        self._zero_s = zero_s
        self._arrived_s = zero_s
        self._rate = 0
        self._resampler: Any = None
        self._ready: NDArray[np.int16] = np.zeros(0, np.int16)
        self._piece: _Gap | None = None
        self._filling = False
        self._stalled = False
        self._catches_up_until_s = zero_s
        self._skip = 0

    @property
    def is_steady(self) -> bool:
        """Whether sound comes, and for long enough to know how its count stands."""
        return not self._filling and self.lateness.is_sure

    @property
    def available(self) -> int:
        return len(self._ready)

    def open(self, rate: int, early_s: float = 0.0) -> None:
        """A device with this rate delivers from now on; its first ``early_s`` are left out."""
        self._rate = rate
        self._skip = round(early_s * SAMPLE_RATE)
        self._resampler = None
        if rate == DECIMATED_RATE:
            self._resampler = Decimator(rate)
        elif rate != SAMPLE_RATE:
            self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")

    def close(self) -> None:
        """The device is gone; the rest of its sound comes out."""
        if self._resampler:
            empty = np.zeros(0, np.float32)
            self._add(self._resampler.resample_chunk(empty, last=True))
        self._rate, self._resampler = 0, None

    def feed(self, sound: Sound, at_s: float, lost: int) -> None:
        """Take one block that arrived at ``at_s``; ``lost`` samples before it are missing."""
        if not self._rate:
            return
        mono = _mono(sound)
        ready = self._resampler.resample_chunk(mono) if self._resampler else mono
        if lost and not self._filling:
            self._fill_once(round(lost * SAMPLE_RATE / self._rate), OVERFLOW)
        if self._filling:
            self._end_gap(at_s, len(ready))
        if at_s < self._catches_up_until_s:
            ahead_s = (self.given + len(ready)) / SAMPLE_RATE + self.lateness.base_s - at_s
            self._skip = int(ahead_s * SAMPLE_RATE) if ahead_s > AHEAD_S else 0
        self._add(ready)
        self._arrived_s = at_s
        if self._skip:
            self.lateness.begin_again(at_s)
            return
        missing_s = self.lateness.feed(at_s, at_s - self.given / SAMPLE_RATE)
        if missing_s:
            self._fill_once(round(missing_s * SAMPLE_RATE), OVERFLOW)

    def pass_time(self, now_s: float) -> None:
        """Fill in silence where nothing came."""
        stalled = now_s - self._arrived_s > STALL_S
        if self._rate and not stalled:
            return
        due = (now_s - FILL_BEHIND_S - self.lateness.base_s) * SAMPLE_RATE - self.given
        if due > 0:
            self.fill(int(due), STALLED if self._rate else UNPLUGGED)
            self._stalled = bool(self._rate)

    def correct(self, behind_s: float) -> None:
        """The count has drifted by so much: insert silence, or leave sound out."""
        samples = round(behind_s * SAMPLE_RATE)
        if samples > 0:
            self._fill_once(samples, DRIFT)
        else:
            self._skip -= samples
            self.gaps.append(_Gap(self.given, -samples, DRIFT, self.given))
        self.lateness.shift(behind_s)
        self.lateness.begin_again(self._arrived_s)

    def fill(self, samples: int, reason: str) -> None:
        """Silence in place of samples that are missing."""
        piece = self._piece or _Gap(self.given, 0, reason, 0)
        piece.length += samples
        self._piece = piece
        self._ready = np.concatenate([self._ready, np.zeros(samples, np.int16)])
        self.given += samples
        if not self._filling or piece.length >= PIECE_SAMPLES:
            self._tell_piece()
        self._filling = True

    def _fill_once(self, samples: int, reason: str) -> None:
        self.fill(samples, reason)
        self._tell_piece()
        self._filling = False

    def take(self, samples: int) -> NDArray[np.int16]:
        """The next samples; as many must be available."""
        taken, self._ready = self._ready[:samples], self._ready[samples:]
        return taken

    def finish(self) -> None:
        """No more will come."""
        self.close()
        self._tell_piece()

    def end_at(self, samples: int) -> None:
        """Be as long as the longest; it is a gap unless it is only a block still under way."""
        missing = samples - self.available
        if missing > UNDER_WAY_SAMPLES:
            self.fill(missing, UNPLUGGED)
            self._tell_piece()
        else:
            self._ready = np.pad(self._ready, (0, missing))

    def _end_gap(self, at_s: float, samples: int) -> None:
        """Sound is back: it belongs where the clock stands."""
        due = (at_s - self.lateness.base_s) * SAMPLE_RATE - self.given - samples
        if due > 0:
            self.fill(int(due), self._piece.reason if self._piece else UNPLUGGED)
        self._tell_piece()
        if self._stalled:
            self._catches_up_until_s = at_s + CATCH_UP_S
        self._filling = self._stalled = False
        self.is_back = True
        self.lateness.begin_again(at_s)

    def _add(self, sound: Sound) -> None:
        skipped = min(self._skip, len(sound))
        self._skip -= skipped
        scaled = sound[skipped:] * np.float32(32768.0)
        np.minimum(np.maximum(scaled, -32768, out=scaled), 32767, out=scaled)
        whole = np.rint(scaled, out=scaled).astype(np.int16)
        self._ready = np.concatenate([self._ready, whole]) if len(self._ready) else whole
        self.given += len(whole)

    def _tell_piece(self) -> None:
        if self._piece:
            self._piece.told_after = self._piece.start + self._piece.length - 1
            self.gaps.append(self._piece)
            self._piece = None


def _mono(sound: Sound) -> Sound:
    if sound.ndim == 1:
        return sound
    return sound[:, 0] if sound.shape[1] == 1 else sound.mean(axis=1, dtype=np.float32)


class Timeline:
    """All devices of a seat, on the first one's count; its zero is the moment it is made."""

    def __init__(self, channels: Sequence[Channel], zero_s: float) -> None:
        self.tracks = {channel: Track(channel, zero_s) for channel in channels}
        self._framer = Framer(len(channels))
        self._taken = 0

    @property
    def duration_ms(self) -> int:
        """Length of what was given out, without the last frame's padding."""
        return self._framer.duration_ms

    def feed(self, channel: Channel, sound: Sound, at_s: float, lost: int = 0) -> None:
        """Take one block of a device that was opened."""
        self.tracks[channel].feed(sound, at_s, lost)
        self._watch_drift()

    def take(self) -> Iterator[AudioFrame | AudioGap]:
        """Frames for which every channel has its samples; a gap follows the frame it ends in."""
        samples = min(track.available for track in self.tracks.values())
        if samples:
            block = np.empty((len(self.tracks), samples), np.int16)
            for row, track in zip(block, self.tracks.values(), strict=True):
                row[:] = track.take(samples)
            yield from self._with_gaps(self._framer.feed(block))

    def finish(self) -> Iterator[AudioFrame | AudioGap]:
        """Everything that is left; a channel with less is filled up with silence."""
        for track in self.tracks.values():
            track.finish()
        longest = max(track.available for track in self.tracks.values())
        for track in self.tracks.values():
            track.end_at(longest)
        yield from self.take()
        yield from self._with_gaps(self._framer.finish())
        yield from self._gaps_until(None)

    def _with_gaps(self, frames: list[AudioFrame]) -> Iterator[AudioFrame | AudioGap]:
        for frame in frames:
            yield frame
            self._taken += FRAME_SAMPLES
            yield from self._gaps_until(self._taken)

    def _gaps_until(self, sample: int | None) -> Iterator[AudioGap]:
        for track in self.tracks.values():
            while track.gaps and (sample is None or track.gaps[0].told_after < sample):
                yield track.gaps.popleft().to_event(track.channel)

    def _watch_drift(self) -> None:
        """The other devices follow the first one's count, but who was gone gives way itself."""
        first, *others = self.tracks.values()
        for track in others:
            if not (first.is_steady and track.is_steady):
                continue
            behind_s = track.lateness.base_s - first.lateness.base_s
            if abs(behind_s) > MOST_DRIFT_S:
                if first.is_back and not track.is_back:
                    first.correct(-behind_s)
                else:
                    track.correct(behind_s)
            first.is_back = track.is_back = False
