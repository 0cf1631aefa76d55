"""Recordings as a source of frames: any format libsndfile reads, block by block."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from agent_assist.core.events import Channel
from agent_assist.core.framing import SAMPLE_RATE, AudioFrame, Block, Framer
from agent_assist.errors import BadInputError

Side = Literal["left", "right"]

SHORTEST_MS = 100
RATES = range(6_000, 192_001)
BLOCK_FRAMES = 32_768
_FORMATS = "WAV, FLAC, OGG or MP3"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What a recording's header says; ``frames`` is samples of one channel."""

    rate: int
    channels: int
    frames: int
    format: str

    @property
    def duration_ms(self) -> int:
        return self.frames * 1000 // self.rate


class AudioFile:
    """A `Source`: one recording, read once from its start for every iteration.

    A recording with one channel is the agent's. With two, the agent is on the given side.
    """

    def __init__(self, path: Path, agent_channel: Side = "left") -> None:
        self.path = path
        self.info = probe(path)
        self._swap = agent_channel == "right" and self.info.channels == 2
        self._framer = Framer(self.info.channels)

    @property
    def channels(self) -> tuple[Channel, ...]:
        return ("agent", "customer") if self.info.channels == 2 else ("agent",)

    @property
    def duration_ms(self) -> int:
        return self._framer.duration_ms

    def __iter__(self) -> Iterator[AudioFrame]:
        self._framer = Framer(self.info.channels)
        for block in self.blocks():
            yield from self._framer.feed(block)
        yield from self._framer.finish()

    def blocks(self) -> Iterator[Block]:
        """Samples at 16 kHz in blocks of no particular length, agent first."""
        rate, channels = self.info.rate, self.info.channels
        stream = None
        if rate != SAMPLE_RATE:
            stream = soxr.ResampleStream(rate, SAMPLE_RATE, channels, dtype="float32")
        for sound in self._read():
            ready = stream.resample_chunk(sound) if stream else sound
            yield self._to_block(ready)
        if stream:
            tail = stream.resample_chunk(np.zeros((0, channels), np.float32), last=True)
            yield self._to_block(tail)

    def _read(self) -> Iterator[NDArray[np.float32]]:
        """The file's own samples, as far as they are there."""
        total = 0
        with _open(self.path) as file:
            while len(sound := _read_block(file, self.path)):
                if not np.isfinite(sound).all():
                    at = total + int(np.argmin(np.isfinite(sound).all(axis=1)))
                    what = f"sample {at} is not a number"
                    raise _complaint(self.path, what, "record or convert it again")
                total += len(sound)
                yield sound
        if total * 1000 < SHORTEST_MS * self.info.rate:
            raise _too_short(self.path)
        if total < self.info.frames:
            _log.warning("%s: is cut off; only its first %d samples are there", self.path, total)

    def _to_block(self, sound: NDArray[np.float32]) -> Block:
        whole: Block = np.clip(np.rint(sound * 32768.0), -32768, 32767).astype(np.int16).T
        return whole[::-1] if self._swap else whole


def probe(path: Path) -> AudioInfo:
    """Read a recording's header and refuse what cannot be a call's recording."""
    with _open(path) as file:
        info = AudioInfo(file.samplerate, file.channels, file.frames, file.format)
    if info.rate not in RATES:
        wanted = "convert it to a rate from 6000 to 192000 Hz"
        raise _complaint(path, f"its sample rate is {info.rate} Hz", wanted)
    if info.channels > 2:
        wanted = "give one channel (agent) or two (agent and customer)"
        raise _complaint(path, f"it has {info.channels} channels", wanted)
    if not info.frames:
        raise _complaint(path, "it holds no sound", "check that the recorder finished writing it")
    if info.frames * 1000 < SHORTEST_MS * info.rate:
        raise _too_short(path)
    return info


def _open(path: Path) -> Any:
    if not path.exists():
        raise _complaint(path, "there is no such file", "check the name")
    if not path.is_file():
        raise _complaint(path, "it is not a file", f"give one recording ({_FORMATS})")
    try:
        if not path.stat().st_size:
            raise _complaint(path, "it is empty", "check that the recorder finished writing it")
        return sf.SoundFile(path)
    except OSError as error:
        raise _complaint(path, str(error.strerror), "check its permissions") from None
    except (sf.SoundFileError, TypeError):
        what = "it is no sound file, or its beginning is damaged"
        raise _complaint(path, what, f"give a recording in {_FORMATS}") from None


def _read_block(file: Any, path: Path) -> NDArray[np.float32]:
    """The next samples; a file damaged in the middle ends where the damage begins."""
    try:
        sound: NDArray[np.float32] = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
    except sf.SoundFileError as error:
        _log.warning("%s: cannot be read further: %s", path, error)
        return np.zeros((0, file.channels), np.float32)
    return sound


def _too_short(path: Path) -> BadInputError:
    return _complaint(path, f"it is shorter than {SHORTEST_MS} ms", "give a whole call")


def _complaint(path: Path, what: str, next_step: str) -> BadInputError:
    return BadInputError(f"{path}: {what}; {next_step}")
