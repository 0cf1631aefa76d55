"""Replays calls: timeline while it runs, event log and report where wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from agent_assist.adapters.audio_export import to_data_uri
from agent_assist.adapters.audio_file import AudioFile, Side
from agent_assist.adapters.event_log import FORMAT, LogWriter
from agent_assist.apps.calls import TRANSCRIPT, HeardCall, Overrides, Workshop
from agent_assist.apps.run import run
from agent_assist.core.codec import to_json
from agent_assist.core.events import Event
from agent_assist.core.framing import FRAME_MS, SAMPLE_RATE
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Sink
from agent_assist.core.report import fold
from agent_assist.core.scoring import score
from agent_assist.core.script import Script
from agent_assist.errors import BadInputError
from agent_assist.ui.review import render_report
from agent_assist.ui.timeline_text import line_for
from agent_assist.ui.waveform import Waveform, peaks_from

EMBED_MS = 15 * 60_000
"""Recordings up to this long are embedded in the report; longer ones are shown without sound."""


@dataclass(slots=True)
class TextSink:
    """Prints the timeline for a person."""

    out: TextIO
    titles: dict[str, str]

    def write(self, event: Event) -> None:
        line = line_for(event, self.titles)
        if line is not None:
            print(line, file=self.out, flush=True)


@dataclass(slots=True)
class JsonSink:
    """Prints the event log."""

    out: TextIO

    def start(self, call: HeardCall) -> None:
        header = {"type": "header", "format": FORMAT, **call.header}
        print(json.dumps(header, ensure_ascii=False, separators=(",", ":")), file=self.out)

    def write(self, event: Event) -> None:
        print(to_json(event), file=self.out, flush=True)


@dataclass(slots=True)
class Collector:
    """Keeps every event, to fold the report from."""

    events: list[Event] = field(default_factory=list)

    def write(self, event: Event) -> None:
        self.events.append(event)


@dataclass(frozen=True, slots=True)
class Replay:
    """How calls are replayed; ``out_dir`` is where logs and reports go, if anywhere."""

    workshop: Workshop
    overrides: Overrides
    agent_channel: Side
    jsonl: bool
    out_dir: Path | None

    def play(self, path: Path, out: TextIO) -> Path | None:
        """Replay one call; returns the report's path if one was written."""
        call = self.workshop.open(path, self.overrides, self.agent_channel)
        titles = {s.id: s.title for s in self.workshop.phrases.script.situations.values()}
        collector = Collector()
        sinks: list[Sink] = [collector]
        if self.jsonl:
            printer = JsonSink(out)
            printer.start(call)
            sinks.append(printer)
        else:
            print(f"── {path.name} ──", file=out, flush=True)
            sinks.append(TextSink(out, titles))
        judgement = Judgement(self.workshop.phrases, call.context)
        if self.out_dir is None:
            run(call.events, judgement, sinks)
            return None
        is_text = path.name.endswith(TRANSCRIPT)
        stem = path.name.removesuffix(TRANSCRIPT) if is_text else path.stem
        with LogWriter(self.out_dir / f"{stem}.events.jsonl", call.header) as log:
            run(call.events, judgement, [log, *sinks])
        report = self.out_dir / f"{stem}.report.html"
        recording = None if is_text else AudioFile(path, self.agent_channel)
        header = {"format": FORMAT, **call.header}
        write_report(report, collector.events, header, self.workshop.phrases.script, recording)
        return report


def write_report(
    target: Path,
    events: Sequence[Event],
    header: Mapping[str, Any],
    script: Script,
    recording: AudioFile | None = None,
    lesson: LessonResult | None = None,
) -> None:
    """Fold and render the report.

    The script gives names, the score sheet and the reviewer's forms. With its recording the report
    shows the waveform and plays it, and of a practice call what the lesson expected.
    """
    waveform, sound = _picture(recording) if recording else (None, None)
    titles = {s.id: s.title for s in script.situations.values()}
    scorecard = score(script.sheets[0], events)
    report = fold(events, header)
    page = render_report(report, waveform, sound, titles, scorecard, lesson, script.forms)
    try:
        target.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInputError(f"{target}: the report cannot be written: {error.strerror}") from None


def _picture(audio: AudioFile) -> tuple[Waveform, str | None]:
    """Waveform of a recording and, unless it is very long, its sound as a data address."""
    extremes: list[NDArray[np.int16]] = []
    kept: list[NDArray[np.int16]] = []
    for frame in audio:
        extremes += [frame.samples.min(axis=1), frame.samples.max(axis=1)]
        if audio.duration_ms <= EMBED_MS:
            kept.append(frame.samples)
    waveform = peaks_from(np.stack(extremes), 2 * 1000 // FRAME_MS)
    if not kept:
        return waveform, None
    return waveform, to_data_uri(np.concatenate(kept, axis=1).T, SAMPLE_RATE)
