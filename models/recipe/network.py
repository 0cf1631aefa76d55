"""The acoustic network: the donor's TDNN-F body and a new head for Mandarin.

Time conventions: inputs are 10 ms frames, everything above the fifth layer
runs at 30 ms.  Layers work in «valid» mode: each consumes ``offset`` steps of
context at both ends, and the caller pads with copies of the edge frames.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from donor import Component, batch_norm, donor_path, read_components
from torch import Tensor, nn

from agent_assist.modelling.lexicon import UNITS

OUTPUTS = len(UNITS) + 1  # output 0 is the CTC blank
WIDTH, TOP = 768, 15
BYPASS = 0.66
#: Time offsets of layers 2-15, in frames of the layer's own input rate below
#: layer 5 and in 10 ms frames (one 30 ms step) above it.
OFFSETS = {2: 1, 3: 1, 4: 1, 5: 0} | dict.fromkeys(range(6, TOP + 1), 3)
BODY_CONTEXT = 34  # 10 ms frames needed on each side of an output
HEAD_STEPS = 2  # 30 ms steps of context of the head on each side
UPPER_STEPS = 10  # 30 ms steps of context of layers 6-15 on each side


#: Processors without instructions for it compute with bfloat16 five times slower.
BFLOAT16 = bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def _parameter(values: npt.ArrayLike) -> nn.Parameter:
    return nn.Parameter(torch.tensor(np.ascontiguousarray(values, np.float32)))


class FactoredLayer(nn.Module):
    """One TDNN-F layer with a bypass, batch normalisation held fixed."""

    def __init__(self, number: int, parts: dict[str, Component]) -> None:
        super().__init__()
        linear, affine = parts[f"tdnnf{number}.linear"], parts[f"tdnnf{number}.affine"]
        self.offset = OFFSETS[number]
        expected = ([-self.offset, 0], [0, self.offset]) if self.offset else ([0], [0])
        if (list(linear["TimeOffsets"]), list(affine["TimeOffsets"])) != expected:
            raise ValueError(f"layer {number} has unexpected time offsets")
        weights = linear["LinearParams"]
        self.rank = weights.shape[0]
        stacked = np.concatenate(np.split(weights, 2, 1), 0) if self.offset else weights
        self.linear = _parameter(stacked)  # (2 * rank or rank, WIDTH): past, then present
        self.weight = _parameter(affine["LinearParams"])
        self.bias = _parameter(affine["BiasParams"])
        scale, shift = batch_norm(parts[f"tdnnf{number}.batchnorm"])
        self.scale, self.shift = _parameter(scale), _parameter(shift)

    def forward(self, x: Tensor, dropout: float = 0.0) -> Tensor:
        """(batch, time, WIDTH) to the same, one step shorter at each end if offset."""
        y = F.linear(x, self.linear)
        if self.offset:
            y = y[:, :-1, : self.rank] + y[:, 1:, self.rank :]
            y = torch.cat([y[:, :-1], y[:, 1:]], 2)
            x = x[:, 1:-1]
        y = F.relu(F.linear(y, self.weight, self.bias))
        scale, shift = self.scale.to(y.dtype), self.shift.to(y.dtype)
        if dropout and self.training:  # one mask for all times, as in Kaldi's recipes
            mask = F.dropout(torch.ones(len(y), 1, WIDTH, dtype=y.dtype), dropout)
            scale, shift = scale * mask, shift * mask
        return torch.add(torch.addcmul(shift, y, scale), x.to(y.dtype), alpha=BYPASS)


class Body(nn.Module):
    """The donor's layers; the i-vector input is fixed at zero and folded away."""

    def __init__(self) -> None:
        super().__init__()
        parts = read_components(donor_path())
        lda, first = parts["lda"], parts["tdnn1.affine"]
        weights = first["LinearParams"]
        self.first_weight = _parameter(weights @ lda["LinearParams"][:, :120])
        self.first_bias = _parameter(weights @ lda["BiasParams"] + first["BiasParams"])
        scale, shift = batch_norm(parts["tdnn1.batchnorm"])
        self.first_scale, self.first_shift = _parameter(scale), _parameter(shift)
        self.layers = nn.ModuleList(FactoredLayer(k, parts) for k in range(2, TOP + 1))

    def lower(self, frames: Tensor) -> Tensor:
        """MFCC (batch, T, 40) to layer 5, (batch, ceil(T/3) + 24, WIDTH) at 30 ms.

        Twelve extra steps at each end are the context of the layers above and the head.
        """
        length = frames.shape[1]
        extra = BODY_CONTEXT + 3 * HEAD_STEPS
        steps = (length + 2) // 3
        right = extra + 3 * (steps - 1) - (length - 1)
        head, tail = frames[:, :1].expand(-1, extra, -1), frames[:, -1:].expand(-1, right, -1)
        x = torch.cat([head, frames, tail], 1)
        x = torch.cat([x[:, :-2], x[:, 1:-1], x[:, 2:]], 2)
        x = F.relu(F.linear(x, self.first_weight, self.first_bias))
        x = x * self.first_scale + self.first_shift
        for layer in self.layers[:3]:
            x = layer(x)
        out: Tensor = self.layers[3](x[:, ::3])
        return out

    def upper(self, x: Tensor, first: int = 6, last: int = TOP, dropout: float = 0.0) -> Tensor:
        """Layers ``first``-``last``."""
        for number in range(first, last + 1):
            x = self.layers[number - 2](x, dropout)
        return x


class Head(nn.Module):
    """Two small TDNN layers and the output for the Mandarin units."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv1d(WIDTH, width, 3), nn.BatchNorm1d(width)
        self.conv2, self.norm2 = nn.Conv1d(width, width, 3), nn.BatchNorm1d(width)
        self.out = nn.Conv1d(width, OUTPUTS, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, WIDTH) to logits (batch, OUTPUTS, time - 4)."""
        y = self.norm1(F.relu(self.conv1(x.transpose(1, 2))))
        y = F.dropout(y, 0.1, self.training)
        y = self.norm2(F.relu(self.conv2(y)))
        out: Tensor = self.out(y)
        return out


class Network(nn.Module):
    """Body and head; layers up to ``frozen`` get no gradient."""

    def __init__(self, frozen: int) -> None:
        super().__init__()
        self.body, self.head, self.frozen = Body(), Head(), frozen

    def forward(self, cached: Tensor, dropout: float = 0.0) -> Tensor:
        """Cached output of ``Body.lower`` to logits (batch, OUTPUTS, time)."""
        with torch.no_grad():
            x = self.body.upper(cached, 6, self.frozen)
        x = self.body.upper(x, max(6, self.frozen + 1), TOP, dropout)
        out: Tensor = self.head(x)
        return out

    def trainable_body(self) -> list[nn.Parameter]:
        """Body parameters above ``frozen``; normalisation statistics stay fixed."""
        self.body.requires_grad_(False)
        chosen: list[nn.Parameter] = []
        for number in range(max(6, self.frozen + 1), TOP + 1):
            layer = self.body.layers[number - 2]
            chosen += [layer.linear, layer.weight, layer.bias]
        for parameter in chosen:
            parameter.requires_grad_(True)
        return chosen
