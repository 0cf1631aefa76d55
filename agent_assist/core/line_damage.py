"""What a line did to a stretch of speech: holes cut into it, echo of a room, squared-off peaks.

All measures are distances between levels of the same stretch, so the gain of a line changes none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.activity import SILENCE_DBFS, TICK_MS

Levels = NDArray[np.float64]

PARTS = 4
"""Holes are looked for in quarters of a tick: a lost packet rarely begins where a tick does."""
PART_MS = TICK_MS / PARTS

DEAD_DBFS = SILENCE_DBFS + 6.0
"""Below it there is no sound at all, not even that of a quiet line."""
_UNDER_NOISE_DB = 10.0
_COLLAPSE_DB = 20.0
_SHORTEST_HOLE = 6
_LONGEST_HOLE = 200
_EDGE = 6
_SHARP_EDGE = 3
_EDGE_BELOW_SPEECH_DB = 20.0
_NOISE_SPREAD_DB = 5.0
_SHORTEST_NOISY_HOLE = 14
_OUT_OF_NOISE_DB = 9.0
_NEAR_SPEECH_DB = 7.0
_AUDIBLE_DB = 25.0
"""Speech less than this above nothing at all comes and goes with the steps of its encoding."""

_FALL_TICKS = 10
_SHORTEST_FALL = 3
_FALL_FROM_DB = 12.0
_FALL_ROOM_DB = 15.0
_ABOVE_NOISE_DB = 4.0
_FALLS = 10
_STEEPEST_PERCENT = 95.0
_QUIETEST_DB = 40.0
LONGEST_REVERB_MS = 2_000

_LOUDEST_PERCENT = 98.0
_NEAR_LOUDEST = 10 ** (-2 / 20)


@dataclass(frozen=True, slots=True)
class Hole:
    """A stretch without sound where there was speech; both in parts of a tick."""

    start: int
    end: int

    @property
    def length_ms(self) -> float:
        return (self.end - self.start) * PART_MS


def to_levels(energies: NDArray[np.float64]) -> Levels:
    """Mean squares to dBFS, digital silence as `SILENCE_DBFS`."""
    return 10.0 * np.log10(np.maximum(energies, 10 ** (SILENCE_DBFS / 10)))


def find_holes(parts: Levels, level_dbfs: float, noise_dbfs: float) -> list[Hole]:
    """Holes of 15 to 500 ms in speech of that level.

    In a hole the noise of the line is gone too; where something was put in its place, the level
    falls and comes back by 20 dB within a few milliseconds, which no mouth can do. Where noise
    was added after the line broke, a longer stretch of nothing but noise has full speech right
    before it and right after.
    """
    speech = max(level_dbfs - _EDGE_BELOW_SPEECH_DB, DEAD_DBFS + _AUDIBLE_DB)
    holes = [
        hole
        for hole in _runs(parts < max(DEAD_DBFS, noise_dbfs - _UNDER_NOISE_DB))
        if min(_loudest_beside(parts, hole, _EDGE)) >= speech
    ]
    for hole in _runs(parts < speech):
        inside = float(parts[hole.start + 1 : hole.end - 1].max())
        least = max(inside + _COLLAPSE_DB, speech + _COLLAPSE_DB / 4)
        if min(_loudest_beside(parts, hole, _SHARP_EDGE)) >= least:
            holes.append(hole)
    full = max(noise_dbfs + _OUT_OF_NOISE_DB, level_dbfs - _NEAR_SPEECH_DB)
    for hole in _runs(parts < noise_dbfs + _NOISE_SPREAD_DB):
        long = hole.end - hole.start >= _SHORTEST_NOISY_HOLE
        if long and min(_loudest_beside(parts, hole, 1)) >= full:
            holes.append(hole)
    return _apart(holes)


def _runs(low: NDArray[np.bool_]) -> list[Hole]:
    """Runs of low parts of a hole's length that have something on both sides."""
    steps = np.diff(low.astype(np.int8))
    starts = np.flatnonzero(steps == 1) + 1
    ends = np.flatnonzero(steps == -1) + 1
    if len(starts):
        ends = ends[ends > starts[0]]
    return [
        Hole(int(start), int(end))
        for start, end in zip(starts, ends, strict=False)
        if _SHORTEST_HOLE <= end - start <= _LONGEST_HOLE
    ]


def _loudest_beside(parts: Levels, hole: Hole, width: int) -> tuple[float, float]:
    before = parts[max(0, hole.start - width) : hole.start]
    after = parts[hole.end : hole.end + width]
    return float(before.max()), float(after.max())


def _apart(holes: list[Hole]) -> list[Hole]:
    """The same holes in order, those that overlap as one."""
    joined: list[Hole] = []
    for hole in sorted(holes, key=lambda h: (h.start, -h.end)):
        if joined and hole.start < joined[-1].end:
            joined[-1] = Hole(joined[-1].start, max(hole.end, joined[-1].end))
        else:
            joined.append(hole)
    return joined


def reverb_ms(ticks: Levels, level_dbfs: float, noise_dbfs: float) -> int:
    """How long sound takes to die away by 60 dB, judged by its steepest falls; 0 if unknown.

    Speech has steep falls between its syllables. In an echoing room nothing falls faster than the
    room lets it, so the steepest of them tell the room; a quick speaker in no room gives a short
    time, whatever his words. Line noise hides falls: with too few of them nothing is said.
    """
    noise = max(noise_dbfs, level_dbfs - _QUIETEST_DB)
    if len(ticks) < _FALL_TICKS:
        return 0
    windows = np.lib.stride_tricks.sliding_window_view(ticks, _FALL_TICKS)
    first = windows[:, 0]
    from_speech = first >= max(level_dbfs - _FALL_FROM_DB, noise + _FALL_ROOM_DB)
    known = _falls(windows[from_speech], noise + _ABOVE_NOISE_DB)
    if len(known) < _FALLS:
        return 0
    steepest = float(np.percentile(known, _STEEPEST_PERCENT))
    longest = LONGEST_REVERB_MS
    return longest if steepest <= 0 else min(longest, round(60.0 * TICK_MS / steepest))


_TIMES = np.arange(_FALL_TICKS) - (_FALL_TICKS - 1) / 2
_FIT = -_TIMES / float(_TIMES @ _TIMES)


def _falls(windows: NDArray[np.float64], audible_dbfs: float) -> Levels:
    """Falls in dB a tick, one of each row whose fall is long enough to tell.

    Fitted, or straight to where the sound sinks into the noise.
    """
    sunk = windows <= audible_dbfs
    sinks, after = sunk.any(axis=1), sunk.argmax(axis=1)
    slow = sinks & (after >= _SHORTEST_FALL)
    straight = (windows[slow, 0] - windows[slow, after[slow]]) / after[slow]
    return np.concatenate([windows[~sinks] @ _FIT, straight])


def saturation(peaks: NDArray[np.float64]) -> float:
    """Share of voiced ticks whose peak stands within 2 dB of the loudest.

    Peaks of speech differ widely; those that ran into a limit, wherever it stands, do not.
    """
    loudest = float(np.percentile(peaks, _LOUDEST_PERCENT)) if len(peaks) else 0.0
    return float(np.mean(peaks >= loudest * _NEAR_LOUDEST)) if loudest > 0.0 else 0.0
