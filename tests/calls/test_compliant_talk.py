"""Ordinary compliant talk is never held against an agent."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.apps.calls import Workshop
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.catalogue.templates import compile_wording
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.events import Utterance
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.settings import DEFAULT_SCRIPT

UTTERANCES = Path(__file__).parent / "benign" / "utterances.txt"
ABOUT_WORDS = ("taboo", "word-nin")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(DEFAULT_SCRIPT)


@pytest.fixture(scope="module")
def workshop(pack: Pack) -> Workshop:
    return Workshop(pack)


def held_against(workshop: Workshop, text: str) -> list[str]:
    """What the rules about words find in one utterance of the middle of a call."""
    spotter = PhraseSpotter(workshop.phrases.matcher)
    inspector = Inspector(workshop.phrases.script, CallContext())
    for i, line in enumerate(("您好！中国移动，很高兴为您服务！", text)):
        turn = Turn.from_utterance(Utterance(0, i, "agent", i * 20_000, i * 20_000 + 9_000, line))
        inspector.hear(turn, tuple(spotter.feed(turn)))
    return [
        f"{e.rule_id} {e.evidence.term}"
        for e in inspector.end(60_000, "customer")
        if e.verdict == "breach" and e.rule_id in ABOUT_WORDS
    ]


def test_ordinary_utterances_hold_nothing_forbidden(workshop: Workshop) -> None:
    lines = UTTERANCES.read_text(encoding="utf-8").split()
    assert len(set(lines)) >= 200
    assert {line: found for line in lines if (found := held_against(workshop, line))} == {}


def test_catalogue_lines_hold_nothing_forbidden(pack: Pack, workshop: Workshop) -> None:
    placeholders = pack.desks.data.placeholders
    examples = {name: p.example for name, p in placeholders.items()}
    lines = [
        compile_wording(text, placeholders).fill(examples) or ""
        for located in pack.situations.values()
        for step in located.data.steps
        for text in (step.say, *step.accept)
        if text
    ]
    assert len(lines) > 300
    assert {line: found for line in lines if (found := held_against(workshop, line))} == {}
