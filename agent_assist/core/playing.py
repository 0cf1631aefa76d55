"""Plays situations step by step: enters them, makes their lines due, goes on when one was said."""

from __future__ import annotations

from agent_assist.core.cues import offered_in
from agent_assist.core.events import Event, SituationEntered, SituationLeft, StageEntered
from agent_assist.core.particulars import Particulars
from agent_assist.core.script import Script, Situation, Step
from agent_assist.core.spotting import Spotted
from agent_assist.core.standing import Due, Owner, Standing

OFFERED_PHASES = ("hold", "answered")


class Player:
    """The step player of one call; all it knows stands in ``now``."""

    def __init__(self, script: Script, now: Standing, particulars: Particulars) -> None:
        self._script = script
        self._now = now
        self._particulars = particulars
        self._said: set[str] = set()

    def propose(self, at_ms: int, situation: Situation, cause: str, heard_ms: int) -> list[Event]:
        """Bring a situation up; if the agent is in it already, its condition holds: go on in it."""
        said = self._now.steps_said(situation)
        step = situation.next_line(said, condition_holds=said > 0)
        step = step or situation.next_line(0) or situation.next_line(0, condition_holds=True)
        events = self.enter(at_ms, situation, cause)
        self.make_due(situation, step, at_ms if cause == "silence" else None, heard_ms)
        return events

    def make_due(
        self, situation: Situation, step: Step | None, due_ms: int | None, caused_ms: int
    ) -> None:
        """The step, if there is one, is what the agent should say or do now."""
        if step:
            self._particulars.tell_time(step, caused_ms)
            self._now.due = Due(situation, step, due_ms, caused_ms)

    def enter(self, at_ms: int, situation: Situation, cause: str) -> list[Event]:
        """The call is in the situation from now on, and in its stage."""
        self._now.active = situation
        events: list[Event] = [SituationEntered(at_ms, situation.id, cause)]
        if situation.stage != self._now.stage:
            self._now.stage = situation.stage
            events.append(StageEntered(at_ms, situation.stage))
        return events

    def leave(self, at_ms: int, cause: str) -> list[Event]:
        """The call is in no situation any more."""
        left = self._now.active
        self._now.active = self._now.due = None
        return [SituationLeft(at_ms, left.id, cause)] if left else []

    def advance(self, spot: Spotted, owner: Owner, *, asks: bool) -> list[Event]:
        """A wording of the catalogue was said, as a step of ``owner``, perhaps as a question."""
        situation = self._script.situations[owner[0]]
        events: list[Event] = []
        if self._now.active is not situation:
            events = self.enter(spot.start_ms, situation, "agent")
        self.move_on(situation, owner[1], spot.end_ms, asks=asks)
        return events

    def move_on(
        self, situation: Situation, n: int, end_ms: int, *, holds: bool = False, asks: bool = False
    ) -> None:
        """A step was said: the next one is due, or what follows the situation or its phase.

        After a question that is once the customer has answered; a procedure for silence and a
        hold wait for no answer.
        """
        self._now.said = (situation.id, n)
        self._now.due = self._now.asked = None
        self._said.add(situation.id)
        self.enter_phase(situation)
        if asks and situation.enters != "hold" and not situation.aborts_when_customer_speaks:
            self._now.asked = situation
        else:
            self._go_on(situation, end_ms, holds=holds)

    def answered(self, end_ms: int) -> None:
        """The customer said something: what waited for his answer is due."""
        situation, self._now.asked = self._now.asked, None
        if situation and self._now.due is None:
            self._go_on(situation, end_ms)

    def _go_on(self, situation: Situation, end_ms: int, *, holds: bool = False) -> None:
        following = situation.next_line(self._now.steps_said(situation), condition_holds=holds)
        if following:
            due_ms = end_ms + following.pause_ms[0] if following.pause_ms else None
            self.make_due(situation, following, due_ms, end_ms)
        elif not self.follow(situation, end_ms):
            self.offer(end_ms)

    def follow(self, situation: Situation, at_ms: int) -> bool:
        """Make due what follows a situation that was gone through; whether anything does."""
        for other in (self._script.situations[i] for i in situation.then):
            if other.id not in self._said:
                self.make_due(other, other.next_line(0), None, at_ms)
                return True
            if self.follow(other, at_ms):
                return True
        return False

    def is_done(self, situation: Situation) -> bool:
        """Whether it was said already and something else follows it."""
        return situation.id in self._said and bool(situation.then)

    def enter_phase(self, situation: Situation) -> None:
        """What the agent says puts the call on hold, brings it back, or towards its end."""
        if situation.enters:
            self._now.phase = situation.enters
        elif self._now.phase == "hold":
            self._now.phase = "connected"

    def offer(self, at_ms: int) -> None:
        """The line that a phase calls for by itself: thanks after a hold, any other wish."""
        if self._now.phase in OFFERED_PHASES:
            for situation in offered_in(self._script, self._now.phase):
                again = situation.id in self._said and self._now.phase != "hold"
                if not again and self._can_be_filled(situation):
                    self.make_due(situation, situation.next_line(0), None, at_ms)
                    return

    def _can_be_filled(self, situation: Situation) -> bool:
        step = situation.next_line(0)
        say = step.say if step else None
        return say is not None and say.fill(self._particulars.values) is not None
