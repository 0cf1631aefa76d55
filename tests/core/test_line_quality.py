"""Levels and damage against sounds whose level and damage are known by construction."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent_assist.core.events import LineQuality, Word
from agent_assist.core.line_quality import (
    Tick,
    energies_of,
    energy_of,
    speech_within,
    summarise,
    to_dbfs,
    to_reading,
)
from tests.packs import repeatable

Sound = NDArray[np.float64]


def square(value: int) -> NDArray[np.int16]:
    """A square wave of that amplitude."""
    return np.tile(np.array([value, -value], np.int16), 80)


def tick(value: int, voiced: bool, end_ms: int = 10) -> Tick:
    samples = square(value)
    return Tick(end_ms, energy_of(samples), voiced, samples)


def test_levels() -> None:
    assert to_dbfs(energy_of(square(32767))) == pytest.approx(0.0, abs=0.001)
    sine = np.rint(16384 * np.sin(np.arange(160) * 2 * np.pi / 16)).astype(np.int16)
    assert to_dbfs(energy_of(sine)) == pytest.approx(-9.03, abs=0.01)
    assert to_dbfs(energy_of(np.zeros(160, np.int16))) == -90.0
    assert to_dbfs(energy_of(np.full(160, 3000, np.int16))) == -90.0


def test_clipped_samples_of_either_sign_are_counted() -> None:
    samples = np.zeros(160, np.int16)
    samples[:6] = [32767, 32700, 32699, -32768, -32700, 0]
    quality = summarise([Tick(10, energy_of(samples), True, samples)], -60.0, "agent", (0, 10), 10)
    assert quality.clipped_ratio == 4 / 160


@repeatable
@given(st.integers(0, 2**32 - 1))
def test_one_tick_and_many_are_measured_alike_and_exactly(seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-32768, 32768, (3, 160)).astype(np.int16)
    exact = [
        Fraction(160 * sum(x * x for x in row) - sum(row) ** 2, (160 * 32768) ** 2)
        for row in sound.tolist()
    ]
    assert energies_of(sound).tolist() == [float(energy) for energy in exact]
    assert [energy_of(row) for row in sound] == energies_of(sound).tolist()


def test_only_voiced_ticks_count() -> None:
    ticks = [tick(3277, True), tick(0, False), tick(32767, False), tick(3277, True)]
    quality = summarise(ticks, -52.34, "agent", (0, 40), 600)
    assert (quality.level_dbfs, quality.noise_dbfs, quality.snr_db) == (-20.0, -52.3, 32.3)
    assert quality.clipped_ratio == 0.0
    assert (quality.start_ms, quality.end_ms, quality.at_ms) == (0, 40, 600)


def test_ratio_of_clipped_samples() -> None:
    quality = summarise([tick(32767, True), *[tick(100, True)] * 2], -60.0, "customer", (0, 30), 30)
    assert quality.clipped_ratio == 0.3333


def test_stretch_without_ticks_is_silence() -> None:
    quality = summarise([], -60.0, "agent", (0, 10), 10)
    assert (quality.level_dbfs, quality.clipped_ratio) == (-90.0, 0.0)


def run(*values: int) -> list[Tick]:
    """Ticks of these amplitudes."""
    return [tick(value, True, 10 * (i + 1)) for i, value in enumerate(values)]


def test_sound_that_keeps_its_level_is_no_speech() -> None:
    assert speech_within(run(*[1000, 1100] * 25)) is None
    assert speech_within([]) is None


def test_speech_is_found_behind_noise_that_set_in() -> None:
    found = speech_within(run(*[1000] * 60, 1700, 2100, 4000, 1000))
    assert found
    assert found.end_ms == 620


@pytest.mark.parametrize("values", [[1000] * 49, [1000, 1800] * 25], ids=["short", "changing"])
def test_short_or_changing_sound_is_speech_from_its_start(values: list[int]) -> None:
    found = speech_within(run(*values))
    assert found
    assert found.end_ms == 10


# ── sound whose damage is known ────────────────────────────────────────────────────────────────

RATE = 16_000
TICK = RATE // 100
_rng = np.random.default_rng(10086)


def talk(seconds: float = 3.0, noise: float = 20.0) -> Sound:
    """Syllables of a buzz, five a second, loud and less loud ones, over steady noise."""
    time = np.arange(int(seconds * RATE)) / RATE
    phase = time * 5 % 1.0
    loud_db = np.interp(phase, [0.0, 0.1, 0.55, 0.9, 1.0], [-70, 0, -5, -70, -70])
    loud = 10 ** ((loud_db + 5 * np.sin(2 * np.pi * 0.7 * time)) / 20)
    buzz = sum(np.sin(2 * np.pi * 150 * n * time + n * n) / n for n in range(2, 20))
    sound: Sound = 6000 * loud * buzz + noise * _rng.standard_normal(len(time))
    return sound


def to_ticks(sound: Sound, loud: float = 300.0) -> list[Tick]:
    """Ticks of a sound; those above an amplitude are voiced."""
    whole = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    ticks = []
    for at in range(0, len(whole) // TICK * TICK, TICK):
        part = whole[at : at + TICK]
        voiced = bool(np.sqrt(np.mean(sound[at : at + TICK] ** 2)) > loud)
        end_ms = (at + TICK) * 1000 // RATE
        ticks.append(Tick(end_ms, energy_of(part), voiced, part))
    return ticks


def quality_of(sound: Sound, loud: float = 300.0) -> LineQuality:
    ticks = to_ticks(sound, loud)
    return summarise(ticks, -60.0, "customer", (0, ticks[-1].end_ms), ticks[-1].end_ms)


def with_holes(sound: Sound, length_ms: int, at_ms: Iterable[int]) -> Sound:
    broken = sound.copy()
    for at in at_ms:
        broken[at * 16 : (at + length_ms) * 16] = 0.0
    return broken


def echoing(sound: Sound, seconds: float) -> Sound:
    """The sound in a room where it takes so long to die away by 60 dB, from some distance."""
    time = np.arange(int(seconds * RATE)) / RATE
    response = _rng.standard_normal(len(time)) * 10 ** (-3 * time / seconds)
    response[0] = 3.0
    size = len(sound) + len(response)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]
    scaled: Sound = wet * np.std(sound) / np.std(wet)
    return scaled + 20 * _rng.standard_normal(len(sound))


def test_undamaged_speech_has_no_damage() -> None:
    quality = quality_of(talk())
    assert (quality.dropout_rate, quality.gap_ms, quality.clipped_ratio) == (0.0, 0, 0.0)
    assert 0 < quality.reverb_ms < 250
    assert quality.understood == 1.0
    assert quality.snr_db == pytest.approx(quality.level_dbfs - quality.noise_dbfs, abs=0.11)
    assert quality.noise_dbfs == pytest.approx(20 * math.log10(20 / 32768), abs=1.5)


@pytest.mark.parametrize("length_ms", [20, 40, 60])
def test_every_hole_in_speech_is_counted(length_ms: int) -> None:
    middle_of_syllables = range(60, 3000, 400)
    quality = quality_of(with_holes(talk(), length_ms, middle_of_syllables))
    count = len(middle_of_syllables)
    assert quality.dropout_rate == pytest.approx(count / 3, abs=0.01)
    assert quality.gap_ms == pytest.approx(count * length_ms, rel=0.3)


def test_a_hole_filled_with_quiet_noise_is_a_hole() -> None:
    filled = with_holes(talk(), 40, range(60, 3000, 400)) + 4 * _rng.standard_normal(48_000)
    assert quality_of(filled).dropout_rate == pytest.approx(8 / 3, abs=0.01)


def test_pauses_of_a_line_without_any_noise_are_no_holes() -> None:
    assert quality_of(talk(noise=0.0)).dropout_rate == 0.0
    silent_pauses = talk(noise=0.0)
    silent_pauses[np.abs(silent_pauses) < 8] = 0.0
    assert quality_of(silent_pauses).dropout_rate == 0.0


@pytest.mark.parametrize("noise", [300.0, 500.0])
def test_holes_are_seen_under_noise_that_came_later(noise: float) -> None:
    hiss = noise * _rng.standard_normal(48_000)
    whole = talk(noise=0.0)
    assert quality_of(whole + hiss, loud=2 * noise).dropout_rate == 0.0
    broken = with_holes(whole, 50, range(35, 3000, 400))
    assert quality_of(broken + hiss, loud=2 * noise).dropout_rate >= 1.0


def test_noise_is_measured_beside_the_holes() -> None:
    sound = talk()
    holes = with_holes(sound, 30, range(60, 3000, 200))
    assert quality_of(holes).noise_dbfs == pytest.approx(quality_of(sound).noise_dbfs, abs=1.0)


def test_ticks_at_the_edges_of_holes_are_not_the_noise() -> None:
    """Of every 40 ms 25 are lost: of four ticks one is whole and two are partly empty."""
    sound = talk()
    holes = with_holes(sound, 25, range(3, 2970, 40))
    assert quality_of(holes).noise_dbfs == pytest.approx(quality_of(sound).noise_dbfs, abs=1.5)


def test_reverberation_grows_with_the_room() -> None:
    sound = talk(noise=0.0)
    times = [quality_of(echoing(sound, seconds)).reverb_ms for seconds in (0.05, 0.5, 0.9)]
    assert times[0] < 200 < times[1] < times[2]


def test_reverberation_is_not_guessed_from_too_little() -> None:
    assert quality_of(talk(0.1)).reverb_ms == 0
    assert quality_of(talk(noise=3000.0), loud=5000.0).reverb_ms == 0


def test_cut_off_peaks_show_at_any_level() -> None:
    sound = talk()
    cut = np.clip(sound, -1500, 1500)
    assert quality_of(sound).saturation < 0.4
    assert quality_of(cut).saturation > 0.7
    assert quality_of(cut / 4, loud=75.0).saturation > 0.7


@settings(repeatable, max_examples=25)
@given(gain_db=st.floats(-14.0, 3.0), holes=st.booleans())
def test_gain_changes_the_level_and_nothing_else(gain_db: float, holes: bool) -> None:
    sound = with_holes(REFERENCE, 40, range(60, 3000, 400)) if holes else REFERENCE
    gain = 10 ** (gain_db / 20)
    before, after = quality_of(sound), quality_of(sound * gain, loud=300.0 * gain)
    assert after.level_dbfs - before.level_dbfs == pytest.approx(gain_db, abs=0.2)
    assert after.snr_db == pytest.approx(before.snr_db, abs=0.4)
    assert after.dropout_rate == before.dropout_rate
    assert after.reverb_ms == pytest.approx(before.reverb_ms, rel=0.05)
    assert after.saturation == pytest.approx(before.saturation, abs=0.02)


@pytest.mark.parametrize(
    ("chars", "confidence", "voiced_ms", "understood"),
    [(10, 0.9, 2500, 0.9), (2, 0.9, 4000, 0.225), (0, 0.0, 3000, 0.0), (1, 0.8, 0, 0.8)],
)
def test_few_words_for_much_voice_are_little_understood(
    chars: int, confidence: float, voiced_ms: int, understood: float
) -> None:
    words = [Word("字", 0, 10, confidence)] * chars
    assert to_reading(words, confidence, voiced_ms).understood == pytest.approx(understood)


def test_pace_is_characters_in_a_second_of_voice() -> None:
    words = [Word("你好", 0, 10, 0.5)] * 3
    assert to_reading(words, 0.5, 1500).pace == pytest.approx(4.0)
    assert to_reading([], 0.0, 1500).pace == to_reading(words, 0.5, 0).pace == 0.0


def test_certain_are_characters_of_longer_words_with_high_confidence() -> None:
    words = [
        Word("流量", 0, 10, 0.8),
        Word("套餐", 0, 10, 0.79),
        Word("我", 0, 10, 1.0),
        Word("营业厅", 0, 10, 0.95),
    ]
    assert to_reading(words, 0.9, 2000).certain == pytest.approx(5 / 8)
    assert to_reading([], 0.0, 2000).certain == 0.0


REFERENCE = talk()
