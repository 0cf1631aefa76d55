"""Read ``am/final.mdl`` of a model made by this recipe back into a checkpoint.

A released model can so be trained on without the files of its first training.  The export folds
the head's batch normalisation into a scale and an offset; the statistics that training needs are
measured again on a cache of training speech, and what the network computes stays the same.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
import torch.nn.functional as F
from donor import Component, read_components
from network import Network
from torch import Tensor, nn
from train import batches, collate, load

MEASURED_BATCHES = 40


def _tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)


def fill_body(network: Network, parts: dict[str, Component]) -> None:
    """Copy the layers of the body; see ``export.add_body`` for their names."""
    body = network.body
    first = parts["layer1.high"]
    body.first_weight.data = _tensor(first["LinearParams"])
    body.first_bias.data = _tensor(first["BiasParams"])
    body.first_scale.data = _tensor(parts["layer1.scale"]["Scales"])
    body.first_shift.data = _tensor(parts["layer1"]["Bias"])
    for number, layer in enumerate(body.layers, 2):
        name = f"layer{number}"
        low, high = parts[f"{name}.low"], parts[f"{name}.high"]
        linear = _tensor(low["LinearParams"])
        # the export writes past and present side by side, the network has them one below the other
        layer.linear.data = torch.cat(linear.chunk(2, 1)) if layer.offset else linear
        layer.weight.data = _tensor(high["LinearParams"])
        layer.bias.data = _tensor(high["BiasParams"])
        layer.scale.data = _tensor(parts[f"{name}.norm.scale"]["Scales"])
        layer.shift.data = _tensor(parts[f"{name}.norm"]["Bias"])


def fill_head(network: Network, parts: dict[str, Component], blank: float) -> None:
    """Copy the head; ``blank`` is what the export took off the blank's output."""
    head = network.head
    for name, conv, norm in (("head1", head.conv1, head.norm1), ("head2", head.conv2, head.norm2)):
        affine = parts[f"{name}.affine"]
        conv.weight.data = torch.stack(_tensor(affine["LinearParams"]).chunk(3, 1), 2)
        conv.bias.data = _tensor(affine["BiasParams"])
        norm.weight.data = _tensor(parts[f"{name}.scale"]["Scales"])
        norm.bias.data = _tensor(parts[name]["Bias"])
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
    output = parts["output.affine"]
    head.out.weight.data = _tensor(output["LinearParams"])[:, :, None]
    head.out.bias.data = _tensor(output["BiasParams"])
    head.out.bias.data[0] += blank


def set_statistics(norm: nn.BatchNorm1d, values: Tensor) -> None:
    """Statistics of ``values`` (n, dim), with weight and bias such that nothing changes."""
    mean, variance = values.mean(0), values.var(0)
    spread = torch.sqrt(variance + norm.eps)
    norm.bias.data += norm.weight.data * mean
    norm.weight.data *= spread
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(variance)


def measure(network: Network, cache: Path) -> None:
    """Statistics of both normalisations on some batches of ``cache``."""
    rng, head = random.Random(0), network.head
    first, second = [], []
    for number, group in enumerate(batches(load(cache), 8, rng)):
        if number == MEASURED_BATCHES:
            break
        x, steps = collate(group, rng)
        y = F.relu(head.conv1(network.body.upper(x).transpose(1, 2)))
        z = F.relu(head.conv2(head.norm1(y)))
        for kept, values in ((first, y), (second, z)):
            kept += [row[:, : int(n)].T for row, n in zip(values, steps, strict=True)]
    set_statistics(head.norm1, torch.cat(first))
    set_statistics(head.norm2, torch.cat(second))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--blank", type=float, default=1.5, help="as given to export.py")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    parts = read_components(args.model / "am" / "final.mdl")
    network = Network(frozen=15).eval()
    fill_body(network, parts)
    fill_head(network, parts, args.blank)
    with torch.inference_mode():
        measure(network, args.cache)
    torch.save(network.state_dict(), args.out)


if __name__ == "__main__":
    main()
