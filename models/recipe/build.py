"""Build the bundled model directory from an exported acoustic model.

The graph covers the call scripts of the repository, everyday talk of customers
and agents, numbers, names and general Mandarin.
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from agent_assist.modelling.package import build_graph
from agent_assist.modelling.sentences import script_sentences, script_texts


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scripts", type=Path, required=True, help="folder of script packs")
    parser.add_argument("--model", type=Path, required=True, help="directory with am/final.mdl")
    parser.add_argument("--out", type=Path, help="default: in place")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    sentences = script_sentences(script_texts(args.scripts))
    print(build_graph(args.model, sentences, args.out or args.model))


if __name__ == "__main__":
    main()
