"""What a recogniser makes of recordings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.apps.engines import LoadedEngine
from agent_assist.core.events import Channel, Word
from agent_assist.core.framing import SAMPLE_RATE, SAMPLES_PER_MS
from agent_assist.core.ports import Samples

BLOCK = SAMPLE_RATE // 10
LEAD_MS, TAIL_MS = 300, 600
"""Silence around a recording: without it a first syllable that begins at once is misheard, and the
last word is lost."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was recognised on one channel of a file; times in milliseconds."""

    channel: Channel
    words: tuple[Word, ...]
    audio_ms: int
    decode_ms: int

    @property
    def text(self) -> str:
        return "".join(word.text for word in self.words)


def read_aloud(path: Path, model: LoadedEngine) -> Iterator[Reading]:
    """Recognise every channel of a recording, all of it, without voice activity."""
    audio = AudioFile(path)
    for channel, samples in zip(audio.channels, sound_of(audio), strict=True):
        started = time.perf_counter()
        words = tuple(_earlier(word) for word in decode(in_silence(samples), model))
        spent = round((time.perf_counter() - started) * 1000)
        yield Reading(channel, words, audio.duration_ms, spent)


def sound_of(audio: AudioFile) -> NDArray[np.int16]:
    """All samples at 16 kHz, shape (channels, n)."""
    return np.concatenate([frame.samples for frame in audio], axis=1)


def in_silence(samples: Samples) -> Samples:
    """A recording with silence around it, as a recogniser wants to hear it."""
    return np.pad(samples, (LEAD_MS * SAMPLES_PER_MS, TAIL_MS * SAMPLES_PER_MS))


def _earlier(word: Word) -> Word:
    """A word's times in the recording, from those in the recording with its silence."""
    start_ms, end_ms = (max(0, ms - LEAD_MS) for ms in (word.start_ms, word.end_ms))
    return replace(word, start_ms=start_ms, end_ms=end_ms)


def decode(samples: Samples, model: LoadedEngine) -> Iterator[Word]:
    """All words of one channel's samples at 16 kHz."""
    recogniser = model.recogniser()
    for at in range(0, len(samples), BLOCK):
        yield from recogniser.accept(samples[at : at + BLOCK]) or ()
    yield from recogniser.finish()


def transcribe(path: Path, model: LoadedEngine) -> Iterator[dict[str, Any]]:
    """One record a channel, as the command line prints it."""
    for reading in read_aloud(path, model):
        yield {
            "file": str(path),
            "channel": reading.channel,
            "text": reading.text,
            "words": [
                {
                    "text": w.text,
                    "start_ms": w.start_ms,
                    "end_ms": w.end_ms,
                    "confidence": round(w.confidence, 3),
                }
                for w in reading.words
            ],
            "audio_ms": reading.audio_ms,
            "decode_ms": reading.decode_ms,
        }
