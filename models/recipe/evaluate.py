"""Measure a model directory inside the recogniser itself.

For each condition and set of the development speech: toneless syllable error
of the decoded text, share of sentences whose best match among all references
is the right one, and the real-time factor; besides, load time and memory.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import vosk
from audio import RATE, Samples
from development import CONDITIONS, Item, condition, real_items, synthetic_items
from features import plain
from rapidfuzz.distance import Levenshtein

from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.lexicon import INITIALS, Lexicon, syllables_to_units

BLOCK = 1600  # samples fed at a time, 100 ms
Syllables = tuple[tuple[str, ...], ...]


def as_syllables(text: str, lexicon: Lexicon) -> Syllables:
    """Toneless syllables of a text, each as its units."""
    found: list[tuple[str, ...]] = []
    for word in text.split():
        for reading in lexicon.syllables(word)[:1]:
            found += [syllables_to_units([syllable]) for syllable in reading]
    return tuple(found)


def decode(model: vosk.Model, samples: Samples) -> str:
    """Text of a recording, all utterances joined."""
    recognizer = vosk.KaldiRecognizer(model, RATE)
    recognizer.SetWords(True)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    texts = []
    for start in range(0, len(pcm), 2 * BLOCK):
        if recognizer.AcceptWaveform(pcm[start : start + 2 * BLOCK]):
            texts.append(json.loads(recognizer.Result())["text"])
    texts.append(json.loads(recognizer.FinalResult())["text"])
    return " ".join(text for text in texts if text)


def flatten(syllables: Syllables) -> tuple[str, ...]:
    """All units one after the other."""
    return tuple(unit for syllable in syllables for unit in syllable)


def regroup(units: tuple[str, ...]) -> Syllables:
    """Group units to syllables: an initial belongs to the final after it."""
    groups: list[tuple[str, ...]] = []
    for unit in units:
        if groups and len(groups[-1]) == 1 and groups[-1][0] in INITIALS:
            groups[-1] = (groups[-1][0], unit)
        else:
            groups.append((unit,))
    return tuple(groups)


def measure(model: vosk.Model, items: list[Item], show: int) -> None:
    """Decode every item under every condition and print one line per set."""
    lexicon = Lexicon()
    references = [regroup(item.units) for item in items]
    for name in CONDITIONS:
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 6)
        for number, item in enumerate(items):
            samples = condition(plain(item.path), name, number)
            began = time.process_time()
            text = decode(model, samples)
            seconds = time.process_time() - began
            heard = as_syllables(text, lexicon)
            distances = [Levenshtein.normalized_distance(r, heard) for r in references]
            total = sums[item.group]
            total[0] += Levenshtein.distance(references[number], heard)
            total[1] += len(references[number])
            total[2] += references[int(np.argmin(distances))] == references[number]
            total[3] += 1
            total[4] += seconds
            total[5] += len(samples) / RATE
            if number % max(1, len(items) // max(1, show)) == 0 and show:
                print(f"    {name} {item.text or ' '.join(item.units)} -> {text}")
        for group, (errors, count, found, n, cpu, audio) in sums.items():
            print(
                f"{name:5} {group:12} {int(n):4} sentences: syllable error {errors / count:.3f}, "
                f"identified {found / n:.3f}, real-time factor {cpu / audio:.4f}",
                flush=True,
            )


@contextlib.contextmanager
def captured_stderr() -> Iterator[Path]:
    """Redirect the process's standard error (also the library's) to a file."""
    with tempfile.NamedTemporaryFile("w", suffix=".log", delete=False) as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield Path(file.name)
        finally:
            os.dup2(saved, 2)
            os.close(saved)


def resident_megabytes() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--show", type=int, default=0, help="examples to print per condition")
    args = parser.parse_args()
    items = real_items(args.real) if args.real else []
    for folder in args.synthetic:
        items += synthetic_items(folder, args.count)
    with captured_stderr() as log:
        before, began = resident_megabytes(), time.monotonic()
        model = vosk.Model(str(args.model))
        seconds, memory = time.monotonic() - began, resident_megabytes() - before
        measure(model, items, args.show)
    warnings = [line for line in log.read_text().splitlines() if line.startswith(("WARN", "ERR"))]
    size = sum(f.stat().st_size for f in args.model.rglob("*") if f.is_file())
    print(f"digest {model_digest(args.model)}, {size / 1e6:.1f} MB, loads in {seconds:.2f} s, ")
    print(f"{memory:.0f} MB resident after loading, {len(warnings)} warnings")
    for line in warnings[:3]:
        print(line)


if __name__ == "__main__":
    main()
