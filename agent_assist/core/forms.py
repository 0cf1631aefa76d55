"""Forms that a person fills in: what neither sound nor words of a call can decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Use = Literal["call", "visit", "month", "self"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the answers to choose from, the good one first."""

    ask: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A checklist; ``use`` says when it is filled in, ``source`` where it is from (or empty)."""

    id: str
    title: str
    use: Use
    source: str
    questions: tuple[Question, ...]
