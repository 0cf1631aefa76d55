"""The seams of the core: what it asks of a recogniser, a speech detector, a source and a sink."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.events import AudioGap, Channel, Event, Word
from agent_assist.core.framing import AudioFrame

Samples = NDArray[np.int16]
"""One channel's samples at 16 kHz, shape (n,)."""


class Recogniser(Protocol):
    """Turns one channel's speech into words.

    Fed what a chunk needs each time, save before ``finish`` and silence. Word times are
    milliseconds since the first sample it was ever fed, pauses between segments not counted.
    """

    @property
    def sample_rate(self) -> int:
        """Rate of the model behind it; what is fed is 16 kHz whatever the model's rate."""
        ...

    @property
    def look_ahead_ms(self) -> int:
        """So much sound after a moment it needs, at most, until that moment is read."""
        ...

    @property
    def chunk_ms(self) -> int:
        """It reads so much at once, for the first time once it looked ahead; 0: not known."""
        ...

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        """Hear a block; words only when the engine itself decided that an utterance ended."""
        ...

    def partial(self) -> str:
        """The present reading of what was heard since the last words were given."""
        ...

    def finish(self) -> tuple[Word, ...]:
        """The words of everything not yet given; the next block begins a new segment."""
        ...


class Expected(Protocol):
    """Knows what may be said in a call."""

    def is_near(self, channel: Channel, text: str, after: str) -> bool:
        """Whether a known wording seems to end here, but for what was not yet read; ``after`` is
        what the other side said before."""
        ...

    def is_complete(self, channel: Channel, text: str) -> bool:
        """Whether a known wording ends here."""
        ...


class SpeechDetector(Protocol):
    """Tells speech from other sound, 10 ms at a time, for one channel."""

    def is_speech(self, samples: bytes) -> bool:
        """Whether 160 samples (int16, native byte order) are speech."""
        ...


class Source(Protocol):
    """Sound of a call in fixed frames, in order, and where some of it is missing."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Whose voice each row of a frame's samples is."""
        ...

    @property
    def duration_ms(self) -> int:
        """Length of the sound given so far, without the last frame's padding."""
        ...

    def __iter__(self) -> Iterator[AudioFrame | AudioGap]: ...


class Sink(Protocol):
    """Takes the events of a call as they become known."""

    def write(self, event: Event) -> None:
        """Take one event."""
        ...
