"""Recordings as a telephone line would give them."""

from __future__ import annotations

import numpy as np
import pytest

from agent_assist.adapters.telephone_line import (
    babble,
    speech_level,
    through_telephone,
    white_noise,
)

SECOND = 16_000


def tone(hertz: float, seconds: float = 1.0, level: float = 8_000.0) -> np.ndarray:
    at = np.arange(round(seconds * SECOND)) / SECOND
    return np.rint(level * np.sin(2 * np.pi * hertz * at)).astype(np.int16)


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean((samples[2000:-2000] / 32768.0) ** 2)))


@pytest.mark.parametrize(
    ("hertz", "passes"), [(100, False), (200, False), (1000, True), (3000, True), (5000, False)]
)
def test_only_the_band_passes(hertz: float, passes: bool) -> None:
    heard = through_telephone(tone(hertz), np.zeros(SECOND), 15)
    assert len(heard) == SECOND
    kept = loudness(heard) / loudness(tone(hertz))
    assert kept == pytest.approx(1.0, abs=0.2) if passes else kept < 0.25


def test_steep_edges_leave_nothing_beside_the_band() -> None:
    for hertz, least, most in (
        (200, 0.0, 0.01),
        (400, 0.9, 1.1),
        (3300, 0.9, 1.1),
        (3600, 0, 0.01),
    ):
        heard = through_telephone(tone(hertz), np.zeros(SECOND), 15, steep=True)
        assert least <= loudness(heard) / loudness(tone(hertz)) <= most


@pytest.mark.parametrize("steep", [False, True])
def test_sound_keeps_its_place(steep: bool) -> None:
    click = np.concatenate([np.zeros(4000, np.int16), tone(1000, 0.1), np.zeros(4000, np.int16)])
    heard = through_telephone(click, np.zeros(len(click)), 15, steep=steep)
    loud = np.flatnonzero(np.abs(heard.astype(int)) > 2000)
    assert loud[0] == pytest.approx(4000, abs=40)
    assert loud[-1] == pytest.approx(5600, abs=40)


@pytest.mark.parametrize("snr_db", [0.0, 15.0])
def test_noise_is_so_much_weaker_than_speech_whatever_the_pauses(snr_db: float) -> None:
    """Noise at 1 kHz too, so that the band leaves it as it is."""
    pause = np.zeros(SECOND, np.int16)
    speech = np.concatenate([pause, tone(700), pause])
    heard = through_telephone(speech, tone(1000, 3.0).astype(float), snr_db)
    found = 20 * np.log10(loudness(tone(700)) / loudness(heard[:SECOND]))
    assert found == pytest.approx(snr_db, abs=0.7)


def test_silence_stays_silence() -> None:
    silence = np.zeros(SECOND, np.int16)
    assert np.abs(through_telephone(silence, np.zeros(SECOND), 15).astype(int)).max() <= 16


def test_babble_is_of_the_voices_and_repeats() -> None:
    voices = [tone(300 + 200 * k, 0.5) for k in range(8)]
    once = babble(voices, SECOND, seed=3)
    assert len(once) == SECOND
    assert (once == babble(voices, SECOND, seed=3)).all()
    assert (once != babble(voices, SECOND, seed=4)).any()
    spectrum = np.abs(np.fft.rfft(once))
    assert sum(spectrum[300 + 200 * k] > 1000 for k in range(8)) == 6


def test_white_noise_is_seeded() -> None:
    assert (white_noise(50, 1) == white_noise(50, 1)).all()
    assert speech_level(white_noise(SECOND, 1)) == pytest.approx(1.0, abs=0.05)
