"""Compare the times of first and last words with where the sound begins and ends.

Reads files of ``decode.py``; recordings whose first or last syllable was heard wrong are
left out of the respective figure.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from evaluate import as_syllables, regroup

from agent_assist.modelling.lexicon import Lexicon


def figures(name: str, late: list[float]) -> str:
    """Median, and the middle 90 and 95 per cent, in milliseconds."""
    ms = np.array(late) * 1000
    size = np.abs(ms - np.median(ms))
    return (
        f"{name}: {len(ms)} recordings, late by {np.median(ms):.0f} ms (median); "
        f"95 % within {np.percentile(np.abs(ms), 95):.0f} ms, "
        f"without the median within {np.percentile(size, 95):.0f} ms"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--groups", nargs="*", help="only these")
    args = parser.parse_args()
    lexicon, starts, ends = Lexicon(), [], []
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            words, said = line["words"], regroup(tuple(line["units"]))
            if not words or (args.groups and line["group"] not in args.groups):
                continue
            if as_syllables(words[0]["word"], lexicon)[:1] == said[:1]:
                starts.append(words[0]["start"] - line["speech"][0])
            if as_syllables(words[-1]["word"], lexicon)[-1:] == said[-1:]:
                ends.append(words[-1]["end"] - line["speech"][1])
    print(figures("first word's start", starts))
    print(figures("last word's end", ends))


if __name__ == "__main__":
    main()
