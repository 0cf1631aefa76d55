"""Sound in fixed frames: whatever blocks come in, the same frames go out.

The sample counter is the one clock of a call; milliseconds are derived from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Other = TypeVar("Other")

SAMPLE_RATE = 16_000
SAMPLES_PER_MS = SAMPLE_RATE // 1000
FRAME_MS = 20
FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS

Block = NDArray[np.int16]
"""Samples at 16 kHz, shape (channels, n)."""


@dataclass(frozen=True, slots=True, eq=False)
class AudioFrame:
    """20 ms of sound, or several times 20; ``samples`` has a row of 320, 640, … per channel."""

    start_ms: int
    samples: Block

    @property
    def end_ms(self) -> int:
        length: int = self.samples.shape[1]
        return self.start_ms + length // SAMPLES_PER_MS

    def split(self, at_ms: int) -> tuple[AudioFrame, AudioFrame]:
        """The part before a moment inside of it, and the part after; both of whole 20 ms."""
        at = (at_ms - self.start_ms) * SAMPLES_PER_MS
        before, after = self.samples[:, :at], self.samples[:, at:]
        return AudioFrame(self.start_ms, before), AudioFrame(at_ms, after)


class Framer:
    """Re-chunks blocks of any length into fixed frames."""

    def __init__(self, channels: int) -> None:
        self._rest: Block = np.zeros((channels, 0), np.int16)
        self._samples_in = 0
        self._frames_out = 0

    @property
    def duration_ms(self) -> int:
        """Length of everything fed so far, without padding, rounded up."""
        return -(-self._samples_in // SAMPLES_PER_MS)

    def feed(self, block: Block) -> list[AudioFrame]:
        """The frames of 20 ms that a block completes."""
        whole = self.feed_whole(block)
        if whole is None:
            return []
        start_ms, sound = whole.start_ms, whole.samples
        return [
            AudioFrame(start_ms + at // SAMPLES_PER_MS, sound[:, at : at + FRAME_SAMPLES])
            for at in range(0, sound.shape[1], FRAME_SAMPLES)
        ]

    def feed_whole(self, block: Block) -> AudioFrame | None:
        """All that a block completes as one frame; None when that is less than 20 ms."""
        if block.ndim != 2 or block.shape[0] != self._rest.shape[0] or block.dtype != np.int16:
            expected = f"({self._rest.shape[0]}, n) int16"
            raise ValueError(f"a block must be {expected}, not {block.shape} {block.dtype}")
        self._samples_in += block.shape[1]
        sound = np.concatenate([self._rest, block], axis=1)
        whole = sound.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = sound[:, whole:].copy()
        return self._frame(sound[:, :whole]) if whole else None

    def finish(self) -> list[AudioFrame]:
        """The last partial frame, padded with zeros; nothing when the sound came out even."""
        missing = FRAME_SAMPLES - self._rest.shape[1]
        if missing == FRAME_SAMPLES:
            return []
        padded = np.pad(self._rest, ((0, 0), (0, missing)))
        self._rest = self._rest[:, :0]
        return [self._frame(padded)]

    def _frame(self, samples: Block) -> AudioFrame:
        own = samples.copy()
        own.flags.writeable = False
        frame = AudioFrame(self._frames_out * FRAME_MS, own)
        self._frames_out += own.shape[1] // FRAME_SAMPLES
        return frame


def in_pieces(items: Iterable[AudioFrame | Other], most_ms: int) -> Iterator[AudioFrame | Other]:
    """The same, frames that follow each other as one: as many as stand between others, or last
    ``most_ms``."""
    held: list[AudioFrame] = []
    for item in items:
        if isinstance(item, AudioFrame):
            held.append(item)
            if item.end_ms - held[0].start_ms < most_ms:
                continue
        if held:
            yield _joined(held)
            held.clear()
        if not isinstance(item, AudioFrame):
            yield item
    if held:
        yield _joined(held)


def _joined(frames: Sequence[AudioFrame]) -> AudioFrame:
    if len(frames) == 1:
        return frames[0]
    sound = np.concatenate([frame.samples for frame in frames], axis=1)
    return AudioFrame(frames[0].start_ms, sound)


def to_frames(blocks: Iterable[Block], channels: int) -> Iterator[AudioFrame]:
    """All frames of a finite run of blocks."""
    framer = Framer(channels)
    for block in blocks:
        yield from framer.feed(block)
    yield from framer.finish()
