"""The knowledge card on the overlay: what the customer mentioned last, below the next line."""

from __future__ import annotations

from typing import Any

from agent_assist.core.offer import KnowledgeOffered

CARD_MS = 60_000
"""A card that nobody closes goes by itself after so much audio time."""


def card_json(offer: KnowledgeOffered | None, at_ms: int) -> dict[str, Any] | None:
    """The card as the page draws it at a moment, or None when there is none any more."""
    if offer is None or at_ms >= offer.at_ms + CARD_MS:
        return None
    return {
        "id": f"{offer.card_id}:{offer.at_ms}",
        "title": offer.title,
        "lines": list(offer.lines),
        "source": offer.source,
    }
