"""A recording made small enough to travel inside a web page."""

from __future__ import annotations

import base64
import io

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray

PLAYED_RATE = 8000


def to_data_uri(samples: NDArray[np.int16], rate: int) -> str:
    """A ``data:`` address of the sound, μ-law WAV at 8 kHz; samples have shape (n, channels)."""
    played = soxr.resample(samples, rate, PLAYED_RATE)
    buffer = io.BytesIO()
    sf.write(buffer, played, PLAYED_RATE, format="WAV", subtype="ULAW")
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
