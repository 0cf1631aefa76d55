"""Where a call stands: the situation it is in, the step reached, the stage, what is due next.

Works at the head of the stream, on voice activity, partial readings and utterances as they come;
verdicts are given elsewhere, later, on settled facts.
"""

from __future__ import annotations

from agent_assist.core.context import CallContext
from agent_assist.core.cues import (
    can_hold,
    cue_matcher,
    first_with,
    greeting_of,
    lines_with,
    spoken_phone,
)
from agent_assist.core.events import (
    AudioGap,
    Channel,
    Event,
    HungUpBy,
    LineQuality,
    PartialHeard,
    SituationEntered,
    SituationLeft,
)
from agent_assist.core.line_state import LineWatch
from agent_assist.core.matching import Match, Matcher
from agent_assist.core.particulars import Particulars
from agent_assist.core.playing import Player
from agent_assist.core.replies import asks, asks_closed, denies, is_own_talk, moves_on, reply_to
from agent_assist.core.script import Script, Situation
from agent_assist.core.spotting import Spotted, Turn
from agent_assist.core.standing import Due, Owner, Ownership, Standing
from agent_assist.core.stillness import Stillness
from agent_assist.core.text import spoken

END_CHARS = 8
"""A question so near the end of the talk waits for an answer."""
BEGUN = 2
"""So many characters of a reading have to stand for what goes on after them to be believed."""
ALONE_CHARS = 3
"""So much more than its cue may be said where a cue has to stand alone."""


class Flow:
    """Follows one call; ``due`` is the present line, or None while the agent should listen."""

    def __init__(self, script: Script, context: CallContext) -> None:
        self._script = script
        self._context = context
        self._cues: dict[Channel, Matcher] = {
            "customer": cue_matcher(script, "customer"),
            "agent": cue_matcher(script, "agent"),
        }
        self._now = Standing()
        self._stillness = Stillness(script, context, self._now)
        self._ownership = Ownership(script, context, self._now)
        self._particulars = Particulars(script, context)
        self._player = Player(script, self._now, self._particulars)
        self._line = LineWatch()
        self._cued: set[tuple[int, str]] = set()
        self._read = (0, "")
        self._cue_weight: dict[int, float] = {}
        self._own_talk: tuple[Due | None, int] = (None, 0)
        self._asked_closed = False
        self._hears = context.hears_customer

    @property
    def due(self) -> Due | None:
        return self._now.due

    @property
    def active(self) -> Situation | None:
        return self._now.active

    @property
    def values(self) -> dict[str, str]:
        """What placeholders are filled with; grows as the call tells more."""
        return self._particulars.values

    def owner_of(self, spot: Spotted) -> Owner:
        """Which of the situations that share a wording it stands for, here and now."""
        return self._ownership.owner_of(spot)

    def start(self) -> list[Event]:
        """The call was connected: the desk's greeting is due, on calls that come in."""
        if self._context.direction != "inbound":
            return []
        greeting = greeting_of(self._script, self._context)
        events = self._player.enter(0, greeting, "connected")
        self._player.make_due(greeting, greeting.next_line(0), greeting.deadline_ms, 0)
        return events

    def end(self, at_ms: int, hung_up_by: HungUpBy) -> list[Event]:
        """Nothing is due any more; a call that the network dropped is to be taken up again."""
        self._now.due = None
        dropped = first_with(self._script, event="call_dropped")
        return (
            self._player.enter(at_ms, dropped, "dropped")
            if dropped and hung_up_by == "network"
            else []
        )

    def on_voice_started(self, at_ms: int, channel: Channel) -> list[Event]:
        """Someone began to speak; a procedure for silence ends as soon as it is the customer."""
        self._stillness.voice_started(channel)
        if channel == "agent":
            return []
        if self._now.active and self._now.active.aborts_when_customer_speaks:
            return self._player.leave(at_ms, "customer_speaks")
        if not self._now.greeted and self._stillness.is_speaking("agent"):
            interrupted = first_with(self._script, event="customer_interrupts_greeting")
            return (
                self._player.propose(at_ms, interrupted, "customer", at_ms) if interrupted else []
            )
        return []

    def on_voice_ended(self, at_ms: int, channel: Channel) -> None:
        self._stillness.voice_ended(at_ms, channel)

    def on_gap(self, gap: AudioGap) -> None:
        """Sound was lost: whether anybody spoke is not known."""
        self._stillness.lost(gap)

    def on_partial(self, partial: PartialHeard, turn: int) -> list[Event]:
        """Cues in what is being said right now; one that has to stand alone waits for the end.

        The newest words change with what follows: a cue counts when a second reading has it, or one
        of all words that goes on where the one before ended, or answers the last question of all.
        """
        if partial.channel != "customer":
            return []
        before = self._read[1] if self._read[0] == turn else ""
        self._read = (turn, partial.text)
        begun = len(before) >= BEGUN and partial.text.startswith(before)
        whole = partial.whole and (begun or self._now.phase == "closing")
        held = {m.wording for m in self._cues["customer"].find(spoken(before))}
        found = self._cues["customer"].find(spoken(partial.text))
        cues = [m for m in found if not self._is_alone(m) and (whole or m.wording in held)]
        return self._follow_cues(partial.at_ms, cues, turn, "customer", partial.at_ms)

    def on_turn(self, at_ms: int, turn: Turn, spotted: tuple[Spotted, ...]) -> list[Event]:
        """An utterance: the agent's wordings move the call on, the customer's cues turn it."""
        if turn.utterance.channel == "customer":
            return self._on_customer(at_ms, turn)
        if not len(turn.text):
            return []
        self._particulars.hear_agent(turn)
        if not self._now.greeted:
            self._now.greeted = True
            if self.due and self.due.situation.trigger.event:
                self._now.due = None
        self._asked_closed = asks_closed(turn.utterance.text)
        events: list[Event] = []
        for spot in spotted:
            asking = spot is spotted[-1] and asks(turn.utterance.text[-END_CHARS:])
            events += self._player.advance(spot, self.owner_of(spot), asks=asking and self._hears)
        if not spotted:
            cues = self._cues["agent"].find(turn.text)
            events += self._follow_cues(
                at_ms, cues, turn.utterance.turn, "agent", turn.utterance.end_ms
            )
            events += [] if cues else self._talk_of_own(at_ms, turn)
        self._stillness.talked("agent", is_own_talk(turn, spotted))
        if self._now.phase == "answering" and is_own_talk(turn, spotted):
            self._now.phase = "answered"
            self._player.offer(turn.utterance.end_ms)
        return events

    def _on_customer(self, at_ms: int, turn: Turn) -> list[Event]:
        said = turn.utterance
        self._stillness.talked("customer", False)
        named = self._particulars.hear_customer(turn)
        if self.due and self.due.situation.trigger.alone and len(turn.text) > ALONE_CHARS:
            self._now.due = None
        found = self._cues["customer"].find(turn.text)
        most = ALONE_CHARS + max((m.literals for m in found), default=0)
        cues = [m for m in found if not self._is_alone(m) or len(turn.text) <= most]
        events = self._follow_cues(at_ms, cues, said.turn, "customer", said.end_ms)
        events += self._read_back(at_ms, turn)
        if len(turn.text) and not cues and not events:
            events = self._reply(at_ms, turn)
            self._player.answered(said.end_ms)
        address = first_with(self._script, event="name_told") if named else None
        if address and self.due is None:
            events += self._player.propose(at_ms, address, "customer", said.end_ms)
        return events

    def _reply(self, at_ms: int, turn: Turn) -> list[Event]:
        """A yes or no to the line that was said, or a no to any closed question."""
        now, end_ms = self._now, turn.utterance.end_ms
        reply = reply_to(turn.text.chars)
        step = now.active.line_when(now.steps_said(now.active), reply) if now.active else None
        if now.active and now.steps_said(now.active) and step:
            self._player.make_due(now.active, step, None, end_ms)
            return []
        asked, self._asked_closed = self._asked_closed, False
        if asked and denies(turn.text.chars) and now.phase in ("connected", "answering"):
            openly = first_with(self._script, event="closed_question_denied")
            return self._player.propose(at_ms, openly, "customer", end_ms) if openly else []
        return []

    def _talk_of_own(self, at_ms: int, turn: Turn) -> list[Event]:
        """Words of the agent's own: a line that a cue called for is obsolete once he goes on."""
        due, said = self._now.due, turn.utterance
        if (
            due is None
            or due.situation.aborts_when_customer_speaks
            or said.start_ms < due.caused_ms
        ):
            return []
        talked_ms = self._own_talk[1] if self._own_talk[0] is due else 0
        self._own_talk = (due, talked_ms + said.end_ms - said.start_ms)
        if not moves_on(said.text, self._own_talk[1]):
            return []
        self._now.due = None
        return [SituationLeft(at_ms, due.situation.id, "moved_on")]

    def on_line(self, quality: LineQuality) -> list[Event]:
        """Poor sound from the customer, time and again, proposes what to say about it."""
        if quality.channel != "customer":
            return []
        line = self._line.feed(quality)
        active = self._now.active
        if line is None and active and active.trigger.line and self._now.steps_said(active):
            line = active.trigger.line if self._line.lasts(active.trigger.line) else None
        situation = first_with(self._script, line=line) if line else None
        if situation is None:
            return []
        return self._player.propose(quality.at_ms, situation, "line", quality.end_ms)

    def on_chosen(self, at_ms: int, situation_id: str) -> list[Event]:
        """The agent picked a situation; picked again, its line that is due counts as said."""
        situation = self._script.situations.get(situation_id)
        if situation is None:
            return []
        if self.due and self.due.situation is situation and self.active is situation:
            self._player.move_on(situation, self.due.step.n, at_ms, holds=True)
            return []
        return self._player.propose(at_ms, situation, "agent_choice", at_ms)

    def deadline(self) -> tuple[int, Situation] | None:
        """When lasting silence will bring up a situation by itself, and which; each moment once."""
        return self._stillness.deadline()

    def on_deadline(self) -> list[Event]:
        """The deadline has come: the silent caller, or the hold nobody came back to."""
        found = self.deadline()
        if found is None:
            return []
        self._stillness.fired(found[0])
        return self._player.propose(*found, "silence", self._stillness.quiet_since_ms)

    def _is_alone(self, match: Match) -> bool:
        ids = [o for o in match.owners if isinstance(o, str)]
        return any(self._script.situations[i].trigger.alone for i in ids)

    def _follow_cues(
        self, at_ms: int, cues: list[Match], turn: int, cause: str, heard_ms: int
    ) -> list[Event]:
        """The strongest cue so far wins the prompt; each situation is entered once an utterance."""
        events: list[Event] = []
        situations = self._script.situations
        for match in sorted(cues, key=lambda m: (-m.weight, m.start)):
            ids = [o for o in match.owners if isinstance(o, str)]
            situation = next(
                (s for i in ids if can_hold(s := situations[i], self._context, self._now.phase)),
                None,
            )
            if situation is None or (turn, situation.id) in self._cued:
                continue
            strongest = match.weight > self._cue_weight.get(turn, 0.0)
            self._cue_weight[turn] = max(match.weight, self._cue_weight.get(turn, 0.0))
            self._cued.add((turn, situation.id))
            if cause == "agent" and situation.category == "hold":
                events += self._player.enter(at_ms, situation, cause)
                self._player.enter_phase(situation)
                self._player.offer(heard_ms)
            elif strongest and cause == "customer" and self._player.is_done(situation):
                events += self._player.enter(at_ms, situation, cause)
                self._player.follow(situation, heard_ms)
            elif strongest:
                events += self._player.propose(at_ms, situation, cause, heard_ms)
            else:
                events.append(SituationEntered(at_ms, situation.id, cause))
        return events

    def _read_back(self, at_ms: int, turn: Turn) -> list[Event]:
        """A telephone number was given: the line that repeats it is due."""
        if not spoken_phone(turn.text):
            return []
        for situation, step in lines_with(self._script, "phone"):
            if can_hold(situation, self._context, self._now.phase):
                self._player.make_due(situation, step, None, turn.utterance.end_ms)
                known = self._now.active is situation
                return [] if known else self._player.enter(at_ms, situation, "customer")
        return []
