"""Where a call stands: the situation it is in, the step reached, the stage, what is due next.

Works at the head of the stream, on voice activity, partial readings and utterances as they come;
verdicts are given elsewhere, later, on settled facts.
"""

from __future__ import annotations

from dataclasses import dataclass

from agent_assist.core.context import CallContext
from agent_assist.core.cues import can_hold, cue_matcher, first_with, spoken_phone
from agent_assist.core.events import (
    Channel,
    Event,
    LineQuality,
    SituationEntered,
    SituationLeft,
    StageEntered,
)
from agent_assist.core.line_state import LineWatch
from agent_assist.core.matching import Match, Matcher
from agent_assist.core.script import Script, Situation, Step
from agent_assist.core.spotting import Spotted, Turn
from agent_assist.core.text import spoken

SILENCE_AFTER_GREETING_MS = 2000
"""No sound from the customer this long after the greeting is a silent caller."""
OFFERED_PHASES = ("hold", "answered")
ARRIVALS = ("call_connected", "customer_enters_hall")

Owner = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Due:
    """The line that is due: which step, since when, by when, and the end of what called for it."""

    situation: Situation
    step: Step
    due_ms: int | None
    caused_ms: int


class Flow:
    """Follows one call; ``due`` is the present line, or None while the agent should listen."""

    def __init__(self, script: Script, context: CallContext) -> None:
        self._script = script
        self._context = context
        self._order = {s: i for i, s in enumerate(script.situations)}
        self._cues: dict[Channel, Matcher] = {
            "customer": cue_matcher(script, "customer"),
            "agent": cue_matcher(script, "agent"),
        }
        self.due: Due | None = None
        self.active: Situation | None = None
        self.values = dict(context.values)
        self._said: Owner | None = None
        self._stage = ""
        self._phase = "connected"
        self._greeted = False
        self._speaking: set[Channel] = set()
        self._customer_heard = False
        self._quiet_since_ms = 0
        self._fired_ms = -1
        self._line = LineWatch()
        self._cued: set[tuple[int, str]] = set()
        self._cue_weight: dict[int, float] = {}

    def start(self) -> list[Event]:
        """The call was connected: the desk's greeting is due."""
        greeting = self._greeting()
        events = self._enter(0, greeting, "connected")
        step = greeting.next_line(0)
        if step:
            self.due = Due(greeting, step, greeting.deadline_ms, 0)
        return events

    def on_voice_started(self, at_ms: int, channel: Channel) -> list[Event]:
        """Someone began to speak; a procedure for silence ends as soon as it is the customer."""
        self._speaking.add(channel)
        if channel == "agent":
            return []
        self._customer_heard = True
        if self.active and self.active.aborts_when_customer_speaks:
            return self._leave(at_ms, "customer_speaks")
        return []

    def on_voice_ended(self, at_ms: int, channel: Channel) -> None:
        self._speaking.discard(channel)
        self._quiet_since_ms = max(self._quiet_since_ms, at_ms)

    def on_partial(self, at_ms: int, channel: Channel, text: str, turn: int) -> list[Event]:
        """Cues in what is being said right now."""
        if channel != "customer":
            return []
        heard = spoken(text)
        return self._follow_cues(at_ms, self._cues["customer"].find(heard), turn, "customer", at_ms)

    def on_turn(self, at_ms: int, turn: Turn, spotted: tuple[Spotted, ...]) -> list[Event]:
        """An utterance: the agent's wordings move the call on, the customer's cues turn it."""
        said = turn.utterance
        if said.channel == "customer":
            cues = self._cues["customer"].find(turn.text)
            events = self._follow_cues(at_ms, cues, said.turn, "customer", said.end_ms)
            return events + self._read_back(at_ms, turn)
        if not len(turn.text):
            return []
        events = []
        if not self._greeted:
            self._greeted = True
            if self.due and self.due.situation.trigger.event in ARRIVALS:
                self.due = None
        for spot in spotted:
            events += self._advance(spot, self.owner_of(spot))
        if not spotted:
            cues = self._cues["agent"].find(turn.text)
            events += self._follow_cues(at_ms, cues, said.turn, "agent", said.end_ms)
        return events

    def on_line(self, quality: LineQuality) -> list[Event]:
        """Poor sound from the customer, time and again, proposes what to say about it."""
        line = self._line.feed(quality) if quality.channel == "customer" else None
        situation = first_with(self._script, line=line) if line else None
        return self._propose(quality.at_ms, situation, "line", quality.end_ms) if situation else []

    def on_chosen(self, at_ms: int, situation_id: str) -> list[Event]:
        """The agent picked a situation; picked again, its line that is due counts as said."""
        situation = self._script.situations.get(situation_id)
        if situation is None:
            return []
        if self.due and self.due.situation is situation and self.active is situation:
            self._move_on(situation, self.due.step.n, at_ms, holds=True)
            return []
        said = self._said[1] if self._said and self._said[0] == situation.id else 0
        step = situation.next_line(said, condition_holds=said > 0) or situation.next_line(0)
        self.due = Due(situation, step, None, at_ms) if step else None
        return self._enter(at_ms, situation, "agent_choice")

    def deadline(self) -> tuple[int, Situation] | None:
        """When lasting silence will bring up a situation by itself, and which; each moment once."""
        found = None if self._speaking else self._silence_calls_for()
        return found if found and found[0] > self._fired_ms else None

    def _silence_calls_for(self) -> tuple[int, Situation] | None:
        if self._phase == "hold":
            revisit = first_with(self._script, phase="hold", timed=True)
            if revisit and (self.due is None or self.due.situation is not revisit):
                return self._quiet_since_ms + (revisit.trigger.after_ms or 0), revisit
        silent = first_with(self._script, event="call_connected", line="silent")
        if silent and self._may_be_silent_caller(silent):
            wait = silent.trigger.after_ms or SILENCE_AFTER_GREETING_MS
            return self._quiet_since_ms + wait, silent
        return None

    def on_deadline(self) -> list[Event]:
        """The deadline has come: the silent caller, or the hold nobody came back to."""
        found = self.deadline()
        if found is None:
            return []
        at_ms, situation = found
        self._fired_ms = at_ms
        return self._propose(at_ms, situation, "silence", self._quiet_since_ms)

    def _may_be_silent_caller(self, silent: Situation) -> bool:
        greeted = self._greeted and (self._said is None or self._is_greeting(self._said))
        unheard = self._context.hears_customer and not self._customer_heard
        return greeted and unheard and self.active is not silent

    def _is_greeting(self, owner: Owner) -> bool:
        return self._script.situations[owner[0]].category == "greeting"

    def owner_of(self, spot: Spotted) -> Owner:
        """Which of the situations that share a wording it stands for, here and now."""
        owners = [o for o in spot.match.owners if isinstance(o, tuple)]
        return min(owners, key=self._unlikeliness)

    def _unlikeliness(self, owner: Owner) -> tuple[bool, bool, bool, bool, int]:
        """The tie-break, in order: the step that is due; further in the active situation; one
        that can hold in this call; a first step; the order of the catalogue."""
        situation = self._script.situations[owner[0]]
        is_due = self.due is not None and (self.due.situation.id, self.due.step.n) == owner
        goes_on = self.active is situation and (self._said is None or owner[1] >= self._said[1])
        greeted = situation.trigger.event in ARRIVALS and self._said is not None
        possible = can_hold(situation, self._context, self._phase) and not greeted
        return not is_due, not goes_on, not possible, owner[1] > 1, self._order[owner[0]]

    def _advance(self, spot: Spotted, owner: Owner) -> list[Event]:
        situation = self._script.situations[owner[0]]
        events: list[Event] = []
        if self.active is not situation:
            events = self._enter(spot.start_ms, situation, "agent")
        self._move_on(situation, owner[1], spot.end_ms)
        return events

    def _move_on(self, situation: Situation, n: int, end_ms: int, *, holds: bool = False) -> None:
        """A step was said: the next one is due, or what the phase of the call calls for."""
        self._said = (situation.id, n)
        self._enter_phase(situation)
        following = situation.next_line(n, condition_holds=holds)
        self.due = None
        if following:
            due_ms = end_ms + following.pause_ms[0] if following.pause_ms else None
            self.due = Due(situation, following, due_ms, end_ms)
        else:
            self._offer(end_ms)

    def _enter_phase(self, situation: Situation) -> None:
        """What the agent says puts the call on hold, brings it back, or towards its end."""
        if situation.enters:
            self._phase = situation.enters
        elif self._phase == "hold":
            self._phase = "connected"

    def _offer(self, at_ms: int) -> None:
        """The line that a phase calls for by itself: thanks after a hold, any other wish."""
        if self._phase not in OFFERED_PHASES:
            return
        situation = first_with(self._script, phase=self._phase)
        step = situation.next_line(0) if situation else None
        if situation and step:
            self.due = Due(situation, step, None, at_ms)

    def _follow_cues(
        self, at_ms: int, cues: list[Match], turn: int, cause: str, heard_ms: int
    ) -> list[Event]:
        """The strongest cue so far wins the prompt; each situation is entered once an utterance."""
        events: list[Event] = []
        situations = self._script.situations
        for match in sorted(cues, key=lambda m: (-m.weight, m.start)):
            ids = [o for o in match.owners if isinstance(o, str)]
            situation = next(
                (s for i in ids if can_hold(s := situations[i], self._context, self._phase)), None
            )
            if situation is None or (turn, situation.id) in self._cued:
                continue
            strongest = match.weight > self._cue_weight.get(turn, 0.0)
            self._cue_weight[turn] = max(match.weight, self._cue_weight.get(turn, 0.0))
            self._cued.add((turn, situation.id))
            if cause == "agent":
                self._enter_phase(situation)
                events.append(SituationEntered(at_ms, situation.id, cause))
            elif strongest:
                events += self._propose(at_ms, situation, cause, heard_ms)
            else:
                events.append(SituationEntered(at_ms, situation.id, cause))
        return events

    def _read_back(self, at_ms: int, turn: Turn) -> list[Event]:
        """A telephone number was given: the line that repeats it is due."""
        phone = spoken_phone(turn.text)
        if not phone:
            return []
        self.values["phone"] = phone
        for situation in self._script.situations.values():
            step = situation.line_with("phone")
            if step and can_hold(situation, self._context, self._phase):
                self.due = Due(situation, step, None, turn.utterance.end_ms)
                known = self.active is situation
                return [] if known else self._enter(at_ms, situation, "customer")
        return []

    def _propose(self, at_ms: int, situation: Situation, cause: str, heard_ms: int) -> list[Event]:
        """Bring a situation up; if the agent is in it already, its condition holds: go on in it."""
        said = self._said[1] if self._said and self._said[0] == situation.id else 0
        step = situation.next_line(said, condition_holds=said > 0) or situation.next_line(0)
        events = self._enter(at_ms, situation, cause)
        if step:
            due_ms = at_ms if cause == "silence" else None
            self.due = Due(situation, step, due_ms, heard_ms)
        return events

    def _enter(self, at_ms: int, situation: Situation, cause: str) -> list[Event]:
        self.active = situation
        events: list[Event] = [SituationEntered(at_ms, situation.id, cause)]
        if situation.stage != self._stage:
            self._stage = situation.stage
            events.append(StageEntered(at_ms, situation.stage))
        return events

    def _leave(self, at_ms: int, cause: str) -> list[Event]:
        left = self.active
        self.active = self.due = None
        return [SituationLeft(at_ms, left.id, cause)] if left else []

    def _greeting(self) -> Situation:
        wanted = self._context.calendar & {"weekend", "holiday"}
        for situation in self._script.situations.values():
            trigger = situation.trigger
            if trigger.event == "call_connected" and trigger.calendar in wanted:
                return situation
        return self._script.situations[self._script.desks[self._context.desk].greeting]
