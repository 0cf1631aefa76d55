"""What is known of a model's errors is taken off its words."""

from __future__ import annotations

import numpy as np
import pytest

from agent_assist.core.correction import CorrectedRecogniser, Correction, Lag, Levels
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
    look_ahead_ms = 0
    chunk_ms = 0

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


def levels(*runs: tuple[int, bool]) -> Levels:
    """Half a second of silence, then runs of voice, which has its dips, or silence, in ms."""
    ticks = [loud for ms, loud in [(500, False), *runs] for _ in range(ms // 10)]
    return Levels(-20.0 if loud and n % 20 else -80.0 for n, loud in enumerate(ticks))


@pytest.mark.parametrize(
    ("runs", "end_ms"),
    [
        (((900, True), (600, False)), 1400),
        (((650, True), (600, False)), 1150),
        (((400, True), (100, False), (300, True), (600, False)), 1300),
        (((600, True), (150, False), (300, True), (600, False)), 1100),
        (((800, True),), 1300),
    ],
    ids=["long last sound", "short one", "hole in it", "another voice", "end of the sound"],
)
def test_the_last_word_ends_where_the_voice_does(
    runs: tuple[tuple[int, bool], ...], end_ms: int
) -> None:
    sound, heard = levels(*runs), words((500, 700), (900, 1000))
    told = Correction(lag=LAG).applied(heard, 0, 5_000, sound)
    assert times(told) == [(420, 820), (820, end_ms)]


@pytest.mark.parametrize(
    "runs",
    [((1500, True), (600, False)), ((2000, False),), ((900, True), (6000, False))],
    ids=["voice goes on", "no voice", "long ago"],
)
def test_without_an_end_of_voice_the_last_word_keeps_the_lag(
    runs: tuple[tuple[int, bool], ...],
) -> None:
    told = Correction(lag=LAG).applied(words((900, 1000)), 0, 9_000, levels(*runs))
    assert times(told) == [(820, 1120)]


def test_silence_fed_ahead_makes_no_voice_of_the_noise_after_it() -> None:
    runs = [(-50.0, 1000), (-90.0, 700), (-50.0, 300), (-20.0, 300), (-50.0, 400), (-90.0, 700)]
    sound = Levels(max(-90.0, level - n % 3) for level, ms in runs for n in range(ms // 10))
    told = Correction(lag=LAG).applied(words((2100, 2200)), 0, 5_000, sound)
    assert times(told) == [(2020, 2300)]


def test_times_without_a_lag_are_taken_as_told() -> None:
    heard, sound = words((900, 1000)), levels((900, True), (600, False))
    assert Correction(confidence=abs).applied(heard, 0, 5_000, sound) == heard


def test_a_recogniser_hears_where_the_voice_ends() -> None:
    loud, quiet = (np.resize(np.array([n, -n], np.int16), 1000) for n in (9000, 3))
    sound = [*[quiet] * 10, *[loud] * 10, *[quiet] * 10]
    told = CorrectedRecogniser(Told(*[None] * len(sound), words((900, 1000))), Correction(lag=LAG))
    for block in sound:
        told.accept(block)
    assert times(told.finish()) == [(820, 1250)]
