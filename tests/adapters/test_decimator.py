"""A low-pass filter that keeps what is below 7 kHz, in blocks as in one piece, without delay."""

from __future__ import annotations

import numpy as np
import pytest

from agent_assist.adapters.decimator import HALF_S, Decimator

RATE = 48_000


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE).astype(np.float32)


@pytest.mark.parametrize("length", [1, 7, 882, 960, 24_000])
def test_blocks_of_any_length_give_the_same_as_one(length: int) -> None:
    sound = tone(1_000, 0.2)
    whole = Decimator(RATE).resample_chunk(sound, last=True)
    decimator = Decimator(RATE)
    pieces = [
        decimator.resample_chunk(sound[at : at + length], last=at + length >= len(sound))
        for at in range(0, len(sound), length)
    ]
    assert np.allclose(np.concatenate(pieces), whole, atol=1e-5)
    assert len(whole) == len(sound) / 3


@pytest.mark.parametrize(
    ("hertz", "least_db", "most_db"),
    [
        (300, -0.1, 0.1),
        (3_400, -0.1, 0.1),
        (6_500, -1.0, 0.1),
        (8_700, -200.0, -55.0),
        (12_000, -200.0, -55.0),
        (20_000, -200.0, -55.0),
    ],
)
def test_what_a_rate_of_16_khz_cannot_carry_is_taken_out(
    hertz: float, least_db: float, most_db: float
) -> None:
    heard = Decimator(RATE).resample_chunk(tone(hertz))[500:]
    level_db = 10 * np.log10(2 * np.mean(np.square(heard, dtype=np.float64)) + 1e-20)
    assert least_db <= level_db <= most_db


def test_sound_stays_where_it_was_and_is_given_at_once() -> None:
    sound = np.zeros(RATE, np.float32)
    sound[24_000:] = 1.0
    heard = Decimator(RATE).resample_chunk(sound)
    assert int(np.argmax(heard >= 0.5)) == pytest.approx(8_000, abs=1)
    assert len(sound) / 3 - len(heard) <= HALF_S * 16_000
