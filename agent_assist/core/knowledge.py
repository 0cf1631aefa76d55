"""Knowledge cards: what an agent may want to know when a customer mentions something."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent_assist.core.matching import matcher_of
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.core.spotting import Turn
from agent_assist.core.text import SpokenText
from agent_assist.core.wording import Wording


@dataclass(frozen=True, slots=True)
class Card:
    """A card; ``triggers`` are words of the customer that bring it up."""

    id: str
    title: str
    kind: str
    triggers: tuple[Wording, ...]
    lines: tuple[str, ...]
    source: str


class Librarian:
    """Offers a card when the customer first mentions its matter; each card once a call."""

    def __init__(self, cards: tuple[Card, ...]) -> None:
        self._cards = {card.id: card for card in cards}
        entries = tuple((card.id, wording) for card in cards for wording in card.triggers)
        self._matcher = matcher_of(entries, exact_short=True)
        self._offered: set[str] = set()

    def foresee(self, texts: Iterable[SpokenText]) -> None:
        """Find in many texts of the customer at once what will be asked for."""
        self._matcher.foresee(texts)

    def on_turn(self, at_ms: int, turn: Turn) -> list[KnowledgeOffered]:
        """What an utterance of the customer brings up; what was said most clearly comes last."""
        if turn.utterance.channel != "customer" or not self._cards:
            return []
        offers: list[KnowledgeOffered] = []
        for match in sorted(self._matcher.find(turn.text), key=lambda m: (m.weight, -m.start)):
            card = self._cards[str(match.owners[0])]
            if card.id not in self._offered:
                self._offered.add(card.id)
                offers.append(
                    KnowledgeOffered(
                        at_ms, card.id, card.title, card.lines, card.source, turn.utterance.turn
                    )
                )
        return offers
