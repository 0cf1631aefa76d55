"""Where live calls are kept: an event log for each while it lasts, a report when it is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_assist import __version__
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.event_log import LogWriter
from agent_assist.adapters.recorder import Recorder
from agent_assist.apps.replay import Collector, write_report
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event
from agent_assist.core.framing import FRAME_MS
from agent_assist.core.ports import Sink
from agent_assist.core.script import Script
from agent_assist.errors import AgentAssistError

Say = Callable[[str], None]
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Tolerant:
    """A sink whose failure is told once and does not end the call."""

    sink: Sink
    failed: bool = False

    def write(self, event: Event) -> None:
        if self.failed:
            return
        try:
            self.sink.write(event)
        except Exception as error:
            self.failed = True
            _log.error("%s", error)


@dataclass(frozen=True, slots=True)
class Fan:
    """Every event to every sink."""

    sinks: tuple[Sink, ...]

    def write(self, event: Event) -> None:
        for sink in self.sinks:
            sink.write(event)


@dataclass(slots=True, eq=False)
class CallBook:
    """Keeps every call under its own name; nothing is ever overwritten."""

    script: Script
    out_dir: Path | None
    record_dir: Path | None
    model: Mapping[str, str] | None
    say: Say
    make_sinks: Callable[[], tuple[Sink, ...]] = tuple
    """Who else is told of a call's events, made anew for every call."""
    idle: threading.Event = field(default_factory=threading.Event)
    """Set while no call is kept."""
    clerk: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "report"))
    """Makes the reports, one after the other: books may share it."""
    _recordings: dict[str, Path] = field(default_factory=dict)
    _reports: set[Future[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.idle.set()

    @contextmanager
    def __call__(self, meta: CallMeta) -> Iterator[Sink]:
        """What a desk writes a call's events to."""
        collector = Collector()
        sinks: list[Sink] = [collector, *map(Tolerant, self.make_sinks())]
        header = self.header(meta)
        self.idle.clear()
        log: Path | None = None
        with ExitStack() as stack:
            if self.out_dir:
                log = free_path(self.out_dir, meta.call_id, ".events.jsonl")
                try:
                    writer = stack.enter_context(LogWriter(log, header))
                    sinks.insert(0, Tolerant(writer))
                except AgentAssistError as error:
                    _log.error("%s", error)
                    log = None
            yield Fan(tuple(sinks))
        recording = self._recordings.pop(meta.call_id, None)
        if log:
            report = self.clerk.submit(self._report, log, collector, header, recording)
            self._reports.add(report)
            report.add_done_callback(self._reports.discard)
        self.idle.set()

    def recorder(self, meta: CallMeta, channels: tuple[Channel, ...]) -> Recorder:
        """Opens a call's recording; raises BadInputError."""
        assert self.record_dir
        path = free_path(self.record_dir, meta.call_id, ".wav")
        recorder = Recorder(path, channels, meta)
        self._recordings[meta.call_id] = path
        return recorder

    def header(self, meta: CallMeta) -> dict[str, Any]:
        """The log's first line; replay writes the same with the recording's name as source."""
        script = self.script
        return {
            "version": __version__,
            "source": "live",
            "call_id": meta.call_id,
            "desk": meta.desk,
            "agent_id": meta.agent_id,
            "agent_name": meta.agent_name,
            "started_at": meta.started_at,
            "direction": meta.direction,
            "customer_surname": meta.customer_surname,
            "customer_title": meta.customer_title,
            "script": {"name": script.name, "version": script.version, "digest": script.digest},
            "model": self.model,
            "frame_ms": FRAME_MS,
        }

    def finish(self, timeout_s: float) -> None:
        """Wait for calls that are being closed and reports that are being written."""
        self.idle.wait(timeout_s)
        wait(tuple(self._reports), timeout_s)

    def _report(
        self, log: Path, collector: Collector, header: Mapping[str, Any], recording: Path | None
    ) -> None:
        target = log.with_name(log.name.removesuffix(".events.jsonl") + ".report.html")
        try:
            sound = AudioFile(recording) if recording else None
            write_report(target, collector.events, header, self.script, sound)
        except AgentAssistError as error:
            _log.error("%s", error)
        except Exception:
            _log.exception("%s: the report cannot be made", log)
        else:
            self.say(f"报告：{target}")


def free_path(folder: Path, stem: str, suffix: str) -> Path:
    """A name that no file has yet."""
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}-{number}{suffix}", number + 1
    return path
