"""Average the weights of checkpoints: what was learnt last, without losing what was known before.

A network trained on and the one it came from often do better halfway than either does alone
(Wortsman et al., 2022, "Robust fine-tuning of zero-shot models").
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    states = [torch.load(path, weights_only=True) for path in args.checkpoints]
    averaged = {
        name: sum(state[name] for state in states) / len(states)
        if value.is_floating_point()
        else value
        for name, value in states[-1].items()
    }
    torch.save(averaged, args.out)


if __name__ == "__main__":
    main()
