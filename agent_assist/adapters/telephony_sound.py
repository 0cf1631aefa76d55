"""How telephone systems write sound: linear and G.711 bytes to samples, channels apart."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Encoding = Literal["pcm16", "pcmu", "pcma"]
"""16-bit linear, little endian; G.711 μ-law; G.711 A-law."""
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)
WIDTH: dict[Encoding, int] = {"pcm16": 2, "pcmu": 1, "pcma": 1}
"""Bytes of one sample."""

Sound = NDArray[np.int16]
"""Samples of shape (channels, n)."""


def _mu_law() -> NDArray[np.int16]:
    """ITU-T G.711, table 2: sign, exponent and mantissa, all bits inverted."""
    code = ~np.arange(256, dtype=np.uint8)
    size = (((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code & 0x70) >> 4)
    return np.where(code & 0x80, 0x84 - size, size - 0x84).astype(np.int16)


def _a_law() -> NDArray[np.int16]:
    """ITU-T G.711, table 1: even bits inverted."""
    code = np.arange(256, dtype=np.uint8) ^ 0x55
    exponent = ((code & 0x70) >> 4).astype(np.int32)
    size = ((code & 0x0F).astype(np.int32) << 4) + 8
    size = np.where(exponent > 0, (size + 0x100) << np.maximum(exponent - 1, 0), size)
    return np.where(code & 0x80, size, -size).astype(np.int16)


_TABLES = {"pcmu": _mu_law(), "pcma": _a_law()}


def decode(payload: bytes, encoding: Encoding, channels: int = 1) -> Sound:
    """Samples of interleaved sound; raises ValueError when it does not end with a whole sample."""
    step = WIDTH[encoding] * channels
    if len(payload) % step:
        raise ValueError(f"{len(payload)} bytes are no whole number of samples of {step} bytes")
    if encoding == "pcm16":
        flat = np.frombuffer(payload, "<i2").astype(np.int16)
    else:
        flat = _TABLES[encoding][np.frombuffer(payload, np.uint8)]
    return flat.reshape(-1, channels).T
