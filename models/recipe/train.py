"""Train the head, then the head with the upper layers, by CTC.

Stage one: ``--frozen 15`` (head only).  Stage two: ``--frozen 5 --init STAGE1``
with a small ``--body-lr``.  A checkpoint is written after every epoch.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from cache import EXTRA
from development import Development
from network import Network
from torch import Tensor, nn

from agent_assist.modelling.lexicon import UNITS

UNIT_IDS = {unit: number for number, unit in enumerate(UNITS, 1)}


@dataclass(frozen=True)
class Example:
    """Cached rows ``first``-``last`` of ``table`` and their target outputs."""

    table: npt.NDArray[np.float16]
    first: int
    last: int
    target: list[int]


def load(cache: Path) -> list[Example]:
    """Examples of one cache, held in memory."""
    table = np.load(cache.with_suffix(".npy"))
    data = np.load(cache.with_suffix(".npz"))
    ends = np.cumsum(data["steps"])
    examples = []
    for last, steps, units in zip(ends, data["steps"], data["units"], strict=True):
        target = [UNIT_IDS[unit] for unit in str(units).split()]
        if target and steps - EXTRA > len(target):
            examples.append(Example(table, int(last - steps), int(last), target))
    return examples


def batches(examples: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Shuffled batches of examples of similar length."""
    order = sorted(examples, key=lambda e: e.last - e.first + rng.random() * 8)
    groups = [order[k : k + size] for k in range(0, len(order), size)]
    rng.shuffle(groups)
    yield from groups


def collate(group: Sequence[Example], rng: random.Random) -> tuple[Tensor, Tensor]:
    """Zero-padded (batch, time, width) with short random gaps, and the numbers of steps."""
    lengths = [e.last - e.first for e in group]
    x = np.zeros((len(group), max(lengths), group[0].table.shape[1]), np.float32)
    for row, example, length in zip(x, group, lengths, strict=True):
        row[:length] = example.table[example.first : example.last]
        for _ in range(2):
            width = rng.randint(0, 3)
            start = rng.randint(0, max(1, length - width))
            row[start : start + width] = 0
    return torch.from_numpy(x), torch.tensor([length - EXTRA for length in lengths])


def ctc(logits: Tensor, steps: Tensor, group: Sequence[Example]) -> Tensor:
    """Mean CTC loss of a batch; ``logits`` (batch, outputs, time)."""
    logs = F.log_softmax(logits.float(), 1).permute(2, 0, 1)
    targets = torch.tensor([unit for e in group for unit in e.target])
    sizes = torch.tensor([len(e.target) for e in group])
    return F.ctc_loss(logs, targets, steps.clamp(max=len(logs)), sizes, zero_infinity=True)


def report(network: Network, development: Development) -> str:
    """One line of greedy development scores: unit error / sentence identified."""
    network.eval()

    def outputs(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
        hidden = network.body.lower(torch.from_numpy(frames)[None])
        best: npt.NDArray[np.int64] = network(hidden)[0].argmax(0).numpy()
        return best

    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        scores = development.scores(outputs)
    network.train()
    parts = [f"{c}/{g} {s.error:.3f} {s.identified:.3f}" for (c, g), s in scores.items()]
    return " | ".join(parts)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, nargs="+", required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--frozen", type=int, default=15, help="highest frozen layer")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--head-lr", type=float, default=2e-3)
    parser.add_argument("--body-lr", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    examples = [example for path in args.cache for example in load(path)]
    network = Network(args.frozen)
    if args.init:
        network.load_state_dict(torch.load(args.init, weights_only=True))
    groups = [{"params": network.trainable_body(), "lr": args.body_lr}]
    groups.append({"params": list(network.head.parameters()), "lr": args.head_lr})
    groups = [group for group in groups if group["params"]]
    optimiser = torch.optim.AdamW(groups, weight_decay=1e-4)
    total = -(-len(examples) // args.batch) * args.epochs
    rates = [group["lr"] for group in groups]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rates, total + 1, pct_start=0.15)
    trainable = [parameter for group in groups for parameter in group["params"]]
    development = Development(args.dev)
    print(f"{len(examples)} examples, {sum(p.numel() for p in trainable)} trainable", flush=True)
    for epoch in range(args.epochs):
        start, losses = time.monotonic(), []
        for group in batches(examples, args.batch, rng):
            x, steps = collate(group, rng)
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(x, 0.1)
            loss = ctc(logits, steps, group)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trainable, 5.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % 100 == 0:
                print(
                    epoch,
                    len(losses),
                    f"{np.mean(losses[-100:]):.4f}",
                    f"{time.monotonic() - start:.0f} s",
                    flush=True,
                )
        torch.save(network.state_dict(), args.out)
        print(f"epoch {epoch}: {np.mean(losses):.4f}, {time.monotonic() - start:.0f} s", flush=True)
        print(report(network, development), flush=True)


if __name__ == "__main__":
    main()
