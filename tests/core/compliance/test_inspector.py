"""Verdicts depend on what was said and when, not on how it came in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.apps.calls import HeardCall, Overrides, Workshop, find_calls
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.events import Channel, Finding, Utterance
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS

WORKSHOP = Workshop(read_pack(DEFAULT_SCRIPT))
PATHS = [
    p
    for p in find_calls(Path(__file__).parents[2] / "calls")
    if not (SCRIPTS / p.parent.name).is_dir()
]


def _said(call: HeardCall) -> list[Utterance]:
    return [e for e in call.events if isinstance(e, Utterance)]


def _judged(call: HeardCall, said: list[Utterance], marks: list[int]) -> list[Finding]:
    """Findings when the utterances come in this order, with an honest watermark where marked."""
    script = WORKSHOP.phrases.script
    spotter = PhraseSpotter(WORKSHOP.phrases.matcher)
    inspector = Inspector(script, call.context)
    findings: list[Finding] = []
    for i, utterance in enumerate(said):
        turn = Turn.from_utterance(utterance)
        by_agent = utterance.channel == "agent"
        inspector.hear(turn, tuple(spotter.feed(turn)) if by_agent else ())
        later = [u.start_ms for u in said[i + 1 :]]
        if i in marks and later:
            findings += inspector.settle(min(later))
    return findings + inspector.end(call.meta.ended_at_ms or 0, call.meta.hung_up_by)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_order_of_arrival_and_watermarks_do_not_matter(data: st.DataObject) -> None:
    call = WORKSHOP.open(data.draw(st.sampled_from(PATHS)), Overrides())
    said = _said(call)
    channels: list[Channel] = data.draw(st.permutations([u.channel for u in said]))
    queues = {c: iter([u for u in said if u.channel == c]) for c in ("agent", "customer")}
    shuffled = [next(queues[c]) for c in channels]
    marks = data.draw(st.lists(st.integers(0, len(said)), unique=True))
    assert _judged(call, shuffled, marks) == _judged(call, said, [])


@pytest.mark.parametrize("path", PATHS[:10], ids=lambda p: p.name.split(".")[0])
def test_no_placeholder_is_shown_raw(path: Path) -> None:
    call = WORKSHOP.open(path, Overrides())
    for finding in _judged(call, _said(call), []):
        assert "{{" not in finding.evidence.replacement + finding.evidence.expected


def test_evidence_of_a_forbidden_wording_is_complete() -> None:
    path = next(p for p in PATHS if p.name.startswith("d22-shirking"))
    call = WORKSHOP.open(path, Overrides())
    found = _judged(call, _said(call), [])
    evidence = next(f.evidence for f in found if f.rule_id == "taboo" and f.verdict == "breach")
    assert evidence.term == "喂，刚才的电话不是我接的呀"
    assert evidence.heard and evidence.replacement and evidence.alignment
    assert evidence.turn == 2 and evidence.score == 1.0 and evidence.margin and evidence.margin > 0
    assert evidence.start_ms < evidence.end_ms
