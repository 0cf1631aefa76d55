"""Kaldi's binary file format: primitives to read and to write it.

Kaldi binary streams start with ``\\0B``; tokens are followed by one space;
integers and floats carry a size byte; matrices start with ``FM`` (float32),
``DM`` (float64) or ``CM``/``CM2``/``CM3`` (compressed), vectors with ``FV``/``DV``.
Source: the Kaldi toolkit's io-funcs, kaldi-matrix and compressed-matrix formats.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
BINARY_HEADER = b"\0B"


class KaldiFormatError(ValueError):
    """The bytes are not what the Kaldi format demands at this place."""


def token(text: str) -> bytes:
    """A token such as ``<Nnet3>``."""
    return text.encode() + b" "


def int32(value: int) -> bytes:
    """A sized 32-bit integer."""
    return b"\x04" + struct.pack("<i", value)


def float32(value: float) -> bytes:
    """A sized single-precision number."""
    return b"\x04" + struct.pack("<f", value)


def float64(value: float) -> bytes:
    """A sized double-precision number."""
    return b"\x08" + struct.pack("<d", value)


def int_vector(values: Iterable[int]) -> bytes:
    """A std::vector<int32>."""
    array = np.fromiter(values, "<i4")
    return b"\x04" + struct.pack("<i", len(array)) + array.tobytes()


def vector(values: npt.ArrayLike) -> bytes:
    """A single-precision vector."""
    array = np.ascontiguousarray(values, "<f4").reshape(-1)
    return token("FV") + int32(len(array)) + array.tobytes()


def matrix(values: npt.ArrayLike) -> bytes:
    """A single-precision matrix."""
    array = np.ascontiguousarray(values, "<f4")
    if array.ndim != 2:
        raise KaldiFormatError(f"a matrix has two dimensions, not {array.ndim}")
    rows, columns = array.shape
    return token("FM") + int32(rows) + int32(columns) + array.tobytes()


class Reader:
    """Sequential reader over a binary Kaldi stream held in memory."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def peek(self, count: int = 1) -> bytes:
        """The next ``count`` bytes without consuming them."""
        return self.data[self.position : self.position + count]

    def _take(self, count: int) -> bytes:
        piece = self.peek(count)
        if len(piece) < count:
            raise KaldiFormatError("unexpected end of file")
        self.position += count
        return piece

    def token(self) -> str:
        """Read a token."""
        end = self.data.find(b" ", self.position)
        if end < 0:
            raise KaldiFormatError(f"no token at byte {self.position}")
        text = self.data[self.position : end].decode("latin-1")
        self.position = end + 1
        return text

    def expect(self, text: str) -> None:
        """Read a token that must be ``text``."""
        found = self.token()
        if found != text:
            raise KaldiFormatError(f"expected {text}, found {found!r}")

    def sized(self) -> bytes:
        """The raw bytes of a sized number."""
        return self._take(self._take(1)[0])

    def integer(self) -> int:
        """Read a sized 32-bit integer."""
        raw = self.sized()
        if len(raw) != 4:
            raise KaldiFormatError(f"no 32-bit integer before byte {self.position}")
        return int(struct.unpack("<i", raw)[0])

    def real(self) -> float:
        """Read a sized number of single or double precision."""
        raw = self.sized()
        return float(struct.unpack("<f" if len(raw) == 4 else "<d", raw)[0])

    def boolean(self) -> bool:
        """Read ``T`` or ``F`` (one byte, sometimes followed by a space)."""
        value = self._take(1)
        if self.peek() == b" ":
            self.position += 1
        return value == b"T"

    def int_vector(self) -> npt.NDArray[np.int32]:
        """Read a std::vector<int32>."""
        if self._take(1) != b"\x04":
            raise KaldiFormatError(f"no integer vector before byte {self.position}")
        return self._array("<i4", struct.unpack("<i", self._take(4))[0]).astype(np.int32)

    def _array(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        size = np.dtype(kind).itemsize
        return np.frombuffer(self._take(size * count), kind, count)

    def vector(self) -> Floats:
        """Read a vector of either precision as float32."""
        kinds = {"FV": "<f4", "DV": "<f8"}
        kind = kinds[self.token()]
        return self._array(kind, self.integer()).astype(np.float32)

    def matrix(self) -> Floats:
        """Read a plain or compressed matrix as float32, shape (rows, columns)."""
        name = self.token()
        if name in ("FM", "DM"):
            rows, columns = self.integer(), self.integer()
            flat = self._array("<f4" if name == "FM" else "<f8", rows * columns)
            return flat.astype(np.float32).reshape(rows, columns)
        if name not in ("CM", "CM2", "CM3"):
            raise KaldiFormatError(f"no matrix: {name!r}")
        low, span, rows, columns = struct.unpack("<ffii", self._take(16))
        if name == "CM":
            return self._by_percentiles(low, span, rows, columns)
        kind, steps = ("<u2", 65535.0) if name == "CM2" else ("u1", 255.0)
        codes = np.asarray(self._array(kind, rows * columns), np.float32)
        values = codes.reshape(rows, columns) * (span / steps) + low
        return np.asarray(values, np.float32)

    def _by_percentiles(self, low: float, span: float, rows: int, columns: int) -> Floats:
        """Per-column piecewise-linear codes between four percentiles."""
        heads = self._array("<u2", 4 * columns).astype(np.float32).reshape(columns, 4)
        p0, p25, p75, p100 = np.split(heads * np.float32(span / 65535.0) + np.float32(low), 4, 1)
        code = self._array("u1", rows * columns).astype(np.float32).reshape(columns, rows)
        lower = p0 + (p25 - p0) * code / 64
        middle = p25 + (p75 - p25) * (code - 64) / 128
        upper = p75 + (p100 - p75) * (code - 192) / 63
        chosen = np.where(code <= 64, lower, np.where(code <= 192, middle, upper))
        return np.ascontiguousarray(chosen.T, np.float32)
