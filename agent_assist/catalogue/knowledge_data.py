"""``knowledge.yaml``: cards that an agent is shown when a customer mentions something."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, Text
from agent_assist.core.knowledge import Card
from agent_assist.core.wording import Wording

Trigger = Annotated[str, Field(min_length=2, pattern=r"^[^{}]+$")]
Line = Annotated[str, Field(min_length=1, max_length=60)]


class CardData(Data):
    """One card: facts in at most four short lines, with the place they are taken from.

    ``triggers`` are words of the customer that bring it up, two characters or more.
    """

    id: Identifier
    title: Text
    kind: Literal["brand", "service", "procedure", "dispute", "hint"]
    triggers: Annotated[list[Trigger], Field(min_length=1)]
    lines: Annotated[list[Line], Field(min_length=1, max_length=4)]
    source: Text

    def to_card(self) -> Card:
        """The same as the core's record."""
        triggers = tuple(Wording((text,)) for text in self.triggers)
        return Card(self.id, self.title, self.kind, triggers, tuple(self.lines), self.source)


class KnowledgeFile(Data):
    """``knowledge.yaml``."""

    cards: Annotated[list[CardData], Field(min_length=1)]

    def repeated(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Ids and triggers that were there already, by their places in the file."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        seen: set[str] = set()
        for i, card in enumerate(self.cards):
            places = [("id", card.id), *((("triggers", k), t) for k, t in enumerate(card.triggers))]
            for place, text in places:
                path = (place,) if isinstance(place, str) else place
                if text in seen:
                    found.append((("cards", i, *path), f"'{text}' is there already"))
                seen.add(text)
        return found
