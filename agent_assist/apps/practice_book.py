"""Where a practice call is kept: log, recording or transcript, report, and its outcome."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import FORMAT, LogWriter
from agent_assist.adapters.recorder import Recorder
from agent_assist.adapters.transcript import to_transcript
from agent_assist.apps.calls import Workshop
from agent_assist.apps.live_book import CallBook, Fan, Tolerant, free_path
from agent_assist.apps.replay import Collector, write_report
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event
from agent_assist.core.lesson import Customer, Lesson
from agent_assist.core.lesson_result import LessonResult, fold_lesson
from agent_assist.core.ports import Sink
from agent_assist.core.scoring import score
from agent_assist.errors import BadInputError

LOG, REPORT = ".events.jsonl", ".report.html"


@dataclass(frozen=True, slots=True)
class CustomerSink:
    """Tells the customer what happens in the call."""

    customer: Customer

    def write(self, event: Event) -> None:
        self.customer.hear(event)


@dataclass(slots=True, eq=False)
class PracticeBook:
    """Keeps one practice call under a name that no other has; called, it takes the events."""

    workshop: Workshop
    lessons: Sequence[Lesson]
    customer: Customer
    out: Path
    model: Mapping[str, str] | None
    suffix: str
    """Of what the call is kept as: a recording or a transcript."""
    sinks: Sequence[Sink] = ()
    _collector: Collector = field(default_factory=Collector)
    _stem: str = ""
    _recording: Path | None = None

    def __post_init__(self) -> None:
        try:
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"{self.out}: cannot be made: {error.strerror}") from None
        taken = free_path(self.out, self.customer.lesson.id, LOG)
        self._stem = taken.name.removesuffix(LOG)

    @contextmanager
    def __call__(self, meta: CallMeta) -> Iterator[Sink]:
        """What the call's events are written to; the customer is told last."""
        with ExitStack() as stack:
            log = stack.enter_context(LogWriter(self._path(LOG), self._header(meta)))
            others = map(Tolerant, self.sinks)
            yield Fan((log, self._collector, *others, CustomerSink(self.customer)))

    def recorder(self, meta: CallMeta, channels: tuple[Channel, ...]) -> Recorder:
        """Opens the call's recording; raises BadInputError."""
        recorder = Recorder(self._path(self.suffix), channels, meta)
        self._recording = recorder.path
        return recorder

    def keep_transcript(self, meta: CallMeta) -> Path:
        """Write down a call that has no sound, as replay reads it."""
        path, text = self._path(self.suffix), to_transcript(self._collector.events, meta)
        try:
            with open(path, "w", encoding="utf-8", opener=_private) as file:
                file.write(text)
        except OSError as error:
            raise BadInputError(f"{path}: cannot be written: {error.strerror}") from None
        return path

    def finish(self, meta: CallMeta) -> tuple[LessonResult, Path]:
        """Write the report; the outcome and where the report is."""
        script, events = self.workshop.phrases.script, self._collector.events
        sheet = script.sheets[0]
        matcher = self.workshop.phrases.matcher
        result = fold_lesson(self.customer, events, matcher, score(sheet, events), self.lessons)
        sound: AudioFile | None = None
        with suppress(BadInputError):  # a call hung up at once has no sound to show
            sound = AudioFile(self._recording) if self._recording else None
        header = {"format": FORMAT, **self._header(meta)}
        target = self._path(REPORT)
        write_report(target, events, header, script, sound, result)
        return result, target

    def _path(self, suffix: str) -> Path:
        return self.out / f"{self._stem}{suffix}"

    def _header(self, meta: CallMeta) -> dict[str, object]:
        book = CallBook(self.workshop.phrases.script, None, None, self.model, print)
        return {**book.header(meta), "source": f"{self._stem}{self.suffix}"}


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
