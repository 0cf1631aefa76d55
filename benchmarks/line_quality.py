"""Measures how well trouble on a line is found; prints the tables of docs/line_quality.md.

    python -m benchmarks.line_quality [--real DIR] [--minutes N] [--only sound|words|voices]

Both voices of the example calls are taken as a customer's line, those calls aside that are damaged
on purpose. ``--real`` adds recorded speech: a folder with ``manifest.tsv`` (columns path, speaker,
split) whose utterances are strung together to lines of half a minute. The recogniser hears only
those of the split ``dev``, which it was not trained with, and the customers of the example calls.
Everything passes through G.711 and is seeded.
"""

from __future__ import annotations

import argparse
import csv
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import soundfile as sf
import soxr

from agent_assist import settings
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import LoadedEngine, load_engine
from agent_assist.core.events import LineQuality
from agent_assist.core.framing import SAMPLE_RATE, to_frames
from agent_assist.core.hearing import Hearing
from agent_assist.core.line_state import LINES, LineWatch, answer, unfair_because
from agent_assist.core.ports import Recogniser
from agent_assist.strict_yaml import load
from benchmarks.line_conditions import (
    RATE,
    Condition,
    Rng,
    Sound,
    conditions,
    put_in_room,
    speech_level,
)
from benchmarks.line_voices import speakers

SEED = 10086
DAMAGED = ("poor-signal", "speakerphone", "dialect")
UNHEARD = "dev"
REAL_LINE_S = 30.0
PAUSE_S = 1.2
SPOKEN_LEVEL = 0.06
SMALL_ROOM = 0.15, 0.3
"""Where espeak speaks: closures in its speech are else as abrupt as lost packets."""


@dataclass(frozen=True, slots=True)
class Line:
    """A clean line; ``group`` says what kind of speech it is: made, damaged, or a split."""

    name: str
    group: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured on one line, and what is proposed about it."""

    seconds: float
    qualities: tuple[LineQuality, ...]

    @property
    def proposals(self) -> list[str]:
        watch = LineWatch()
        told = (watch.feed(quality) for quality in self.qualities)
        return [line for line in told if line]


def fixture_lines() -> list[Line]:
    """Both sides of the example calls that say anything."""
    manifest = load(settings.AUDIO_FIXTURES / "manifest.yaml")
    lines = []
    for call in manifest.data["calls"]:
        sound, rate = sf.read(settings.AUDIO_FIXTURES / call["file"], always_2d=True)
        at_rate = soxr.resample(sound, rate, RATE)
        for side, name in enumerate(("agent", "customer")):
            group = "damaged" if call["name"] in DAMAGED and name == "customer" else "made"
            lines.append(Line(f"{call['name']} {name}", group, at_rate[:, side]))
    return [line for line in lines if hear(line.sound).qualities]


def real_lines(folder: Path, minutes: float, rng: Rng) -> list[Line]:
    """Lines of one speaker each, from utterances in random order with pauses in between."""
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    order = sorted(rng.permutation(len(rows)).tolist(), key=lambda i: rows[i]["split"] != UNHEARD)
    lines: list[Line] = []
    parts: dict[tuple[str, str], list[Sound]] = {}
    for row in (rows[index] for index in order):
        sound, rate = sf.read(folder / row["path"])
        said = soxr.resample(sound, rate, RATE)
        frames = said[: len(said) // 80 * 80].reshape(-1, 80)
        hiss = float(np.sqrt(np.percentile(np.mean(frames**2, axis=1), 5)))
        key = row["speaker"], row["split"]
        of_speaker = parts.setdefault(key, [])
        of_speaker += [said, rng.standard_normal(int(PAUSE_S * RATE)) * hiss]
        if sum(map(len, of_speaker)) >= REAL_LINE_S * RATE:
            lines.append(Line(row["speaker"], row["split"], np.concatenate(parts.pop(key))))
        if sum(len(line.sound) for line in lines) >= minutes * 60 * RATE:
            break
    return lines


def through_codec(sound: Sound) -> Sound:
    """G.711 mu-law and back."""
    clipped = np.clip(sound, -1.0, 1.0)
    code = np.round(127 * np.sign(clipped) * np.log1p(255 * np.abs(clipped)) / np.log(256)) / 127
    decoded: Sound = np.sign(code) * (256 ** np.abs(code) - 1) / 255
    return decoded


def hear(sound: Sound, recogniser: Recogniser | None = None, rate: int = RATE) -> Heard:
    """What is heard of a line; at 8 kHz it goes through the telephone's codec."""
    coded = through_codec(sound) if rate == RATE else sound
    samples = soxr.resample(coded, rate, SAMPLE_RATE) * 32767
    block = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)[None, :]
    hearing = Hearing(("customer",), {"customer": recogniser}, {"customer": WebrtcDetector()})
    events = [e for f in to_frames([block], 1) for e in hearing.feed(f)]
    events += hearing.finish(block.shape[1] * 1000 // SAMPLE_RATE)
    qualities = tuple(event for event in events if isinstance(event, LineQuality))
    return Heard(len(sound) / rate, qualities)


def share(values: Iterable[bool]) -> str:
    told = list(values)
    return f"{100 * sum(told) / len(told):.0f} %" if told else "–"


def an_hour(heard: Sequence[Heard], fitting: set[str]) -> str:
    """Proposals that do not fit, how many an hour, and of what."""
    hours = sum(each.seconds for each in heard) / 3600
    wrong = Counter(line for each in heard for line in each.proposals if line not in fitting)
    what = ", ".join(f"{line} {count}" for line, count in sorted(wrong.items()))
    return f"{wrong.total() / hours:.1f}" + (f" ({what})" if what else "")


def sound_row(condition: Condition, heard: Sequence[Heard]) -> str:
    """How often utterances show the trouble, lines propose it, lines propose something else."""
    wanted = condition.troubles[:1]
    fitting = {LINES[trouble] for trouble in condition.troubles}
    all_of = [quality for each in heard for quality in each.qualities]
    tells = [told for t in wanted for q in all_of if (told := answer(q, t)) is not None]
    proposed = share(bool(fitting & {*each.proposals}) for each in heard if fitting)
    cells = (
        condition.name,
        " or ".join(dict.fromkeys(LINES[t] for t in condition.troubles)) or "nothing",
        len(heard),
        f"{sum(each.seconds for each in heard) / 3600:.2f}",
        share(tells),
        proposed,
        an_hour(heard, fitting),
        share(bool(unfair_because(quality)) for quality in all_of),
    )
    return "| " + " | ".join(map(str, cells)) + " |"


def words_row(name: str, heard: Sequence[Heard]) -> str:
    """What the recogniser made of speech, and how often it is taken for another language."""
    long = [q for each in heard for q in each.qualities if q.end_ms - q.start_ms >= 1000]
    means = [np.mean([getattr(q, f) for q in long]) for f in ("understood", "certain", "pace")]
    lines = [each.proposals for each in heard]
    hours = sum(each.seconds for each in heard) / 3600
    told = sum(line.count("dialect") for line in lines)
    cells = (name, len(heard), f"{hours:.2f}", *(f"{mean:.2f}" for mean in means))
    proposed = share("dialect" in line for line in lines)
    return "| " + " | ".join(map(str, (*cells, proposed, f"{told / hours:.1f}"))) + " |"


def head(*columns: str) -> None:
    print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")


def damaged(condition: Condition, lines: Sequence[Line]) -> Iterator[Sound]:
    """The lines under a condition, which is the same whatever was measured before."""
    rng = np.random.default_rng([SEED, zlib.crc32(condition.name.encode())])
    return (condition.damage(line.sound, rng) for line in lines)


def print_sound(lines: Sequence[Line]) -> None:
    """Every condition, by sound alone."""
    head(
        *("condition", "should propose", "lines", "hours", "utterances show it"),
        *("lines propose it", "false proposals an hour", "unfair to judge"),
    )
    for condition in conditions([line.sound for line in lines[::2]]):
        heard = [hear(sound) for sound in damaged(condition, lines)]
        print(sound_row(condition, heard), flush=True)


def spoken(rate: int) -> Iterator[tuple[str, list[Sound]]]:
    """Other languages and accents in a small room, at the level of a good line."""
    room, rng = put_in_room(*SMALL_ROOM, rate), np.random.default_rng(SEED)
    for name, lines in speakers(rate):
        yield name, [room(line / speech_level(line) * SPOKEN_LEVEL, rng) for line in lines]


def words_head() -> None:
    means = ("understood", "certain", "pace")
    head("speech", "lines", "hours", *means, "lines propose dialect", "an hour")


def print_words(lines: Sequence[Line], model: LoadedEngine) -> None:
    """Mandarin in clear conditions, with the recogniser; the example calls that are damaged."""
    words_head()
    for condition in (c for c in conditions([line.sound for line in lines[::2]]) if c.read):
        for group, name in ((UNHEARD, "read aloud"), ("made", "example calls")):
            some = [line for line in lines if line.group == group and "agent" not in line.name]
            heard = [hear(sound, model.recogniser()) for sound in damaged(condition, some)]
            if heard:
                print(words_row(f"{name}: {condition.name}", heard), flush=True)
    head("example call", "measured utterances", "proposals")
    for line in (line for line in lines if line.group == "damaged"):
        found = hear(line.sound, model.recogniser())
        print(f"| {line.name} | {len(found.qualities)} | {', '.join(found.proposals) or 'none'} |")


def print_voices(model: LoadedEngine) -> None:
    """Other languages and accents, with the recogniser."""
    words_head()
    for rate, band in ((RATE, "telephone"), (SAMPLE_RATE, "wide")):
        for name, sounds in spoken(rate):
            heard = [hear(sound, model.recogniser(), rate) for sound in sounds]
            if heard:
                print(words_row(f"{name} ({band})", heard), flush=True)


def cost(lines: Sequence[Line]) -> float:
    """Share of one core for a channel, hearing and measuring without a recogniser."""
    started = time.process_time()
    seconds = sum(hear(line.sound).seconds for line in lines)
    return (time.process_time() - started) / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder of recorded speech with manifest.tsv")
    parser.add_argument("--minutes", type=float, default=60.0, help="how much of it")
    parser.add_argument("--only", choices=("sound", "words", "voices"), help="one table")
    given = parser.parse_args()
    lines = fixture_lines()
    if given.real:
        lines += real_lines(given.real, given.minutes, np.random.default_rng(SEED))
    whole = [line for line in lines if line.group != "damaged"]
    print(f"Measured {date.today()}; {len(whole)} lines.")
    if given.only in (None, "sound"):
        print(
            f"Cost: {100 * cost(whole[:8]):.2f} % of one core a channel, voice activity included."
        )
        print_sound(whole)
    model = load_engine(settings.DEFAULT_MODEL)
    if given.only in (None, "words"):
        print_words(lines, model)
    if given.only in (None, "voices"):
        print_voices(model)


if __name__ == "__main__":
    main()
