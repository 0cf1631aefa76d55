"""What the overlay shows, as a pure fold over a call's events; knows audio time only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from agent_assist.core.events import (
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Evidence,
    Finding,
    LineQuality,
    Overdue,
    PartialHeard,
    Prompt,
    PromptCleared,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.masking import mask
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.ui import overlay_gauges as gauges
from agent_assist.ui.labels import DESKS, HUNG_UP_BY, STAGES
from agent_assist.ui.overlay_card import card_json
from agent_assist.ui.overlay_gauges import Talk
from agent_assist.ui.overlay_line import NextLine
from agent_assist.ui.overlay_notes import FLAG_MS, flag_json, turns_json

MOST_FLAGS = 3
MOST_TURNS = 4


@dataclass(frozen=True, slots=True)
class Chip:
    """A situation that is one click away: its id, its name on the chip, its full title."""

    id: str
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class OverlayState:
    """One moment of the overlay.

    ``number`` and ``queue_wait_s`` are what the telephone system told; ``speaking`` holds since
    when each side has been speaking; ``partial`` is the agent's talk that is not settled yet.
    """

    chips: tuple[Chip, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    call: CallStarted | None = None
    ended: CallEnded | None = None
    number: str = ""
    queue_wait_s: float | None = None
    at_ms: int = 0
    stage: str = ""
    situation: str = ""
    line: NextLine | None = None
    flags: tuple[Finding, ...] = ()
    flagged_ms: tuple[int, ...] = ()
    turns: tuple[Utterance, ...] = ()
    talks: tuple[Talk, ...] = ()
    partial: Talk | None = None
    level_dbfs: float | None = None
    card: KnowledgeOffered | None = None
    speaking: tuple[tuple[Channel, int], ...] = ()

    @property
    def running(self) -> bool:
        return self.call is not None and self.ended is None

    def to_json(self) -> dict[str, Any]:
        """Everything the page needs; speech is masked."""
        talks = (*self.talks, *((self.partial,) if self.partial else ()))
        return {
            "at_ms": self.at_ms,
            "call": self._call(),
            "stages": [
                {"id": id, "title": title, "now": self.running and id == self.stage}
                for id, title in STAGES.items()
            ],
            "situation": {"id": self.situation, "title": self._title(self.situation)},
            "chips": [
                {"id": c.id, "name": c.name, "title": c.title, "active": c.id == self.situation}
                for c in self.chips
            ],
            "line": self.line.to_json(self._title(self.line.situation_id)) if self.line else None,
            "flags": [
                flag_json(*each)
                for each in reversed(list(zip(self.flags, self.flagged_ms, strict=True)))
            ],
            "turns": turns_json(self.turns),
            "card": card_json(self.card, self.at_ms) if self.running else None,
            "speaking": [channel for channel, _ in self.speaking],
            "pace": gauges.gauge(
                gauges.pace(talks),
                gauges.SLOW_CPM,
                gauges.FAST_CPM,
                gauges.PACE_SCALE,
                gauges.PACE_WORDS,
            ),
            "level": gauges.gauge(
                self.level_dbfs,
                gauges.QUIET_DBFS,
                gauges.LOUD_DBFS,
                gauges.LEVEL_SCALE,
                gauges.LEVEL_WORDS,
            ),
        }

    def _call(self) -> dict[str, Any] | None:
        call, ended = self.call, self.ended
        if call is None:
            return None
        return {
            "id": call.call_id,
            "desk": call.desk,
            "desk_title": DESKS.get(call.desk, call.desk),
            "agent_id": call.agent_id,
            "agent_name": call.agent_name,
            "number": mask(self.number),
            "queue_wait_s": self.queue_wait_s,
            "heard": list(call.channels),
            "running": self.running,
            "since_ms": call.at_ms,
            "ended_ms": ended.at_ms if ended else None,
            "hung_up_by": HUNG_UP_BY[ended.hung_up_by] if ended else "",
        }

    def _title(self, situation_id: str) -> str:
        return self.titles.get(situation_id, situation_id)


def fold(state: OverlayState, event: Event) -> OverlayState:
    """The state after an event; time never runs backwards."""
    if isinstance(event, CallStarted):
        return OverlayState(state.chips, state.titles, event, at_ms=event.at_ms)
    if state.ended and not isinstance(event, Finding):
        return state
    change = cast("Callable[[OverlayState, Event], OverlayState] | None", _CHANGES.get(type(event)))
    return passed(change(state, event) if change else state, event.at_ms)


def passed(state: OverlayState, at_ms: int) -> OverlayState:
    """The state when audio time has come to ``at_ms``: old flags are gone."""
    if state.ended or at_ms <= state.at_ms:
        return state
    if not state.flags:
        return replace(state, at_ms=at_ms)
    fresh = [
        (flag, since)
        for flag, since in zip(state.flags, state.flagged_ms, strict=True)
        if at_ms < since + FLAG_MS
    ]
    flags, since = tuple(f for f, _ in fresh), tuple(s for _, s in fresh)
    return replace(state, at_ms=at_ms, flags=flags, flagged_ms=since)


def with_caller(state: OverlayState, number: str, queue_wait_s: float | None) -> OverlayState:
    """The state with what the telephone system knows of the caller."""
    return replace(state, number=number, queue_wait_s=queue_wait_s)


def _on_ended(state: OverlayState, event: CallEnded) -> OverlayState:
    at_ms = max(state.at_ms, event.at_ms)
    return replace(state, ended=event, at_ms=at_ms, line=None, speaking=(), partial=None)


def _on_stage(state: OverlayState, event: StageEntered) -> OverlayState:
    return replace(state, stage=event.stage)


def _on_situation(state: OverlayState, event: SituationEntered) -> OverlayState:
    return replace(state, situation=event.situation_id)


def _on_left(state: OverlayState, event: SituationLeft) -> OverlayState:
    return replace(state, situation="") if state.situation == event.situation_id else state


def _on_prompt(state: OverlayState, event: Prompt) -> OverlayState:
    return replace(state, line=NextLine.from_prompt(event))


def _on_cleared(state: OverlayState, event: PromptCleared) -> OverlayState:
    return replace(state, line=None)


def _on_finding(state: OverlayState, event: Finding) -> OverlayState:
    """A breach is flagged; the same rule again takes its own flag's place."""
    if event.verdict != "breach":
        return state
    kept = [
        (flag, since)
        for flag, since in zip(state.flags, state.flagged_ms, strict=True)
        if flag.rule_id != event.rule_id
    ]
    kept = [*kept, (event, max(state.at_ms, event.at_ms))][-MOST_FLAGS:]
    return replace(state, flags=tuple(f for f, _ in kept), flagged_ms=tuple(s for _, s in kept))


def _on_overdue(state: OverlayState, event: Overdue) -> OverlayState:
    """Flagged like a breach, until the verdict takes its place."""
    nothing = Evidence(event.at_ms, event.at_ms)
    return _on_finding(
        state,
        Finding(
            event.at_ms,
            event.rule_id,
            "breach",
            event.severity,
            event.title,
            event.message,
            nothing,
        ),
    )


def _on_voice_started(state: OverlayState, event: VoiceStarted) -> OverlayState:
    others = tuple(each for each in state.speaking if each[0] != event.channel)
    return replace(state, speaking=(*others, (event.channel, event.at_ms)))


def _on_voice_ended(state: OverlayState, event: VoiceEnded) -> OverlayState:
    return replace(state, speaking=tuple(e for e in state.speaking if e[0] != event.channel))


def _on_partial(state: OverlayState, event: PartialHeard) -> OverlayState:
    if event.channel != "agent":
        return state
    began = dict(state.speaking).get("agent")
    if state.partial:
        began = state.partial.start_ms
    talk = None if began is None else Talk.of(began, event.at_ms, event.text)
    line = state.line.hearing(event.text) if state.line else None
    return replace(state, partial=talk, line=line)


def _on_utterance(state: OverlayState, event: Utterance) -> OverlayState:
    state = replace(state, turns=(*state.turns, event)[-MOST_TURNS:])
    if event.channel != "agent":
        return state
    talks = (*state.talks, Talk.of(event.start_ms, event.end_ms, event.text))
    line = state.line.heard(event.text) if state.line else None
    return replace(state, talks=gauges.kept(talks), partial=None, line=line)


def _on_knowledge(state: OverlayState, event: KnowledgeOffered) -> OverlayState:
    return replace(state, card=event)


def _on_level(state: OverlayState, event: LineQuality) -> OverlayState:
    return replace(state, level_dbfs=event.level_dbfs) if event.channel == "agent" else state


_CHANGES: dict[type, Any] = {
    CallEnded: _on_ended,
    StageEntered: _on_stage,
    SituationEntered: _on_situation,
    SituationLeft: _on_left,
    Prompt: _on_prompt,
    PromptCleared: _on_cleared,
    Finding: _on_finding,
    Overdue: _on_overdue,
    VoiceStarted: _on_voice_started,
    VoiceEnded: _on_voice_ended,
    PartialHeard: _on_partial,
    Utterance: _on_utterance,
    LineQuality: _on_level,
    KnowledgeOffered: _on_knowledge,
}
