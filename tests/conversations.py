"""Calls written down in a test: who speaks when, judged as a transcript is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agent_assist.adapters.transcript import TranscriptKeys, to_call
from agent_assist.apps.calls import from_transcript
from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    Channel,
    Event,
    Prompt,
    PromptCleared,
    SituationEntered,
    StageEntered,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.strict_yaml import Document
from tests.packs import workshop

Said = tuple[Channel, float, float, str]
"""Speaker, start and end in seconds, words."""
GREETING: Said = ("agent", 0.8, 4.0, "您好，中国移动，很高兴为您服务！")
DEFAULTS: dict[str, Any] = {
    "call_id": "T",
    "desk": "general",
    "agent": {"id": "1086", "name": "小周"},
    "started_at": "2026-05-12T10:00:00+08:00",
    "hung_up_by": "customer",
}


def conversation(
    *said: Said, ended_at_s: float | None = None, **call: Any
) -> tuple[CallMeta, list[Event]]:
    """A call's particulars and everything heard in it, its start and end included."""
    turns = [{"speaker": w, "start_s": a, "end_s": b, "text": t} for w, a, b, t in said]
    data = {**DEFAULTS, **call, "turns": turns}
    if ended_at_s is not None:
        data["ended_at_s"] = ended_at_s
    meta, heard = to_call(TranscriptKeys.model_validate(data), Document("test", {}, {}))
    return meta, list(from_transcript(meta, heard))


def judge(meta: CallMeta, heard: Iterable[Event]) -> list[Event]:
    """Every event with what follows from it, as it goes into the log."""
    context = workshop().context(meta, ("agent", "customer"))
    judgement = Judgement(workshop().phrases, context)
    return [each for event in heard for each in (event, *judgement.feed(event))]


def judged(*said: Said, ended_at_s: float | None = None, **call: Any) -> list[Event]:
    """The whole log of a conversation."""
    return judge(*conversation(*said, ended_at_s=ended_at_s, **call))


def prompts(events: Sequence[Event]) -> list[Prompt]:
    return [e for e in events if isinstance(e, Prompt)]


def shown_at(events: Sequence[Event], at_ms: int) -> Prompt | None:
    """The line on the agent's screen once everything up to a moment is known."""
    line: Prompt | None = None
    for event in events:
        if event.at_ms > at_ms:
            continue
        if isinstance(event, Prompt):
            line = event
        elif isinstance(event, PromptCleared):
            line = None
    return line


def entered(events: Sequence[Event]) -> list[str]:
    return [e.situation_id for e in events if isinstance(e, SituationEntered)]


def stages(events: Sequence[Event]) -> list[str]:
    return [e.stage for e in events if isinstance(e, StageEntered)]
