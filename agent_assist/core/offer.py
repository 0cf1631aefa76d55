"""The event of a knowledge card; part of the union in ``core.events``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnowledgeOffered:
    """A customer mentioned what a knowledge card is about, in utterance ``turn``.

    ``lines`` are the card's text; ``source`` is where its facts are taken from.
    """

    at_ms: int
    card_id: str
    title: str
    lines: tuple[str, ...]
    source: str
    turn: int
