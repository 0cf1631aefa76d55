"""Plays a minimal call for every way into a situation that the script states: does it come up?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from agent_assist.core.context import CallContext
from agent_assist.core.events import (
    CallEnded,
    CallStarted,
    Channel,
    Event,
    LineQuality,
    PhraseMatch,
    Prompt,
    SituationChosen,
    SituationEntered,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.pipeline import Judgement, Phrases
from agent_assist.core.script import Script, Situation
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording

BY_HAND = frozenset({"customer_enters_hall", "customer_leaves_hall"})
"""Events of which no sound tells: the agent picks the situation."""
LEAST_LITERALS = 4
"""Shorter wordings are recognised by chance only."""
_GOOD = LineQuality(0, "customer", 0, 0, -20.0, -60.0, 30.0, 0.0)
_POOR = {
    "faint": replace(_GOOD, level_dbfs=-50.0),
    "noisy": replace(_GOOD, snr_db=3.0),
    "speakerphone": replace(_GOOD, reverb_ms=900),
    "dialect": replace(_GOOD, understood=0.1),
}
_ANSWER = "嗯好的"
_EXPLAINS = "这个业务是从下个月一号开始生效的"
_CLOSED_QUESTION = "是昨天开始的吗"
_VALUES = {"agent_id": "1086", "agent_name": "小周"}


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A situation that does not come up, and in which of the ways its trigger states."""

    situation_id: str
    way: str


@dataclass(slots=True)
class Tape:
    """A call made up as it goes, one thing after another; silence is only let pass."""

    events: list[Event] = field(default_factory=lambda: [CallStarted(0, "", "", "", "", "", ())])
    now_ms: int = 500

    def say(self, channel: Channel, text: str) -> Tape:
        """One side speaks, at five characters a second, and falls silent."""
        start, end = self.now_ms, self.now_ms + max(400, 200 * len(spoken(text)))
        turn = sum(isinstance(e, Utterance) for e in self.events)
        self.events += [
            VoiceStarted(start, channel),
            VoiceEnded(end, channel),
            Utterance(end, turn, channel, start, end, text),
        ]
        self.now_ms = end + 300
        return self

    def put(self, event: Event) -> Tape:
        """Something else happens."""
        self.events.append(event)
        self.now_ms = max(self.now_ms, event.at_ms)
        return self


@dataclass(frozen=True, slots=True)
class Way:
    """A way into a situation: its part of the trigger, the circumstances, what is heard.

    ``prompts`` is false where the call is over by then and nothing is to be said any more.
    """

    part: str
    context: CallContext
    events: tuple[Event, ...]
    prompts: bool = True


def unreachable(script: Script) -> list[Unreachable]:
    """Every way that does not lead to its situation, and situations without any way."""
    phrases = Phrases.from_script(replace(script, rules=()))
    problems: list[Unreachable] = []
    for situation in script.situations.values():
        tried = list(ways(script, situation))
        if not tried:
            problems.append(Unreachable(situation.id, "anything"))
        failed = (way.part for way in tried if not comes_up(situation, way, play(phrases, way)))
        problems += [Unreachable(situation.id, part) for part in failed]
    return problems


def play(phrases: Phrases, way: Way) -> list[Event]:
    """What follows from everything that is heard on a way."""
    judgement = Judgement(phrases, way.context)
    return [each for event in way.events for each in judgement.feed(event)]


def comes_up(situation: Situation, way: Way, followed: Iterable[Event]) -> bool:
    """Whether the situation was entered, or its words heard, and its first line shown."""
    entered = shown = False
    for event in followed:
        if isinstance(event, SituationEntered):
            entered = entered or event.situation_id == situation.id
        elif isinstance(event, PhraseMatch):
            entered = entered or situation.id in event.also
        elif isinstance(event, Prompt) and event.situation_id == situation.id:
            shown = shown or event.step == situation.cards[0].n
    return shown if way.prompts else entered


def ways(script: Script, situation: Situation) -> Iterator[Way]:
    """Each way that the trigger states, the first line said, and situations that lead here."""
    trigger, context = situation.trigger, _context(script, situation)
    shared = Counter(_cues(script))
    if trigger.event == "call_connected" and trigger.line is None:
        yield Way("event", context, tuple(Tape().events))
    elif trigger.event in BY_HAND or trigger.manual:
        yield Way("manual", context, tuple(Tape().put(SituationChosen(3000, situation.id)).events))
    elif trigger.event:
        yield from _by_event(script, situation, context)
    if trigger.line == "silent" and trigger.phase:
        tape = _greeted(script, context).say("customer", "我想问一下").say("agent", _EXPLAINS)
        yield Way("line", context, _later(tape, trigger.after_ms or 0))
    elif trigger.line and trigger.line != "silent":
        yield Way("line", context, _with_line(_greeted(script, context), trigger.line))
    if trigger.phase in ("hold", "answered"):
        tape = _in_phase(script, situation, context)
        tape.say("customer", _ANSWER)
        yield Way("phase", context, _later(tape, trigger.after_ms or 0))
    for part, channel, cues in (
        ("customer_says", "customer", trigger.customer_says),
        ("agent_says", "agent", trigger.agent_says),
    ):
        if cues:
            tape = _in_phase(script, situation, context)
            side: Channel = "customer" if channel == "customer" else "agent"
            announced = side == "agent" and situation.category == "hold"
            cue = next((c for c in cues if shared[side, c.text] == 1), cues[0])
            yield Way(part, context, tuple(tape.say(side, cue.text).events), not announced)
    if said := max(_first_wordings(situation), key=_literals, default=None):
        said_first = Tape().say("agent", filled(said, context))
        yield Way("say", context, tuple(said_first.events), prompts=False)
    for other in script.situations.values():
        if situation.id in other.then:
            tape = _greeted(script, context).say("customer", "我家宽带昨天晚上断了")
            tape = _say_all(tape, other, context).say("customer", _ANSWER)
            yield Way("then", context, tuple(tape.events))


def _cues(script: Script) -> Iterator[tuple[Channel, str]]:
    for situation in script.situations.values():
        yield from (("customer", cue.text) for cue in situation.trigger.customer_says)
        yield from (("agent", cue.text) for cue in situation.trigger.agent_says)


def _by_event(script: Script, situation: Situation, context: CallContext) -> Iterator[Way]:
    """The events of a call that the program itself knows of."""
    tape = _greeted(script, context)
    match situation.trigger.event:
        case "call_connected":
            yield Way("line", context, _later(tape, 3000))
        case "call_dropped":
            tape.put(CallEnded(tape.now_ms, "network"))
            yield Way("event", context, tuple(tape.events), prompts=False)
        case "customer_interrupts_greeting":
            started = VoiceStarted(500, "agent"), VoiceStarted(1500, "customer")
            yield Way("event", context, tuple(Tape().put(started[0]).put(started[1]).events))
        case "closed_question_denied":
            tape.say("customer", "我家宽带").say("agent", _CLOSED_QUESTION).say("customer", "不是")
            yield Way("event", context, tuple(tape.events))
        case "name_told":
            yield Way("event", context, tuple(tape.say("customer", "我是李先生").events))


def _context(script: Script, situation: Situation) -> CallContext:
    """Circumstances in which the situation can hold."""
    trigger = situation.trigger
    hall = situation.category == "window"
    desks = [
        desk
        for desk in script.desks.values()
        if (not trigger.desks or desk.id in trigger.desks) and (desk.place == "hall" or not hall)
    ] or [script.desks[script.default_desk]]
    own = [desk for desk in desks if desk.greeting == situation.id]
    desk = (own or sorted(desks, key=lambda d: d.id != script.default_desk))[0]
    return CallContext(
        desk=desk.id,
        place="hall" if hall else desk.place,
        calendar=frozenset({trigger.calendar or "ordinary"}),
        direction=trigger.direction or "inbound",
        values={**_VALUES, "brand_greeting": desk.brand_greeting},
        start_min=600,
    )


def _greeted(script: Script, context: CallContext) -> Tape:
    greeting = script.situations[script.desks[context.desk].greeting]
    return _say_all(Tape(), greeting, context)


def _in_phase(script: Script, situation: Situation, context: CallContext) -> Tape:
    """A call that the agent has brought into the phase in which the situation is due."""
    tape, phase = _greeted(script, context), situation.trigger.phase
    if phase not in ("hold", "answered", "closing"):
        return tape
    business = next((b for b in script.businesses if b.key), None)
    if business and situation.line_with("key"):
        tape.say("customer", business.words[0])
    by = [s for s in script.situations.values() if s.enters == phase and s.trigger.phase != phase]
    leading = by or [s for s in script.situations.values() if s.enters == phase]
    return _say_all(tape, leading[0], context) if leading else tape


def _say_all(tape: Tape, situation: Situation, context: CallContext) -> Tape:
    for step in situation.steps:
        if step.say and not step.conditional:
            tape.say("agent", filled(step.say, context))
    return tape


def filled(wording: Wording, context: CallContext) -> str:
    """The line as it might be said, every place filled with something."""
    values = {slot.name: "一二三四五" for slot in wording.slots if slot.fallback in (None, "……")}
    return wording.fill({**values, **context.values}) or ""


def _first_wordings(situation: Situation) -> tuple[Wording, ...]:
    """The wordings of the first line that have enough text to be recognised."""
    step = next((s for s in situation.steps if s.say), None)
    wordings = (step.say, *step.accept) if step and step.say else ()
    return tuple(w for w in wordings if _literals(w) >= LEAST_LITERALS)


def _literals(wording: Wording) -> int:
    return sum(len(spoken(piece)) for piece in wording.pieces if isinstance(piece, str))


def _later(tape: Tape, wait_ms: int) -> tuple[Event, ...]:
    """The same call after nobody has said anything for so long."""
    end = CallEnded(tape.now_ms + wait_ms + 1000, "unknown")
    return (*tape.events, end)


def _with_line(tape: Tape, line: str) -> tuple[Event, ...]:
    """The same call with poor sound from the customer, twice."""
    for _ in range(2):
        tape.say("customer", "今天天气不错今天天气不错")
        start, end = tape.now_ms - 3300, tape.now_ms - 300
        tape.put(replace(_POOR[line], at_ms=end, start_ms=start, end_ms=end))
    return tuple(tape.events)
