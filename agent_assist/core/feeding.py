"""What a recogniser is given of a segment, and when in the call its words were said.

A recogniser reads a moment only once it was fed what it looks ahead. Where somebody has fallen
silent and his words look like the end of a known wording, silence is therefore fed ahead of time;
if he goes on after all, the real sound goes on shortly before that.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from agent_assist.core.activity import TICK_MS
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLES_PER_MS
from agent_assist.core.ports import Recogniser, Samples

BLOCK_TICKS = 10
"""The recogniser is always fed so many ticks at once: its results depend on block size."""

BLOCK_SAMPLES = BLOCK_TICKS * TICK_MS * SAMPLES_PER_MS
PIECES = 2
"""Silence is fed ahead in so many pieces, one a frame: none takes long."""
SEEN_MS = 100
"""So much of the pause, at least, was fed as it is."""
RESUME_MS = 100
"""Sound before a voice that goes on; what lies between was fed as silence."""


class Feeder:
    """One channel's recogniser; without one, nothing is ever understood."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        self._recogniser = recogniser
        self._fed_ms = 0
        self._pending: list[Samples] = []
        self._ahead_ms: int | None = None
        self._clock = [(0, 0)]

    @property
    def pending(self) -> bool:
        """Whether sound waits for its block to be whole."""
        return bool(self._pending) and self._ahead_ms is None

    @property
    def is_ahead(self) -> bool:
        """Whether silence is fed in place of the sound of now."""
        return self._ahead_ms is not None

    @property
    def knows_all(self) -> bool:
        """Whether so much silence was fed that every word before it is read."""
        return self._ahead_ms is not None and self._ahead_ms >= PIECES * self._piece_ms

    @property
    def _piece_ms(self) -> int:
        look_ahead_ms = self._recogniser.look_ahead_ms if self._recogniser else 0
        return max(0, -(-(look_ahead_ms - SEEN_MS) // (PIECES * TICK_MS)) * TICK_MS)

    def begin(self, start_ms: int) -> None:
        """A segment begins at this moment of the call."""
        self._pending.clear()
        self._ahead_ms = None
        self._clock = [(self._fed_ms, start_ms)]

    def push(self, samples: Samples) -> None:
        """Take one tick of sound."""
        self._pending.append(samples)

    def next_block(self) -> Samples | None:
        """A whole block of what was pushed, once there is one; none while ahead."""
        if self.is_ahead or len(self._pending) < BLOCK_TICKS:
            return None
        return self._take(BLOCK_TICKS)

    def last_block(self) -> Samples | None:
        """What is left of what was pushed, less than a whole block."""
        if self.is_ahead or not self._pending:
            return None
        return self._take(BLOCK_TICKS)

    def go_ahead(self) -> None:
        """From now on silence is fed, until `resume`; not where nothing would be read sooner."""
        self._ahead_ms = 0 if self._piece_ms else None

    def next_piece(self) -> Samples | None:
        """The next piece to be fed ahead, with the sound before it; none when all is known."""
        if self._ahead_ms is None or self.knows_all:
            return None
        sound = self._take(len(self._pending)) if not self._ahead_ms else np.zeros(0, np.int16)
        self._ahead_ms += self._piece_ms
        return np.pad(sound, (0, self._piece_ms * SAMPLES_PER_MS))

    def resume(self, now_ms: int) -> None:
        """Somebody speaks at ``now_ms``: the sound from shortly before goes on."""
        kept = RESUME_MS // TICK_MS + 1
        if self._ahead_ms:
            del self._pending[:-kept]
            self._clock.append((self._fed_ms, now_ms - len(self._pending) * TICK_MS))
        self._ahead_ms = None

    def accept(self, block: Samples, latest_ms: int) -> tuple[Word, ...] | None:
        """Feed a block; words, none after ``latest_ms``, when an utterance ended in it."""
        self._fed_ms += len(block) // SAMPLES_PER_MS
        words = self._recogniser.accept(block) if self._recogniser else None
        return self._to_call_time(words, latest_ms) if words else None

    def partial(self) -> str:
        """The present reading of what was not yet given."""
        return self._recogniser.partial() if self._recogniser else ""

    def finish(self, latest_ms: int) -> tuple[Word, ...]:
        """The words left, none after ``latest_ms``."""
        words = self._recogniser.finish() if self._recogniser else ()
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
