"""Run the frozen lower layers once and keep their output.

Reads a feature file, writes ``OUT.npy``: float16 rows of layer 5's output for
all utterances one after the other (see ``Body.lower`` for the padding), and
``OUT.npz`` with ``steps`` (rows per utterance) and ``units``.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from network import BFLOAT16, HEAD_STEPS, UPPER_STEPS, WIDTH, Body

EXTRA = 2 * (HEAD_STEPS + UPPER_STEPS)


def batches(lengths: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Indices of utterances of similar length."""
    order = np.argsort(lengths, kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("features", type=Path)
    parser.add_argument("out", type=Path, help="without extension")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    data = np.load(args.features)
    frames, lengths = data["frames"], data["lengths"]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    steps = (lengths + 2) // 3 + EXTRA
    rows = np.concatenate([[0], np.cumsum(steps)])
    shape = (int(rows[-1]), WIDTH)
    out = np.lib.format.open_memmap(args.out.with_suffix(".npy"), "w+", np.float16, shape)
    body, begun = Body().eval(), time.monotonic()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16):
        for group in batches(lengths, 32):
            longest = int(lengths[group].max())
            pieces = [frames[starts[i] : starts[i + 1]] for i in group]
            padded = [np.pad(p, ((0, longest - len(p)), (0, 0)), mode="edge") for p in pieces]
            hidden = body.lower(torch.tensor(np.stack(padded)).float()).half().numpy()
            for row, i in zip(hidden, group, strict=True):
                out[rows[i] : rows[i + 1]] = row[: steps[i]]
    out.flush()
    np.savez(args.out.with_suffix(".npz"), steps=steps, units=data["units"])
    print(f"{len(steps)} utterances, {out.nbytes / 1e9:.2f} GB, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
