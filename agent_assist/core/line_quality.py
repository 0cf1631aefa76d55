"""How good the line is: level, noise floor and clipping of one channel, tick by tick."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.activity import SILENCE_DBFS
from agent_assist.core.events import Channel, LineQuality

_FULL_SCALE = 32768.0
_CLIPPED_AT = 32_700
_STEADY_TICKS = 50
_STEADY_DB = 5.0


@dataclass(frozen=True, slots=True)
class Tick:
    """Measures of 10 ms: mean square of full scale, clipped samples, whether it was voiced."""

    end_ms: int
    energy: float
    clipped: int
    samples: int
    voiced: bool

    @property
    def level_dbfs(self) -> float:
        return to_dbfs(self.energy)


def measure(samples: NDArray[np.int16]) -> tuple[float, int]:
    """Mean square (1 is full scale) and number of clipped samples.

    A constant offset, which cheap sound cards add, is no sound and does not count.
    """
    wide = samples.astype(np.int64)
    count, total = len(wide), int(wide.sum())
    energy = (count * int(np.dot(wide, wide)) - total**2) / (count * _FULL_SCALE) ** 2
    return energy, int(np.count_nonzero(np.abs(wide) >= _CLIPPED_AT))


def to_dbfs(energy: float) -> float:
    """Mean square to dBFS; a full-scale square wave is 0."""
    if energy <= 0.0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 10.0 * math.log10(energy))


def speech_within(ticks: Sequence[Tick]) -> Tick | None:
    """The first tick of a run of voice that is speech, or None when all of it is noise.

    Noise that sets in wakes any detector for a while, but it keeps its level and speech does not.
    """
    head = sorted(tick.level_dbfs for tick in ticks[:_STEADY_TICKS])
    edge = len(head) // 20
    if len(head) < _STEADY_TICKS or head[-1 - edge] - head[edge] >= _STEADY_DB:
        return ticks[0] if ticks else None
    above = head[len(head) // 2] + _STEADY_DB
    return next((tick for tick in ticks if tick.level_dbfs > above), None)


def summarise(
    ticks: Sequence[Tick], noise_dbfs: float, channel: Channel, span: tuple[int, int], at_ms: int
) -> LineQuality:
    """Quality of one stretch of speech, from its voiced ticks."""
    voiced = [tick for tick in ticks if tick.voiced] or ticks
    samples = sum(tick.samples for tick in voiced)
    energy = math.fsum(tick.energy for tick in voiced) / len(voiced) if voiced else 0.0
    level = round(to_dbfs(energy), 1)
    noise = round(noise_dbfs, 1)
    return LineQuality(
        at_ms=at_ms,
        channel=channel,
        start_ms=span[0],
        end_ms=span[1],
        level_dbfs=level,
        noise_dbfs=noise,
        snr_db=round(level - noise, 1),
        clipped_ratio=round(sum(tick.clipped for tick in voiced) / samples, 4) if samples else 0.0,
    )
