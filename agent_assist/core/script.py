"""A compiled script pack: everything the core needs of the catalogue, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from agent_assist.core.events import Severity
from agent_assist.core.rules import Rule
from agent_assist.core.scoring import ScoreSheet
from agent_assist.core.wording import Slot, Wording

Status = Literal["seed", "own"]
Place = Literal["telephone", "hall"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``say`` is shown and matched, ``accept`` only matched; ``do`` is shown as advice.

    ``pause_ms`` is the least and most silence the agent leaves before it.
    """

    n: int
    say: Wording | None
    do: str
    accept: tuple[Wording, ...]
    conditional: bool
    pause_ms: tuple[int, int] | None
    status: Status
    source: str


@dataclass(frozen=True, slots=True)
class Trigger:
    """What brings a situation up; see the catalogue's data model for the meaning of each part."""

    event: str | None = None
    direction: str | None = None
    desks: tuple[str, ...] = ()
    calendar: str | None = None
    line: str | None = None
    phase: str | None = None
    after_ms: int | None = None
    customer_says: tuple[Wording, ...] = ()
    agent_says: tuple[Wording, ...] = ()
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation of the catalogue with its steps.

    ``enters`` is the phase of the call once the agent has said one of its lines.
    """

    id: str
    title: str
    category: str
    stage: str
    trigger: Trigger
    steps: tuple[Step, ...]
    aborts_when_customer_speaks: bool
    enters: str | None
    deadline_ms: int | None

    def step(self, n: int) -> Step | None:
        """The step numbered ``n``."""
        return next((s for s in self.steps if s.n == n), None)

    def next_line(self, after: int, *, condition_holds: bool = False) -> Step | None:
        """The spoken step after step ``after``; one with a condition only when that holds."""
        step = next((s for s in self.steps if s.n > after and s.say), None)
        return None if step and step.conditional and not condition_holds else step

    def line_with(self, slot: str) -> Step | None:
        """The first spoken step whose line has a place for ``slot``."""
        return next(
            (
                step
                for step in self.steps
                if step.say and any(isinstance(p, Slot) and p.name == slot for p in step.say.pieces)
            ),
            None,
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk type: its greeting situation, the brand part of its greeting, and where it is."""

    id: str
    title: str
    greeting: str
    brand_greeting: str
    place: Place = "telephone"


@dataclass(frozen=True, slots=True)
class Taboo:
    """A forbidden wording; ``except_in`` are harmless wordings that contain it."""

    wording: Wording
    term: str
    category: str
    severity: Severity
    whole_utterance: bool
    replacement: Wording | None
    except_in: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """A script pack; ``digest`` names its exact contents (first 16 hex digits of SHA-256).

    The first of ``sheets`` is the one calls are scored by.
    """

    name: str
    title: str
    version: str
    digest: str
    desks: Mapping[str, Desk]
    situations: Mapping[str, Situation]
    rules: tuple[Rule, ...]
    taboo: tuple[Taboo, ...]
    wishes: tuple[str, ...]
    sheets: tuple[ScoreSheet, ...]
    default_desk: str = ""
