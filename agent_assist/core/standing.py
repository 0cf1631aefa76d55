"""Where a call stands, shared by those who move it on and those who only look at it."""

from __future__ import annotations

from dataclasses import dataclass

from agent_assist.core.context import CallContext
from agent_assist.core.cues import can_hold
from agent_assist.core.script import Script, Situation, Step
from agent_assist.core.spotting import Spotted

Owner = tuple[str, int]
"""A situation's id and the number of one of its steps."""


@dataclass(frozen=True, slots=True)
class Due:
    """The line that is due: which step, since when, by when, and the end of what called for it."""

    situation: Situation
    step: Step
    due_ms: int | None
    caused_ms: int


@dataclass(slots=True)
class Standing:
    """The situation the call is in, the last step said, its phase and stage, and what is due.

    ``asked`` is the situation whose last line said was a question: what follows it waits for the
    customer's answer.
    """

    due: Due | None = None
    asked: Situation | None = None
    active: Situation | None = None
    said: Owner | None = None
    stage: str = ""
    phase: str = "connected"
    greeted: bool = False

    def steps_said(self, situation: Situation) -> int:
        """The last step said of a situation, 0 if the last words were another's."""
        return self.said[1] if self.said and self.said[0] == situation.id else 0


class Ownership:
    """Which of the situations that share a wording it stands for, here and now."""

    def __init__(self, script: Script, context: CallContext, standing: Standing) -> None:
        self._script = script
        self._context = context
        self._now = standing
        self._order = {s: i for i, s in enumerate(script.situations)}

    def owner_of(self, spot: Spotted) -> Owner:
        """The likeliest of the wording's situations, with the step."""
        owners = [o for o in spot.match.owners if isinstance(o, tuple)]
        return min(owners, key=self._unlikeliness)

    def _unlikeliness(self, owner: Owner) -> tuple[bool, bool, bool, bool, int]:
        """The tie-break, in order: the step that is due; further in the active situation; one
        that can hold in this call; a first step; the order of the catalogue."""
        now, situation = self._now, self._script.situations[owner[0]]
        is_due = now.due is not None and (now.due.situation.id, now.due.step.n) == owner
        goes_on = now.active is situation and (now.said is None or owner[1] >= now.said[1])
        greeted = situation.trigger.event == "call_connected" and now.said is not None
        possible = can_hold(situation, self._context, now.phase) and not greeted
        return not is_due, not goes_on, not possible, owner[1] > 1, self._order[owner[0]]
