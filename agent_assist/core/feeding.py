"""What a recogniser is given of a segment, and when in the call its words were said.

A recogniser reads in chunks, each once it was fed what lies after it, so that it is fed just when
there is something to read. Where somebody has fallen silent and his words look like the end of a
known wording, silence is fed ahead of time; if he goes on after all, the real sound goes on shortly
before that.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from agent_assist.core.activity import TICK_MS
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLES_PER_MS
from agent_assist.core.ports import Recogniser, Samples

BLOCK_TICKS = 10
"""A recogniser whose chunks are not known is fed so many ticks at once."""

BLOCK_SAMPLES = BLOCK_TICKS * TICK_MS * SAMPLES_PER_MS
WINDOW_MS = 20
"""A moment is known once the window of sound around it is."""
RESUME_MS = 100
"""Sound before a voice that goes on; what lies between was fed as silence."""


class Feeder:
    """One channel's recogniser; without one, nothing is ever understood."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        self._recogniser = recogniser
        chunk_ms = recogniser.chunk_ms if recogniser else 0
        look_ahead_ms = recogniser.look_ahead_ms if recogniser else 0
        self._step_ms = chunk_ms or BLOCK_TICKS * TICK_MS
        self._behind_ms = look_ahead_ms - chunk_ms + WINDOW_MS if look_ahead_ms else 0
        """So far behind what was fed the end of the last chunk is that was read."""
        self._first_ms = self._behind_ms + self._step_ms if chunk_ms else self._step_ms
        self._fed_ms = 0
        self._due_ms = self._first_ms
        """When so much was fed, there is something to read."""
        self._pending: list[Samples] = []
        self._known_from_ms: int | None = None
        """While ahead: when so much was fed, every word before the pause is read."""
        self._padded = False
        self._clock = [(0, 0)]

    @property
    def is_ahead(self) -> bool:
        """Whether silence is fed in place of the sound of now."""
        return self._known_from_ms is not None

    @property
    def knows_all(self) -> bool:
        """Whether so much silence was fed that every word before it is read."""
        return self._known_from_ms is not None and self._fed_ms >= self._known_from_ms

    @property
    def missing_ms(self) -> float:
        """So much more sound is needed until there is something to read; endless while ahead."""
        if self.is_ahead:
            return math.inf
        return self._due_ms - self._fed_ms - len(self._pending) * TICK_MS

    def begin(self, start_ms: int) -> None:
        """A segment begins at this moment of the call."""
        self._pending.clear()
        self._known_from_ms = None
        self._clock = [(self._fed_ms, start_ms)]

    def push(self, samples: Samples) -> None:
        """Take one tick of sound."""
        self._pending.append(samples)

    def next_block(self) -> Samples | None:
        """What was pushed, once there is something to read; none while ahead."""
        ticks = (self._due_ms - self._fed_ms) // TICK_MS
        if self.is_ahead or len(self._pending) < ticks:
            return None
        return self._take(ticks)

    def last_block(self) -> Samples | None:
        """What is left of what was pushed."""
        if self.is_ahead or not self._pending:
            return None
        return self._take(len(self._pending))

    def silence(self, length_ms: int) -> Samples | None:
        """So much silence to be fed, if any."""
        return np.zeros(length_ms * SAMPLES_PER_MS, np.int16) if length_ms else None

    def go_ahead(self, pause_ms: int) -> None:
        """From now on, after such a pause, silence is fed, until `resume`.

        Not where nothing would be read sooner.
        """
        if self._behind_ms:
            said_ms = self._fed_ms + len(self._pending) * TICK_MS - pause_ms
            self._known_from_ms = said_ms + self._behind_ms
            self._padded = False

    def next_piece(self) -> Samples | None:
        """What is to be fed ahead for one chunk, with the sound before it; none when all is known.

        One chunk a frame: none takes long.
        """
        if self._known_from_ms is None or self.knows_all:
            return None
        sound = self._take(0 if self._padded else len(self._pending))
        self._padded = True
        missing = (self._due_ms - self._fed_ms) * SAMPLES_PER_MS - len(sound)
        return np.pad(sound, (0, missing))

    def resume(self, now_ms: int) -> None:
        """Somebody speaks at ``now_ms``: the sound from shortly before goes on."""
        kept = RESUME_MS // TICK_MS + 1
        if self._padded:
            del self._pending[:-kept]
            self._clock.append((self._fed_ms, now_ms - len(self._pending) * TICK_MS))
        self._known_from_ms = None

    def accept(self, block: Samples, latest_ms: int) -> tuple[Word, ...] | None:
        """Feed a block; words, none after ``latest_ms``, when an utterance ended in it."""
        self._fed_ms += len(block) // SAMPLES_PER_MS
        while self._due_ms <= self._fed_ms:
            self._due_ms += self._step_ms
        words = self._recogniser.accept(block) if self._recogniser else None
        return self._to_call_time(words, latest_ms) if words else None

    def partial(self) -> str:
        """The present reading of what was not yet given."""
        return self._recogniser.partial() if self._recogniser else ""

    def finish(self, latest_ms: int) -> tuple[Word, ...]:
        """The words left, none after ``latest_ms``; what follows is read from its beginning."""
        words = self._recogniser.finish() if self._recogniser else ()
        self._due_ms = self._fed_ms + self._first_ms
        return self._to_call_time(words, latest_ms)

    def _take(self, ticks: int) -> Samples:
        taken = self._pending[:ticks]
        del self._pending[:ticks]
        return np.concatenate(taken) if taken else np.zeros(0, np.int16)

    def _to_call_time(self, words: tuple[Word, ...], latest_ms: int) -> tuple[Word, ...]:
        return tuple(
            replace(
                word,
                start_ms=min(self._at(word.start_ms), latest_ms),
                end_ms=min(self._at(word.end_ms), latest_ms),
            )
            for word in words
        )

    def _at(self, fed_ms: int) -> int:
        """The call's moment of what was fed; of silence fed ahead, no later than sound after it."""
        until_ms: int | None = None
        for began_ms, call_ms in reversed(self._clock):
            if fed_ms >= began_ms or began_ms == self._clock[0][0]:
                at_ms = call_ms + fed_ms - began_ms
                return at_ms if until_ms is None else min(at_ms, until_ms)
            until_ms = call_ms
        raise AssertionError("a segment has a beginning")
