"""Rules, flows and cases as people write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, DeskId, Identifier, Seconds, SeverityName, Text
from agent_assist.core.rules import Forbid, Measure, Order, Require, Respond

CheckData = Annotated[
    Require | Forbid | Order | Respond | Measure,
    Field(discriminator="kind"),
]


class RuleData(Data):
    """``rules/<id>.yaml``: one rule; the file's stem is its id."""

    id: Identifier
    title: Text
    group: Literal["voice", "timing", "wording", "conduct", "lexicon"]
    severity: SeverityName
    duty: Text
    source: Text
    note: Text | None = None
    checks: Annotated[list[CheckData], Field(min_length=1)]


class AgentData(Data):
    """Who took the call."""

    id: Text
    name: str = ""


class TurnData(Data):
    """One turn of a timed transcript."""

    start_s: Seconds
    end_s: Seconds
    speaker: Literal["agent", "customer"]
    text: str


class CaseCall(Data):
    """The call of a case: a timed transcript with defaults for what the case is not about."""

    desk: DeskId = "general"
    agent: AgentData = AgentData(id="1086", name="小周")
    started_at: Text = "2026-05-12T10:00:00+08:00"
    ended_at_s: Seconds | None = None
    hung_up_by: Literal["customer", "agent", "network", "unknown"] = "customer"
    direction: Literal["inbound", "outbound"] = "inbound"
    channels: tuple[Literal["agent", "customer"], ...] = Field(("agent", "customer"), strict=False)
    turns: list[TurnData]


class Expected(Data):
    """A finding that must come: its verdict and, where given, turn, term and measured value."""

    verdict: Literal["met", "breach", "undetermined"]
    turn: int | None = None
    term: Text | None = None
    value: float | None = None


class CaseData(Data):
    """One case: a call and exactly the findings of the file's rule that it must give.

    ``aspect`` says what the case shows: the rule met, broken, at its boundary, or a trap.
    """

    name: Text
    aspect: Literal["met", "breach", "boundary", "trap", "undetermined"]
    call: CaseCall
    expect: list[Expected]


class CaseFile(Data):
    """``cases/<rule id>.yaml``."""

    cases: Annotated[list[CaseData], Field(min_length=1)]
