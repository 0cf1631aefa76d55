"""The judging half of the core: heard facts in, matches, prompts and findings out.

Events of ``hear`` (or of a timed transcript) go in one by one; what follows from each comes back
right after it. Needs no model, no audio and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_assist.core.compliance.earshot import earshot
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.cues import cue_matcher
from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    LineQuality,
    Listened,
    PartialHeard,
    PhraseMatch,
    Settled,
    SituationChosen,
    SituationLeft,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.expected import ExpectedWordings
from agent_assist.core.flow import Flow
from agent_assist.core.knowledge import Librarian
from agent_assist.core.matching import Matcher
from agent_assist.core.prompting import Prompter
from agent_assist.core.script import Script
from agent_assist.core.spotting import PhraseSpotter, Spotted, Turn
from agent_assist.core.text import SpokenText, spoken

FORESEEN_CHARS = 100
"""Longer talk is searched when its turn comes: beside others it would take much memory."""


@dataclass(frozen=True, slots=True)
class Phrases:
    """A script's catalogue indexed for matching; build once, use for many calls."""

    script: Script
    matcher: Matcher
    expected: ExpectedWordings

    @classmethod
    def from_script(cls, script: Script) -> Phrases:
        """Index everything that any desk's call listens for: calls in threads only look it up."""
        for desk in script.desks:
            Inspector(script, CallContext(desk))
        channels: tuple[Channel, ...] = ("agent", "customer")
        for channel in channels:
            earshot(script, channel).make_ready()
            cue_matcher(script, channel)
        Librarian(script.cards)
        matcher = Matcher(
            ((situation.id, step.n), wording)
            for situation in script.situations.values()
            for step in situation.steps
            if step.say
            for wording in (step.say, *step.accept)
        )
        return cls(script, matcher, ExpectedWordings(script, matcher))

    def foresee(self, heard: Iterable[Event]) -> None:
        """Search what is said in a call that is known to its end at once, not turn by turn."""
        said: dict[Channel, list[SpokenText]] = {"agent": [], "customer": []}
        for event in heard:
            if isinstance(event, Utterance) and len(event.text) <= FORESEEN_CHARS:
                said[event.channel].append(spoken(event.text))
        self.matcher.foresee(said["agent"])
        other = [text for text in said["agent"] if not self.matcher.find(text)]
        cue_matcher(self.script, "agent").foresee(other)
        cue_matcher(self.script, "customer").foresee(said["customer"])
        Librarian(self.script.cards).foresee(said["customer"])
        for channel, texts in said.items():
            earshot(self.script, channel).foresee(texts)


class Judgement:
    """One call's matching, flow, prompting and inspection."""

    def __init__(self, phrases: Phrases, context: CallContext) -> None:
        self._spotter = PhraseSpotter(phrases.matcher)
        self._flow = Flow(phrases.script, context)
        self._prompter = Prompter(self._flow.values)
        self._inspector = Inspector(phrases.script, context)
        self._librarian = Librarian(phrases.script.cards)
        self._now_ms = 0
        self._turns = 0

    def feed(self, event: Event) -> list[Event]:
        """What follows from one event; the event itself is not repeated."""
        timed = self._pass_time(event.at_ms)
        self._now_ms = max(self._now_ms, event.at_ms)
        followed = self._follow(event)
        left = (e.cause for e in followed if isinstance(e, SituationLeft))
        cause = next(left, "said") if followed else "said"
        return timed + followed + self._prompter.show(self._now_ms, self._flow.due, cause)

    def _pass_time(self, until_ms: int) -> list[Event]:
        """What silence alone brought about before ``until_ms``, each at its own moment."""
        events: list[Event] = []
        while (deadline := self._flow.deadline()) and deadline[0] <= until_ms:
            events += self._flow.on_deadline()
            events += self._prompter.show(deadline[0], self._flow.due)
        return events

    def _follow(  # noqa: PLR0911 - one case per kind of event
        self, event: Event
    ) -> list[Event]:
        match event:
            case CallStarted():
                return self._flow.start()
            case VoiceStarted():
                self._inspector.voice_began(event.at_ms, event.channel)
                return self._flow.on_voice_started(event.at_ms, event.channel)
            case VoiceEnded():
                self._inspector.voice_ended(event.at_ms, event.channel)
                self._flow.on_voice_ended(event.at_ms, event.channel)
            case PartialHeard():
                return self._flow.on_partial(event, self._turns)
            case Utterance():
                return self._on_utterance(event)
            case LineQuality():
                self._inspector.line_was(event)
                return self._flow.on_line(event)
            case AudioGap():
                self._inspector.lost(event)
                self._flow.on_gap(event)
            case SituationChosen():
                return self._flow.on_chosen(event.at_ms, event.situation_id)
            case Listened():
                return [*self._inspector.listened(event.at_ms)]
            case Settled():
                return [*self._inspector.settle(event.at_ms)]
            case CallEnded():
                ended = self._flow.end(event.at_ms, event.hung_up_by)
                return [*ended, *self._inspector.end(event.at_ms, event.hung_up_by)]
        return []

    def _on_utterance(self, said: Utterance) -> list[Event]:
        turn = Turn.from_utterance(said)
        self._turns = max(self._turns, said.turn + 1)
        spotted = tuple(self._spotter.feed(turn)) if said.channel == "agent" else ()
        self._inspector.hear(turn, spotted)
        matches = [self._to_match(said, spot) for spot in spotted]
        offered = self._librarian.on_turn(said.at_ms, turn)
        return [*matches, *self._flow.on_turn(said.at_ms, turn, spotted), *offered]

    def _to_match(self, said: Utterance, spot: Spotted) -> PhraseMatch:
        owner = self._flow.owner_of(spot)
        others = [o[0] for o in spot.match.owners if isinstance(o, tuple) and o != owner]
        return PhraseMatch(
            at_ms=said.at_ms,
            situation_id=owner[0],
            step=owner[1],
            score=spot.match.score,
            margin=spot.match.margin,
            turn=spot.turn,
            start_ms=spot.start_ms,
            end_ms=spot.end_ms,
            channel=said.channel,
            expected=spot.match.wording.text,
            heard=spot.heard,
            alignment=spot.match.alignment.chars,
            also=tuple(sorted(set(others) - {owner[0]})),
        )
