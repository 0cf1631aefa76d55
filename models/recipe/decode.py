"""Decode speech with a model directory and keep every word.

Writes one JSON object a line: ``group``, ``condition``, ``text`` and ``units`` (what was
said), ``speech`` (first and last second with sound, by energy), ``seconds`` and ``words``
(``word``, ``start``, ``end``, ``conf`` as the recogniser gives them).  ``calibrate.py``,
``ordinary_talk.py`` and ``word_times.py`` read it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import vosk
from audio import RATE, Samples
from development import CONDITIONS, Item, condition, real_items, synthetic_items
from evaluate import BLOCK
from features import plain

AUDIBLE = 0.02
PADDING = 0.5  # of development.condition


def heard_words(model: vosk.Model, samples: Samples) -> list[dict[str, Any]]:
    """All words of a recording with times and confidences."""
    recognizer = vosk.KaldiRecognizer(model, RATE)
    recognizer.SetWords(True)
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    words: list[dict[str, Any]] = []
    for start in range(0, len(pcm), 2 * BLOCK):
        if recognizer.AcceptWaveform(pcm[start : start + 2 * BLOCK]):
            words += json.loads(recognizer.Result()).get("result", [])
    return words + json.loads(recognizer.FinalResult()).get("result", [])


def decoded(model: vosk.Model, item: Item, name: str, number: int) -> dict[str, Any]:
    """The object of one recording under one condition."""
    samples = plain(item.path)
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE * np.abs(samples).max())
    heard = condition(samples, name, number)
    return {
        "group": item.group,
        "condition": name,
        "text": item.text,
        "units": item.units,
        "speech": [round(PADDING + float(k) / RATE, 3) for k in (loud[0], loud[-1])],
        "seconds": round(len(heard) / RATE, 3),
        "words": heard_words(model, heard),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--words", type=int, default=80, help="single words at most")
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=60, help="of each synthetic folder")
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS))
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    vosk.SetLogLevel(-1)
    items = real_items(args.real, args.split, args.words) if args.real else []
    for folder in args.synthetic:
        items += synthetic_items(folder, args.count)
    model = vosk.Model(str(args.model))
    with args.out.open("w", encoding="utf-8") as file:
        for name in args.conditions:
            for number, item in enumerate(items):
                line = json.dumps(decoded(model, item, name, number), ensure_ascii=False)
                file.write(line + "\n")
                file.flush()


if __name__ == "__main__":
    main()
