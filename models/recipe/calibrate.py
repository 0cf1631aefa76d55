"""Fit the map from the recogniser's confidences to the share of words that are right.

Reads files of ``decode.py``; a word is right when all its syllables (without tones) are
among those said, after aligning.  Prints the reliability table and, with ``--model``,
writes ``conf/confidence.json`` of that directory.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evaluate import as_syllables, regroup
from rapidfuzz.distance import Levenshtein

from agent_assist.modelling.confidence import FILE, calibration_error, fit, reliability
from agent_assist.modelling.lexicon import Lexicon

Pair = tuple[float, bool]


def judged(line: dict[str, Any], lexicon: Lexicon) -> Iterator[Pair]:
    """(confidence, right) of every word of one recording."""
    heard, owners = [], []
    for number, word in enumerate(line["words"]):
        syllables = as_syllables(word["word"], lexicon)
        heard += syllables
        owners += [number] * len(syllables)
    right = set(range(len(line["words"])))
    for step in Levenshtein.opcodes(regroup(tuple(line["units"])), heard):
        if step.tag != "equal":
            right -= set(owners[step.dest_start : step.dest_end])
    for number, word in enumerate(line["words"]):
        yield float(word["conf"]), number in right


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--model", type=Path, help="directory to write the map into")
    args = parser.parse_args()
    lexicon, groups = Lexicon(), {}
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            key = f"{line['condition']} {line['group']}"
            groups.setdefault(key, []).extend(judged(line, lexicon))
    pairs = [pair for found in groups.values() for pair in found]
    # two folds: the error after the map is measured on words it was not fitted on
    halves = (pairs[::2], pairs[1::2])
    unseen = [(fit(halves[1 - k])(c), r) for k in (0, 1) for c, r in halves[k]]
    whole = fit(pairs)
    for name, table in (("before", reliability(pairs)), ("after", reliability(unseen))):
        print(f"{name}: words, mean confidence, share that is right")
        for row in table:
            print(f"  {row.words:6} {row.confidence:.3f} {row.right:.3f}")
    before, after = calibration_error(pairs), calibration_error(unseen)
    print(f"{len(pairs)} words, expected calibration error {before:.3f} -> {after:.3f}, {whole}")
    for key, found in groups.items():
        mapped = [(whole(c), r) for c, r in found]
        share = sum(r for _, r in found) / max(1, len(found))
        print(
            f"  {key:18} {len(found):5} words, right {share:.3f}, "
            f"error {calibration_error(found):.3f} -> {calibration_error(mapped):.3f}"
        )
    if args.model:
        entries = {"slope": whole.slope, "offset": whole.offset, "words": len(pairs)}
        entries |= {"error_before": round(before, 3), "error_after": round(after, 3)}
        (args.model / FILE).write_text(json.dumps(entries, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
