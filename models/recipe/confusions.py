"""Count how said syllables are heard, for `agent_assist/core/confusions.txt`.

Every manifest is heard by a network that was trained without its speakers, wide and through a
telephone line.  Several runs are added up with ``--onto``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from agent_assist.apps.engines import load_engine
from agent_assist.apps.evaluation import Trial, heard_of, read_manifest
from agent_assist.core.likeness import aligned, count, counts_in
from agent_assist.core.text import said_in_full, spoken


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("manifests", type=Path, nargs="+")
    parser.add_argument("--onto", type=Path, help="add to these counts")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    engine = load_engine(args.model)
    counts = Counter(counts_in(args.onto) if args.onto else {})
    for manifest in args.manifests:
        for trial in (Trial(), Trial(noise="white")):
            for sample, heard in heard_of(read_manifest(manifest), engine, trial):
                said = said_in_full(spoken(sample.transcript))
                counts.update(count(aligned(said, said_in_full(spoken(heard)))))
    rows = (f"{said}\t{heard}\t{number}\n" for (said, heard), number in sorted(counts.items()))
    args.out.write_text("".join(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
