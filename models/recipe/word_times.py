"""How far word times stand from the true ones, and the two numbers that bring them closest.

Reads files of ``decode.py``: the numbers are fitted on every second sentence, the distances are
those of the others.  Where the voice tells when each of its syllables begins, every word heard
right is compared; elsewhere the first word's start and the last word's end, with the first and last
sound.  The last word of a recording is corrected to end where the voice does, as in a call.  With
``--model`` the numbers go to ``conf/word_times.json`` of that directory.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz.distance import Levenshtein
from syllables import as_syllables, regroup

from agent_assist.core.correction import Correction, Lag, Levels
from agent_assist.core.events import Word
from agent_assist.modelling.lexicon import Lexicon
from agent_assist.modelling.word_lag import FILE

STEP_MS, MOST_MS = 10, 250
NEAR_MS = 120


@dataclass(frozen=True)
class Recording:
    """Words as told, and the true times in milliseconds of some of their edges."""

    name: str
    text: str
    words: tuple[Word, ...]
    starts: dict[int, float]
    ends: dict[int, float]
    length_ms: int
    levels: Levels

    def errors(self, lag: Lag) -> Iterator[tuple[str, float]]:
        """("start" or "end", how late it is told) of each known edge after the correction."""
        told = Correction(lag=lag).applied(self.words, 0, self.length_ms, self.levels)
        yield from (("start", told[k].start_ms - true) for k, true in self.starts.items())
        yield from (("end", told[k].end_ms - true) for k, true in self.ends.items())


def recording(line: dict[str, Any], lexicon: Lexicon) -> Recording:
    """What is known of one recording."""
    heard, first = [], []
    for word in line["words"]:
        first.append(len(heard))
        heard += as_syllables(word["word"], lexicon)
    first.append(len(heard))
    said = regroup(tuple(line["units"]))
    place: dict[int, int] = {}
    for step in Levenshtein.opcodes(said, heard):
        if step.tag == "equal":
            place |= dict(
                zip(range(step.dest_start, step.dest_end), itertools.count(step.src_start))
            )
    edges = [*line["starts"], line["speech"][1]] if len(line["starts"]) == len(said) else []
    starts, ends = {}, {}
    for k in range(len(line["words"])):
        inside = range(first[k], first[k + 1])
        if not inside or any(i not in place for i in inside):
            continue
        begin, end = place[inside[0]], place[inside[-1]] + 1
        if begin == 0:
            starts[k] = line["speech"][0] * 1000
        elif edges:
            starts[k] = edges[begin] * 1000
        if end == len(said):
            ends[k] = line["speech"][1] * 1000
        elif edges:
            ends[k] = edges[end] * 1000
    words = tuple(
        Word(w["word"], round(w["start"] * 1000), round(w["end"] * 1000), w["conf"])
        for w in line["words"]
    )
    name = f"{line['condition']} {line['group']}"
    length_ms = round(line["seconds"] * 1000)
    return Recording(name, line["text"], words, starts, ends, length_ms, Levels(line["levels"]))


def fitted(recordings: Sequence[Recording]) -> Lag:
    """The lag under which the mean distance from the true times is least."""

    def mean(lag: Lag) -> float:
        errors = [abs(late) for found in recordings for _, late in found.errors(lag)]
        return sum(errors) / max(1, len(errors))

    grid = range(0, MOST_MS + 1, STEP_MS)
    lag = Lag()
    for _ in range(3):  # one after the other: the two depend on each other only in short gaps
        lag = min((Lag(ms, lag.end_early_ms) for ms in grid), key=mean)
        lag = min((Lag(lag.start_late_ms, ms) for ms in grid), key=mean)
    return lag


def figures(recordings: Sequence[Recording], lag: Lag) -> dict[str, dict[str, float]]:
    """ "start" and "end" → edges, median lateness, 95th percentile of its size, share near."""
    errors: dict[str, list[float]] = defaultdict(list)
    for found in recordings:
        for edge, late in found.errors(lag):
            errors[edge].append(late)
    return {
        edge: {
            "edges": len(late),
            "median_ms": round(float(np.median(late))),
            "mean_size_ms": round(float(np.mean(np.abs(late)))),
            "p95_ms": round(float(np.percentile(np.abs(late), 95))),
            "near": round(float(np.mean(np.abs(late) <= NEAR_MS)), 3),
        }
        for edge, late in sorted(errors.items(), reverse=True)
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="+")
    parser.add_argument("--groups", nargs="*", help="only these")
    parser.add_argument("--model", type=Path, help="directory to write the numbers into")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    lexicon, recordings = Lexicon(), []
    for path in args.decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if line["words"] and (not args.groups or line["group"] in args.groups):
                recordings.append(recording(line, lexicon))
    half = set(sorted({found.text for found in recordings})[::2])
    lag = fitted([found for found in recordings if found.text in half])
    recordings = [found for found in recordings if found.text not in half]
    result: dict[str, Any] = {
        "lag": {"start_late_ms": lag.start_late_ms, "end_early_ms": lag.end_early_ms}
    }
    for name in ("all", *sorted({found.name for found in recordings})):
        chosen = [found for found in recordings if name in ("all", found.name)]
        result[name] = {"told": figures(chosen, Lag()), "corrected": figures(chosen, lag)}
    print(json.dumps(result, indent=1))
    if args.model:
        entries = {
            **result["lag"],
            "edges": sum(f["edges"] for f in result["all"]["told"].values()),
        }
        (args.model / FILE).write_text(json.dumps(entries, indent=1) + "\n", encoding="ascii")
    if args.out:
        args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
