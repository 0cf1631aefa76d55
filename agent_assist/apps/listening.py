"""What a recogniser makes of recordings: transcribe them, or measure it on known ones."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.apps.engines import LoadedEngine
from agent_assist.core.events import Channel, Word
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.phonetics import folded
from agent_assist.core.ports import Samples
from agent_assist.core.text import spoken
from agent_assist.errors import BadInputError

BLOCK = SAMPLE_RATE // 10
TAIL = np.zeros(SAMPLE_RATE * 6 // 10, np.int16)
"""Silence after the end, without which the last word is lost."""


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
    frames = np.concatenate([frame.samples for frame in audio], axis=1)
    for channel, samples in zip(audio.channels, frames, strict=True):
        started = time.perf_counter()
        words = tuple(_decode(np.concatenate([samples, TAIL]), model))
        spent = round((time.perf_counter() - started) * 1000)
        yield Reading(channel, words, audio.duration_ms, spent)


def _decode(samples: Samples, model: LoadedEngine) -> Iterator[Word]:
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


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a manifest."""

    path: Path
    transcript: str
    split: str


def read_manifest(manifest: Path) -> list[Sample]:
    """Read a tab-separated manifest (columns path, transcript, split); paths are beside it."""
    try:
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{manifest}: cannot be read: {error}") from None
    if not rows:
        raise BadInputError(f"{manifest}:1: holds no line; columns are path, transcript, split")
    for column in ("path", "transcript", "split"):
        if column not in rows[0]:
            raise BadInputError(f"{manifest}:1: has no column '{column}'")
    for number, row in enumerate(rows, start=2):
        if any(row[c] is None for c in ("path", "transcript", "split")):
            raise BadInputError(f"{manifest}:{number}: has fewer columns than the first line")
    return [Sample(manifest.parent / r["path"], r["transcript"], r["split"]) for r in rows]


@dataclass(slots=True)
class _Tally:
    utterances: int = 0
    chars: int = 0
    char_errors: int = 0
    syllables: int = 0
    syllable_errors: int = 0
    identified: int = 0

    def to_plain(self) -> dict[str, float]:
        return {
            "utterances": self.utterances,
            "character_error_rate": round(self.char_errors / max(1, self.chars), 4),
            "syllable_error_rate": round(self.syllable_errors / max(1, self.syllables), 4),
            "identified": round(self.identified / max(1, self.utterances), 4),
        }


def evaluate(manifest: Path, model: LoadedEngine) -> dict[str, dict[str, float]]:
    """Error rates and identification for each split of a manifest.

    Returns for each split the utterances, the character and the toneless-syllable error rate, and
    the share of files whose recognised syllables are nearest to their own transcript among all
    transcripts of the manifest (ties between different transcripts count against the model).
    """
    samples = read_manifest(manifest)
    transcripts = sorted({_sounds(s.transcript) for s in samples})
    tallies: dict[str, _Tally] = {}
    for sample in samples:
        heard = spoken("".join(r.text for r in read_aloud(sample.path, model)))
        truth = spoken(sample.transcript)
        tally = tallies.setdefault(sample.split, _Tally())
        tally.utterances += 1
        tally.chars += len(truth)
        tally.char_errors += Levenshtein.distance(truth.chars, heard.chars)
        tally.syllables += len(truth)
        tally.syllable_errors += Levenshtein.distance(truth.syllables, heard.syllables)
        tally.identified += _nearest(_sounds(heard.given), transcripts) == _sounds(
            sample.transcript
        )
    return {split: tallies[split].to_plain() for split in sorted(tallies)}


def _sounds(text: str) -> tuple[str, ...]:
    return tuple(folded(s) for s in spoken(text).syllables)


def _nearest(heard: tuple[str, ...], transcripts: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The one transcript nearest by normalised edit distance of syllables; None when tied."""
    best = process.extract(
        heard, transcripts, scorer=Levenshtein.normalized_similarity, limit=2, processor=None
    )
    if len(best) > 1 and best[0][1] == best[1][1]:
        return None
    return best[0][0] if best else None
