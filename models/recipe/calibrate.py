"""Fit the map from the recogniser's confidences to the share of words that are right.

Reads files of ``decode.py``; a word is right when all its syllables (without tones) are
among those said, after aligning.  Prints the reliability tables of words and of the wordings found
in them; with ``--model`` writes ``conf/confidence.json`` of that directory.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein
from syllables import as_syllables, regroup

from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.matching import Matcher
from agent_assist.core.pipeline import Phrases
from agent_assist.core.text import spoken
from agent_assist.modelling.confidence import (
    FILE,
    IDENTITY,
    Calibration,
    calibration_error,
    fit,
    reliability,
)
from agent_assist.modelling.lexicon import Lexicon

Pair = tuple[float, float]
"""A confidence and the share that was right: 0 or 1 of a word, between them of a wording."""
FOLDS = 2


class Judged:
    """One recording: each heard word with its confidence and whether it is right."""

    def __init__(self, line: dict[str, Any], lexicon: Lexicon) -> None:
        self.group = f"{line['condition']} {line['group']}"
        self.words = [(str(w["word"]), float(w["conf"])) for w in line["words"]]
        heard, owners = [], []
        for number, (text, _) in enumerate(self.words):
            syllables = as_syllables(text, lexicon)
            heard += syllables
            owners += [number] * len(syllables)
        wrong = set()
        for step in Levenshtein.opcodes(regroup(tuple(line["units"])), heard):
            if step.tag != "equal":
                wrong |= set(owners[step.dest_start : step.dest_end])
        self.right = [number not in wrong for number in range(len(self.words))]

    def pairs(self, mapped: Callable[[float], float]) -> Iterator[Pair]:
        """Of every word."""
        for (_, confidence), right in zip(self.words, self.right, strict=True):
            yield mapped(confidence), float(right)

    def phrases(self, matcher: Matcher, mapped: Callable[[float], float]) -> Iterator[Pair]:
        """Of every wording found in what was heard: mean over its characters, as verdicts."""
        heard = spoken("".join(text for text, _ in self.words))
        of_char = [k for k, (text, _) in enumerate(self.words) for _ in text]
        for match in matcher.find(heard):
            words = [of_char[heard.origin[i]] for i in range(match.start, match.end)]
            yield (
                math.fsum(mapped(self.words[k][1]) for k in words) / len(words),
                sum(self.right[k] for k in words) / len(words),
            )


def cross_fitted(recordings: Sequence[Judged]) -> list[tuple[Judged, Calibration]]:
    """Each recording with a map fitted on others, so that what is measured was not seen."""
    found = []
    for fold in range(FOLDS):
        others = [r for k, r in enumerate(recordings) if k % FOLDS != fold]
        fitted = fit([(c, right > 0) for r in others for c, right in r.pairs(IDENTITY)])
        found += [(r, fitted) for k, r in enumerate(recordings) if k % FOLDS == fold]
    return found


def summary(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Count, expected calibration error, and the reliability table."""
    return {
        "count": len(pairs),
        "right": round(sum(right for _, right in pairs) / max(1, len(pairs)), 3),
        "error": round(calibration_error(pairs), 3),
        "table": [
            {name: round(value, 3) for name, value in asdict(row).items()}
            for row in reliability(pairs)
        ],
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--scripts", type=Path, required=True, help="folder of a script pack")
    parser.add_argument("--model", type=Path, help="directory to write the map into")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    lexicon = Lexicon()
    recordings = [
        Judged(json.loads(text), lexicon)
        for path in args.decoded
        for text in path.read_text(encoding="utf-8").splitlines()
    ]
    matcher = Phrases.from_script(compile_pack(read_pack(args.scripts))).matcher
    unseen = cross_fitted(recordings)
    result = {
        "words_before": summary([p for r in recordings for p in r.pairs(IDENTITY)]),
        "words": summary([p for r, fitted in unseen for p in r.pairs(fitted)]),
        "phrases_before": summary([p for r in recordings for p in r.phrases(matcher, IDENTITY)]),
        "phrases": summary([p for r, fitted in unseen for p in r.phrases(matcher, fitted)]),
        "groups": {
            name: summary([p for r, fitted in unseen if r.group == name for p in r.pairs(fitted)])
            for name in sorted({r.group for r in recordings})
        },
    }
    print(json.dumps(result, indent=1))
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")
    if args.model:
        whole = fit([(c, right > 0) for r in recordings for c, right in r.pairs(IDENTITY)])
        entries = {"slope": whole.slope, "offset": whole.offset}
        entries |= {"words": result["words"]["count"]}
        entries |= {"error_before": result["words_before"]["error"]}
        entries |= {"error_after": result["words"]["error"]}
        (args.model / FILE).write_text(json.dumps(entries, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
