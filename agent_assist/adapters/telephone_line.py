"""A recording as a telephone line gives it: noise around the speaker, a narrow band, A-law."""

from __future__ import annotations

import io

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.ports import Samples

LINE_RATE = 8000
BAND_HZ = (300.0, 3400.0)
SLOPE = 8
"""Twice the order of the Butterworth edges: 24 dB an octave."""
STEEP_TAPS = 257
"""Length of the filter with steep edges, in samples at 8 kHz: 60 dB within 100 Hz."""
VOICES = 6
"""How many voices talk at once in babble."""
LEVEL_FRAME = SAMPLE_RATE * 30 // 1000
AUDIBLE_DB = 40.0

Floats = NDArray[np.float64]


def through_telephone(
    samples: Samples, noise: Floats, snr_db: float, *, steep: bool = False
) -> Samples:
    """The samples with ``noise`` so many decibels below the speech, after band and A-law.

    ``noise`` has the length of ``samples`` (16 kHz) and any level. Both pass a band of 300-3400 Hz
    at 8 kHz, its edges gentle as on a line or ``steep`` as made by a digital filter, and G.711
    A-law as libsndfile codes it; the result is again at 16 kHz.
    """
    voice = samples.astype(np.float64) / 32768.0
    level = speech_level(voice) * 10 ** (-snr_db / 20)
    loudness = float(np.sqrt(np.mean(noise**2))) or 1.0
    line = soxr.resample(voice + noise * (level / loudness), SAMPLE_RATE, LINE_RATE)
    buffer = io.BytesIO()
    band = _in_steep_band(line) if steep else _in_band(line)
    sf.write(buffer, np.clip(band, -1.0, 1.0), LINE_RATE, format="WAV", subtype="ALAW")
    buffer.seek(0)
    coded, _ = sf.read(buffer, dtype="float64")
    heard = soxr.resample(coded, LINE_RATE, SAMPLE_RATE) * 32768.0
    result: Samples = np.clip(np.rint(heard), -32768, 32767).astype(np.int16)
    return result


def white_noise(length: int, seed: int) -> Floats:
    """Noise of the same strength at all frequencies."""
    return np.random.default_rng(seed).standard_normal(length)


def babble(voices: list[Samples], length: int, seed: int) -> Floats:
    """Up to six of the voices at once, equally loud, each begun somewhere and repeated."""
    chance = np.random.default_rng(seed)
    mixed = np.zeros(length)
    for number in chance.permutation(len(voices))[:VOICES]:
        voice = voices[number].astype(np.float64) / 32768.0
        shifted = np.roll(voice, int(chance.integers(len(voice))))
        mixed += np.resize(shifted, length) / (speech_level(voice) or 1.0)
    return mixed


def speech_level(voice: Floats) -> float:
    """Root mean square of what is at most 40 dB below the loudest 30 ms."""
    frames = voice[: len(voice) // LEVEL_FRAME * LEVEL_FRAME].reshape(-1, LEVEL_FRAME)
    power = (frames**2).mean(axis=1) if len(frames) else np.zeros(1)
    return float(np.sqrt(power[power >= power.max() * 10 ** (-AUDIBLE_DB / 10)].mean()))


def _in_band(line: Floats) -> Floats:
    """What a line lets through, its edges as gentle as those of real ones (G.712)."""
    hertz = np.maximum(np.fft.rfftfreq(len(line), 1 / LINE_RATE), 1.0)
    low, high = BAND_HZ
    gain = 1 / np.sqrt((1 + (low / hertz) ** SLOPE) * (1 + (hertz / high) ** SLOPE))
    return np.fft.irfft(np.fft.rfft(line) * gain, len(line))


def _in_steep_band(line: Floats) -> Floats:
    """What is left between two steep edges: a windowed filter without delay."""
    at = np.arange(STEEP_TAPS) - STEEP_TAPS // 2
    edges = [2 * hertz / LINE_RATE for hertz in BAND_HZ]
    low, high = (edge * np.sinc(edge * at) for edge in edges)
    taps = (high - low) * np.hamming(STEEP_TAPS)
    return np.convolve(line, taps, "full")[STEEP_TAPS // 2 :][: len(line)]
