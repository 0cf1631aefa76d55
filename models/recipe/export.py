"""Write a trained network as ``am/final.mdl`` of a vosk model directory.

The layers become fixed nnet3 components: affine, rectified linear, scale,
offset and sums.  ``--blank`` is subtracted from the blank's output, a prior
that keeps the blank from swallowing weak units.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from network import BYPASS, OUTPUTS, WIDTH, Body, FactoredLayer, Head, Network
from torch import Tensor

from agent_assist.modelling.kaldi_format import (
    BINARY_HEADER,
    float32,
    float64,
    int32,
    matrix,
    token,
    vector,
)
from agent_assist.modelling.transitions import transition_model

CONTEXT = 40  # 10 ms frames on each side: body 34, head 6
FEATURES = 40


def array(values: Tensor) -> npt.NDArray[np.float32]:
    """A tensor as a float32 array."""
    return np.asarray(values.detach().float().numpy(), np.float32)


class Nnet3:
    """Collects nnet3 component nodes; every method returns the node's name."""

    def __init__(self) -> None:
        self._config = [f"input-node name=input dim={FEATURES}"]
        self._components: list[bytes] = []

    def _add(self, name: str, source: str, kind: str, body: bytes) -> str:
        self._config.append(f"component-node name={name} component={name} input={source}")
        head = token("<ComponentName>") + token(name) + token(f"<{kind}>")
        self._components.append(head + body + token(f"</{kind}>"))
        return name

    def affine(self, name: str, source: str, weight: npt.ArrayLike, bias: npt.ArrayLike) -> str:
        """weight (out, in) and bias (out,)."""
        body = token("<LinearParams>") + matrix(weight) + token("<BiasParams>") + vector(bias)
        return self._add(name, source, "FixedAffineComponent", body)

    def _elementwise(self, name: str, source: str, kind: str, dim: int) -> str:
        empty = token("<ValueAvg>") + vector([]) + token("<DerivAvg>") + vector([])
        body = token("<Dim>") + int32(dim) + empty + token("<Count>") + float64(0)
        return self._add(name, source, kind, body)

    def relu(self, name: str, source: str, dim: int) -> str:
        """max(0, x)."""
        return self._elementwise(name, source, "RectifiedLinearComponent", dim)

    def log_softmax(self, name: str, source: str, dim: int) -> str:
        """Logarithms of the softmax."""
        return self._elementwise(name, source, "LogSoftmaxComponent", dim)

    def scale_offset(self, name: str, source: str, scale: Tensor, offset: Tensor) -> str:
        """x * scale + offset, per dimension."""
        body = token("<Scales>") + vector(array(scale))
        scaled = self._add(f"{name}.scale", source, "FixedScaleComponent", body)
        return self._add(
            name, scaled, "FixedBiasComponent", token("<Bias>") + vector(array(offset))
        )

    def sum(self, name: str, source: str, dim: int) -> str:
        """A node for a sum descriptor."""
        body = token("<Dim>") + int32(dim) + token("<BackpropScale>") + float32(1.0)
        return self._add(name, source, "NoOpComponent", body)

    def finish(self, output: str) -> bytes:
        """The binary network with contexts and empty priors."""
        output_node = f"output-node name=output input={output} objective=linear"
        config = "\n".join([*self._config, output_node]) + "\n\n"
        parts = [token("<Nnet3>"), b"\n", config.encode(), token("<NumComponents>")]
        parts += [int32(len(self._components)), *self._components, token("</Nnet3>")]
        parts += [token("<LeftContext>"), int32(CONTEXT), token("<RightContext>"), int32(CONTEXT)]
        parts += [token("<Priors>"), vector([])]
        return b"".join(parts)


def add_layer(net: Nnet3, number: int, layer: FactoredLayer, source: str) -> str:
    """One factored layer with its bypass."""
    name, offset, linear = f"layer{number}", layer.offset, array(layer.linear)
    zeros = np.zeros(layer.rank)
    if offset:
        past_present = np.concatenate([linear[: layer.rank], linear[layer.rank :]], 1)
        inputs = f"Append(Offset({source}, -{offset}), {source})"
        low = net.affine(f"{name}.low", inputs, past_present, zeros)
        low = f"Append({low}, Offset({low}, {offset}))"
    else:
        low = net.affine(f"{name}.low", source, linear, zeros)
    high = net.affine(f"{name}.high", low, array(layer.weight), array(layer.bias))
    high = net.relu(f"{name}.relu", high, WIDTH)
    high = net.scale_offset(f"{name}.norm", high, layer.scale, layer.shift)
    return net.sum(name, f"Sum(Scale({BYPASS}, {source}), {high})", WIDTH)


def add_body(net: Nnet3, body: Body) -> str:
    """All layers of the body."""
    inputs = "Append(Offset(input, -1), input, Offset(input, 1))"
    node = net.affine("layer1.high", inputs, array(body.first_weight), array(body.first_bias))
    node = net.relu("layer1.relu", node, WIDTH)
    node = net.scale_offset("layer1", node, body.first_scale, body.first_shift)
    for number, layer in enumerate(body.layers, 2):
        node = add_layer(net, number, layer, node)
    return node


def add_head(net: Nnet3, head: Head, source: str, blank: float) -> str:
    """The head up to log probabilities."""
    node = source
    for name, conv, norm in (("head1", head.conv1, head.norm1), ("head2", head.conv2, head.norm2)):
        weight = np.concatenate(list(np.moveaxis(array(conv.weight), 2, 0)), 1)
        inputs = f"Append(Offset({node}, -3), {node}, Offset({node}, 3))"
        node = net.affine(f"{name}.affine", inputs, weight, array(conv.bias))
        node = net.relu(f"{name}.relu", node, len(weight))
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        node = net.scale_offset(name, node, scale, norm.bias - norm.running_mean * scale)
    bias = array(head.out.bias).copy()
    bias[0] -= blank
    node = net.affine("output.affine", node, array(head.out.weight)[:, :, 0], bias)
    return net.log_softmax("output.log-softmax", node, OUTPUTS)


def acoustic_model(network: Network, blank: float) -> bytes:
    """Contents of final.mdl."""
    net = Nnet3()
    output = add_head(net, network.head, add_body(net, network.body), blank)
    return BINARY_HEADER + transition_model() + net.finish(output)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("model", type=Path, help="model directory to write am/final.mdl into")
    parser.add_argument("--blank", type=float, default=1.0)
    args = parser.parse_args()
    network = Network(frozen=15)
    network.load_state_dict(torch.load(args.checkpoint, weights_only=True))
    target = args.model / "am" / "final.mdl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(acoustic_model(network.eval(), args.blank))
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
