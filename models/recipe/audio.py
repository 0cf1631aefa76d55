"""Augmentation of training speech: voices, rooms, noise and telephone lines.

All functions take and return float32 arrays of shape (n,) at ``RATE`` hertz
unless they say otherwise; randomness comes only from the generator passed in.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import scipy.signal as ss

RATE = 16000
LINE_RATE = 8000
STEEP_TAPS = (65, 129, 257)
Samples = npt.NDArray[np.float32]
Rng = np.random.Generator


def resample(samples: Samples, rate: float, new_rate: float) -> Samples:
    """Polyphase resampling; the ratio is rounded to a small fraction."""
    ratio = Fraction(new_rate / rate).limit_denominator(48)
    if ratio == 1:
        return samples
    out = ss.resample_poly(samples, ratio.numerator, ratio.denominator)
    return np.asarray(out, np.float32)


def compand(samples: Samples, law: str) -> Samples:
    """Quantise to eight bits with the G.711 characteristic ``a`` or ``mu``."""
    x = np.clip(samples, -1.0, 1.0)
    sign, size = np.sign(x), np.abs(x)
    if law == "mu":
        code = np.round(np.log1p(255 * size) / np.log(256) * 127) / 127
        out = (256**code - 1) / 255
    else:
        scale = 1 + np.log(87.6)
        code = (
            np.where(size < 1 / 87.6, 87.6 * size, 1 + np.log(np.maximum(87.6 * size, 1))) / scale
        )
        code = np.round(code * 127) / 127
        linear = code * scale / 87.6
        out = np.where(code < 1 / scale, linear, np.exp(code * scale - 1) / 87.6)
    return np.asarray(sign * out, np.float32)


def telephone(samples: Samples, low: float, high: float, law: str | None, taps: int = 0) -> Samples:
    """Pass through an 8 kHz line with band ``low``-``high`` Hz, optionally G.711.

    The edges are those of a Butterworth filter of fourth order or, with ``taps`` (odd), the
    steeper ones of a linear-phase filter of that length, without its delay.
    """
    line = resample(samples, RATE, LINE_RATE)
    if taps:
        kernel = ss.firwin(taps, [low, high], pass_zero=False, fs=LINE_RATE)
        line = ss.fftconvolve(line, kernel, "same")
    else:
        line = ss.sosfilt(ss.butter(4, [low, high], "band", fs=LINE_RATE, output="sos"), line)
    if law:
        line = compand(line, law)
    return resample(line.astype(np.float32), LINE_RATE, RATE)


def add_noise(samples: Samples, snr_db: float, colour: float, rng: Rng) -> Samples:
    """Add noise; ``colour`` in [0, 1) is the pole of its spectrum (0 = white)."""
    noise = rng.standard_normal(len(samples))
    if colour:
        noise = ss.lfilter([1.0], [1.0, -colour], noise)
    level = np.sqrt(np.mean(samples**2)) + 1e-6
    return np.asarray(
        samples + noise / (noise.std() + 1e-9) * level * 10 ** (-snr_db / 20), np.float32
    )


def _equalise(samples: Samples, rng: Rng) -> Samples:
    gain = np.cumsum(rng.standard_normal(8)) * 1.5
    taps = ss.firwin2(65, np.linspace(0, 1, 8), 10 ** ((gain - gain.mean()) / 20))
    return np.asarray(ss.lfilter(taps, 1, samples), np.float32)


def _reverberate(samples: Samples, rng: Rng) -> Samples:
    n = int(rng.uniform(0.1, 0.6) * RATE)
    tail = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / n)
    tail *= rng.uniform(0.05, 0.4) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(ss.fftconvolve(samples, tail)[: len(samples)], np.float32)


def _pad(samples: Samples, rng: Rng) -> Samples:
    """Silence before and after; most of it after, where a recogniser waits for the end."""
    before, after = rng.uniform(0.05, 0.5), rng.uniform(0.1, 1.0)
    return np.pad(samples, (int(before * RATE), int(after * RATE)))


def _floor(samples: Samples, rng: Rng) -> Samples:
    """A weak noise floor under everything, so that it also fills the pauses."""
    level = 10 ** rng.uniform(-5, -3) * rng.random()
    return np.asarray(samples + rng.standard_normal(len(samples)) * level, np.float32)


def augment(
    samples: Samples, rate: int, rng: Rng, warp: tuple[float, float], line_share: float = 0.5
) -> Samples:
    """A random variation of one utterance.

    ``warp`` is the range of the resampling ratio that changes pitch, vocal
    tract and tempo together; ``line_share`` the probability of a telephone line.
    """
    x = resample(samples, rate * rng.uniform(*warp), RATE)
    if rng.random() < 0.7:
        x = _equalise(x, rng)
    x = x / (np.abs(x).max() + 1e-6)
    noise_first = rng.random() < 0.25  # noise that stops with the speech: zeros around it
    if not noise_first:
        x = _pad(x, rng)
    if rng.random() < 0.4:
        x = _reverberate(x, rng)
    if rng.random() < 0.8:
        colour = rng.uniform(0.3, 0.97) if rng.random() < 0.6 else 0.0
        x = add_noise(x, rng.uniform(5, 40), colour, rng)
    x = x / (np.abs(x).max() + 1e-6) * 10 ** rng.uniform(-2.0, -0.05)
    x = _pad(x.astype(np.float32), rng) if noise_first else _floor(x, rng)
    if rng.random() < line_share:
        law = ("a", "mu", None)[rng.integers(3)]
        taps = int(rng.choice(STEEP_TAPS)) if rng.random() < 0.5 else 0
        x = telephone(x, rng.uniform(100, 320), rng.uniform(3250, 3800), law, taps)
        if rng.random() < 0.3:  # comfort noise of the line itself
            x = add_noise(x, rng.uniform(15, 35), rng.uniform(0.0, 0.9), rng)
    return x
