"""The customer of a practice call as sound, and what is known of his words.

The program speaks his words itself, so they are known, not recognised; when he speaks and how his
line sounds is taken from the sound, as for everybody.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.synthesis import synthesise
from agent_assist.core.ear import PRE_ROLL_MS
from agent_assist.core.events import Word
from agent_assist.core.framing import FRAME_SAMPLES, SAMPLE_RATE, SAMPLES_PER_MS
from agent_assist.core.lesson import Lesson, LineSound
from agent_assist.core.ports import Samples
from agent_assist.core.text import spoken

LEVEL_DBFS = -22.0
"""Of the customer's speech, before the lesson makes it louder or softer."""
QUIET = 200
"""Samples below this are the pauses of a synthetic voice."""
LONGEST_PAUSE_MS = 300
"""Longer pauses inside a line are cut, so that it is heard as one utterance."""
_WINDOW = 10 * SAMPLES_PER_MS
_DIGITS = re.compile(r"[0-9]+")


@dataclass(slots=True, eq=False)
class KnownSpeech:
    """A `Recogniser` that is told what is being said, and takes only the time from the sound."""

    _lines: deque[tuple[str, int]] = field(default_factory=deque)
    _fed_ms: int = 0
    _segment_ms: int = 0

    @property
    def sample_rate(self) -> int:
        return SAMPLE_RATE

    def tell(self, text: str, length_ms: int) -> None:
        """Somebody begins to say this and takes so long."""
        self._lines.append((spoken(text).chars, length_ms))

    @property
    def look_ahead_ms(self) -> int:
        return 0

    @property
    def chunk_ms(self) -> int:
        return 0

    def accept(self, block: Samples) -> None:
        """Count the sound; where an utterance ends is seen by voice activity."""
        self._fed_ms += len(block) // SAMPLES_PER_MS

    def partial(self) -> str:
        """As much of the line as has passed of its time."""
        if not self._lines:
            return ""
        chars, length_ms = self._lines[0]
        passed_ms = max(0, self._fed_ms - self._segment_ms - PRE_ROLL_MS)
        return chars[: len(chars) * passed_ms // max(1, length_ms)]

    def finish(self) -> tuple[Word, ...]:
        """The words of every line begun, one character a word, spread evenly over its time."""
        words: list[Word] = []
        start_ms = self._segment_ms + PRE_ROLL_MS
        for chars, length_ms in self._lines:
            edges = [start_ms + length_ms * i // len(chars) for i in range(len(chars) + 1)]
            words += [Word(c, edges[i], edges[i + 1], 1.0) for i, c in enumerate(chars)]
            start_ms += length_ms
        self._lines.clear()
        self._segment_ms = self._fed_ms
        return tuple(words)


@dataclass(slots=True, eq=False)
class CustomerVoice:
    """His channel, frame by frame: his lines when they are begun, on his line's own noise."""

    texts: Sequence[str]
    clips: Sequence[Samples]
    sound: LineSound
    known: KnownSpeech = field(default_factory=KnownSpeech)
    _rest: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    _chance: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @property
    def speaking(self) -> bool:
        return bool(len(self._rest))

    def begin(self, index: int) -> int:
        """Begin a line; how long it takes, in milliseconds."""
        self._rest = self.clips[index]
        length_ms = -(-len(self._rest) // SAMPLES_PER_MS)
        self.known.tell(self.texts[index], length_ms)
        return length_ms

    def next_frame(self) -> Samples:
        """The next 20 ms."""
        rms = 32768 * 10 ** (self.sound.noise_dbfs / 20)
        frame = self._chance.normal(0.0, rms, FRAME_SAMPLES)
        taken = self._rest[:FRAME_SAMPLES]
        frame[: len(taken)] += taken
        self._rest = self._rest[FRAME_SAMPLES:]
        return np.clip(np.rint(frame), -32768, 32767).astype(np.int16)


def speak_lesson(lesson: Lesson) -> CustomerVoice:
    """All of the customer's lines as sound; raises VoiceError where there is no voice."""
    texts = [line.text for line in lesson.customer_lines]
    if not texts:
        return CustomerVoice((), (), lesson.sound)
    with TemporaryDirectory(prefix="agent-assist-practice-") as folder:
        files = synthesise([aloud(text) for text in texts], Path(folder))
        clips = [_clip(AudioFile(file), lesson.sound.gain_db) for file in files]
    return CustomerVoice(texts, clips, lesson.sound)


def aloud(text: str) -> str:
    """Figures written as they are spoken, which a voice of its own would count."""
    return _DIGITS.sub(lambda found: spoken(found[0]).chars, text)


def _clip(file: AudioFile, gain_db: float) -> Samples:
    """A line at the telephone's level, without silence around it and long pauses in it."""
    samples = _without_pauses(np.concatenate([frame.samples[0] for frame in file]))
    power = float(np.mean(samples.astype(np.float64) ** 2)) if len(samples) else 0.0
    if not power:
        return samples
    wanted = 32768 * 10 ** ((LEVEL_DBFS + gain_db) / 20)
    louder = samples * (wanted / math.sqrt(power))
    clip: Samples = np.clip(np.rint(louder), -32768, 32767).astype(np.int16)
    return clip


def _without_pauses(samples: Samples) -> Samples:
    whole = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW)
    loud = np.abs(whole.astype(np.int32)).max(axis=1, initial=0) >= QUIET
    if not loud.any():
        return samples[:0]
    first, last = np.flatnonzero(loud)[[0, -1]]
    kept: list[int] = []
    quiet = 0
    for i in range(int(first), int(last) + 1):
        quiet = 0 if loud[i] else quiet + 1
        if quiet <= LONGEST_PAUSE_MS // 10:
            kept.append(i)
    return whole[kept].reshape(-1)
