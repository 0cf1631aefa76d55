"""Levels against sounds whose level is known by construction."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from agent_assist.core.line_quality import Tick, measure, speech_within, summarise, to_dbfs


def square(value: int) -> NDArray[np.int16]:
    """A square wave of that amplitude."""
    return np.tile(np.array([value, -value], np.int16), 80)


def tick(value: int, voiced: bool, end_ms: int = 10) -> Tick:
    energy, clipped = measure(square(value))
    return Tick(end_ms, energy, clipped, 160, voiced)


def test_levels() -> None:
    assert to_dbfs(measure(square(32767))[0]) == pytest.approx(0.0, abs=0.001)
    sine = np.rint(16384 * np.sin(np.arange(160) * 2 * np.pi / 16)).astype(np.int16)
    assert to_dbfs(measure(sine)[0]) == pytest.approx(-9.03, abs=0.01)
    assert to_dbfs(measure(np.zeros(160, np.int16))[0]) == -90.0
    assert to_dbfs(measure(np.full(160, 3000, np.int16))[0]) == -90.0


def test_clipped_samples_of_either_sign_are_counted() -> None:
    samples = np.array([32767, 32700, 32699, -32768, -32700, 0], np.int16)
    assert measure(samples)[1] == 4


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
