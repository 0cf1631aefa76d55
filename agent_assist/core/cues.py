"""What brings a situation up by itself: cue phrases of either side, and what triggers tell."""

from __future__ import annotations

from functools import lru_cache

from agent_assist.core.context import CallContext
from agent_assist.core.events import Channel
from agent_assist.core.matching import Matcher, matcher_of
from agent_assist.core.script import Script, Situation, Step
from agent_assist.core.text import SpokenText, digit_runs

_TO_DIGITS = str.maketrans("零幺一二三四五六七八九", "01123456789")


@lru_cache(maxsize=64)
def cue_matcher(script: Script, channel: Channel) -> Matcher:
    """An index of a channel's cue phrases; owners are situation ids."""
    entries = (
        (situation.id, wording)
        for situation in script.situations.values()
        for wording in (
            situation.trigger.customer_says
            if channel == "customer"
            else situation.trigger.agent_says
        )
    )
    return matcher_of(tuple(entries), exact_short=True)


def can_hold(situation: Situation, context: CallContext, phase: str) -> bool:
    """Whether a situation is possible on this desk, day and kind of call, in this phase."""
    trigger = situation.trigger
    return (
        (not trigger.desks or context.desk in trigger.desks)
        and (trigger.calendar is None or trigger.calendar in context.calendar)
        and (trigger.direction or "inbound") == context.direction
        and (trigger.phase != "closing" or phase == "closing")
        and (situation.category != "window" or context.place == "hall")
    )


@lru_cache(maxsize=256)
def first_with(
    script: Script,
    *,
    event: str | None = None,
    line: str | None = None,
    phase: str | None = None,
    timed: bool = False,
) -> Situation | None:
    """The first situation of the catalogue with exactly such a trigger, ``timed`` or not."""
    wanted = (event, line, phase, timed)
    for situation in script.situations.values():
        t = situation.trigger
        if (t.event, t.line, t.phase, t.after_ms is not None) == wanted:
            return situation
    return None


@lru_cache(maxsize=256)
def lines_with(script: Script, slot: str) -> tuple[tuple[Situation, Step], ...]:
    """The situations with a line that has a place for this, and that line."""
    found = ((situation, situation.line_with(slot)) for situation in script.situations.values())
    return tuple((situation, step) for situation, step in found if step)


def offered_in(script: Script, phase: str) -> list[Situation]:
    """The situations a phase calls for by itself; what leads towards the end comes last."""
    offered = (
        s
        for s in script.situations.values()
        if s.trigger.phase == phase and s.trigger.line is None and s.trigger.after_ms is None
    )
    return sorted(offered, key=lambda s: s.enters == "closing")


def greeting_of(script: Script, context: CallContext) -> Situation:
    """The greeting of this desk and day: of a holiday, a weekend, the night, else the desk's."""
    for tag in ("holiday", "weekend", "night"):
        for situation in script.situations.values():
            trigger = situation.trigger
            special = trigger.event == "call_connected" and trigger.calendar == tag
            if special and can_hold(situation, context, "connected"):
                return situation
    return script.situations[script.desks[context.desk].greeting]


def spoken_phone(text: SpokenText) -> str:
    """A telephone number spoken in the text, in Arabic digits; empty if there is none."""
    for start, end in digit_runs(text):
        digits = text.chars[start:end].translate(_TO_DIGITS)
        if digits.startswith("1"):
            return digits
    return ""
