"""How good the line is: measures of one channel tick by tick, summed up for a stretch of speech."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.activity import SILENCE_DBFS, TICK_MS
from agent_assist.core.events import Channel, LineQuality, Word
from agent_assist.core.framing import SAMPLES_PER_MS
from agent_assist.core.line_damage import (
    DEAD_DBFS,
    PARTS,
    Levels,
    find_holes,
    reverb_ms,
    saturation,
    to_levels,
)
from agent_assist.core.ports import Samples

TICK_SAMPLES = TICK_MS * SAMPLES_PER_MS
_ONES = np.ones(TICK_SAMPLES)
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
_CERTAIN = 0.8
_CERTAIN_CHARS = 2


class Tick(NamedTuple):
    """10 ms of sound: mean square of full scale, whether it was voiced, its 160 samples."""

    end_ms: int
    energy: float
    voiced: bool
    samples: Samples

    @property
    def level_dbfs(self) -> float:
        return to_dbfs(self.energy)


def energy_of(samples: Samples) -> float:
    """Mean square of one tick (1 is full scale).

    A constant offset, which cheap sound cards add, is no sound and does not count. All numbers are
    whole and far below 2**53, so it is exact.
    """
    wide = samples.astype(np.float64)
    count, total = TICK_SAMPLES, float(wide.dot(_ONES))
    return (count * float(wide.dot(wide)) - total**2) / (count * _FULL_SCALE) ** 2


def energies_of(sound: Samples) -> NDArray[np.float64]:
    """Mean squares as of `energy_of`, along the last axis, of up to one tick."""
    wide, count = sound.astype(np.float64), sound.shape[-1]
    ones = _ONES[:count]
    totals = wide @ ones
    energies: NDArray[np.float64] = count * (wide * wide @ ones)
    energies -= totals * totals
    energies /= (count * _FULL_SCALE) ** 2
    return energies


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
    reading: Reading | None = None,
) -> LineQuality:
    """Quality of the stretch of speech ``span``, from its ticks and those around it.

    ``floor_dbfs`` is the noise floor where the ticks hold too little silence to tell.
    ``reading`` is what a recogniser made of it, if there was one.
    """
    ends = np.array([tick.end_ms for tick in ticks], np.int64)
    within = (span[0] < ends) & (ends <= span[1])
    unvoiced = np.array([not tick.voiced for tick in ticks], np.bool_)
    spoken = within & ~unvoiced if (within & ~unvoiced).any() else within
    energies = np.array([tick.energy for tick in ticks], np.float64)
    sound = np.concatenate([np.zeros(0, np.int16), *(tick.samples for tick in ticks)])
    peaks, clipped = _peaks_of(sound.reshape(-1, TICK_SAMPLES)[spoken])
    parts = to_levels(energies_of(sound.reshape(-1, PARTS, TICK_SAMPLES // PARTS)))
    count = max(1, len(peaks))
    level = to_dbfs(math.fsum(energies[spoken].tolist()) / count)
    levels = to_levels(energies)
    whole = np.minimum(levels, parts.min(axis=1)) > DEAD_DBFS
    noise = _noise_dbfs(levels[unvoiced & whole], floor_dbfs)
    holes = find_holes(parts[within].ravel(), level, noise)
    with_tail = levels[within | ((span[1] < ends) & (ends <= span[1] + _TAIL_MS))]
    falling = _without(with_tail, [(h.start // PARTS, -(-h.end // PARTS)) for h in holes])
    level, noise = round(level, 1), round(noise, 1)
    return LineQuality(
        at_ms=at_ms,
        channel=channel,
        start_ms=span[0],
        end_ms=span[1],
        level_dbfs=level,
        noise_dbfs=noise,
        snr_db=round(level - noise, 1),
        clipped_ratio=round(clipped / (count * TICK_SAMPLES), 4),
        dropout_rate=round(1000.0 * len(holes) / max(1, span[1] - span[0]), 2),
        gap_ms=round(sum(hole.length_ms for hole in holes)),
        reverb_ms=reverb_ms(falling, level, noise),
        saturation=round(saturation(peaks), 3),
        understood=round(reading.understood, 3) if reading else 1.0,
        pace=round(reading.pace, 2) if reading else 0.0,
        certain=round(reading.certain, 3) if reading else 0.0,
    )


def _peaks_of(sound: Samples) -> tuple[NDArray[np.float64], int]:
    """Greatest amplitude of each tick, shape (ticks,), and how many samples are clipped."""
    wide = np.abs(sound.astype(np.int32))
    return wide.max(axis=1).astype(np.float64), int(np.count_nonzero(wide >= _CLIPPED_AT))


def _noise_dbfs(silence: Levels, floor_dbfs: float) -> float:
    """Level of what is heard where nobody speaks; holes in the sound are no silence of the line.

    A tick at the edge of a hole is partly empty and sounds quieter than the line is.
    """
    if len(silence) < _NOISE_TICKS:
        return floor_dbfs
    return float(np.percentile(silence, _NOISE_PERCENT))


def _without(levels: Levels, holes: Sequence[tuple[int, int]]) -> Levels:
    """Levels with the holes cut out: the edge of a hole is no falling sound."""
    kept = np.ones(len(levels), np.bool_)
    for start, end in holes:
        kept[max(0, start - _HOLE_EDGE_TICKS) : end + _HOLE_EDGE_TICKS] = False
    return levels[kept]


class Reading(NamedTuple):
    """What a recogniser made of some speech, as in `LineQuality`."""

    understood: float
    pace: float
    certain: float


def to_reading(words: Sequence[Word], confidence: float, voiced_ms: int) -> Reading:
    """How much sense the words make of so much voice.

    It is understood as far as one may have confidence in the words, less when they are too few for
    the time that they took. Words of one character do not make it certain: every syllable is some.
    """
    chars = sum(len(word.text) for word in words)
    pace = 1000.0 * chars / voiced_ms if voiced_ms else 0.0
    certain = sum(
        len(word.text)
        for word in words
        if len(word.text) >= _CERTAIN_CHARS and word.confidence >= _CERTAIN
    )
    understood = confidence * min(1.0, pace / _SLOW_CHARS_PER_S) if voiced_ms else confidence
    return Reading(understood, pace, certain / chars if chars else 0.0)
