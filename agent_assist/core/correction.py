"""A recogniser with the known, steady errors of its model taken off.

Its own confidences become the share of such words that are right, and word times, which a model
tells late or early by about the same every time, come to stand where the sound is. The last sound
before a pause is held for as long as the speaker likes; it ends where the voice is heard to end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from agent_assist.core.activity import SILENCE_DBFS, TICK_MS, Loudness
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLES_PER_MS
from agent_assist.core.line_quality import TICK_SAMPLES, energies_of, to_dbfs
from agent_assist.core.ports import Recogniser, Samples

_KEPT_TICKS = 500
"""Sound whose loudness is remembered: a word that ended longer ago keeps the steady correction."""
_BEFORE, _AFTER = 10, 70
"""How many ticks before and after the time told for an end a voice is looked for."""
_HOLE = 10
"""A voice is over when nothing of it was heard for more ticks than these."""


@dataclass(frozen=True, slots=True)
class Lag:
    """How much later than its sound a word is told to begin, and how much earlier to end."""

    start_late_ms: int = 0
    end_early_ms: int = 0

    def between(self, end_ms: int, start_ms: int) -> tuple[int, int]:
        """True end of a word and true start of the next; they share a gap that is too small."""
        end, start = end_ms + self.end_early_ms, start_ms - self.start_late_ms
        if end <= start:
            return end, start
        share = self.end_early_ms / max(1, self.end_early_ms + self.start_late_ms)
        border = round(end_ms + (start_ms - end_ms) * share)
        return border, border


class Levels:
    """How loud the last seconds of a sound were, tick by tick."""

    def __init__(self, levels_dbfs: Iterable[float] = ()) -> None:
        self._kept: deque[float] = deque(maxlen=_KEPT_TICKS)
        self._count = 0
        self._left: Samples = np.zeros(0, np.int16)
        self._keep(levels_dbfs)

    def feed(self, samples: Samples) -> None:
        """Hear any number of samples."""
        sound = np.concatenate([self._left, samples])
        whole = len(sound) // TICK_SAMPLES * TICK_SAMPLES
        self._left = sound[whole:]
        self._keep(map(to_dbfs, energies_of(sound[:whole].reshape(-1, TICK_SAMPLES)).tolist()))

    def _keep(self, levels_dbfs: Iterable[float]) -> None:
        for level in levels_dbfs:
            self._kept.append(level)
            self._count += 1

    def voice_end_ms(self, told_ms: int) -> int | None:
        """Where the voice about ``told_ms`` ends; None if none is there or it does not end."""
        loudness, first = Loudness(), self._count - len(self._kept)
        # silence fed by ourselves says nothing of the line's own noise
        voiced = [level > SILENCE_DBFS and loudness.stands_out(level) for level in self._kept]
        told = told_ms // TICK_MS - first
        last = _end_of_run(voiced, told) if told >= _BEFORE else None
        return None if last is None else (first + last) * TICK_MS


def _end_of_run(voiced: Sequence[bool], told: int) -> int | None:
    """The tick after the last voiced one about ``told``, up to a hole after it or the sound's end.

    None if no tick there is voiced, or if there is no such hole within reach.
    """
    begin, end = told - _BEFORE, told + _AFTER
    last = None
    for tick, loud in enumerate(islice(voiced, begin, end), begin):
        if loud:
            last = tick + 1
        elif tick > told and tick >= _HOLE + (begin if last is None else last):
            return last
    return last if end > len(voiced) else None


@dataclass(frozen=True, slots=True)
class Correction:
    """What is known of a model's errors; the default leaves everything as it was told."""

    confidence: Callable[[float], float] | None = None
    lag: Lag = Lag()

    def applied(
        self, words: tuple[Word, ...], first_ms: int, last_ms: int, levels: Levels | None = None
    ) -> tuple[Word, ...]:
        """The words, in order, none of them outside the sound from ``first_ms`` to ``last_ms``.

        ``levels`` are those of the sound, counted from the same moment; with them the last word
        ends where the voice does. Only times with a lag are corrected.
        """
        return tuple(self._corrected(words, first_ms, last_ms, levels))

    def _last_end_ms(self, told_ms: int, levels: Levels | None) -> int:
        found = levels.voice_end_ms(told_ms) if levels and self.lag.end_early_ms else None
        return told_ms + self.lag.end_early_ms if found is None else found

    def _corrected(
        self, words: tuple[Word, ...], first_ms: int, last_ms: int, levels: Levels | None
    ) -> Iterator[Word]:
        if not words:
            return
        start_ms = words[0].start_ms - self.lag.start_late_ms
        for word, coming in zip(words, (*words[1:], None), strict=True):
            if coming:
                end_ms, next_ms = self.lag.between(word.end_ms, coming.start_ms)
            else:
                end_ms = next_ms = self._last_end_ms(word.end_ms, levels)
            begin = min(max(start_ms, first_ms), last_ms)
            first_ms = min(max(end_ms, begin), last_ms)
            told = self.confidence(word.confidence) if self.confidence else word.confidence
            yield replace(word, start_ms=begin, end_ms=first_ms, confidence=round(told, 4))
            start_ms = next_ms


class CorrectedRecogniser:
    """A `Recogniser`: another one's words, corrected."""

    def __init__(self, recogniser: Recogniser, correction: Correction) -> None:
        self._recogniser = recogniser
        self._correction = correction
        self._levels = Levels()
        self._samples_fed = 0
        self._told_ms = 0

    @property
    def sample_rate(self) -> int:
        return self._recogniser.sample_rate

    @property
    def look_ahead_ms(self) -> int:
        return self._recogniser.look_ahead_ms

    @property
    def chunk_ms(self) -> int:
        return self._recogniser.chunk_ms

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        """Hear a block; words only when the engine itself decided that an utterance ended."""
        self._samples_fed += len(block)
        self._levels.feed(block)
        words = self._recogniser.accept(block)
        return self._correct(words) if words else words

    def partial(self) -> str:
        """The present reading, as the engine has it."""
        return self._recogniser.partial()

    def finish(self) -> tuple[Word, ...]:
        """The words left; none of the next segment begins in this one."""
        words = self._correct(self._recogniser.finish())
        self._told_ms = self._samples_fed // SAMPLES_PER_MS
        return words

    def _correct(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        corrected = self._correction.applied(
            words, self._told_ms, self._samples_fed // SAMPLES_PER_MS, self._levels
        )
        if corrected:
            self._told_ms = corrected[-1].end_ms
        return corrected
