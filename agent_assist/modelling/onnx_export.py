"""The acoustic model as ONNX, for engines that take filter-bank features of their own.

The nnet3 network is translated component by component. In front of it stands a conversion of the
engine's 80 log filter-bank energies to the 40 cepstra the network was trained on: both banks cover
the same band, so each wide filter is a sum of narrow ones.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from agent_assist.modelling.kaldi_format import Reader
from agent_assist.modelling.lexicon import UNITS

Floats = npt.NDArray[np.float32]

BANDS, CEPSTRA = 80, 40
LOW_HZ, HIGH_HZ, FFT, RATE = 20.0, 7600.0, 512, 16_000
LIFTER = 22.0
FLOOR = float(np.finfo(np.float32).eps)
CONTEXT = 42
"""Frames repeated at each end, no fewer than the network looks aside, a multiple of the step."""
STEP = 3
METADATA = {
    "model_type": "zipformer2_ctc",
    "subsampling_factor": str(STEP),
    "sample_scale": "32768",
}
"""Marks it as a model that takes features and lengths and gives CTC log probabilities.

The samples must come as 16-bit numbers, as in training: the engine's floor under the energies
would otherwise lie above the sound of a quiet line.
"""

_NODE = re.compile(r"component-node name=(\S+) component=(\S+) input=(.+)")
_OFFSET = re.compile(r"Offset\(([\w.\-]+), (-?\d+)\)")
_TERM = re.compile(r"Scale\(([\d.]+), ([\w.\-]+)\)|([\w.\-]+)")


def mel_bank(count: int) -> npt.NDArray[np.float64]:
    """Kaldi's triangular filters over the bins of the power spectrum, shape (count, FFT / 2)."""

    def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return 1127.0 * np.log1p(np.asarray(hertz, np.float64) / 700.0)

    low, high = float(mel(LOW_HZ)), float(mel(HIGH_HZ))
    edges = low + (high - low) / (count + 1) * np.arange(count + 2)
    bins = mel(np.arange(FFT // 2) * RATE / FFT)
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling))


def widening() -> Floats:
    """Weights that make the wide filters of narrow ones, shape (BANDS, CEPSTRA); none negative."""
    narrow, wide = mel_bank(BANDS), mel_bank(CEPSTRA)
    weights = np.maximum(np.linalg.lstsq(narrow.T, wide.T, rcond=None)[0], 0.0)
    top, cross = narrow @ wide.T, narrow @ narrow.T
    for _ in range(500):  # multiplicative updates keep every weight at or above zero
        weights *= top / np.maximum(cross @ weights, 1e-12)
    return np.asarray(weights, np.float32)


def cosines() -> Floats:
    """Liftered cosine transform from log energies to cepstra, shape (CEPSTRA, CEPSTRA)."""
    k, n = np.arange(CEPSTRA)[:, None], np.arange(CEPSTRA)[None]
    matrix = np.sqrt(2.0 / CEPSTRA) * np.cos(np.pi / CEPSTRA * (n + 0.5) * k)
    matrix[0] = math.sqrt(1.0 / CEPSTRA)
    lifter = 1.0 + 0.5 * LIFTER * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
    return np.asarray((matrix * lifter[:, None]).T, np.float32)


class Graph:
    """Collects ONNX nodes; every method returns the name of what it computes."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: npt.ArrayLike, kind: npt.DTypeLike = np.float32) -> str:
        name = f"c{len(self.constants)}"
        array = np.ascontiguousarray(np.asarray(value, kind))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *inputs: str, name: str = "", **settings: Any) -> str:
        made = name or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [made], **settings))
        return made

    def slice(self, source: str, start: int, end: int, step: int = 1) -> str:
        """Along time, the second axis."""
        bounds = [self.constant([value], np.int64) for value in (start, end, 1, step)]
        return self.add("Slice", source, *bounds)

    def pad(self, source: str, before: int, after: int) -> str:
        """Repeat the first and last frame."""
        return self.add(
            "Pad", source, self.constant([0, before, 0, 0, after, 0], np.int64), mode="edge"
        )


class Translation:
    """The network's nodes by name; above the last fine-grained node only every third frame."""

    def __init__(self, graph: Graph, model: bytes, features: str) -> None:
        self._graph = graph
        self._parts = read_components(model)
        start, end = model.index(b"<Nnet3>"), model.index(b"<NumComponents>")
        rows = [_NODE.match(line) for line in model[start:end].decode("latin-1").splitlines()]
        self._rows = [row.groups() for row in rows if row]
        fine = [
            i
            for i, (_, _, source) in enumerate(self._rows)
            if any(int(offset) % STEP for _, offset in _OFFSET.findall(source))
        ]
        self._cut = max(fine, default=-1)
        self._made = {"input": (features, 1)}
        self._thinned: dict[str, str] = {}

    def run(self) -> str:
        """Translate everything; returns the output, still with the repeated frames."""
        result = ""
        for i, (name, part, source) in enumerate(self._rows):
            rate = STEP if i > self._cut else 1
            result = self._component(part, self._descriptor(source, rate))
            self._made[name] = (result, rate)
        return result

    def _at(self, name: str, rate: int) -> str:
        made, own = self._made[name]
        if own == rate:
            return made
        if name not in self._thinned:
            self._thinned[name] = self._graph.slice(made, 0, 1 << 40, STEP)
        return self._thinned[name]

    def _descriptor(self, text: str, rate: int) -> str:
        if text.startswith("Append("):
            pieces = re.findall(r"Offset\([^)]*\)|[\w.\-]+", text.removeprefix("Append(")[:-1])
            return self._graph.add(
                "Concat", *(self._shifted(piece, rate) for piece in pieces), axis=2
            )
        if text.startswith("Sum("):
            terms = [self._scaled(m, rate) for m in _TERM.findall(text.removeprefix("Sum(")[:-1])]
            return self._graph.add("Add", *terms)
        return self._shifted(text, rate)

    def _shifted(self, text: str, rate: int) -> str:
        match = _OFFSET.fullmatch(text)
        if not match:
            return self._at(text, rate)
        source, by = self._at(match[1], rate), int(match[2]) // rate
        if by > 0:
            return self._graph.pad(self._graph.slice(source, by, 1 << 40), 0, by)
        return self._graph.pad(self._graph.slice(source, 0, by), -by, 0)

    def _scaled(self, term: tuple[str, str, str], rate: int) -> str:
        factor, scaled, plain = term
        if plain:
            return self._at(plain, rate)
        return self._graph.add("Mul", self._at(scaled, rate), self._graph.constant(float(factor)))

    def _component(self, name: str, source: str) -> str:
        kind, values = self._parts[name]
        graph = self._graph
        if kind == "FixedAffineComponent":
            product = graph.add("MatMul", source, graph.constant(values[0].T))
            return graph.add("Add", product, graph.constant(values[1]))
        if kind == "FixedScaleComponent":
            return graph.add("Mul", source, graph.constant(values[0]))
        if kind == "FixedBiasComponent":
            return graph.add("Add", source, graph.constant(values[0]))
        if kind == "RectifiedLinearComponent":
            return graph.add("Relu", source)
        return graph.add("LogSoftmax", source, axis=2) if "LogSoftmax" in kind else source


def read_components(model: bytes) -> dict[str, tuple[str, list[Floats]]]:
    """Kind and numbers of every component of a binary final.mdl that this product wrote."""
    reader = Reader(model, model.index(b"<NumComponents>"))
    reader.expect("<NumComponents>")
    vector: Callable[[], Floats] = reader.vector
    fields: Mapping[str, list[tuple[str, Callable[[], object]]]] = {
        "FixedAffineComponent": [("<LinearParams>", reader.matrix), ("<BiasParams>", vector)],
        "FixedScaleComponent": [("<Scales>", vector)],
        "FixedBiasComponent": [("<Bias>", vector)],
        "NoOpComponent": [("<Dim>", reader.integer), ("<BackpropScale>", reader.real)],
    }
    nonlinear: list[tuple[str, Callable[[], object]]] = [
        ("<Dim>", reader.integer),
        ("<ValueAvg>", vector),
        ("<DerivAvg>", vector),
        ("<Count>", reader.real),
    ]
    found: dict[str, tuple[str, list[Floats]]] = {}
    for _ in range(reader.integer()):
        reader.expect("<ComponentName>")
        name, kind = reader.token(), reader.token().strip("<>")
        values = []
        for title, read in fields.get(kind, nonlinear):
            reader.expect(title)
            values.append(read())
        reader.expect(f"</{kind}>")
        found[name] = (kind, [np.asarray(v, np.float32) for v in values])
    return found


def onnx_model(model: bytes) -> onnx.ModelProto:
    """Features (1, frames, 80) and their count to log probabilities of blank and units."""
    graph = Graph()
    wide = graph.add("MatMul", graph.add("Exp", "x"), graph.constant(widening()))
    logs = graph.add("Log", graph.add("Max", wide, graph.constant(FLOOR)))
    cepstra = graph.add("MatMul", logs, graph.constant(cosines()))
    output = Translation(graph, model, graph.pad(cepstra, CONTEXT, CONTEXT)).run()
    graph.add("Identity", graph.slice(output, CONTEXT // STEP, -CONTEXT // STEP), name="log_probs")
    raised = graph.add("Add", "x_lens", graph.constant(STEP - 1, np.int64))
    graph.add("Div", raised, graph.constant(STEP, np.int64), name="log_probs_len")
    made = helper.make_graph(
        graph.nodes,
        "agent-assist",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", "T", BANDS]),
            helper.make_tensor_value_info("x_lens", TensorProto.INT64, ["N"]),
        ],
        [
            helper.make_tensor_value_info(
                "log_probs", TensorProto.FLOAT, ["N", "T1", len(UNITS) + 1]
            ),
            helper.make_tensor_value_info("log_probs_len", TensorProto.INT64, ["N"]),
        ],
        graph.constants,
    )
    opset = helper.make_opsetid("", 17)
    proto = helper.make_model(made, opset_imports=[opset], ir_version=8)
    helper.set_model_props(proto, METADATA)
    return proto


def tokens_text() -> str:
    """Contents of tokens.txt."""
    return "".join(f"{unit} {k}\n" for k, unit in enumerate(("<blk>", *UNITS)))


def write_network(model_dir: Path, out: Path) -> None:
    """Write ``model.onnx`` and ``tokens.txt``."""
    proto = onnx_model((model_dir / "am/final.mdl").read_bytes())
    (out / "model.onnx").write_bytes(proto.SerializeToString())
    (out / "tokens.txt").write_text(tokens_text(), encoding="ascii")
