"""``scoring.yaml``: score sheets as people write them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from agent_assist.catalogue.models import Data, Identifier, SeverityName, Text
from agent_assist.core.scoring import ManualItem, ScoreSheet, Section

Points = Annotated[float, Field(ge=0, le=1000)]


class SectionData(Data):
    """One section: ``axis`` is the procedure (what was done) or the person (how)."""

    id: Identifier
    title: Text
    points: Points
    axis: Literal["procedure", "person"]
    rules: Annotated[list[Identifier], Field(min_length=1)]


class ManualItemData(Data):
    """An item for the reviewer's own judgement."""

    id: Identifier
    title: Text
    section: Identifier
    points: Points


class ScoreSheetData(Data):
    """One sheet; breaches deduct by severity, a rule met may add a bonus."""

    name: Identifier
    title: Text
    source: Text
    note: Text | None = None
    deduct: dict[SeverityName, Points]
    bonus: dict[Identifier, Points] = Field(default_factory=dict)
    sections: Annotated[list[SectionData], Field(min_length=1)]
    manual: list[ManualItemData] = Field(default_factory=list)

    def to_sheet(self) -> ScoreSheet:
        """The same as the core's record."""
        return ScoreSheet(
            name=self.name,
            title=self.title,
            source=self.source,
            sections=tuple(
                Section(s.id, s.title, s.points, s.axis, tuple(s.rules)) for s in self.sections
            ),
            deduct=MappingProxyType(dict(self.deduct)),
            bonus=MappingProxyType(dict(self.bonus)),
            manual=tuple(ManualItem(m.id, m.title, m.section, m.points) for m in self.manual),
        )


class ScoringFile(Data):
    """All sheets of a pack; the first is the default."""

    sheets: Annotated[list[ScoreSheetData], Field(min_length=1)]
