"""Compare language-model scales and blank priors on the development speech.

Prints one block of ``evaluate.py`` figures for every combination.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path

import torch
import vosk
from development import real_items, synthetic_items
from evaluate import measure
from export import acoustic_model
from network import Network

from agent_assist.modelling.ngram import Mixture
from agent_assist.modelling.package import build_graph
from agent_assist.modelling.sentences import script_sentences, script_texts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--blank", type=float, nargs="+", default=[1.0])
    parser.add_argument("--scale", type=float, nargs="+", default=[0.6])
    parser.add_argument("--bonus", type=float, nargs="+", default=[0.0])
    args = parser.parse_args()
    vosk.SetLogLevel(-1)
    network = Network(frozen=15)
    network.load_state_dict(torch.load(args.checkpoint, weights_only=True))
    network.eval()
    items = real_items(args.real, words=args.count)
    for folder in args.synthetic:
        items += synthetic_items(folder, args.count)
    sentences = script_sentences(script_texts(args.scripts))
    for blank, scale, bonus in itertools.product(args.blank, args.scale, args.bonus):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            (out / "am").mkdir()
            (out / "am" / "final.mdl").write_bytes(acoustic_model(network, blank))
            build_graph(out, sentences, out, mixture=Mixture(scale=scale, bonus=bonus))
            print(f"blank {blank}, scale {scale}, bonus {bonus}", flush=True)
            measure(vosk.Model(str(out)), items, 0)


if __name__ == "__main__":
    main()
