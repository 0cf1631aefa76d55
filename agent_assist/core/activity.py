"""When somebody speaks: onsets and ends of voice at 10 ms resolution.

Two steps per 10 ms tick: `Loudness` says whether the sound stands out of the line's noise, and
`VoiceActivity` turns the stream of voiced and unvoiced ticks into onsets and ends.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Literal

TICK_MS = 10
ONSET_TICKS = 6
"""An onset is known at the latest this many ticks after it happened."""

ONSET_VOICED = 5
END_TICKS = 20
"""An end is known when so many ticks passed without voice."""

SILENCE_DBFS = -90.0
"""Digital silence; no level is given below it."""

ABSOLUTE_FLOOR_DBFS = -60.0
ABOVE_NOISE_DB = 6.0
LOUDEST_FIRST_FLOOR_DBFS = -40.0
"""A call may begin with speech: at first a line is not believed to be noisier than this."""


class Loudness:
    """Tracks the noise floor of one channel as the least level of the last second or so.

    Speech has its dips within that time; a line that becomes noisier is known as noise after it.
    Digital silence says nothing of a line's noise: where sound sets in after it, all begins anew.
    """

    _PARTS = 4
    _PART_TICKS = 25
    _WARM_UP_TICKS = 50
    _OFF_TICKS = 10
    """A line is taken to have been off after so much digital silence."""

    def __init__(self) -> None:
        self._minima: deque[float] = deque(maxlen=self._PARTS)
        self._least = math.inf
        self._part_minimum = 0.0
        self._part_ticks = 0
        self._warm_up = self._WARM_UP_TICKS
        self._silent_ticks = 0

    @property
    def floor_dbfs(self) -> float:
        """Present noise floor; bounded until half a second was heard."""
        least = min(self._part_minimum, self._least)
        return min(least, LOUDEST_FIRST_FLOOR_DBFS) if self._warm_up else least

    def stands_out(self, level_dbfs: float) -> bool:
        """Take one tick's level; whether it is loud enough to be voice."""
        if level_dbfs <= SILENCE_DBFS:
            self._silent_ticks += 1
        elif self._silent_ticks:
            was_off = self._silent_ticks >= self._OFF_TICKS
            self._silent_ticks = 0
            if was_off:  # a part of this tick may still be silence: it is no measure of the noise
                self._begin_anew()
                return level_dbfs >= LOUDEST_FIRST_FLOOR_DBFS + ABOVE_NOISE_DB
        if self._part_ticks == self._PART_TICKS:
            self._minima.append(self._part_minimum)
            self._least = min(self._minima)
            self._part_minimum, self._part_ticks = 0.0, 0
        self._part_minimum = min(self._part_minimum, level_dbfs)
        self._part_ticks += 1
        if self._warm_up:
            self._warm_up -= 1
        return level_dbfs >= max(ABSOLUTE_FLOOR_DBFS, self.floor_dbfs + ABOVE_NOISE_DB)

    def _begin_anew(self) -> None:
        self._minima.clear()
        self._least = math.inf
        self._part_minimum, self._part_ticks = 0.0, 0
        self._warm_up = self._PARTS * self._PART_TICKS


@dataclass(frozen=True, slots=True)
class VoiceChange:
    """Voice began or ended at ``at_ms``; told some ticks after it happened."""

    kind: Literal["onset", "end"]
    at_ms: int


class VoiceActivity:
    """State machine over voiced ticks: five voiced of six begin, 200 ms without end."""

    def __init__(self, begin_ms: int = 0) -> None:
        self.now_ms = begin_ms
        self.active = False
        self.last_voiced_end_ms = begin_ms
        self._recent: deque[bool] = deque(maxlen=ONSET_TICKS)

    def feed(self, voiced: bool) -> VoiceChange | None:
        """Advance by one tick; the change that it made known, if any."""
        self.now_ms += TICK_MS
        self._recent.append(voiced)
        if voiced:
            self.last_voiced_end_ms = self.now_ms
        return self._end() if self.active else self._onset()

    @property
    def listened_ms(self) -> int:
        """Every onset before this was told; voice that may yet become one holds it back."""
        if self.active or True not in self._recent:
            return self.now_ms
        return self.now_ms - self._ticks_since_first() * TICK_MS

    def finish(self) -> VoiceChange | None:
        """The end of a voice still active when the sound ends."""
        return self._stop() if self.active else None

    def _onset(self) -> VoiceChange | None:
        if sum(self._recent) < ONSET_VOICED:
            return None
        self.active = True
        return VoiceChange("onset", self.now_ms - self._ticks_since_first() * TICK_MS)

    def _ticks_since_first(self) -> int:
        return len(self._recent) - self._recent.index(True)

    def _end(self) -> VoiceChange | None:
        if self.now_ms - self.last_voiced_end_ms < END_TICKS * TICK_MS:
            return None
        return self._stop()

    def _stop(self) -> VoiceChange:
        self.active = False
        self._recent.clear()
        return VoiceChange("end", self.last_voiced_end_ms)
