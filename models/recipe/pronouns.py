"""Count how spoken 您 and 你 are written in synthetic speech.

Reads files of ``decode.py``; prints for each pronoun said how often it was written as which,
with at least the confidence a single word needs (``sure``) or less.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein
from syllables import as_syllables, regroup

from agent_assist.core.compliance.listening import SURE_WORD
from agent_assist.modelling.lexicon import Lexicon

PRONOUNS = {("n", "in"): "您", ("n", "i"): "你"}


def count(line: dict[str, Any], lexicon: Lexicon, found: Counter[tuple[str, str, str]]) -> None:
    """Add the pronouns of one recording."""
    heard, confidences = [], []
    for word in line["words"]:
        syllables = as_syllables(word["word"], lexicon)
        heard += syllables
        confidences += [word["conf"]] * len(syllables)
    said = regroup(tuple(line["units"]))
    for step in Levenshtein.opcodes(said, heard):
        spans = range(step.src_start, step.src_end), range(step.dest_start, step.dest_end)
        for i, j in zip(*spans, strict=False):
            if said[i] in PRONOUNS:
                sure = "sure" if confidences[j] >= SURE_WORD else "unsure"
                found[PRONOUNS[said[i]], PRONOUNS.get(heard[j], "other"), sure] += 1


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--groups", nargs="*", help="only these")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    lexicon, found = Lexicon(), Counter[tuple[str, str, str]]()
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if not args.groups or line["group"] in args.groups:
                count(line, lexicon, found)
    result = {f"{said} {heard} {sure}": number for (said, heard, sure), number in found.items()}
    print(json.dumps(dict(sorted(result.items())), ensure_ascii=False, indent=1))
    if args.out:
        args.out.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
