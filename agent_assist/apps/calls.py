"""Opens a call, whatever it is stored as: its particulars, and the events heard in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from agent_assist import __version__
from agent_assist.adapters.audio_file import AudioFile, Side
from agent_assist.adapters.call_meta import read_meta
from agent_assist.adapters.recorder import Recording
from agent_assist.adapters.transcript import read_transcript
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import LoadedEngine, load_engine
from agent_assist.apps.run import hear
from agent_assist.catalogue.calendar import CalendarFacts, facts_at, parse_moment
from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.models import CalendarData
from agent_assist.catalogue.pack import Pack
from agent_assist.core.call import CallMeta
from agent_assist.core.compliance.odds import scales
from agent_assist.core.context import CallContext
from agent_assist.core.events import CallEnded, Channel, Event
from agent_assist.core.framing import FRAME_MS
from agent_assist.core.hearing import Hearing
from agent_assist.core.pipeline import Phrases
from agent_assist.errors import BadInputError
from agent_assist.modelling.digest import model_digest
from agent_assist.settings import DEFAULT_MODEL

TRANSCRIPT = ".call.yaml"
AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
UNKNOWN_DAY = CalendarFacts(frozenset({"unknown"}), "")


@dataclass(frozen=True, slots=True)
class Overrides:
    """Particulars given on the command line; None leaves what the call's own data say."""

    desk: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    started_at: str | None = None

    def apply(self, meta: CallMeta) -> CallMeta:
        """The particulars with the given ones put in."""
        given = {k: v for k in self.__slots__ if (v := getattr(self, k)) is not None}
        return replace(meta, **given)


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A call ready to be judged: who, in which circumstances, and what is heard, in order."""

    meta: CallMeta
    context: CallContext
    events: Iterable[Event]
    header: Mapping[str, Any]


class Workshop:
    """What many calls share: the compiled script with its index, and the model once needed."""

    def __init__(self, pack: Pack, model: Path | None = None) -> None:
        self._calendar: CalendarData = pack.desks.data.calendar
        self.phrases = Phrases.from_script(compile_pack(pack))
        self._model_path = model or DEFAULT_MODEL

    def make_ready(self) -> None:
        """Work out what only a noisy call needs, before calls that cannot wait for it."""
        _ = scales(self.phrases.script).talk

    @cached_property
    def model(self) -> LoadedEngine:
        """The recogniser's model, loaded at the first recording."""
        return load_engine(self._model_path)

    @cached_property
    def _model_facts(self) -> dict[str, str]:
        return {"name": self._model_path.name, "digest": model_digest(self._model_path)}

    def open(self, path: Path, overrides: Overrides, agent_channel: Side = "left") -> HeardCall:
        """Open a recording or a timed transcript; raises BadInputError or ScriptError."""
        if path.name.endswith(TRANSCRIPT):
            return self._open_transcript(path, overrides)
        source = Recording(AudioFile(path, agent_channel))
        meta = self.at_desk(overrides.apply(read_meta(path)), path)
        engines = {c: self.model.recogniser() for c in source.channels}
        detectors = {c: WebrtcDetector() for c in source.channels}
        hearing = Hearing(source.channels, engines, detectors, self.phrases.expected)
        started = meta.to_call_started(source.channels)
        events = hear(started, source, hearing, meta.hung_up_by)
        return self._call(meta, source.channels, events, path, self._model_facts)

    def _open_transcript(self, path: Path, overrides: Overrides) -> HeardCall:
        read, heard = read_transcript(path)
        self.phrases.foresee(heard)
        meta = self.at_desk(overrides.apply(read), path)
        channels: tuple[Channel, ...] = ("agent", "customer")
        return self._call(meta, channels, from_transcript(meta, heard), path, None)

    def _call(
        self,
        meta: CallMeta,
        channels: tuple[Channel, ...],
        events: Iterable[Event],
        path: Path,
        model: Mapping[str, str] | None,
    ) -> HeardCall:
        script = self.phrases.script
        header = {
            "version": __version__,
            "source": path.name,
            "call_id": meta.call_id,
            "desk": meta.desk,
            "agent_id": meta.agent_id,
            "agent_name": meta.agent_name,
            "started_at": meta.started_at,
            "direction": meta.direction,
            "customer_surname": meta.customer_surname,
            "customer_title": meta.customer_title,
            "script": {"name": script.name, "version": script.version, "digest": script.digest},
            "model": model,
            "frame_ms": FRAME_MS,
        }
        return HeardCall(meta, self.context(meta, channels), events, header)

    def at_desk(self, meta: CallMeta, file: Path | None = None) -> CallMeta:
        """The call at its desk, the script's default where none is named; raises BadInputError."""
        script = self.phrases.script
        desk = meta.desk or script.default_desk
        if desk not in script.desks:
            known = ", ".join(script.desks)
            where = f"{file}: " if file else ""
            raise BadInputError(f"{where}desk '{desk}' is not in the script; use one of {known}")
        return replace(meta, desk=desk)

    def context(self, meta: CallMeta, channels: tuple[Channel, ...]) -> CallContext:
        """The circumstances that decide which lines are due; raises BadInputError."""
        desk = self.phrases.script.desks[self.at_desk(meta).desk]
        try:
            moment = parse_moment(meta.started_at) if meta.started_at else None
        except ValueError:
            text = meta.started_at
            raise BadInputError(f"'{text}' is no time; write it as 2026-05-12T10:00:00") from None
        day = facts_at(moment, self._calendar) if moment else UNKNOWN_DAY
        known_values = {
            "agent_id": meta.agent_id,
            "agent_name": meta.agent_name,
            "surname": meta.customer_surname if meta.customer_title else "",
            "title": meta.customer_title,
            "brand_greeting": desk.brand_greeting,
        }
        return CallContext(
            desk=desk.id,
            place=desk.place,
            calendar=day.tags,
            wish=day.wish,
            direction=meta.direction,
            channels=channels,
            values={name: value for name, value in known_values.items() if value},
            start_min=moment.hour * 60 + moment.minute if moment else None,
        )


def from_transcript(meta: CallMeta, heard: Iterable[Event]) -> Iterator[Event]:
    """The whole call of a transcript: start, what was heard, end."""
    yield meta.to_call_started(("agent", "customer"))
    yield from heard
    yield CallEnded(meta.ended_at_ms or 0, meta.hung_up_by)


def find_calls(path: Path) -> list[Path]:
    """The calls at a path: itself, or all recordings and transcripts in a folder, by name."""
    if not path.exists():
        raise BadInputError(f"{path}: no such file or folder")
    if not path.is_dir():
        return [path]
    found = sorted(
        p
        for p in path.rglob("*")
        if p.suffix.lower() in AUDIO_SUFFIXES or p.name.endswith(TRANSCRIPT)
    )
    if not found:
        raise BadInputError(f"{path}: holds no recording and no {TRANSCRIPT} file")
    return found
