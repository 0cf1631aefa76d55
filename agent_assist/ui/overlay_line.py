"""The next line on the overlay: its characters, those already said ticked off as they are heard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from agent_assist.core.alignment import Pattern, align
from agent_assist.core.events import Operation, Prompt
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from agent_assist.ui.labels import PROMPT_STATUSES

TICKED: frozenset[Operation] = frozenset({"said", "homophone", "near"})
SHORTEST_RUN = 2
"""So many characters in a row must fit: a single one occurs in any talk."""
ADVICE = "（"
"""What begins like this tells what to do; it is not to be said."""
KEPT_TALK = 120
"""How many characters of the agent's talk since the line came up are held against it."""


@dataclass(frozen=True, slots=True)
class NextLine:
    """A line to be said; ``said[i]`` tells whether its i-th character was heard.

    ``talk`` is what the agent has said since the line came up, without what is being said now.
    """

    situation_id: str
    step: int
    text: str
    shown_ms: int
    due_ms: int | None
    status: str
    said: tuple[bool, ...]
    talk: str = ""

    @classmethod
    def from_prompt(cls, prompt: Prompt) -> NextLine:
        return cls(
            prompt.situation_id,
            prompt.step,
            prompt.text,
            prompt.at_ms,
            prompt.due_ms,
            prompt.status,
            (False,) * len(prompt.text),
        )

    def to_json(self, title: str) -> dict[str, Any]:
        """The line as the page draws it; it is to be read aloud, so it is not masked.

        A first line is due by its moment, a later one at it: after a pause to listen.
        """
        return {
            "id": f"{self.situation_id}:{self.step}:{self.shown_ms}",
            "situation_id": self.situation_id,
            "title": title,
            "step": self.step,
            "chars": [[char, said] for char, said in zip(self.text, self.said, strict=True)],
            "shown_ms": self.shown_ms,
            "due_ms": self.due_ms,
            "timing": "by" if self.step == 1 else "at",
            "mandated": self.status == "seed",
            "status": PROMPT_STATUSES.get(self.status, self.status),
        }

    def hearing(self, text: str) -> NextLine:
        """The line while the agent is saying ``text``."""
        return replace(self, said=_or(self.said, said_of(self.text, self.talk + text)))

    def heard(self, text: str) -> NextLine:
        """The line after the agent said ``text``."""
        talk = (self.talk + text)[-KEPT_TALK:]
        return replace(self, said=_or(self.said, said_of(self.text, talk)), talk=talk)


@lru_cache(maxsize=256)
def said_of(line: str, talk: str) -> tuple[bool, ...]:
    """For each character of the line whether it is found in the talk, in its place.

    Punctuation counts as said together with the character before it.
    """
    text, heard = spoken(line), spoken(talk)
    if not len(text) or not len(heard) or line.startswith(ADVICE):
        return (False,) * len(line)
    pattern = _pattern(line)
    cells = [c for c in align(pattern, heard).chars if c.expected]
    fits = _runs([cell.operation in TICKED for cell in cells], min(SHORTEST_RUN, len(text)))
    at = {origin: fit for origin, fit in zip(text.origin, fits, strict=True) if fit}
    said: list[bool] = []
    spoken_at = set(text.origin)
    for i in range(len(line)):
        said.append(at.get(i, False) if i in spoken_at else bool(said and said[-1]))
    return tuple(said)


@lru_cache(maxsize=32)
def _pattern(line: str) -> Pattern:
    return Pattern.from_wording(Wording((line,)))


def _runs(fits: list[bool], shortest: int) -> list[bool]:
    """Only what stands in a run of at least ``shortest``."""
    kept = [False] * len(fits)
    start = 0
    for i in range(len(fits) + 1):
        if i == len(fits) or not fits[i]:
            if i - start >= shortest:
                kept[start:i] = [True] * (i - start)
            start = i + 1
    return kept


def _or(a: tuple[bool, ...], b: tuple[bool, ...]) -> tuple[bool, ...]:
    return tuple(x or y for x, y in zip(a, b, strict=True))
