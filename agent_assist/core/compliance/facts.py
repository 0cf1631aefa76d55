"""The settled facts of a call, in the order they happened; all that a check may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agent_assist.core.context import CallContext
from agent_assist.core.events import Channel, HungUpBy
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn

NOISE_MS = 300
"""Unrecognised sound shorter than this is no speech: a cough, a click."""
CLICK_MS = 150
"""Voice shorter than this is too short for any word: a click, or the line's own noise."""
BACK_CHANNEL_CHARS = 3
"""So few characters are a sign of listening (嗯, 喂, 好的), not a turn of talk."""


@dataclass(frozen=True, slots=True)
class SettledTurn:
    """One utterance with what was spotted in it.

    ``noise`` is the share of characters that the recogniser gets wrong in this call, as far as
    the talk up to here tells; ``unfair`` what was wrong with the line meanwhile, empty if nothing.
    """

    turn: Turn
    spotted: tuple[Spotted, ...]
    noise: float = 0.0
    unfair: str = ""

    @property
    def number(self) -> int:
        return self.turn.utterance.turn

    @property
    def channel(self) -> Channel:
        return self.turn.utterance.channel

    @property
    def start_ms(self) -> int:
        return self.turn.utterance.start_ms

    @property
    def end_ms(self) -> int:
        return self.turn.utterance.end_ms

    @property
    def is_speech(self) -> bool:
        return bool(len(self.turn.text)) or self.end_ms - self.start_ms >= NOISE_MS

    @property
    def ends_opening(self) -> bool:
        """Whether the customer has taken the word."""
        return self.channel == "customer" and len(self.turn.text) > BACK_CHANNEL_CHARS

    def says(self, situation: str, step: int | None = None) -> Spotted | None:
        """The first spotted wording of a situation (and step), whichever owner it was given to."""
        for spotted in self.spotted:
            for owner in spotted.match.owners:
                if isinstance(owner, tuple) and owner[0] == situation and step in (None, owner[1]):
                    return spotted
        return None


@dataclass(slots=True)
class CallFacts:
    """Grows as the call settles; ``turns`` are ordered by start."""

    script: Script
    context: CallContext
    turns: list[SettledTurn] = field(default_factory=list)
    voices_ms: dict[Channel, int] = field(default_factory=dict)
    """When each side's voice was first heard: speech, or noise longer than a click."""
    ended_at_ms: int | None = None
    hung_up_by: HungUpBy = "unknown"

    def of(self, channel: Channel) -> Iterator[SettledTurn]:
        """Speech of one channel, in order."""
        return (t for t in self.turns if t.channel == channel and t.is_speech)

    @property
    def customer_spoke(self) -> bool:
        return any(True for _ in self.of("customer"))

    def entered(self, situation: str) -> bool:
        """Whether the agent said a wording of the situation."""
        return any(t.says(situation) for t in self.of("agent"))

    def customer_said(self, word: str) -> bool:
        """Whether the customer said the word, to the character."""
        return any(word in t.turn.text.chars for t in self.of("customer"))

    def opening(self, span_ms: int) -> list[SettledTurn]:
        """The agent's turns of the first ``span_ms``, up to the customer's first real words."""
        turns: list[SettledTurn] = []
        for turn in self.turns:
            if turn.channel == "agent" and len(turn.turn.text):
                if turns and turn.start_ms > turns[0].start_ms + span_ms:
                    break
                turns.append(turn)
            elif turns and turn.ends_opening:
                break
        return turns
