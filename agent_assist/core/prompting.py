"""At every moment one next compliant line, or none: turns what is due into prompts."""

from __future__ import annotations

from collections.abc import Mapping

from agent_assist.core.events import Event, Prompt, PromptCleared
from agent_assist.core.standing import Due


class Prompter:
    """Shows each due line once, anew when its values change, and clears what is no longer due."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._shown: tuple[str, int] | None = None
        self._shown_text = ""

    def show(self, now_ms: int, due: Due | None, cause: str = "said") -> list[Event]:
        """The change of the prompt, if any; ``cause`` says why a line is no longer due."""
        line = (due.situation.id, due.step.n) if due else None
        text = self._text(due) if due else ""
        if (line, text) == (self._shown, self._shown_text):
            return []
        events: list[Event] = []
        if due is None and self._shown:
            events.append(PromptCleared(now_ms, *self._shown, cause))
        self._shown, self._shown_text = line, text
        if due:
            events.append(
                Prompt(
                    at_ms=now_ms,
                    situation_id=due.situation.id,
                    step=due.step.n,
                    text=text,
                    due_ms=due.due_ms,
                    status=due.step.status,
                    latency_ms=max(0, now_ms - due.caused_ms),
                )
            )
        return events

    def _text(self, due: Due) -> str:
        """The filled line or, in brackets, advice: also where a line would have a hole."""
        if due.step.do:
            advice = due.step.do.fill(self._values)
            return f"（{advice or due.situation.title}）"
        filled = due.step.say.fill(self._values) if due.step.say else None
        return filled or f"（{due.situation.title}：请按实际情况说明）"
