"""What the files of a sherpa-onnx model say of themselves, read before the engine sees them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_MAGIC = 2125659606
_METADATA = 14
_STATE_BYTES = {"const": 20, "vector": 12}
_ARC_BYTES = 16
_COUNTS = "<iiQqqq"
"""Version, flags, properties, start state, states, arcs."""


def is_whole_graph(path: Path) -> bool:
    """Whether an OpenFst file has the length that its header states."""
    content = path.read_bytes()
    try:
        (magic,) = struct.unpack_from("<i", content)
        kind, at = _string(content, 4)
        _, at = _string(content, at)
        _, _, _, _, states, arcs = struct.unpack_from(_COUNTS, content, at)
    except struct.error:
        return False
    return (
        magic == _MAGIC
        and kind in _STATE_BYTES
        and states > 0
        and len(content)
        >= at + struct.calcsize(_COUNTS) + states * _STATE_BYTES[kind] + arcs * _ARC_BYTES
    )


def _string(content: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<i", content, at)
    return content[at + 4 : at + 4 + length].decode("latin-1"), at + 4 + length


def read_metadata(network: Path) -> dict[str, str]:
    """What an ONNX file says of itself: field 14 of the outermost message, keys and values."""
    found: dict[str, str] = {}
    content = network.read_bytes()
    for number, value in _fields(content):
        if number == 14:
            pair = {n: bytes(v).decode("utf-8", "replace") for n, v in _fields(value)}
            found[pair.get(1, "")] = pair.get(2, "")
    return found


def _fields(message: bytes | memoryview) -> Iterator[tuple[int, memoryview]]:
    """Length-delimited fields of a protocol buffer; ends at what it cannot read."""
    view, at = memoryview(message), 0
    while at < len(view):
        key, at = _varint(view, at)
        kind = key & 7
        if kind == 2:
            length, at = _varint(view, at)
            yield key >> 3, view[at : at + length]
            at += length
        elif kind == 0:
            _, at = _varint(view, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            return


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(view):
        byte = view[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
    return value, at
