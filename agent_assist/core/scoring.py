"""A call's score: verdicts held against a score sheet, by folding the log.

Only breaches deduct and only what was judged counts: a rule that did not apply, or could not be
decided, is N/A and its section's points are left out of the total. One fatal breach makes the
score 0. What only a person can judge stands on the sheet as manual items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from agent_assist.core.events import Event, Finding, Severity, StageEntered

Axis = Literal["procedure", "person"]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the sheet: the points it is worth and the rules it is judged by."""

    id: str
    title: str
    points: float
    axis: Axis
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ManualItem:
    """Something only a person can judge, worth up to ``points`` either way."""

    id: str
    title: str
    section: str
    points: float


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """``deduct`` is what a breach of each severity costs, ``bonus`` what a rule met adds."""

    name: str
    title: str
    source: str
    sections: tuple[Section, ...]
    deduct: Mapping[Severity, float]
    bonus: Mapping[str, float]
    manual: tuple[ManualItem, ...]


@dataclass(frozen=True, slots=True)
class Deduction:
    """One breach and what it cost."""

    rule_id: str
    at_ms: int
    points: float


@dataclass(frozen=True, slots=True)
class SectionScore:
    """A section's result; ``score`` is None when nothing in it could be judged (N/A)."""

    section: Section
    score: float | None
    deductions: tuple[Deduction, ...]


@dataclass(frozen=True, slots=True)
class StageTally:
    """Verdicts that fell into one stage of the service cycle."""

    stage: str
    met: int
    breach: int
    undetermined: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A call's score in per cent; None when nothing at all could be judged.

    ``axes`` are the same ratio over the sections of one axis: procedure and person.
    """

    sheet: str
    total: float | None
    fatal: tuple[str, ...]
    sections: tuple[SectionScore, ...]
    axes: Mapping[Axis, float | None]
    stages: tuple[StageTally, ...]
    manual: tuple[ManualItem, ...]


def score(
    sheet: ScoreSheet, events: Iterable[Event], manual: Mapping[str, float] | None = None
) -> Scorecard:
    """Fold a log into a scorecard; ``manual`` holds a reviewer's points by manual item."""
    log = tuple(events)
    findings = [e for e in log if isinstance(e, Finding)]
    given = manual or {}
    sections = tuple(_section(sheet, section, findings, given) for section in sheet.sections)
    fatal = tuple(
        sorted({f.rule_id for f in findings if f.verdict == "breach" and f.severity == "fatal"})
    )
    axes: dict[Axis, float | None] = {
        axis: _ratio([s for s in sections if s.section.axis == axis])
        for axis in ("procedure", "person")
    }
    total = _ratio(list(sections))
    return Scorecard(
        sheet=sheet.name,
        total=0.0 if fatal else total,
        fatal=fatal,
        sections=sections,
        axes=axes,
        stages=_stages(log),
        manual=sheet.manual,
    )


def _section(
    sheet: ScoreSheet, section: Section, findings: list[Finding], manual: Mapping[str, float]
) -> SectionScore:
    judged = [f for f in findings if f.rule_id in section.rules and f.verdict != "undetermined"]
    by_hand = [manual[m.id] for m in sheet.manual if m.section == section.id and m.id in manual]
    deductions = tuple(
        Deduction(f.rule_id, f.at_ms, sheet.deduct.get(f.severity, 0.0))
        for f in judged
        if f.verdict == "breach"
    )
    if not judged and not by_hand:
        return SectionScore(section, None, ())
    met = {f.rule_id for f in judged if f.verdict == "met"}
    earned = sum(points for rule, points in sheet.bonus.items() if rule in met & set(section.rules))
    value = section.points - sum(d.points for d in deductions) + earned + sum(by_hand)
    return SectionScore(section, min(section.points, max(0.0, value)), deductions)


def _ratio(sections: list[SectionScore]) -> float | None:
    """Points reached of the points that could be reached, in per cent with one decimal."""
    judged = [s for s in sections if s.score is not None]
    possible = sum(s.section.points for s in judged)
    if not possible:
        return None
    return round(sum(s.score or 0.0 for s in judged) / possible * 100, 1)


def _stages(log: tuple[Event, ...]) -> tuple[StageTally, ...]:
    """Verdicts by the stage the call was in when the evidence began."""
    changes = sorted((e.at_ms, e.stage) for e in log if isinstance(e, StageEntered))
    tallies: dict[str, dict[str, int]] = {}
    for finding in (e for e in log if isinstance(e, Finding)):
        stage = next((s for at, s in reversed(changes) if at <= finding.evidence.start_ms), "")
        counts = tallies.setdefault(stage, {"met": 0, "breach": 0, "undetermined": 0})
        counts[finding.verdict] += 1
    return tuple(StageTally(stage, **counts) for stage, counts in tallies.items() if stage)
