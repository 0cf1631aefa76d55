"""Calls that were heard before: from their event logs or transcripts, without their sound."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from agent_assist.adapters.event_log import load_log
from agent_assist.adapters.transcript import read_transcript
from agent_assist.apps.calls import TRANSCRIPT, from_transcript
from agent_assist.core.call import CallMeta, Direction
from agent_assist.core.events import (
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Finding,
    Overdue,
    PhraseMatch,
    Prompt,
    PromptCleared,
    SituationEntered,
    SituationLeft,
    StageEntered,
)
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.errors import BadInputError

LOG = ".events.jsonl"
JUDGED = (
    PhraseMatch,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Prompt,
    PromptCleared,
    KnowledgeOffered,
    Overdue,
    Finding,
)
"""What a judgement adds to a log; all else in it was heard, or done by somebody."""


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call as it was heard, ready to be judged by any script."""

    meta: CallMeta
    channels: tuple[Channel, ...]
    heard: tuple[Event, ...]


def find_stored(path: Path) -> Iterator[Path]:
    """Logs and transcripts at a path, one after the other, folder by folder in order of names.

    A transcript beside a log of its name is the same call and is left out.
    """
    if not path.exists():
        raise BadInputError(f"{path}: no such file or folder")
    if not path.is_dir():
        yield path
        return
    found = False
    for folder, below, names in os.walk(path):
        below.sort()
        present = set(names)
        for name in sorted(names):
            logged = f"{name.removesuffix(TRANSCRIPT)}{LOG}" in present
            if name.endswith(LOG) or (name.endswith(TRANSCRIPT) and not logged):
                found = True
                yield Path(folder, name)
    if not found:
        raise BadInputError(f"{path}: holds no {LOG} file and no {TRANSCRIPT} file")


def read_stored(path: Path) -> StoredCall:
    """Read one; raises BadInputError or ScriptError that names the file and line."""
    if path.name.endswith(TRANSCRIPT):
        meta, heard = read_transcript(path)
        return StoredCall(meta, ("agent", "customer"), tuple(from_transcript(meta, heard)))
    header, events = load_log(path)[:2]
    return _of_log(path, header, [e for e in events if not isinstance(e, JUDGED)])


def _of_log(path: Path, header: dict[str, Any], heard: Sequence[Event]) -> StoredCall:
    started = next(iter(heard), None)
    if not isinstance(started, CallStarted):
        raise BadInputError(f"{path}:2: the log does not begin with call_started")
    ended = next((e for e in heard if isinstance(e, CallEnded)), None)
    direction, surname, title = (
        header.get(key, default)
        for key, default in (
            ("direction", "inbound"),
            ("customer_surname", ""),
            ("customer_title", ""),
        )
    )
    if direction not in get_args(Direction) or not (
        isinstance(surname, str) and isinstance(title, str)
    ):
        raise BadInputError(f"{path}:1: direction or customer cannot be read")
    meta = CallMeta(
        call_id=started.call_id,
        desk=started.desk,
        agent_id=started.agent_id,
        agent_name=started.agent_name,
        started_at=started.started_at,
        ended_at_ms=ended.at_ms if ended else None,
        hung_up_by=ended.hung_up_by if ended else "unknown",
        direction=direction,
        customer_surname=surname,
        customer_title=title,
    )
    return StoredCall(meta, started.channels, tuple(heard))
