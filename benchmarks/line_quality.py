"""Measures how well trouble on a line is found; prints the tables of docs/line_quality.md.

    python -m benchmarks.line_quality [--real DIR] [--minutes N]

Both voices of the example calls are taken as a customer's line, those calls aside that are damaged
on purpose. ``--real`` adds recorded speech: a folder with ``manifest.tsv`` (columns path, speaker)
whose utterances are strung together to lines of half a minute. Half of the lines are for fitting
thresholds, the others for the tables. Everything passes through G.711 and is seeded.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from agent_assist import settings
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import load_engine
from agent_assist.core import line_evidence, line_state
from agent_assist.core.events import LineQuality
from agent_assist.core.framing import SAMPLE_RATE, to_frames
from agent_assist.core.hearing import Hearing
from agent_assist.core.line_state import LINES, TROUBLES, LineWatch, Trouble, answer, unfair_because
from agent_assist.core.ports import Recogniser
from agent_assist.strict_yaml import load
from benchmarks.line_conditions import RATE, Condition, Rng, Sound, conditions, foreign_lines

SEED = 10086
DAMAGED = ("poor-signal", "speakerphone", "dialect")
REAL_LINE_S = 30.0
PAUSE_S = 1.2
FALSE_ALARM_COSTS = 10.0
SCANS: dict[Trouble, tuple[str, bool, Sequence[float]]] = {
    "broken": ("dropout_rate", True, np.arange(0.1, 3.0, 0.1).tolist()),
    "faint": ("level_dbfs", False, np.arange(-60.0, -25.0, 1.0).tolist()),
    "noisy": ("snr_db", False, np.arange(2.0, 25.0, 0.5).tolist()),
    "speakerphone": ("reverb_ms", True, np.arange(150.0, 900.0, 10.0).tolist()),
    "dialect": ("understood", False, np.arange(0.05, 0.95, 0.05).tolist()),
}
"""Field, whether high is bad, and the thresholds that are tried."""


@dataclass(frozen=True, slots=True)
class Line:
    """A clean line; ``group`` says what kind of speech it is."""

    name: str
    group: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured on one line."""

    line: Line
    qualities: tuple[LineQuality, ...]

    @property
    def proposals(self) -> list[str]:
        watch = LineWatch()
        told = (watch.feed(quality) for quality in self.qualities)
        return [line for line in told if line]


def fixture_lines() -> list[Line]:
    manifest = load(settings.AUDIO_FIXTURES / "manifest.yaml")
    lines = []
    for call in manifest.data["calls"]:
        sound, rate = sf.read(settings.AUDIO_FIXTURES / call["file"], always_2d=True)
        at_rate = soxr.resample(sound, rate, RATE)
        for side, name in enumerate(("agent", "customer")):
            group = "damaged" if call["name"] in DAMAGED and name == "customer" else "made"
            lines.append(Line(f"{call['name']} {name}", group, at_rate[:, side]))
    return lines


def real_lines(folder: Path, minutes: float, rng: Rng) -> list[Line]:
    """Lines of one speaker each, from utterances in random order with pauses in between."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    lines: list[Line] = []
    parts: dict[str, list[Sound]] = {}
    for index in rng.permutation(len(rows)):
        row = rows[int(index)]
        sound, rate = sf.read(folder / row["path"])
        said = soxr.resample(sound, rate, RATE)
        frames = said[: len(said) // 80 * 80].reshape(-1, 80)
        hiss = float(np.sqrt(np.percentile(np.mean(frames**2, axis=1), 5)))
        pause = rng.standard_normal(int(PAUSE_S * RATE)) * hiss
        of_speaker = parts.setdefault(row["speaker"], [])
        of_speaker += [said, pause]
        if sum(map(len, of_speaker)) >= REAL_LINE_S * RATE:
            name = f"{row['speaker']} {len(lines)}"
            lines.append(Line(name, "real", np.concatenate(parts.pop(row["speaker"]))))
        if sum(len(line.sound) for line in lines) >= minutes * 60 * RATE:
            break
    return lines


def through_codec(sound: Sound) -> Sound:
    """G.711 mu-law and back."""
    clipped = np.clip(sound, -1.0, 1.0)
    code = np.round(127 * np.sign(clipped) * np.log1p(255 * np.abs(clipped)) / np.log(256)) / 127
    decoded: Sound = np.sign(code) * (256 ** np.abs(code) - 1) / 255
    return decoded


def hear(sound: Sound, recogniser: Recogniser | None) -> tuple[LineQuality, ...]:
    at_16k = soxr.resample(through_codec(sound), RATE, SAMPLE_RATE)
    samples = np.clip(np.rint(at_16k * 32767), -32768, 32767).astype(np.int16)
    hearing = Hearing(("customer",), {"customer": recogniser}, {"customer": WebrtcDetector()})
    events = [e for f in to_frames([samples[None, :]], 1) for e in hearing.feed(f)]
    events += hearing.finish(len(samples) * 1000 // SAMPLE_RATE)
    return tuple(event for event in events if isinstance(event, LineQuality))


def share(values: Iterable[bool]) -> str:
    told = list(values)
    return f"{100 * sum(told) / len(told):.0f} %" if told else "–"


def row(condition: Condition, heard: Sequence[Heard]) -> str:
    """How often utterances show the trouble, lines propose it, lines propose something else."""
    wanted = condition.trouble
    all_of = [quality for each in heard for quality in each.qualities]
    tells = [told for q in all_of if wanted and (told := answer(q, wanted)) is not None]
    lines = [each for each in heard if wanted and able(each, wanted)]
    proposed = share(LINES[wanted] in each.proposals for each in lines) if wanted else "–"
    others = [
        [line for line in each.proposals if line != (LINES[wanted] if wanted else None)]
        for each in heard
    ]
    hours = sum(len(each.line.sound) for each in heard) / RATE / 3600
    other = f"{share(map(bool, others))}, {sum(map(len, others)) / hours:.0f} an hour"
    unfair = share(bool(unfair_because(quality)) for quality in all_of)
    cells = (condition.name, LINES[wanted] if wanted else "nothing", len(all_of), len(tells))
    return "| " + " | ".join(map(str, (*cells, share(tells), proposed, other, unfair))) + " |"


def able(heard: Heard, trouble: Trouble) -> bool:
    """Whether enough was said on a line for the trouble to be proposed at all."""
    if trouble == "dialect":
        lengths = [q.end_ms - q.start_ms for q in heard.qualities]
        said = [length for length in lengths if length >= line_evidence.TURN_MS]
        return len(said) >= line_evidence.LEAST and sum(said) >= line_evidence.TURNS_MS
    told = [answer(quality, trouble) for quality in heard.qualities]
    return len([each for each in told if each is not None]) >= line_state.POOR_IN_A_ROW


def is_long_and_clear(quality: LineQuality) -> bool:
    long = quality.end_ms - quality.start_ms >= line_state.LONG_MS
    return long and quality.snr_db >= line_state.CLEAR_SNR_DB


def false_alarms(heard: Sequence[Heard]) -> str:
    hours = sum(len(each.line.sound) for each in heard) / RATE / 3600
    voiced = sum(q.end_ms - q.start_ms for each in heard for q in each.qualities) / 3_600_000
    proposals = [line for each in heard for line in each.proposals]
    flagged = [t for e in heard for q in e.qualities for t in TROUBLES if answer(q, t)]
    by_trouble = ", ".join(f"{t} {flagged.count(t)}" for t in TROUBLES if t in flagged) or "none"
    count = sum(len(each.qualities) for each in heard)
    return (
        f"| {heard[0].line.group} | {60 * hours:.1f} min ({60 * voiced:.1f} of speech) | {count} | "
        f"{by_trouble} | {len(proposals)} ({', '.join(sorted(proposals)) or 'none'}) | "
        f"{len(proposals) / hours:.1f} |"
    )


def fit(trouble: Trouble, good: Sequence[LineQuality], bad: Sequence[LineQuality]) -> str:
    """The threshold with the most finds, a false alarm costing ten misses."""
    name, high_is_bad, tried = SCANS[trouble]

    def rate(of: Sequence[LineQuality], limit: float) -> float:
        tells = [
            is_long_and_clear(q) if trouble == "dialect" else answer(q, trouble) is not None
            for q in of
        ]
        able_to = [
            getattr(q, name) for q, able_to_tell in zip(of, tells, strict=True) if able_to_tell
        ]
        over = [value >= limit if high_is_bad else value < limit for value in able_to]
        return float(sum(over)) / max(1, len(over))

    gains = [rate(bad, limit) - FALSE_ALARM_COSTS * rate(good, limit) for limit in tried]
    best = [limit for limit, gain in zip(tried, gains, strict=True) if gain >= max(gains) - 1e-9]
    middle = best[len(best) // 2]
    found, wrong = rate(bad, middle), rate(good, middle)
    spread = f"{best[0]:g} to {best[-1]:g}" if len(best) > 1 else f"{middle:g}"
    return f"| {trouble} | `{name}` | {spread} | {100 * found:.0f} % | {100 * wrong:.1f} % |"


def cost(lines: Sequence[Line]) -> float:
    """Share of one core for a channel, hearing and measuring without a recogniser."""
    started = time.process_time()
    for line in lines:
        hear(line.sound, None)
    return (time.process_time() - started) / (sum(len(line.sound) for line in lines) / RATE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder of recorded speech with manifest.tsv")
    parser.add_argument("--minutes", type=float, default=12.0, help="how much of it")
    given = parser.parse_args()
    rng = np.random.default_rng(SEED)
    lines = [line for line in fixture_lines() if hear(line.sound, None)]
    damaged = [line for line in lines if line.group == "damaged"]
    lines = [line for line in lines if line.group == "made"]
    if given.real:
        lines += real_lines(given.real, given.minutes, rng)
    groups = {line.name.split()[0]: line.group for line in lines}
    calls = rng.permutation(sorted(groups)).tolist()
    of_fit = {c for kind in ("made", "real") for c in [c for c in calls if groups[c] == kind][::2]}
    model = load_engine(settings.DEFAULT_MODEL)
    ear: Callable[[bool], Recogniser | None] = lambda needed: model.recogniser() if needed else None  # noqa: E731
    voices = [line.sound for line in lines if line.name.split()[0] in of_fit]
    known = conditions(voices)
    results: dict[str, list[Heard]] = {}
    for condition in known:
        some = lines[::3] if condition.trouble == "dialect" else lines
        results[condition.name] = [
            Heard(line, hear(condition.damage(line.sound, rng), ear(condition.understood)))
            for line in some
        ]
        print(f"<!-- {condition.name}: heard -->", flush=True)

    def half(name: str, fitting: bool) -> list[Heard]:
        return [h for h in results[name] if (h.line.name.split()[0] in of_fit) == fitting]

    def qualities(name: str) -> list[LineQuality]:
        return [quality for each in half(name, fitting=True) for quality in each.qualities]

    print(
        f"Measured {date.today()}; {len(lines)} lines, {len(of_fit)} of {len(calls)} for fitting."
    )
    print(f"Cost: {100 * cost(lines[:8]):.2f} % of one core a channel, voice activity included.\n")
    print("| trouble | field | best threshold | found | false |\n|---|---|---|---|---|")
    good = [q for c in known if c.trouble is None and c.fitted for q in qualities(c.name)]
    for trouble in TROUBLES:
        named = [c.name for c in known if c.trouble == trouble and c.fitted]
        heard_clean = qualities("clean") if trouble == "dialect" else good
        print(fit(trouble, heard_clean, [q for name in named for q in qualities(name)]))
    print(
        "\n| condition | should propose | utterances | can tell | show it | lines propose it |",
        end="",
    )
    print(" false proposals: lines, an hour | unfair to judge |\n" + "|---" * 8 + "|")
    for condition in known:
        print(row(condition, half(condition.name, fitting=False)))
    other = Condition("other languages", lambda sound, rng: sound, "dialect")
    spoken = [Line(name, "foreign", sound) for name, sound in foreign_lines(rng).items()]
    print(row(other, [Heard(line, hear(line.sound, ear(True))) for line in spoken]))
    print(
        "\n| clean speech | length | utterances | show | proposals | an hour |\n" + "|---" * 6 + "|"
    )
    for group in dict.fromkeys(line.group for line in lines):
        print(false_alarms([h for h in half("clean", fitting=False) if h.line.group == group]))
    print("\n| example call | measured utterances | proposals |\n|---|---|---|")
    for line in damaged:
        found = Heard(line, hear(line.sound, ear(True)))
        print(f"| {line.name} | {len(found.qualities)} | {', '.join(found.proposals) or 'none'} |")


if __name__ == "__main__":
    main()
