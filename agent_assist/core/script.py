"""A compiled script pack: everything the core needs of the catalogue, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent_assist.core.events import Severity
from agent_assist.core.forms import Form
from agent_assist.core.knowledge import Card
from agent_assist.core.meaning import NO_MEANINGS, Meanings
from agent_assist.core.rules import Rule
from agent_assist.core.scoring import ScoreSheet
from agent_assist.core.wording import Wording

Status = Literal["seed", "own"]
Place = Literal["telephone", "hall"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: ``say`` is shown and matched, ``accept`` only matched; ``do`` is advice.

    ``when`` is the condition under which it is due; ``pause_ms`` is the least and most silence the
    agent leaves before it. Advice is shown where it tells a value of this call, or where a
    situation has nothing else to show.
    """

    n: int
    say: Wording | None
    do: Wording | None
    accept: tuple[Wording, ...]
    when: str | None
    pause_ms: tuple[int, int] | None
    status: Status
    source: str

    @property
    def conditional(self) -> bool:
        return self.when is not None

    @property
    def is_card(self) -> bool:
        """Whether it is shown by itself: a line, or advice with a value of this call."""
        return self.say is not None or bool(self.do and self.do.slots)


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
    alone: bool = False
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """A situation of the catalogue with its steps.

    ``enters`` is the phase of the call once the agent has said one of its lines; ``then`` are the
    situations whose line follows its last one, the first that can be shown.
    """

    id: str
    title: str
    category: str
    stage: str
    trigger: Trigger
    steps: tuple[Step, ...]
    aborts_when_customer_speaks: bool
    enters: str | None
    then: tuple[str, ...]
    deadline_ms: int | None

    def step(self, n: int) -> Step | None:
        """The step numbered ``n``."""
        return next((s for s in self.steps if s.n == n), None)

    @property
    def cards(self) -> tuple[Step, ...]:
        """The steps that are shown: its lines, or its first advice where it has no line."""
        return tuple(s for s in self.steps if s.is_card) or self.steps[:1]

    def next_line(self, after: int, *, condition_holds: bool = False) -> Step | None:
        """The step shown after step ``after``; one with a condition only when that holds."""
        step = next((s for s in self.cards if s.n > after), None)
        return None if step and step.conditional and not condition_holds else step

    def line_when(self, after: int, condition: str) -> Step | None:
        """The first line after step ``after`` that is due under this very condition."""
        return next((s for s in self.cards if s.n > after and s.when == condition), None)

    def line_with(self, slot: str) -> Step | None:
        """The first spoken step whose line has a place for ``slot``."""
        return next(
            (
                step
                for step in self.steps
                if step.say and any(each.name == slot for each in step.say.slots)
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
class Business:
    """What customers ask about: its name in lines, its words, and its key of the voice menu."""

    name: str
    words: tuple[str, ...]
    key: str


@dataclass(frozen=True, slots=True)
class Taboo:
    """A forbidden wording; ``except_in`` are harmless wordings that contain it.

    Ways to say the same thing share a ``name``.
    """

    name: str
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

    The first of ``sheets`` is the one calls are scored by; ``quick`` are the situations one key
    away, with their short names; ``talk`` is what agents say besides, and may say; ``homophones``
    are words that rules forbid with usual ones that they sound like; ``meanings`` tell what was
    meant, in whatever words.
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
    businesses: tuple[Business, ...] = ()
    default_desk: str = ""
    cards: tuple[Card, ...] = ()
    forms: tuple[Form, ...] = ()
    quick: tuple[tuple[str, str], ...] = ()
    talk: tuple[str, ...] = ()
    homophones: Mapping[str, str] = field(default_factory=dict)
    meanings: Meanings = NO_MEANINGS
