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
ROW = 16
"""So many values are computed together; what is left of a block waits for the next one."""
_BETA = 5.7
_FLOAT_BYTES = 4


class Decimator:
    """A linear-phase low-pass filter of which only every so-manieth value is computed.

    A row of values is one product with a matrix that holds the filter once for each of them, moved
    on by a step: much less is asked of the interpreter than by a sum for each value.
    """

    def __init__(self, rate: int) -> None:
        """``rate`` is a whole multiple of 16 kHz."""
        self._step = rate // SAMPLE_RATE
        half = round(HALF_S * rate)
        place = np.arange(-half, half + 1)
        sinc = np.sinc(2 * CUT_HZ / rate * place) * np.kaiser(2 * half + 1, _BETA)
        taps = (sinc / sinc.sum()).astype(np.float32)
        self._seen = len(taps) + (ROW - 1) * self._step
        """Samples that a row depends on."""
        self._matrix = np.zeros((self._seen, ROW), np.float32)
        for value in range(ROW):
            self._matrix[value * self._step :, value][: len(taps)] = taps
        self._half = half
        self._rest = np.zeros(half, np.float32)

    def resample_chunk(self, sound: NDArray[np.float32], last: bool = False) -> NDArray[np.float32]:
        """What can be told from a block; ``last`` gives what was held back."""
        known = np.concatenate([self._rest, sound])
        if not last:
            return self._whole_rows(known)
        count = (len(known) - self._half - 1) // self._step + 1
        return self._whole_rows(np.pad(known, (0, self._seen)))[:count]

    def _whole_rows(self, known: NDArray[np.float32]) -> NDArray[np.float32]:
        on = ROW * self._step
        rows = (len(known) - self._seen) // on + 1
        if rows <= 0:
            self._rest = known
            return known[:0]
        strides = (on * _FLOAT_BYTES, _FLOAT_BYTES)
        seen = np.ndarray((rows, self._seen), np.float32, known, 0, strides)
        self._rest = known[rows * on :]
        given: NDArray[np.float32] = np.dot(seen, self._matrix)
        return given.reshape(-1)
