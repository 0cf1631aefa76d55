"""How good the line is: measures of one channel tick by tick, summed up for a stretch of speech."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.activity import SILENCE_DBFS
from agent_assist.core.events import Channel, LineQuality, Word
from agent_assist.core.line_damage import (
    DEAD_DBFS,
    PARTS,
    Levels,
    find_holes,
    reverb_ms,
    saturation,
    to_levels,
)

_FULL_SCALE = 32768.0
_CLIPPED_AT = 32_700
_STEADY_TICKS = 50
_STEADY_DB = 5.0

_NOISE_TICKS = 10
_NOISE_PERCENT = 30.0
_TAIL_MS = 300
"""Sound dies away after the last voiced instant; so much of that is looked at."""
_HOLE_EDGE_TICKS = 1
_SLOW_CHARS_PER_S = 2.0
"""Whoever speaks is understood to say at least so many characters a second."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Measures of 10 ms: mean square of full scale, clipped samples, whether it was voiced.

    ``peak`` is the greatest amplitude, ``parts`` the mean squares of its quarters.
    """

    end_ms: int
    energy: float
    clipped: int
    samples: int
    voiced: bool
    peak: int = 0
    parts: tuple[float, ...] = ()

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


def measure_parts(samples: NDArray[np.int16]) -> tuple[int, tuple[float, ...]]:
    """Peak amplitude, and mean squares of a tick's quarters without their constant offset."""
    wide = samples.astype(np.float64)
    parts = np.var(wide.reshape(PARTS, -1), axis=1) / _FULL_SCALE**2
    return int(np.abs(wide).max()), tuple(parts.tolist())


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
    ticks: Sequence[Tick],
    floor_dbfs: float,
    channel: Channel,
    span: tuple[int, int],
    at_ms: int,
    understood: float = 1.0,
    pace: float = 0.0,
) -> LineQuality:
    """Quality of the stretch of speech ``span``, from its ticks and those around it.

    ``floor_dbfs`` is the noise floor where the ticks hold too little silence to tell.
    ``understood`` and ``pace`` are what the recogniser made of it, see `LineQuality`.
    """
    within = [tick for tick in ticks if span[0] < tick.end_ms <= span[1]]
    tail = [tick for tick in ticks if span[1] < tick.end_ms <= span[1] + _TAIL_MS]
    voiced = [tick for tick in within if tick.voiced] or within
    samples = sum(tick.samples for tick in voiced)
    energy = math.fsum(tick.energy for tick in voiced) / len(voiced) if voiced else 0.0
    level = to_dbfs(energy)
    noise = _noise_dbfs(ticks, floor_dbfs)
    parts = to_levels(np.array([part for tick in within for part in tick.parts]))
    holes = find_holes(parts, level, noise) if len(parts) else []
    levels = to_levels(np.array([tick.energy for tick in [*within, *tail]]))
    whole = _without(levels, [(hole.start // PARTS, -(-hole.end // PARTS)) for hole in holes])
    level, noise = round(level, 1), round(noise, 1)
    return LineQuality(
        at_ms=at_ms,
        channel=channel,
        start_ms=span[0],
        end_ms=span[1],
        level_dbfs=level,
        noise_dbfs=noise,
        snr_db=round(level - noise, 1),
        clipped_ratio=round(sum(tick.clipped for tick in voiced) / samples, 4) if samples else 0.0,
        dropout_rate=round(1000.0 * len(holes) / max(1, span[1] - span[0]), 2),
        gap_ms=round(sum(hole.length_ms for hole in holes)),
        reverb_ms=reverb_ms(whole, level, noise),
        saturation=round(saturation(np.array([tick.peak for tick in voiced], np.float64)), 3),
        understood=round(understood, 3),
        pace=round(pace, 2),
    )


def _noise_dbfs(ticks: Sequence[Tick], floor_dbfs: float) -> float:
    """Level of what is heard where nobody speaks; holes in the sound are no silence of the line.

    A tick at the edge of a hole is partly empty and sounds quieter than the line is.
    """
    levels = [tick.level_dbfs for tick in ticks if not tick.voiced and _is_whole(tick)]
    if len(levels) < _NOISE_TICKS:
        return floor_dbfs
    return float(np.percentile(levels, _NOISE_PERCENT))


def _is_whole(tick: Tick) -> bool:
    """Whether there is sound in all of a tick."""
    return to_dbfs(min((tick.energy, *tick.parts))) > DEAD_DBFS


def _without(levels: Levels, holes: Sequence[tuple[int, int]]) -> Levels:
    """Levels with the holes cut out: the edge of a hole is no falling sound."""
    kept = np.ones(len(levels), np.bool_)
    for start, end in holes:
        kept[max(0, start - _HOLE_EDGE_TICKS) : end + _HOLE_EDGE_TICKS] = False
    return levels[kept]


def how_understood(words: Sequence[Word], confidence: float, voiced_ms: int) -> float:
    """How much sense a recogniser made of so much voice, 0 to 1.

    The confidence in its words, less when they are too few for the time that they took.
    """
    pace = pace_of(words, voiced_ms)
    return confidence * min(1.0, pace / _SLOW_CHARS_PER_S) if voiced_ms else confidence


def pace_of(words: Sequence[Word], voiced_ms: int) -> float:
    """Characters that were understood in a second of voice."""
    return 1000.0 * sum(len(word.text) for word in words) / voiced_ms if voiced_ms else 0.0
