"""The rows of the review page: plain values, already masked and worded for the reader."""

from __future__ import annotations

from dataclasses import dataclass

from agent_assist.core.events import AlignedChar, Channel
from agent_assist.ui.transcript_marks import Piece


@dataclass(frozen=True, slots=True)
class MatchNote:
    """A wording that was recognised in a turn."""

    start_ms: int
    end_ms: int
    channel: Channel
    name: str
    sure: str
    expected: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """One row of the conversation; ``unsure`` is the recogniser's confidence where it is low."""

    turn: int
    channel: Channel
    start_ms: int
    end_ms: int
    text: str
    pieces: tuple[Piece, ...]
    matches: tuple[MatchNote, ...]
    unsure: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """One evidence card; ``facts`` are label and value, in reading order."""

    verdict: str
    mark: str
    verdict_label: str
    severity: str
    severity_label: str
    rule_id: str
    title: str
    message: str
    seek_ms: int
    turn: int | None
    expected: str
    heard: str
    term: str
    replacement: str
    cells: tuple[AlignedChar, ...]
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PromptView:
    """A prompt as it was shown; times in milliseconds of the call."""

    at_ms: int
    until_ms: int
    due_ms: int | None
    name: str
    text: str
    status: str
    status_label: str
    latency: str


@dataclass(frozen=True, slots=True)
class StayView:
    """A bar of the course of the call."""

    kind: str
    name: str
    cause: str
    start_ms: int
    end_ms: int
