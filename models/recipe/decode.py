"""Decode speech with a model directory and keep every word.

Writes one JSON object a line: ``group``, ``condition``, ``text`` and ``units`` (what was said),
``speech`` (first and last second with sound, by energy), ``starts`` (second at which each syllable
truly begins, where the voice tells), ``seconds``, ``levels`` (dBFS of every 10 ms), ``cpu``
(seconds of computing), ``words``
(``word``, ``start``, ``end``, ``conf`` as the model gives them, nothing corrected) and ``partials``
(every new partial reading).  With ``--facts`` load time, memory and warnings are written too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from development import Item, real_items, synthetic_items

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.telephone_line import through_telephone, white_noise
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.apps.listening import BLOCK, LEAD_MS, in_silence, sound_of
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.line_quality import TICK_SAMPLES, energies_of, to_dbfs
from agent_assist.core.ports import Samples

CONDITIONS = ("wide", "telephone")
SNR_DB = 15.0
AUDIBLE = 0.02


def heard(model: LoadedModel, samples: Samples) -> dict[str, Any]:
    """All words and partial readings of a recording."""
    recogniser = model.recogniser()
    words: list[Word] = []
    partials, told = [""], ""
    began = time.process_time()
    for at in range(0, len(samples), BLOCK):
        if found := recogniser.accept(samples[at : at + BLOCK]):
            words += found
            told = "".join(word.text for word in words)
        if (reading := told + recogniser.partial()) != partials[-1]:
            partials.append(reading)
    words += recogniser.finish()
    return {
        "cpu": round(time.process_time() - began, 4),
        "words": [
            {
                "word": w.text,
                "start": w.start_ms / 1000,
                "end": w.end_ms / 1000,
                "conf": w.confidence,
            }
            for w in words
        ],
        "partials": partials[1:],
    }


def decoded(model: LoadedModel, item: Item, condition: str, number: int) -> dict[str, Any]:
    """The object of one recording under one condition."""
    said = sound_of(AudioFile(item.path))[0]
    loud = np.flatnonzero(np.abs(said.astype(int)) > AUDIBLE * np.abs(said.astype(int)).max())
    sound, lead = in_silence(said), LEAD_MS / 1000
    if condition == "telephone":
        sound = through_telephone(sound, white_noise(len(sound), number), SNR_DB)
    return {
        "group": item.group,
        "condition": condition,
        "text": item.text,
        "units": item.units,
        "speech": [round(lead + float(k) / SAMPLE_RATE, 3) for k in (loud[0], loud[-1])],
        "starts": [round(lead + start, 3) for start in item.starts],
        "seconds": round(len(sound) / SAMPLE_RATE, 3),
        "levels": levels(sound),
        **heard(model, sound),
    }


def levels(sound: Samples) -> list[float]:
    """Level of every whole tick, dBFS."""
    whole = len(sound) // TICK_SAMPLES * TICK_SAMPLES
    energies = energies_of(sound[:whole].reshape(-1, TICK_SAMPLES))
    return [round(to_dbfs(energy), 1) for energy in energies.tolist()]


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


def loaded(path: Path) -> tuple[LoadedModel, float]:
    """A model and the seconds of computing that loading it took."""
    began = time.process_time()
    model = load_model(path)
    return model, time.process_time() - began


def items_of(args: argparse.Namespace) -> list[Item]:
    """The recordings that the command line names."""
    items = real_items(args.real, args.split, args.words) if args.real else []
    for folder in args.synthetic:
        items += synthetic_items(folder, args.count)
    return items


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--words", type=int, default=180, help="single words at most")
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--count", type=int, default=60, help="of each synthetic folder")
    parser.add_argument("--conditions", nargs="+", default=list(CONDITIONS))
    parser.add_argument("--facts", type=Path, help="write load time, memory and warnings here")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    items = items_of(args)
    with captured_stderr() as log:
        before = resident_megabytes()
        model, load = loaded(args.model)
        memory = resident_megabytes() - before
        load = min(load, loaded(args.model)[1], loaded(args.model)[1])
        with args.out.open("w", encoding="utf-8") as file:
            for condition in args.conditions:
                for number, item in enumerate(items):
                    line = decoded(model, item, condition, number)
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
                    file.flush()
    if args.facts:
        size = sum(f.stat().st_size for f in args.model.rglob("*") if f.is_file())
        facts = {
            "megabytes": round(size / 1e6, 1),
            "load_cpu_s": round(load, 2),
            "resident_megabytes": round(memory),
            "warnings": log.read_text(encoding="utf-8", errors="replace").count("WARNING"),
        }
        args.facts.write_text(json.dumps(facts, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
