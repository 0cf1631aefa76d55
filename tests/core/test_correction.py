"""What is known of a model's errors is taken off its words."""

from __future__ import annotations

import numpy as np
import pytest

from agent_assist.core.correction import CorrectedRecogniser, Correction, Lag
from agent_assist.core.events import Word
from agent_assist.core.ports import Samples

LAG = Lag(start_late_ms=80, end_early_ms=120)
BLOCK = np.zeros(1600, np.int16)


def words(*spans: tuple[int, int]) -> tuple[Word, ...]:
    return tuple(Word("字", start, end, 0.5) for start, end in spans)


def times(told: tuple[Word, ...] | None) -> list[tuple[int, int]]:
    assert told is not None
    return [(word.start_ms, word.end_ms) for word in told]


class Told:
    """A recogniser that tells given words, an utterance after every so many blocks."""

    sample_rate = 16_000

    def __init__(self, *results: tuple[Word, ...] | None) -> None:
        self._results = list(results)

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        return self._results.pop(0)

    def partial(self) -> str:
        return "部分"

    def finish(self) -> tuple[Word, ...]:
        return self._results.pop(0) or ()


def test_starts_come_earlier_and_ends_later() -> None:
    told = Correction(lag=LAG).applied(words((500, 700), (1200, 1500)), 0, 5_000)
    assert times(told) == [(420, 820), (1120, 1620)]


def test_words_share_a_gap_that_is_too_small_for_both() -> None:
    told = Correction(lag=LAG).applied(words((500, 700), (800, 900), (900, 1000)), 0, 5_000)
    assert times(told) == [(420, 760), (760, 900), (900, 1120)]


@pytest.mark.parametrize("last_ms", [0, 300, 1000, 3000])
@pytest.mark.parametrize("first_ms", [0, 490, 950])
def test_no_word_leaves_the_sound_or_overlaps_another(first_ms: int, last_ms: int) -> None:
    told = Correction(lag=LAG).applied(
        words((500, 500), (500, 800), (790, 980), (990, 1000)), min(first_ms, last_ms), last_ms
    )
    edges = [edge for span in times(told) for edge in span]
    assert edges == sorted(edges)
    assert min(first_ms, last_ms) <= edges[0] <= edges[-1] <= last_ms


def test_confidence_is_mapped() -> None:
    told = Correction(confidence=lambda c: c / 3).applied(words((0, 100)), 0, 100)
    assert [word.confidence for word in told] == [0.1667]


def test_nothing_known_changes_nothing() -> None:
    heard = words((30, 90), (90, 150))
    assert Correction().applied(heard, 0, 200) == heard


def test_segments_and_utterances_stay_apart() -> None:
    """Each word keeps to its own segment and after what was told already."""
    first, second, third = words((40, 90)), words((130, 190)), words((210, 290))
    recogniser = CorrectedRecogniser(Told(first, second, None, third), Correction(lag=LAG))
    assert times(recogniser.accept(BLOCK)) == [(0, 100)]
    assert times(recogniser.accept(BLOCK)) == [(100, 200)]
    assert recogniser.accept(BLOCK) is None
    assert recogniser.partial() == "部分"
    assert times(recogniser.finish()) == [(200, 300)]


def test_a_segment_does_not_reach_back_into_the_one_before() -> None:
    recogniser = CorrectedRecogniser(Told(None, (), None, words((110, 150))), Correction(lag=LAG))
    recogniser.accept(BLOCK)
    assert recogniser.finish() == ()
    recogniser.accept(BLOCK)
    assert times(recogniser.finish()) == [(100, 200)]
