"""A recogniser with the known, steady errors of its model taken off.

Its own confidences become the share of such words that are right, and word times, which a model
tells late or early by about the same every time, come to stand where the sound is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLES_PER_MS
from agent_assist.core.ports import Recogniser, Samples


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


@dataclass(frozen=True, slots=True)
class Correction:
    """What is known of a model's errors; the default leaves everything as it was told."""

    confidence: Callable[[float], float] | None = None
    lag: Lag = Lag()

    def applied(self, words: tuple[Word, ...], first_ms: int, last_ms: int) -> tuple[Word, ...]:
        """The words, in order, none of them outside the sound from ``first_ms`` to ``last_ms``."""
        return tuple(self._corrected(words, first_ms, last_ms))

    def _corrected(self, words: tuple[Word, ...], first_ms: int, last_ms: int) -> Iterator[Word]:
        if not words:
            return
        start_ms = words[0].start_ms - self.lag.start_late_ms
        for word, coming in zip(words, (*words[1:], None), strict=True):
            if coming:
                end_ms, next_ms = self.lag.between(word.end_ms, coming.start_ms)
            else:
                end_ms = next_ms = word.end_ms + self.lag.end_early_ms
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
        self._samples_fed = 0
        self._told_ms = 0

    @property
    def sample_rate(self) -> int:
        return self._recogniser.sample_rate

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        """Hear a block; words only when the engine itself decided that an utterance ended."""
        self._samples_fed += len(block)
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
            words, self._told_ms, self._samples_fed // SAMPLES_PER_MS
        )
        if corrected:
            self._told_ms = corrected[-1].end_ms
        return corrected
