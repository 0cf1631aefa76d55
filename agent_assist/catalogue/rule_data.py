"""Rules and cases as people write them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, SeverityName, Text
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


class Expected(Data):
    """A finding that must come: its verdict and, where given, turn, term and measured value."""

    verdict: Literal["met", "breach", "undetermined"]
    turn: int | None = None
    term: Text | None = None
    value: float | None = None


class CaseData(Data):
    """One case: a call and exactly the findings of the file's rule that it must give.

    ``aspect`` says what the case shows: the rule met, broken, at its boundary, or a trap.
    ``call`` is a timed transcript, checked where cases are run; particulars it leaves out are
    those of an ordinary inbound call. ``only_agent`` leaves the customer's channel out.
    """

    name: Text
    aspect: Literal["met", "breach", "boundary", "trap", "undetermined"]
    call: dict[str, Any]
    only_agent: bool = False
    expect: list[Expected]


class CaseFile(Data):
    """``cases/<rule id>.yaml``."""

    cases: Annotated[list[CaseData], Field(min_length=1)]
