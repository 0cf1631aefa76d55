"""Sound at a multiple of 16 kHz brought down to it with two milliseconds of delay.

soxr gives its output in pieces: at 48 kHz it holds back 21 ms on average and up to 37 ms, which
every line and every flag would come later.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.framing import SAMPLE_RATE

HALF_S = 0.002
"""Half the filter's length: so much of what was given is held back."""
CUT_HZ = 7_400.0
"""The middle of the slope; it is 60 dB down at 8.6 kHz and higher."""
_BETA = 5.7


class Decimator:
    """A linear-phase low-pass filter of which only every so-manieth value is computed."""

    def __init__(self, rate: int) -> None:
        """``rate`` is a whole multiple of 16 kHz."""
        self._step = rate // SAMPLE_RATE
        half = round(HALF_S * rate)
        place = np.arange(-half, half + 1)
        sinc = np.sinc(2 * CUT_HZ / rate * place) * np.kaiser(2 * half + 1, _BETA)
        self._taps = (sinc / sinc.sum()).astype(np.float32)
        self._rest = np.zeros(half, np.float32)

    def resample_chunk(self, sound: NDArray[np.float32], last: bool = False) -> NDArray[np.float32]:
        """What can be told from a block; ``last`` gives what was held back."""
        end = np.zeros(len(self._taps) // 2 if last else 0, np.float32)
        known = np.concatenate([self._rest, sound, end])
        if len(known) < len(self._taps):
            self._rest = known
            return known[:0]
        count = (len(known) - len(self._taps)) // self._step + 1
        given = np.zeros(count, np.float32)
        for phase in range(self._step):
            every = slice(phase, None, self._step)
            given += np.correlate(known[every], self._taps[every], "valid")[:count]
        self._rest = known[count * self._step :]
        return given
