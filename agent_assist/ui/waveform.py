"""A call's sound reduced to what a picture needs: the extremes of each short stretch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_PEAKS = 2400
_SHORTEST_PEAK_MS = 10
_LEAST_SCALE = 4000
"""Never magnify quieter sound than this (of 32768): noise on a silent line should look silent."""

Peaks = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Waveform:
    """Lowest and highest sample (int16) of each ``ms_per_peak`` milliseconds, per channel."""

    peaks: tuple[Peaks, ...]
    ms_per_peak: int


def peaks_from(samples: NDArray[np.int16], rate: int) -> Waveform:
    """Reduce samples, shaped (n,) or (n, channels), at ``rate`` Hz to a waveform.

    A peak covers at least two samples, so a signal that was thinned out to alternating lowest and
    highest values may be given in place of the whole recording.
    """
    columns = samples if samples.ndim == 2 else samples[:, np.newaxis]
    duration_ms = len(columns) * 1000 / rate
    ms_per_peak = max(_SHORTEST_PEAK_MS, -(-2000 // rate), math.ceil(duration_ms / _MOST_PEAKS))
    starts = (np.arange(0, duration_ms, ms_per_peak) * rate / 1000).astype(np.int64)
    if not len(starts):
        return Waveform(tuple(() for _ in range(columns.shape[1])), ms_per_peak)
    low = np.minimum.reduceat(columns, starts, axis=0)
    high = np.maximum.reduceat(columns, starts, axis=0)
    return Waveform(
        tuple(
            tuple(zip(low[:, c].tolist(), high[:, c].tolist(), strict=True))
            for c in range(columns.shape[1])
        ),
        ms_per_peak,
    )


def outline(waveform: Waveform, channel: int, height: int) -> str:
    """SVG path data of one channel, one unit wide per peak and ``height`` units high."""
    peaks = waveform.peaks[channel] if channel < len(waveform.peaks) else ()
    if not peaks:
        return ""
    loudest = max(max(-low, high) for side in waveform.peaks for low, high in side)
    scale = (height / 2 - 1) / max(loudest, _LEAST_SCALE)
    middle = height / 2

    def point(i: int, sample: int) -> str:
        return f"{i} {middle - sample * scale:.0f}"

    upper = [point(i, high) for i, (_, high) in enumerate(peaks)]
    lower = [point(i, low - 1) for i, (low, _) in reversed(list(enumerate(peaks)))]
    return "M" + "L".join(upper + lower) + "Z"
