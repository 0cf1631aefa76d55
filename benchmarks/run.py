"""Measures speed and writes benchmarks/RESULTS.md. Run by `make bench`; no test depends on it.

Every figure stands beside what it is to be compared with, measured in the same run. CPU time is
used where the machine may be busy with other work; the load average is written down.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import vosk
from rapidfuzz import fuzz, process

from agent_assist import settings
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.apps.calls import AUDIO_SUFFIXES, Workshop
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.matching import Matcher
from agent_assist.core.pipeline import Phrases
from agent_assist.core.ports import Samples
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from agent_assist.modelling.digest import model_digest
from benchmarks.judging import CALLS, cold_ms, judge, steady_ms
from benchmarks.model_cost import STOCK, Cost, cost_of, stock_model

RESULTS = Path(__file__).parent / "RESULTS.md"
CATALOGUE_SIZE = 1_000
SEED = 10086
BLOCK = SAMPLE_RATE // 10
ROUNDS = 3

MATCH_BAR_MS = 2.0
JUDGE_BAR_MS = 50.0
REPLAY_BAR = 1.3
LOAD_BAR_S, RESIDENT_BAR_MB, DIRECTORY_BAR_MB, CHANNEL_BAR = 0.5, 150, 25, 0.03


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    ours: str
    beside: str = "–"
    bar: str = "–"
    kept: bool | None = None

    def __str__(self) -> str:
        kept = {None: "–", True: "yes", False: "**no**"}[self.kept]
        return f"| {self.what} | {self.ours} | {self.beside} | {self.bar} | {kept} |"


def median_ms(action: Callable[[str], object], rounds: Sequence[Sequence[str]]) -> float:
    """Median CPU time of one call of ``action`` over the texts of a round, in the best round.

    Other work on the machine can only make a round slower, so the least disturbed one counts. No
    text comes twice: what was found in a text is kept, and a caller says something new each time.
    """
    medians = []
    for texts in rounds:
        spent = []
        for text in texts:
            started = time.process_time()
            action(text)
            spent.append((time.process_time() - started) * 1000)
        medians.append(statistics.median(spent))
    return min(medians)


def literal(wording: Wording) -> str:
    return "".join(piece for piece in wording.pieces if isinstance(piece, str))


def catalogue(phrases: Phrases, chance: random.Random) -> list[str]:
    """The script's own wordings, and made ones of their clauses, up to the catalogue's size."""
    situations = phrases.script.situations.values()
    steps = [step for situation in situations for step in situation.steps if step.say]
    real = {literal(w) for step in steps if step.say for w in (step.say, *step.accept)}
    clauses = sorted({c for text in real for c in text.replace("。", "，").split("，") if c})
    made = set(real)
    while len(made) < CATALOGUE_SIZE:
        made.add("，".join(chance.sample(clauses, chance.randint(2, 4))))
    return sorted(made)


def misheard(text: str, chance: random.Random) -> str:
    """A text with about one character in eight lost or replaced, in the midst of other talk."""
    kept = [c if chance.random() > 0.12 else chance.choice(["", "的", "是"]) for c in text]
    return "那个" + "".join(kept) + "好吧"


def matching(phrases: Phrases) -> list[Row]:
    chance = random.Random(SEED)
    texts = catalogue(phrases, chance)
    matcher = Matcher((i, Wording((text,))) for i, text in enumerate(texts))
    said = [[misheard(text, chance) for text in chance.sample(texts, 200)] for _ in range(ROUNDS)]
    ours = median_ms(lambda text: matcher.find(spoken(text)), said)
    bare = median_ms(
        lambda text: process.extract(text, texts, scorer=fuzz.partial_ratio, limit=5), said
    )
    return [
        Row(
            f"One utterance against {len(matcher)} wordings, median CPU",
            f"{ours:.2f} ms",
            f"{bare:.2f} ms: rapidfuzz `process.extract`, `partial_ratio`, limit 5",
            f"< {MATCH_BAR_MS:g} ms",
            ours < MATCH_BAR_MS,
        )
    ]


def recordings() -> list[Path]:
    return sorted(path for path in CALLS.iterdir() if path.suffix in AUDIO_SUFFIXES)


def sounds(path: Path) -> Iterator[Samples]:
    yield from np.concatenate([frame.samples for frame in AudioFile(path)], axis=1)


def decode(model: LoadedModel, sound: Samples) -> None:
    """All of one channel through vosk alone."""
    recogniser = vosk.KaldiRecognizer(model.engine, float(SAMPLE_RATE))
    recogniser.SetWords(True)
    for at in range(0, len(sound), BLOCK):
        if recogniser.AcceptWaveform(sound[at : at + BLOCK].tobytes()):
            recogniser.Result()
        else:
            recogniser.PartialResult()
    recogniser.FinalResult()


def recognition(workshop: Workshop) -> list[Row]:
    """Whole replays beside vosk alone on the same sound, in CPU seconds."""
    paths = recordings()
    judge(workshop, paths[0])  # loads the model, which every call shares
    started = time.process_time()
    for path in paths:
        judge(workshop, path)
    ours = time.process_time() - started
    channels = [sound for path in paths for sound in sounds(path)]
    seconds = sum(map(len, channels)) / SAMPLE_RATE
    model = load_model(settings.DEFAULT_MODEL)
    started = time.process_time()
    for sound in channels:
        decode(model, sound)
    bare = time.process_time() - started
    return [
        Row(
            f"Replay of {len(paths)} calls ({seconds / 60:.1f} channel minutes), CPU",
            f"{ours:.1f} s ({ours / bare:.2f} ×)",
            f"{bare:.1f} s: bare vosk, all of both channels",
            f"≤ {REPLAY_BAR:g} ×",
            ours <= REPLAY_BAR * bare,
        ),
    ]


def judging(workshop: Workshop) -> list[Row]:
    cold = cold_ms(ROUNDS)
    steady, calls = steady_ms(workshop)
    return [
        Row(
            "Judging a call of five minutes from its text with a script made ready anew, CPU,"
            " best of three",
            f"{cold:.0f} ms",
            bar=f"< {JUDGE_BAR_MS:g} ms",
            kept=cold < JUDGE_BAR_MS,
        ),
        Row(
            f"The same in the mean of {calls} different calls, judged one after the other once",
            f"{steady:.0f} ms",
        ),
    ]


def model_cost(_: Workshop) -> list[Row]:
    """The bundled model beside a stock small one, each in a process of its own."""
    ours = cost_of(settings.DEFAULT_MODEL, settings.DEMO_CALL)
    stock = stock_model()
    beside = cost_of(stock, settings.DEMO_CALL) if stock else None
    name = "vosk-model-small-ko-0.22, a stock small model"

    def row(what: str, unit: str, figure: Callable[[Cost], float], bar: float) -> Row:
        told = f"{figure(beside):g}{unit}: {name}" if beside else f"{STOCK} is not installed"
        kept = figure(ours) <= bar
        return Row(what, f"{figure(ours):g}{unit}", told, f"≤ {bar:g}{unit}", kept)

    return [
        row("Loading the model, CPU", " s", lambda c: c.load_s, LOAD_BAR_S),
        row("Model directory", " MB", lambda c: c.directory_mb, DIRECTORY_BAR_MB),
        row(
            "Process hearing both channels, memory", " MB", lambda c: c.resident_mb, RESIDENT_BAR_MB
        ),
        row(
            "Real-time factor per channel, CPU: vosk alone on all of both channels",
            "",
            lambda c: c.alone,
            CHANNEL_BAR,
        ),
        row(
            "Real-time factor per channel, CPU: the recogniser's share of the product's own hearing"
            " (silence is not decoded)",
            "",
            lambda c: c.hearing,
            CHANNEL_BAR,
        ),
    ]


def machine() -> str:
    """Processor, cores and load."""
    try:
        facts = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next(line.split(":", 1)[1].strip() for line in facts if "model name" in line)
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    load_average = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {os.cpu_count()} cores{load_average}"


def page(rows: Sequence[Row], when: str, where: str, workshop: Workshop) -> str:
    libraries = ", ".join(f"{name} {version(name)}" for name in ("vosk", "rapidfuzz", "numpy"))
    model = f"{settings.DEFAULT_MODEL.name} {model_digest(settings.DEFAULT_MODEL)}"
    script = f"{workshop.phrases.script.name} {workshop.phrases.script.digest}"
    head = (
        "# Speed\n\nWritten by `make bench` (`benchmarks/run.py`, which says what is measured"
        f" and how).\n\n- {when}\n- {where}\n- Python {platform.python_version()}, {libraries}\n"
        f"- model {model}, script {script}\n\n"
        "| what | agent-assist | beside it | bar | kept |\n|---|---|---|---|---|\n"
    )
    return head + "\n".join(map(str, rows)) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--date", default=date.today().isoformat(), help="written as given")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    where = machine()
    vosk.SetLogLevel(-1)
    workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT))
    rows: list[Row] = []
    for part in (model_cost, lambda w: matching(w.phrases), recognition, judging):
        rows += part(workshop)
        print(rows[-1], flush=True)
    arguments.out.write_text(page(rows, arguments.date, where, workshop), encoding="utf-8")
    print(f"written to {arguments.out}")
    return 0 if all(row.kept is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
