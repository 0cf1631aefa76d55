"""Development speech: features under fixed conditions and greedy scores.

Conditions: ``wide`` (16 kHz as recorded) and ``line`` (200-3500 Hz at 8 kHz,
noise at 15 dB, A-law).  Sets: those of the real manifest's dev split, and
optional folders of synthetic voices that training never used.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from audio import RATE, Samples, add_noise, telephone
from features import mfcc, plain
from rapidfuzz.distance import Levenshtein

from agent_assist.modelling.lexicon import UNITS, Lexicon, syllables_to_units

CONDITIONS = ("wide", "line")


@dataclass(frozen=True)
class Item:
    """One development utterance."""

    path: Path
    group: str
    text: str
    units: tuple[str, ...]
    starts: tuple[float, ...] = ()


@dataclass(frozen=True)
class Score:
    """Greedy result of one group: unit error rate and share of sentences found."""

    error: float
    identified: float


def condition(samples: Samples, name: str, seed: int) -> Samples:
    """``samples`` as heard under a condition, with half a second of silence around."""
    padded = np.pad(samples, RATE // 2)
    if name == "wide":
        return padded
    noisy = add_noise(padded, 15.0, 0.0, np.random.default_rng(seed))
    return telephone(noisy, 200.0, 3500.0, "a")


def real_items(folder: Path, split: str = "dev", words: int = 80) -> list[Item]:
    """The dev split; of the single-word set at most ``words`` recordings."""
    lexicon, found, seen = Lexicon(), [], 0
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["transcript"]
            if row["split"] != split or re.search("[A-Za-z0-9]", text):
                continue
            seen += row["set"] == "dspspeech"
            if row["set"] == "dspspeech" and seen > words:
                continue
            units = syllables_to_units(lexicon.syllables(text)[0])
            found.append(Item(folder / row["path"], row["set"], text, units))
    return found


def synthetic_items(folder: Path, count: int) -> list[Item]:
    """The first ``count`` utterances of a synthesised folder."""
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[:count]
    return [
        Item(
            folder / entry["file"],
            folder.name,
            entry["text"],
            tuple(entry["units"].split()),
            tuple(entry.get("starts", ())),
        )
        for entry in map(json.loads, lines)
    ]


def prepare(items: Sequence[Item], out: Path) -> None:
    """Write the features of all items under all conditions."""
    frames, lengths = [], []
    for name in CONDITIONS:
        for number, item in enumerate(items):
            features = mfcc(condition(plain(item.path), name, number))
            frames.append(features.astype(np.float16))
            lengths.append(len(features))
    np.savez(
        out,
        frames=np.concatenate(frames),
        lengths=np.array(lengths),
        units=np.array([" ".join(item.units) for item in items]),
        groups=np.array([item.group for item in items]),
    )


def collapse(path: npt.NDArray[np.int64]) -> tuple[str, ...]:
    """Unit sequence of a frame-wise best path (0 = blank)."""
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    return tuple(UNITS[path[k] - 1] for k in starts if path[k])


def identified(hypothesis: Sequence[str], truth: int, references: Sequence[Sequence[str]]) -> bool:
    """Whether the nearest reference is the true one (or an equal one)."""
    distances = [Levenshtein.normalized_distance(r, hypothesis) for r in references]
    return references[int(np.argmin(distances))] == references[truth]


class Development:
    """Prepared development features, scored with any logits function."""

    def __init__(self, path: Path) -> None:
        data = np.load(path)
        starts = np.concatenate([[0], np.cumsum(data["lengths"])])
        self._frames = [data["frames"][a:b] for a, b in pairwise(starts)]
        self._units = [tuple(u.split()) for u in data["units"]]
        self._groups = [str(g) for g in data["groups"]]

    def _hypotheses(
        self, outputs: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.int64]], number: int
    ) -> Iterator[tuple[str, ...]]:
        count = len(self._units)
        for frames in self._frames[number * count : (number + 1) * count]:
            yield collapse(outputs(frames.astype(np.float32)))

    def scores(
        self, outputs: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.int64]]
    ) -> dict[tuple[str, str], Score]:
        """(condition, group) → score; ``outputs`` maps MFCC to the best unit per step."""
        result = {}
        for number, name in enumerate(CONDITIONS):
            sums: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0, 0])
            for k, hypothesis in enumerate(self._hypotheses(outputs, number)):
                reference, total = self._units[k], sums[self._groups[k]]
                total[0] += Levenshtein.distance(reference, hypothesis)
                total[1] += len(reference)
                total[2] += identified(hypothesis, k, self._units)
                total[3] += 1
            for group, (errors, units, found, n) in sums.items():
                result[name, group] = Score(errors / units, found / n)
        return result


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=60, help="of each synthetic folder")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    items = real_items(args.real)
    for folder in args.synthetic:
        items += synthetic_items(folder, args.count)
    prepare(items, args.out)
    print(f"{len(items)} utterances, conditions {', '.join(CONDITIONS)}")


if __name__ == "__main__":
    main()
