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
    in one of its wordings. ``phone``: a telephone number spoken out. ``triggers``: what customers
    say to bring up one of these situations. ``question``: a question of one's own words, as well
    as ``words``. Talk that holds one of ``without``, to the character, does not count.
    ``meanings``, beside any of the others: what means one of these, in whatever words.
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
    triggers: tuple[str, ...] = ()
    question: bool = False
    without: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class When:
    """Under which circumstances of the call a check applies; empty parts do not restrict.

    ``calendar`` needs one of the tags, ``not_calendar`` none of them. ``customer_silent``: the
    customer has not been heard in the whole call. ``entered``: one of these situations was gone
    through by the agent's words. ``min_turns``: the agent spoke at least this often.
    ``customer_never``: words that the customer has not said. ``said``: one of these was heard in
    the call. ``named_turns``: the agent spoke so often since the customer told his surname.
    ``long_turn``: one turn of the agent had so many characters beside lines of the script.
    ``clear``: nearly all that the agent said was heard right.
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
    customer_never: tuple[str, ...] = ()
    said: tuple[Selector, ...] = ()
    named_turns: int = 0
    long_turn: int = 0
    clear: bool = False


ALWAYS = When()
"""No circumstances: what is written without any has this very one."""


def _always() -> When:
    return ALWAYS


@dataclass(frozen=True, slots=True)
class Require:
    """One of ``do`` must be heard within ``window``; ``instead`` marks a wrong version of it.

    opening is the agent's first talk (turns begun within ``span_s``, up to the customer's first
    real words), closing the agent's last three turns, call everything, first_question the agent's
    first open question in words of his own. ``blame``: missing words are held against the agent
    only under one of these circumstances; otherwise nothing is said of them.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["require"]
    do: tuple[Selector, ...]
    window: Literal["opening", "closing", "call", "first_question"]
    message: str
    instead: Selector | None = None
    span_s: float = 8.0
    when: When = field(default_factory=_always)
    blame: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbid:
    """``what`` must not be heard; ``unless`` lists harmless wordings that contain it.

    What stands in quotation marks is not counted either. ``taboo`` stands for the lexicon of
    forbidden wordings: all of it but ``not_categories``, or only ``categories`` of it; what has one
    of ``meanings`` is forbidden with it.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["forbid"]
    message: str
    what: Selector | None = None
    taboo: bool = False
    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    meanings: tuple[str, ...] = ()
    window: Literal["opening", "call"] = "call"
    span_s: float = 8.0
    replacement: str = ""
    when: When = field(default_factory=_always)


@dataclass(frozen=True, slots=True)
class Order:
    """Something must have been said before ``before``: the end of the call or speech.

    Either the steps of ``situation``, all and in order, or one of ``first``. With ``first``, only
    what comes after ``after`` is looked at, or else after the customer has taken the word; with
    ``ever`` what was said earlier counts too. What stands in the same turn counts as said before,
    unless ``strictly``.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["order"]
    message: str
    situation: str = ""
    steps: tuple[int, ...] = ()
    before: Literal["call_ended"] | Selector = "call_ended"
    first: tuple[Selector, ...] = ()
    after: Selector | None = None
    ever: bool = False
    strictly: bool = False
    when: When = field(default_factory=_always)


@dataclass(frozen=True, slots=True)
class Respond:
    """After ``after``, ``do`` must follow within a time or a number of the speaker's turns.

    ``repeat`` demands that the telephone number heard is said again. ``instead`` is an answer that
    breaks the rule at once, as does, with ``own_id``, an agent's number that is not this agent's.
    With ``after_pause_s`` an answer is due when the speaker comes back after at least so long a
    silence.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["respond"]
    after: Literal["call_connected"] | Selector
    do: Selector
    message: str
    within_s: float | None = None
    within_turns: int | None = None
    repeat: bool = False
    instead: Selector | None = None
    own_id: bool = False
    after_pause_s: float | None = None
    when: When = field(default_factory=_always)


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
    not counted while an ``excuse`` (a hold announced, the customer asked to wait) holds, or with
    ``during`` only while one of those holds. overlap: seconds the agent talks into the customer's
    turn, counted ``times`` before it is a breach. step_pause: seconds between the ends and starts
    of the steps of ``situation``. pause: seconds the agent leaves between ``what`` and ``then``, if
    nobody else speaks. span: seconds from ``what`` to ``then``, whoever speaks between. count:
    turns in which ``what`` is heard. surname: turns in which the customer's surname stands before
    ``what``, a form of address, since he told it. duration: seconds of the call. hangup_wait:
    seconds from the last word to the agent's hanging up. pace_ratio: the agent's pace over the
    customer's, or over his own before ``what`` was asked ``times`` over.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["measure"]
    of: Literal[
        "speech_rate",
        "silence",
        "overlap",
        "step_pause",
        "pause",
        "span",
        "count",
        "surname",
        "duration",
        "hangup_wait",
        "pace_ratio",
        "talk_share",
        "echo",
    ]
    band: Band
    message: str
    unit: str
    situation: str = ""
    steps: tuple[int, ...] = ()
    times: int = 1
    min_s: float = 0.0
    excuses: tuple[Selector, ...] = ()
    during: tuple[Selector, ...] = ()
    what: Selector | None = None
    then: Selector | None = None
    when: When = field(default_factory=_always)


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
