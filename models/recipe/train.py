"""Train the head, then the head with the upper layers, by CTC.

Stage one: ``--frozen 15`` (head only).  Stage two: ``--frozen 5 --init STAGE1``
with a small ``--body-lr``.  Every worker is a process of one thread with a
share of the data; the workers' weights are averaged every ``SYNC`` steps, which
on a busy machine is faster than one process of several threads.  The length is
a number of epochs or of minutes; the learning rate falls to zero over it.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.distributed as dist
import torch.nn.functional as F
from cache import EXTRA
from development import Development
from network import BFLOAT16, Network
from torch import Tensor, multiprocessing, nn

from agent_assist.modelling.lexicon import UNITS

UNIT_IDS = {unit: number for number, unit in enumerate(UNITS, 1)}
SYNC = 20
WARM_UP = 0.08


@dataclass(frozen=True)
class Example:
    """Cached rows ``first``-``last`` of ``table`` and their target outputs."""

    table: npt.NDArray[np.float16]
    first: int
    last: int
    target: list[int]


def load(cache: Path) -> list[Example]:
    """Examples of one cache; the rows stay on disk and are shared by the workers."""
    table = np.load(cache.with_suffix(".npy"), mmap_mode="r")
    data = np.load(cache.with_suffix(".npz"))
    ends = np.cumsum(data["steps"])
    examples = []
    for last, steps, units in zip(ends, data["steps"], data["units"], strict=True):
        target = [UNIT_IDS[unit] for unit in str(units).split()]
        if target and steps - EXTRA > len(target):
            examples.append(Example(table, int(last - steps), int(last), target))
    return examples


def batches(examples: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Shuffled full batches of examples of similar length."""
    order = sorted(examples, key=lambda e: e.last - e.first + rng.random() * 8)
    first = rng.randrange(len(order) % size + 1)
    groups = [order[k : k + size] for k in range(first, len(order) - size + 1, size)]
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

    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        scores = development.scores(outputs)
    network.train()
    parts = [f"{c}/{g} {s.error:.3f} {s.identified:.3f}" for (c, g), s in scores.items()]
    return " | ".join(parts)


class Trainer:
    """One worker: its network, its share of the examples and its optimiser."""

    def __init__(self, args: argparse.Namespace, rank: int) -> None:
        torch.manual_seed(args.seed + rank)
        torch.set_num_threads(1)
        self._args, self._rank = args, rank
        self._rng = random.Random(args.seed + rank)
        examples = [example for path in args.cache for example in load(path)]
        random.Random(args.seed).shuffle(examples)
        share = len(examples) // args.workers
        self._examples = examples[rank * share : (rank + 1) * share]
        self._network = Network(args.frozen)
        if args.init:
            self._network.load_state_dict(torch.load(args.init, weights_only=True))
        groups = [{"params": self._network.trainable_body(), "lr": args.body_lr}]
        groups.append({"params": list(self._network.head.parameters()), "lr": args.head_lr})
        groups = [group for group in groups if group["params"]]
        self._rates = [group["lr"] for group in groups]
        self._trainable = [parameter for group in groups for parameter in group["params"]]
        self._optimiser = torch.optim.AdamW(groups, weight_decay=1e-4)
        self._begun = time.monotonic()

    def run(self) -> None:
        """Train to the end; the first worker prints, measures and writes the checkpoint."""
        per_epoch = len(self._examples) // self._args.batch
        losses: list[float] = []
        epoch = step = 0
        progress = 0.0
        while progress < 1:
            epoch += 1
            for group in batches(self._examples, self._args.batch, self._rng):
                losses.append(self._step(group, progress))
                step += 1
                if step % SYNC == 0:
                    progress = self._average(step / (per_epoch * (self._args.epochs or 1)))
                    if progress >= 1:
                        break
                if step % 100 == 0:
                    self._print(f"step {step}: {np.mean(losses[-100:]):.4f}, {progress:.2f}")
            progress = self._average(step / (per_epoch * (self._args.epochs or 1)))
            if self._rank == 0:
                torch.save(self._network.state_dict(), self._args.out)
            if self._args.epochs and epoch == self._args.epochs:
                break
        self._print(f"{epoch} epochs of {len(self._examples)} examples on each worker")
        if self._rank == 0:
            print(report(self._network, Development(self._args.dev)), flush=True)

    def _step(self, group: list[Example], progress: float) -> float:
        warm, cool = progress / WARM_UP + 0.05, 0.5 + 0.5 * math.cos(math.pi * progress)
        for options, rate in zip(self._optimiser.param_groups, self._rates, strict=True):
            options["lr"] = rate * min(1.0, warm) * cool
        x, steps = collate(group, self._rng)
        with torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
            logits = self._network(x, 0.1)
        loss = ctc(logits, steps, group)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._trainable, 5.0)
        self._optimiser.step()
        return loss.item()

    def _average(self, done: float) -> float:
        """Average the weights of all workers; returns the share of the training done."""
        if self._args.minutes:
            done = (time.monotonic() - self._begun) / 60 / self._args.minutes
        progress = torch.tensor([done])
        statistics = [b for b in self._network.head.buffers() if b.is_floating_point()]
        values = [parameter.data for parameter in self._trainable] + statistics
        if self._args.workers > 1:
            flat = torch.cat([value.flatten() for value in values])
            dist.all_reduce(flat)
            flat /= self._args.workers
            pieces = flat.split([value.numel() for value in values])
            for value, piece in zip(values, pieces, strict=True):
                value.copy_(piece.view_as(value))
            dist.all_reduce(progress, dist.ReduceOp.MAX)
        return float(progress)

    def _print(self, text: str) -> None:
        if self._rank == 0:
            print(f"{text}, {time.monotonic() - self._begun:.0f} s", flush=True)


def work(rank: int, args: argparse.Namespace, meeting: str) -> None:
    """Body of one worker process."""
    if args.workers > 1:
        dist.init_process_group("gloo", f"file://{meeting}", rank=rank, world_size=args.workers)
    Trainer(args, rank).run()
    if args.workers > 1:
        dist.barrier()
        dist.destroy_process_group()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, nargs="+", required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--frozen", type=int, default=15, help="highest frozen layer")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--epochs", type=int)
    length.add_argument("--minutes", type=float)
    parser.add_argument("--head-lr", type=float, default=2e-3)
    parser.add_argument("--body-lr", type=float, default=1e-4)
    parser.add_argument("--batch", type=int, default=16, help="of each worker")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        multiprocessing.spawn(work, (args, meeting), nprocs=args.workers)


if __name__ == "__main__":
    main()
