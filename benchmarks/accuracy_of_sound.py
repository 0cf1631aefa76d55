"""The example calls, heard and judged: what was expected of each, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.core.events import Event, Finding, PhraseMatch, SituationEntered
from agent_assist.core.pipeline import Judgement

FIXTURES = Path(__file__).parents[1] / "audio_fixtures"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Breaches wanted, given, and given rightly; situations wanted and followed; open verdicts."""

    name: str
    wanted: int
    given: int
    right: int
    situations: int
    followed: int
    undetermined: tuple[str, ...]


def heard_and_judged(workshop: Workshop, key: str) -> list[Outcome]:
    """Every example call from its ``file`` (the sound) or its ``truth`` (the words)."""
    manifest = yaml.safe_load((FIXTURES / "manifest.yaml").read_text(encoding="utf-8"))
    return [_outcome(workshop, call, FIXTURES / call[key]) for call in manifest["calls"]]


def _outcome(workshop: Workshop, expected: dict[str, Any], path: Path) -> Outcome:
    events = judged(workshop, path)
    findings = [e for e in events if isinstance(e, Finding)]
    wanted = Counter(each["rule_id"] for each in expected["expected"])
    given = Counter(f.rule_id for f in findings if f.verdict == "breach")
    situations = set(expected["situations"])
    return Outcome(
        expected["name"],
        wanted.total(),
        given.total(),
        (wanted & given).total(),
        len(situations),
        len(situations & followed(events)),
        tuple(sorted({f.rule_id for f in findings if f.verdict == "undetermined"})),
    )


def judged(workshop: Workshop, path: Path) -> list[Event]:
    """All events of a call's hearing and judgement."""
    call = workshop.open(path, Overrides())
    judgement = Judgement(workshop.phrases, call.context)
    return [e for heard in call.events for e in (heard, *judgement.feed(heard))]


def followed(events: list[Event]) -> set[str]:
    """Situations whose wordings were heard or that the call entered."""
    kinds = (PhraseMatch, SituationEntered)
    found = {e.situation_id for e in events if isinstance(e, kinds)}
    return found | {s for e in events if isinstance(e, PhraseMatch) for s in e.also}


def table(outcomes: list[Outcome]) -> str:
    """One row for each call, and their sum."""
    rows = [
        "| Call | Breaches wanted | given | right | Situations followed | Undetermined |",
        "|" + "---|" * 6,
    ]
    for o in outcomes:
        rows.append(
            f"| {o.name} | {o.wanted} | {o.given} | {o.right} | {o.followed} of {o.situations} "
            f"| {', '.join(o.undetermined) or '–'} |"
        )
    wanted, given, right = (
        sum(getattr(o, k) for o in outcomes) for k in ("wanted", "given", "right")
    )
    there, all_there = sum(o.followed for o in outcomes), sum(o.situations for o in outcomes)
    rows.append(f"| **all** | {wanted} | {given} | {right} | {there} of {all_there} | |")
    return "\n".join(rows)
