"""The shape of script data as people write it (pydantic); JSON schemas are generated from here."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
PlaceholderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=0)]
CalendarTag = Literal["weekend", "holiday", "night", "ordinary"]
StageId = Literal["rapport", "diagnosis", "solution", "agreement", "summary", "follow-up"]
SeverityName = Literal["fatal", "major", "minor", "info"]


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a block that say something."""
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


class Data(BaseModel):
    """Base of all script data: unknown keys are errors and values are not coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Step(Data):
    """One step of a situation: a line to ``say`` or a thing to ``do``, never both.

    ``status`` seed marks wording kept verbatim from a source document, own marks wording written
    for this product. ``accept`` holds other wordings that count as this step when heard; they are
    matched but never shown. ``when`` is the condition under which the step is due.
    """

    n: Annotated[int, Field(ge=1)]
    say: Text | None = None
    do: Text | None = None
    when: Text | None = None
    pause_before_s: Seconds | Annotated[list[Seconds], Field(min_length=2, max_length=2)] | None = (
        None
    )
    status: Literal["seed", "own"]
    source: Text
    note: Text | None = None
    accept: list[Text] = []

    @model_validator(mode="after")
    def _one_of_say_and_do(self) -> Step:
        if (self.say is None) == (self.do is None):
            raise ValueError("a step has either 'say' or 'do'")
        if self.do is not None and self.accept:
            raise ValueError("'accept' belongs to a step with 'say'")
        return self


class Trigger(Data):
    """What brings a situation up: ``event``, ``line``, ``phase``, cues and ``manual`` each do.

    ``customer_says`` and ``agent_says`` are cue phrases looked for on that channel (any of them),
    with ``alone`` only where little else is said; ``line`` is a state of the customer's line;
    ``phase`` is a state of the call, beside cues the one in which they count; ``manual`` means that
    only the agent can know and chooses the situation by hand. ``direction``, ``desk`` and
    ``calendar`` must hold besides.
    """

    event: (
        Literal[
            "call_connected",
            "call_dropped",
            "customer_interrupts_greeting",
            "closed_question_denied",
            "name_told",
            "customer_enters_hall",
            "customer_leaves_hall",
        ]
        | None
    ) = None
    direction: Literal["inbound", "outbound"] | None = None
    desk: list[Identifier] | None = None
    calendar: CalendarTag | None = None
    line: Literal["silent", "faint", "noisy", "speakerphone", "dialect"] | None = None
    phase: (
        Literal[
            "connected",
            "explaining",
            "customer_explaining",
            "hold",
            "answered",
            "closing",
        ]
        | None
    ) = None
    after_s: Seconds | None = None
    customer_says: list[Text] = []
    agent_says: list[Text] = []
    alone: bool = False
    manual: bool = False

    @model_validator(mode="after")
    def _not_empty(self) -> Trigger:
        if not self.model_fields_set:
            raise ValueError("a trigger needs at least one condition")
        return self


class Profile(Data):
    """Another house's version of a procedure, chosen in ``script.yaml``."""

    name: Identifier
    source: Text
    note: Text | None = None
    steps: Annotated[list[Step], Field(min_length=1)]


class SituationData(Data):
    """A situation of the catalogue: when it holds, what to say, in which steps.

    ``must_match`` are utterances that have to be recognised as this situation, ``must_not_match``
    utterances that must not; both are run by the linter. ``enters`` is the phase the call is in
    once the agent has said one of its lines; ``then`` names the situations whose line follows its
    last one, the first that can be shown.
    """

    id: Identifier
    title: Text
    category: Literal[
        "greeting",
        "audio",
        "addressing",
        "listening",
        "verification",
        "hold",
        "information",
        "transfer",
        "complaint",
        "abuse",
        "scope",
        "marketing",
        "system",
        "callback",
        "outbound",
        "close",
        "window",
    ]
    stage: StageId
    trigger: Trigger
    manner: Text | None = None
    deadline_s: Seconds | None = None
    abort: Literal["customer_speaks"] | None = None
    enters: Literal["hold", "answering", "answered", "closing"] | None = None
    then: list[Identifier] = []
    steps: Annotated[list[Step], Field(min_length=1)]
    profiles: list[Profile] = []
    note: Text | None = None
    must_match: list[Text] = []
    must_not_match: list[Text] = []


class SituationFile(Data):
    """A file of ``phrases/``."""

    situations: Annotated[list[SituationData], Field(min_length=1)]


class PlaceholderData(Data):
    """A typed slot of a wording.

    ``min_syllables`` and ``max_syllables`` bound what may be heard in its place; ``fallback`` is a
    neutral wording shown when the value is unknown (empty drops the slot); without a fallback a
    wording with an unknown value is not shown. With ``clock_minutes`` the value is the time of day
    so many minutes after the line is due.
    """

    label: Text
    kind: Literal["digits", "name", "title", "text"]
    min_syllables: Annotated[int, Field(ge=0)] = 0
    max_syllables: Annotated[int, Field(ge=1)]
    example: Text
    fallback: str | None = None
    clock_minutes: Annotated[int, Field(ge=0, le=7 * 1440)] | None = None


class DeskData(Data):
    """A desk type: which greeting situation is its own, what its placeholder says, and where it is.

    Situations of the category window come up at a desk in a hall only.
    """

    title: Text
    greeting: Identifier
    brand_greeting: Text
    place: Literal["telephone", "hall"] = "telephone"


class WeekWindow(Data):
    """A weekly window; weekday names in Chinese (周一 … 周日), hours 0 to 24 as ``HH:MM`` text."""

    from_day: Literal["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
    from_time: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")]
    to_day: Literal["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
    to_time: Annotated[str, Field(pattern=r"^([01]\d|2[0-4]):[0-5]\d$")]
    source: Text


class HolidayWindow(Data):
    """Extra or corrected holiday windows of one festival, as local date and time text."""

    festival: Text
    wish: Text
    starts: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$")]
    ends: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$")]
    source: Text


class CalendarData(Data):
    """When greetings carry a wish: weekend profiles, a holiday library and additions to it.

    ``holiday_eves``: the day before this one (month-day) is festive from the time of day on.
    """

    weekend_profile: Identifier
    weekend_profiles: dict[Identifier, WeekWindow]
    weekend_wish: Text
    holiday_country: Literal["CN"]
    holiday_wish: Text
    wishes: Annotated[list[Text], Field(min_length=1)]
    extra_holidays: list[HolidayWindow] = []
    holiday_eves: dict[
        Annotated[str, Field(pattern=r"^\d{2}-\d{2}$")],
        Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")],
    ] = {}
    not_holidays: list[Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]] = []
    night_from: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")]
    night_to: Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")]


class BusinessData(Data):
    """What customers ask about: its name in lines, the words that tell it, its menu key."""

    name: Text
    words: Annotated[list[Text], Field(min_length=1)]
    key: Annotated[str, Field(pattern=r"^[0-9*#]{1,4}$")] | None = None


class DesksFile(Data):
    """``desks.yaml``: desk types, placeholders, businesses, calendar.

    A call that names no desk is one of ``default_desk``. ``quick`` are the situations that are one
    key away, 1 to 9, with their short names.
    """

    default_desk: Identifier
    desks: dict[Identifier, DeskData]
    quick: Annotated[dict[Identifier, Text], Field(max_length=9)] = {}
    placeholders: dict[PlaceholderName, PlaceholderData]
    businesses: list[BusinessData] = []
    calendar: CalendarData


class Extends(Data):
    """Files of another pack that belong to this one as they are; ``pack`` is relative to it."""

    pack: Text
    files: Annotated[list[Text], Field(min_length=1)]


class ScriptFile(Data):
    """``script.yaml``: the pack's name, version, what it shares, and chosen procedure profiles."""

    name: Identifier
    title: Text
    version: Text
    extends: Extends | None = None
    profiles: dict[Identifier, Identifier] = {}
