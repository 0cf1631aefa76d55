"""How often a partial reading takes back what it showed.

Reads files of ``decode.py``.  A character is taken back when the next reading, or at last the final
one, has another in its place or none; also counted when the last character is not shown.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from rapidfuzz.distance import Levenshtein


def taken_back(partials: list[str], final: str) -> int:
    """Characters shown in a reading and not in the next."""
    return sum(
        step.src_end - step.src_start
        for before, reading in pairwise([*partials, final])
        for step in Levenshtein.opcodes(before, reading)
        if step.tag != "equal"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 3)
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            final, partials = "".join(w["word"] for w in line["words"]), line["partials"]
            shorter = [reading[:-1] for reading in partials]
            counts = len(final), taken_back(partials, final), taken_back(shorter, final)
            for name in ("all", f"{line['condition']} {line['group']}"):
                sums[name] = [a + b for a, b in zip(sums[name], counts, strict=True)]
    result = {
        name: {
            "characters": final,
            "taken_back_per_100_said": round(100 * back / max(1, final), 1),
            "without_last_per_100_said": round(100 * shorter / max(1, final), 1),
        }
        for name, (final, back, shorter) in sorted(sums.items())
    }
    print(json.dumps(result, indent=1))
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
