"""``lessons/*.yaml``: practice calls as people write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from agent_assist.catalogue.models import Data, Identifier, PlaceholderData, Seconds, Text
from agent_assist.catalogue.templates import compile_wording
from agent_assist.core.call import CallMeta, Direction
from agent_assist.core.events import HungUpBy
from agent_assist.core.lesson import (
    AgentLine,
    Awaited,
    Cue,
    CustomerLine,
    Lesson,
    LineSound,
)

PAUSE_S = 0.8
"""How long a customer waits after the agent has spoken."""
PATIENCE_S = 3.0
"""How long he waits for what he wants to hear, once the agent has spoken and fallen silent."""
HANG_UP_S = 1.2
_SITUATION = re.compile(r"([a-z][a-z0-9-]*)(?:\.([0-9]+))?")


class CueData(Data):
    """When the customer speaks; without any of it, once the agent has spoken and paused.

    ``said`` are situations (``hold-end``, or one step of it: ``caller-silent.2``) or words
    (``再见``): one of them must have been said. ``pause_s`` is the pause before he speaks.
    ``silence_s``: after so much silence of both. ``at_once_s``: so long after the connection or
    his own last words, whoever speaks. ``interrupts_after_s``: so long after the agent began.
    """

    said: list[Text] = Field(default_factory=list)
    pause_s: Seconds | None = None
    silence_s: Seconds | None = None
    at_once_s: Seconds | None = None
    interrupts_after_s: Seconds | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> CueData:
        kinds = (self.silence_s, self.at_once_s, self.interrupts_after_s)
        timed = sum(kind is not None for kind in kinds)
        if timed > 1 or (timed and (self.said or self.pause_s is not None)):
            raise ValueError(
                "give one of said/pause_s, silence_s, at_once_s and interrupts_after_s"
            )
        return self

    def to_cue(self, pause_s: float, longest_wait_s: float) -> Cue:
        """``pause_s`` is the pause where none is given, ``longest_wait_s`` the agent's own."""
        if self.silence_s is not None:
            return Cue("silence", _ms(self.silence_s))
        if self.at_once_s is not None:
            return Cue("at_once", _ms(self.at_once_s))
        if self.interrupts_after_s is not None:
            return Cue("interrupting", _ms(self.interrupts_after_s))
        pause = pause_s if self.pause_s is None else self.pause_s
        awaited = tuple(map(to_awaited, self.said))
        return Cue("answered", _ms(pause), awaited, _ms(PATIENCE_S + longest_wait_s))


class TurnData(Data):
    """One turn: what the ``agent`` should say, or what the ``customer`` says.

    ``wait_s`` is the silence the agent leaves before the line, as while looking something up.
    """

    agent: Text | None = None
    customer: Text | None = None
    wait_s: Seconds = 0.0
    when: CueData | None = None

    @model_validator(mode="after")
    def _one_speaker(self) -> TurnData:
        if (self.agent is None) == (self.customer is None):
            raise ValueError("a turn has either 'agent' or 'customer'")
        if self.agent is not None and self.when is not None:
            raise ValueError("'when' belongs to the customer's turn")
        if self.customer is not None and self.wait_s:
            raise ValueError("'wait_s' belongs to the agent's turn; use 'when'")
        return self


class EndingData(Data):
    """Who ends the call, and when; ``agent`` means that the customer never hangs up."""

    by: Literal["agent", "customer", "network"] = "customer"
    when: CueData | None = None


class SoundData(Data):
    """How the customer's line sounds: his level, and the noise that no line is without."""

    gain_db: Annotated[float, Field(ge=-60.0, le=12.0)] = 0.0
    noise_dbfs: Annotated[float, Field(ge=-80.0, le=-10.0)] = -48.0


class PersonData(Data):
    """Whom the lines are about; the title decides how the customer is addressed."""

    surname: Text
    title: Literal["先生", "女士"]


class LessonData(Data):
    """``lessons/NAME.yaml``: a practice call with the lines of both sides.

    ``trains`` names the rules that the lesson is about. The agent's lines are an example that
    breaks no rule; ``{{ agent_id }}`` and ``{{ agent_name }}`` stand for who practises.
    """

    title: Text
    goals: Annotated[list[Text], Field(min_length=1)]
    trains: list[Identifier] = Field(default_factory=list)
    desk: Identifier
    started_at: Text
    direction: Direction = "inbound"
    person: PersonData | None = None
    turns: Annotated[list[TurnData], Field(min_length=1)]
    ends: EndingData = EndingData()
    sound: SoundData = SoundData()

    def to_lesson(
        self,
        identifier: str,
        agent_id: str,
        agent_name: str,
        placeholders: Mapping[str, PlaceholderData],
    ) -> Lesson:
        """The same as the core's record, for the agent who practises; raises TemplateError."""
        by: HungUpBy = self.ends.by
        meta = CallMeta(
            call_id=identifier,
            desk=self.desk,
            agent_id=agent_id,
            agent_name=agent_name,
            started_at=self.started_at,
            hung_up_by=by,
            direction=self.direction,
            customer_surname=self.person.surname if self.person else "",
            customer_title=self.person.title if self.person else "",
        )
        values = {"agent_id": agent_id, "agent_name": agent_name}
        return Lesson(
            id=identifier,
            title=self.title,
            goals=tuple(self.goals),
            trains=tuple(self.trains),
            meta=meta,
            turns=self._turns(values, placeholders),
            ending=self._ending(),
            sound=LineSound(self.sound.gain_db, self.sound.noise_dbfs),
        )

    def _turns(
        self, values: Mapping[str, str], placeholders: Mapping[str, PlaceholderData]
    ) -> tuple[AgentLine | CustomerLine, ...]:
        turns: list[AgentLine | CustomerLine] = []
        longest_s = 0.0
        for turn in self.turns:
            if turn.agent is not None:
                longest_s = max(longest_s, turn.wait_s)
                text = compile_wording(turn.agent, placeholders).fill(values)
                turns.append(AgentLine(text or turn.agent, _ms(turn.wait_s)))
            elif turn.customer is not None:
                cue = (turn.when or CueData()).to_cue(PAUSE_S, longest_s)
                turns.append(CustomerLine(turn.customer, cue))
                longest_s = 0.0
        return tuple(turns)

    def _ending(self) -> Cue | None:
        if self.ends.by == "agent":
            return None
        if self.ends.when is None and self.turns[-1].customer is not None:
            return Cue("at_once", _ms(PAUSE_S))
        return (self.ends.when or CueData()).to_cue(HANG_UP_S, 0.0)


def to_awaited(text: str) -> Awaited:
    """A situation, a step of it, or words."""
    found = _SITUATION.fullmatch(text)
    if found is None:
        return Awaited(words=text)
    return Awaited(found[1], int(found[2]) if found[2] else None)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
