"""Compare language-model scales and blank priors on the development speech.

Prints the figures of `agent-assist evaluate` for every combination, manifest and condition.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from pathlib import Path

import torch
from export import acoustic_model
from network import Network

from agent_assist.apps.engines import load_engine
from agent_assist.apps.evaluation import Trial, evaluate
from agent_assist.modelling.ngram import Mixture
from agent_assist.modelling.package import build_graph
from agent_assist.modelling.sentences import script_sentences, script_texts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--manifests", type=Path, nargs="+", required=True)
    parser.add_argument("--blank", type=float, nargs="+", default=[1.0])
    parser.add_argument("--scale", type=float, nargs="+", default=[0.6])
    parser.add_argument("--bonus", type=float, nargs="+", default=[0.0])
    args = parser.parse_args()
    network = Network(frozen=15)
    network.load_state_dict(torch.load(args.checkpoint, weights_only=True))
    network.eval()
    sentences = script_sentences(script_texts(args.scripts))
    for blank, scale, bonus in itertools.product(args.blank, args.scale, args.bonus):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder)
            (out / "am").mkdir()
            (out / "am" / "final.mdl").write_bytes(acoustic_model(network, blank))
            build_graph(out, sentences, out, mixture=Mixture(scale=scale, bonus=bonus))
            print(f"blank {blank}, scale {scale}, bonus {bonus}", flush=True)
            model = load_engine(out)
            for manifest, noise in itertools.product(args.manifests, (None, "white")):
                trial = Trial(noise, splits=("dev",), by=("set",))
                print(manifest.parent.name, json.dumps(evaluate(manifest, model, trial)["dev"]))


if __name__ == "__main__":
    main()
