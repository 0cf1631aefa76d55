"""What the measurements of live calls share: calls to play, programs to watch, latencies."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from agent_assist import settings
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import load_log
from agent_assist.apps.calls import AUDIO_SUFFIXES
from agent_assist.core.events import Event, Overdue, PartialHeard, Prompt, Utterance
from agent_assist.core.framing import SAMPLE_RATE, SAMPLES_PER_MS, Block

CALLS = settings.AUDIO_FIXTURES / "calls"
DEVICE_RATE = 48_000


@dataclass(slots=True, eq=False)
class Program:
    """A program of ours that tells JSON lines; ``told`` grows while it runs."""

    process: subprocess.Popen[str]
    told: list[Any] = field(default_factory=list)

    def read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.told.append(json.loads(line))

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def of(self, what: str) -> list[Any]:
        return [each for each in self.told if isinstance(each, dict) and each["what"] == what]

    def await_first(self, what: str) -> Any:
        while not self.of(what):
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with {self.process.returncode} before {what}")
            time.sleep(0.1)
        return self.of(what)[0]


@contextmanager
def program(module: str, *arguments: str) -> Iterator[Program]:
    """Run a module of this folder until the block is left."""
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        running = Program(process)
        reader = threading.Thread(target=running.read, daemon=True)
        reader.start()
        try:
            yield running
        finally:
            process.terminate()
            reader.join(10)


def recordings() -> list[Path]:
    """The example calls with both sides."""
    found = sorted(path for path in CALLS.iterdir() if path.suffix in AUDIO_SUFFIXES)
    return [path for path in found if AudioFile(path).info.channels == 2]


def sound_of(path: Path) -> Block:
    return np.concatenate([frame.samples for frame in AudioFile(path)], axis=1)


def to_device_file(sound: Block, target: Path) -> Path:
    """What two devices give, as pairs of float32."""
    pairs = soxr.resample(sound.T.astype(np.float32) / 32768, SAMPLE_RATE, DEVICE_RATE)
    pairs.astype(np.float32).tofile(target)
    return target


def length_ms(file: Path) -> int:
    """How long the sound of a device file is."""
    return file.stat().st_size * 1000 // (DEVICE_RATE * 2 * np.dtype(np.float32).itemsize)


def late_openings(folder: Path) -> Iterator[Path]:
    """Calls greeted after 2.7 s; in every other one the customer is speaking at the deadline."""
    late, talk = sound_of(CALLS / "late-greeting.wav"), sound_of(CALLS / "demo.wav")[1]
    heard = talk[4_900 * SAMPLES_PER_MS : 8_200 * SAMPLES_PER_MS]
    for number in range(10):
        opening = late[:, : 5_000 * SAMPLES_PER_MS].copy()
        if number % 2:
            at = (600 + 40 * number) * SAMPLES_PER_MS
            opening[1, at : at + len(heard)] = heard
        yield to_device_file(opening, folder / f"late-{number}.f32")


@dataclass(frozen=True, slots=True)
class Shown:
    """What came onto a page: how long after the speech that called for it, in milliseconds."""

    prompts_ms: tuple[float, ...]
    deadlines_ms: tuple[float, ...]
    unseen: int
    """Lines that gave way to the next one before they could be sent."""


def shown(
    logs: Mapping[str, Path],
    zeros_s: Mapping[str, float],
    arrivals: Sequence[Any],
    between_s: tuple[float, float] = (-math.inf, math.inf),
) -> Shown:
    """Arrivals of all calls held against their logs; ``zeros_s`` is when each call began.

    Only what was called for ``between_s`` counts.
    """
    came = {key: at_s for at_s, key in reversed(arrivals)}
    prompts: list[float] = []
    deadlines: list[float] = []
    unseen = 0
    for call_id, log in logs.items():
        events = load_log(log).events
        for index, event in enumerate(events):
            key, since_ms = _expected(events, index)
            since_s = zeros_s[call_id] + (since_ms or 0.0) / 1000
            if since_ms is None or not between_s[0] <= since_s <= between_s[1]:
                continue
            at_s = came.get(f"{call_id} {key}")
            if at_s is None:
                unseen += 1
                continue
            late_ms = (at_s - since_s) * 1000
            (deadlines if isinstance(event, Overdue) else prompts).append(late_ms)
    return Shown(tuple(sorted(prompts)), tuple(sorted(deadlines)), unseen)


def _expected(events: list[Event], index: int) -> tuple[str, float | None]:
    """How the page names what an event shows, and the end of what called for it."""
    event = events[index]
    if isinstance(event, Overdue):
        return f"{event.rule_id}:{event.at_ms}", event.at_ms
    if not isinstance(event, Prompt):
        return "", None
    key = f"{event.situation_id}:{event.step}:{event.at_ms}"
    before = [e for e in events[:index] if isinstance(e, PartialHeard | Utterance)]
    cause = before[-1] if before and before[-1].at_ms == event.at_ms else None
    if isinstance(cause, PartialHeard):
        return key, _end_of(cause, events[index:])
    return key, cause.end_ms if cause else None


def _end_of(read: PartialHeard, later: list[Event]) -> float | None:
    """Where the words of a reading end, as the utterance that came of it tells."""
    said = next((e for e in later if isinstance(e, Utterance) and e.channel == read.channel), None)
    if said is None:
        return None
    length = 0
    for word in said.words:
        length += len(word.text)
        if length >= len(read.text):
            return float(word.end_ms)
    return float(said.end_ms)


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the (sorted) values do not exceed."""
    return values[min(len(values) - 1, int(len(values) * percent / 100))] if values else 0.0


def until(reached: Callable[[], bool], timeout_s: float) -> bool:
    """Wait until something is so."""
    ends_s = time.monotonic() + timeout_s
    while not reached():
        if time.monotonic() > ends_s:
            return False
        time.sleep(0.2)
    return True
