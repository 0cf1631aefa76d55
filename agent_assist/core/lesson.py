"""A practice call: what its customer says and when, and what the agent should say in between.

`Customer` is the turn-taking: told of every event of the call, it knows the moment at which the
customer does the next thing if nobody says anything until then. It knows audio time only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    Event,
    HungUpBy,
    PhraseMatch,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.text import spoken


@dataclass(frozen=True, slots=True)
class Awaited:
    """Something the agent says: a situation's wording (any of its steps, or one), or words."""

    situation_id: str = ""
    step: int | None = None
    words: str = ""

    def is_in(self, event: Event) -> bool:
        """Whether an event tells that it was said."""
        if isinstance(event, Utterance) and self.words:
            wanted, heard = (" ".join(spoken(t).syllables) for t in (self.words, event.text))
            return event.channel == "agent" and f" {wanted} " in f" {heard} "
        if isinstance(event, PhraseMatch) and self.situation_id:
            own = event.situation_id == self.situation_id and self.step in (None, event.step)
            return own or self.situation_id in event.also
        return False


@dataclass(frozen=True, slots=True)
class Cue:
    """When the customer does the next thing.

    ``answered``: ``wait_ms`` after the agent spoke and fell silent. With ``awaited`` one of these
    must have been said; if it was not, the customer goes on after ``patience_ms`` of silence.
    ``silence``: after so much silence of both. ``at_once``: so long after his own last words,
    whoever speaks. ``interrupting``: so long after the agent began to speak.
    """

    kind: Literal["answered", "silence", "at_once", "interrupting"]
    wait_ms: int
    awaited: tuple[Awaited, ...] = ()
    patience_ms: int = 0


@dataclass(frozen=True, slots=True)
class AgentLine:
    """What the agent should say, after ``wait_ms`` of silence (0: when it is his turn)."""

    text: str
    wait_ms: int


@dataclass(frozen=True, slots=True)
class CustomerLine:
    """What the customer says, and when."""

    text: str
    cue: Cue


@dataclass(frozen=True, slots=True)
class LineSound:
    """How the customer's line sounds: louder or softer, and with how much noise (dBFS) under it."""

    gain_db: float = 0.0
    noise_dbfs: float = -48.0


@dataclass(frozen=True, slots=True)
class Lesson:
    """One practice call. ``ending`` is when the customer, or the network, ends it; None: never."""

    id: str
    title: str
    goals: tuple[str, ...]
    trains: tuple[str, ...]
    meta: CallMeta
    turns: tuple[AgentLine | CustomerLine, ...]
    ending: Cue | None
    sound: LineSound

    @property
    def customer_lines(self) -> tuple[CustomerLine, ...]:
        return tuple(turn for turn in self.turns if isinstance(turn, CustomerLine))

    @property
    def ends_by(self) -> HungUpBy:
        """Who ends the call."""
        return self.meta.hung_up_by


@dataclass(slots=True, eq=False)
class Customer:
    """The customer of one practice call; feed every event, and ask when he is due.

    Who ``understands`` nothing, because nobody recognises words, takes anything for an answer.
    """

    lesson: Lesson
    understands: bool = True
    spoken_at: list[tuple[int, int]] = field(default_factory=list)
    """From when to when he said each of his lines, in milliseconds of the call."""
    _agent_from_ms: int | None = None
    _agent_end_ms: int = 0
    _answered: bool = False
    _awaited_said: bool = False

    @property
    def line(self) -> CustomerLine | None:
        """What he says next; None when only the end of the call is left."""
        lines = self.lesson.customer_lines
        return lines[len(self.spoken_at)] if len(self.spoken_at) < len(lines) else None

    @property
    def cue(self) -> Cue | None:
        """What he waits for; None when he waits for nothing more."""
        return self.line.cue if self.line else self.lesson.ending

    @property
    def due_ms(self) -> int | None:
        """When he says his line, or ends the call, if all are silent until then; None: never."""
        cue = self.cue
        own_end_ms = self._own_end_ms
        if cue is None:
            return None
        if cue.kind == "at_once":
            return own_end_ms + cue.wait_ms
        if cue.kind == "interrupting":
            began_ms = self._agent_from_ms
            return None if began_ms is None else max(own_end_ms, began_ms + cue.wait_ms)
        if self._agent_from_ms is not None:
            return None
        quiet_ms = max(own_end_ms, self._agent_end_ms)
        if cue.kind == "silence":
            return quiet_ms + cue.wait_ms
        if not self._answered:
            return None
        is_content = self._awaited_said or not cue.awaited or not self.understands
        return quiet_ms + (cue.wait_ms if is_content else cue.patience_ms)

    def speaks(self, start_ms: int, end_ms: int) -> None:
        """He says his line, from when to when; what was said before is answered by it."""
        self.spoken_at.append((start_ms, end_ms))
        self._answered = self._awaited_said = False

    def hear(self, event: Event) -> None:
        """Take note of what happens in the call."""
        match event:
            case VoiceStarted(channel="agent"):
                self._agent_from_ms = event.at_ms
            case VoiceEnded(channel="agent"):
                self._agent_from_ms, self._agent_end_ms = None, event.at_ms
                self._answered = self._answered or event.at_ms > self._own_end_ms
            case Utterance(channel="agent") | PhraseMatch(channel="agent"):
                cue = self.cue
                if cue and event.end_ms > self._own_end_ms:
                    said = any(awaited.is_in(event) for awaited in cue.awaited)
                    self._awaited_said = self._awaited_said or said
            case _:
                pass

    @property
    def _own_end_ms(self) -> int:
        return self.spoken_at[-1][1] if self.spoken_at else 0
