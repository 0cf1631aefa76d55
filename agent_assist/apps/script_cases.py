"""Runs a script pack's own cases: each must give exactly the findings it expects of its rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent_assist.adapters.call_meta import validate_keys
from agent_assist.adapters.transcript import TranscriptKeys, to_call
from agent_assist.apps.calls import Workshop, from_transcript
from agent_assist.catalogue.pack import Located, read_pack
from agent_assist.catalogue.rule_data import CaseData, CaseFile, Expected
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, Finding
from agent_assist.core.pipeline import Judgement

VALUE_TOLERANCE = 0.05
ORDINARY_CALL = {
    "call_id": "case",
    "agent": {"id": "1086", "name": "小周"},
    "started_at": "2026-05-12T10:00:00+08:00",
    "hung_up_by": "customer",
}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case; ``complaint`` is empty when it passed."""

    file: str
    name: str
    complaint: str


def run_cases(folder: Path) -> list[CaseResult]:
    """Run every case of a pack; raises ScriptError for cases that cannot be read."""
    pack = read_pack(folder)
    workshop = Workshop(pack)
    return [
        result
        for rule_id, located in pack.cases.items()
        for result in _run_file(workshop, rule_id, located)
    ]


def _run_file(workshop: Workshop, rule_id: str, located: Located[CaseFile]) -> Iterator[CaseResult]:
    for i, case in enumerate(located.data.cases):
        events = judge_case(workshop, case, located, i)
        found = [e for e in events if isinstance(e, Finding) and e.rule_id == rule_id]
        line = located.document.line_of(("cases", i))
        place = f"{located.document.file}:{line}"
        yield CaseResult(place, case.name, _compare(list(case.expect), found))


def judge_case(
    workshop: Workshop, case: CaseData, located: Located[CaseFile], index: int
) -> list[Event]:
    """All events of a case's call."""
    read, heard = read_case(case, located, index)
    meta = workshop.at_desk(read, Path(located.document.file))
    channels: tuple[Channel, ...] = ("agent",) if case.only_agent else ("agent", "customer")
    judgement = Judgement(workshop.phrases, workshop.context(meta, channels))
    return [e for event in from_transcript(meta, heard) for e in judgement.feed(event)]


def read_case(
    case: CaseData, located: Located[CaseFile], index: int
) -> tuple[CallMeta, list[Event]]:
    """A case's call as it is heard; raises ScriptError with the lines that are wrong."""
    document, path = located.document, ("cases", index, "call")
    data: dict[str, Any] = {**ORDINARY_CALL, **case.call}
    return to_call(validate_keys(document, data, TranscriptKeys, path), document)


def _compare(expected: list[Expected], found: list[Finding]) -> str:
    """What differs between the findings wanted and those found; empty if nothing."""
    left = list(found)
    missing: list[str] = []
    for want in expected:
        hit = next((f for f in left if _fits(want, f)), None)
        if hit is None:
            missing.append(want.model_dump_json(exclude_none=True))
        else:
            left.remove(hit)
    parts = [f"没有找到 {m}" for m in missing] + [f"多出 {_shown(f)}" for f in left]
    return "；".join(parts)


def _fits(want: Expected, found: Finding) -> bool:
    value = found.evidence.value
    close = want.value is None or (value is not None and abs(value - want.value) <= VALUE_TOLERANCE)
    return (
        found.verdict == want.verdict
        and close
        and want.turn in (None, found.evidence.turn)
        and want.term in (None, found.evidence.term)
    )


def _shown(found: Finding) -> str:
    evidence = found.evidence
    details = (evidence.turn, evidence.term or None, evidence.value, evidence.score)
    return f"{found.verdict}{tuple(d for d in details if d is not None)}"
