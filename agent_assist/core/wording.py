"""A wording of the catalogue: literal text with typed slots, ready to be matched or filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LEADING = re.compile(r"^[，。！？、\s]+")
_DOUBLED = re.compile(r"([，。！？、])[，、]+")


@dataclass(frozen=True, slots=True)
class Slot:
    """A typed gap: between ``min_syllables`` and ``max_syllables`` of anything (or of digits).

    ``fallback`` is shown when the value is unknown; None means the wording is not shown then.
    With ``clock_min`` the value is the time of day so many minutes after the line is due.
    """

    name: str
    label: str
    kind: str
    min_syllables: int
    max_syllables: int
    fallback: str | None
    clock_min: int | None = None


@dataclass(frozen=True, slots=True)
class Wording:
    """Literal pieces and slots in spoken order."""

    pieces: tuple[str | Slot, ...]

    @property
    def text(self) -> str:
        """For people: slots are shown as 〈label〉."""
        return "".join(p if isinstance(p, str) else f"〈{p.label}〉" for p in self.pieces)

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(p for p in self.pieces if isinstance(p, Slot))

    def fill(self, values: Mapping[str, str]) -> str | None:
        """The line with every slot filled from ``values`` or its fallback.

        None when a slot has neither: an unfilled placeholder is never shown.
        """
        parts: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, str):
                parts.append(piece)
                continue
            value = values.get(piece.name) or piece.fallback
            if value is None:
                return None
            parts.append(value)
        return _DOUBLED.sub(r"\1", _LEADING.sub("", "".join(parts)))
