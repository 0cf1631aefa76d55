"""The rule language: five kinds of check, each a small state machine of ``core.compliance``.

These records are both what a person writes in ``rules/*.yaml`` (validated by the catalogue) and
what the core runs. There are no expressions: a sixth kind is a change of code, with tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent_assist.core.events import Channel, HungUpBy, Severity

_STRICT = {"extra": "forbid"}


@dataclass(frozen=True, slots=True)
class Selector:
    """Speech a check looks for; exactly one of the ways to say what, and by whom.

    ``speech``: any speech. ``situations``: a catalogue wording of one of these situations (only of
    ``steps`` when given). ``greeting``: the greeting of the call's own desk, or of another desk.
    ``wish``: a calendar wish. ``words``: one of these wordings. ``elements``: every element, each
    in one of its wordings. ``phone``: a telephone number spoken out.
    """

    __pydantic_config__ = _STRICT

    by: Channel = "agent"
    speech: bool = False
    situations: tuple[str, ...] = ()
    steps: tuple[int, ...] = ()
    greeting: Literal["own", "other"] | None = None
    wish: bool = False
    words: tuple[str, ...] = ()
    elements: tuple[tuple[str, ...], ...] = ()
    phone: bool = False


@dataclass(frozen=True, slots=True)
class When:
    """Under which circumstances of the call a check applies; empty parts do not restrict.

    ``calendar`` needs one of the tags, ``not_calendar`` none of them. ``customer_silent``: the
    customer has not been heard in the whole call. ``entered``: one of these situations was gone
    through by the agent's words. ``min_turns``: the agent spoke at least this often.
    """

    __pydantic_config__ = _STRICT

    calendar: tuple[str, ...] = ()
    not_calendar: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    direction: tuple[str, ...] = ()
    hung_up_by: tuple[HungUpBy, ...] = ()
    customer_silent: bool | None = None
    entered: tuple[str, ...] = ()
    not_entered: tuple[str, ...] = ()
    min_turns: int = 0


@dataclass(frozen=True, slots=True)
class Require:
    """One of ``do`` must be heard within ``window``; ``instead`` marks a wrong version of it.

    opening is the agent's first talk (turns begun within ``span_s``, up to the customer's first
    real words), closing the agent's last three turns, call everything.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["require"]
    do: tuple[Selector, ...]
    window: Literal["opening", "closing", "call"]
    message: str
    instead: Selector | None = None
    span_s: float = 8.0
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Forbid:
    """``what`` must not be heard; ``unless`` lists harmless wordings that contain it.

    What stands in quotation marks is not counted either. ``taboo`` stands for the whole lexicon of
    forbidden wordings.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["forbid"]
    message: str
    what: Selector | None = None
    taboo: bool = False
    unless: tuple[str, ...] = ()
    window: Literal["opening", "call"] = "call"
    span_s: float = 8.0
    replacement: str = ""
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Order:
    """The steps of ``situation`` must all have been said, in order, before ``before``.

    ``before`` is the end of the call or speech.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["order"]
    situation: str
    steps: tuple[int, ...]
    message: str
    before: Literal["call_ended"] | Selector = "call_ended"
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Respond:
    """After ``after``, ``do`` must follow within a time or a number of the speaker's turns.

    ``repeat`` demands that the telephone number heard is said again.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["respond"]
    after: Literal["call_connected"] | Selector
    do: Selector
    message: str
    within_s: float | None = None
    within_turns: int | None = None
    repeat: bool = False
    when: When = field(default_factory=When)


@dataclass(frozen=True, slots=True)
class Band:
    """Met between ``low`` and ``high``; breach beyond ``breach_low`` or ``breach_high``.

    What lies between the two is undetermined; a missing limit does not restrict, and missing
    breach limits equal the met ones.
    """

    __pydantic_config__ = _STRICT

    low: float | None = None
    high: float | None = None
    breach_low: float | None = None
    breach_high: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of the call held against a band.

    speech_rate: characters a minute of the agent's talk. silence: seconds in which nobody speaks,
    not counted while an ``excuse`` (a hold announced, the customer asked to wait) holds. overlap:
    seconds the agent talks into the customer's turn, counted ``times`` before it is a breach.
    step_pause: seconds between the ends and starts of the steps of ``situation``.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["measure"]
    of: Literal["speech_rate", "silence", "overlap", "step_pause"]
    band: Band
    message: str
    unit: str
    situation: str = ""
    steps: tuple[int, ...] = ()
    times: int = 1
    min_s: float = 0.0
    excuses: tuple[Selector, ...] = ()
    when: When = field(default_factory=When)


Check = Require | Forbid | Order | Respond | Measure


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of inspection; its duty is quoted from ``source``."""

    id: str
    title: str
    group: str
    severity: Severity
    duty: str
    source: str
    checks: tuple[Check, ...]
