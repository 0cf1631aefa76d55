"""What a telephone line and a bad place to call from do to speech."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]


def telephone_band(samples: Samples, rate: int, low: float = 300, high: float = 3400) -> Samples:
    """Keep 300-3400 Hz with gentle edges and no delay."""
    padded = len(samples) + rate // 5
    spectrum = np.fft.rfft(samples, padded)
    hertz = np.fft.rfftfreq(padded, 1 / rate)
    gain = np.clip((hertz - low * 0.8) / (low * 0.4), 0, 1)
    gain *= np.clip((high * 1.06 - hertz) / (high * 0.12), 0, 1)
    return np.fft.irfft(spectrum * gain, padded)[: len(samples)]


def line_noise(count: int, rate: int, rng: np.random.Generator) -> Samples:
    """Band-limited noise of unit power, a little stronger at low frequencies."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hertz = np.maximum(np.fft.rfftfreq(count, 1 / rate), 100)
    noise = telephone_band(np.fft.irfft(spectrum * hertz**-0.35, count), rate)
    scaled: Samples = noise / np.sqrt(np.mean(noise**2))
    return scaled


def speech_span(samples: Samples, rate: int, below_peak_db: float = 32) -> tuple[int, int]:
    """First and one past the last sample of speech: a 10 ms power within a range of its peak."""
    width = rate // 100
    power = np.convolve(samples**2, np.ones(width) / width, "same")
    loud = np.flatnonzero(power > power.max() * 10 ** (-below_peak_db / 10))
    return int(loud[0]), int(loud[-1]) + 1


def speech_level(samples: Samples, rate: int) -> float:
    """RMS of the active 20 ms frames (those within 25 dB of the loudest)."""
    width = rate // 50
    frames = samples[: len(samples) // width * width].reshape(-1, width)
    power = np.mean(frames**2, axis=1)
    return float(np.sqrt(np.mean(power[power > power.max() * 10**-2.5])))


def room(samples: Samples, rate: int, seconds: float, rng: np.random.Generator) -> Samples:
    """A speakerphone in a hard room: a late, strong, exponentially decaying response."""
    time = np.arange(int(seconds * rate)) / rate
    response = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    response[: rate // 200] = 0
    response *= 0.9 / np.sqrt(np.sum(response**2))
    response[0] = 0.45
    count = len(samples) + len(response)
    wet = np.fft.irfft(np.fft.rfft(samples, count) * np.fft.rfft(response, count), count)
    return wet[: len(samples) + int(0.4 * seconds * rate)]


def drop_outs(samples: Samples, rate: int, rng: np.random.Generator) -> Samples:
    """Cut holes of 80-240 ms, about two a second, but neither the first nor the last 150 ms."""
    broken = samples.copy()
    edge = int(0.01 * rate)
    at = int(0.15 * rate)
    while True:
        at += int(rng.uniform(0.15, 0.5) * rate)
        stop = at + int(rng.uniform(0.08, 0.24) * rate)
        if stop > len(samples) - int(0.15 * rate):
            return broken
        broken[at:stop] = 0
        broken[at - edge : at] *= np.linspace(1, 0, edge)
        broken[stop : stop + edge] *= np.linspace(0, 1, edge)
        at = stop
