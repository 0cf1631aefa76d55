"""Words that sound like usual ones are held against nobody who was only recorded."""

from __future__ import annotations

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.events import Finding, Utterance, Word
from agent_assist.core.spotting import Turn
from agent_assist.settings import DEFAULT_SCRIPT

SCRIPT = load_script(DEFAULT_SCRIPT)


def judged(said: str, confidence: float) -> list[Finding]:
    """What is found in one utterance of the agent."""
    words = tuple(Word(c, 1000 + 200 * i, 1200 + 200 * i, confidence) for i, c in enumerate(said))
    end_ms = words[-1].end_ms
    inspector = Inspector(SCRIPT, CallContext())
    inspector.hear(
        Turn.from_utterance(Utterance(end_ms, 0, "agent", 1000, end_ms, said, words, confidence)),
        (),
    )
    return inspector.end(20_000, "customer")


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("请您禽兽签字", "禽兽"),
        ("您家楼下的王八信号不好", "王八"),
        ("这里的扇区信号会差一些", "扇区"),
        ("您稽核一下再来", "稽核"),
    ],
)
@pytest.mark.parametrize(("confidence", "verdict"), [(0.99, "undetermined"), (1.0, "breach")])
def test_only_who_wrote_the_characters_knows_the_word(
    said: str, term: str, confidence: float, verdict: str
) -> None:
    (found,) = (f for f in judged(said, confidence) if term in f.evidence.term)
    assert found.verdict == verdict
    alike = SCRIPT.homophones[term]
    assert (alike in found.evidence.reason) is (verdict == "undetermined")
    assert bool(found.message) is (verdict == "breach")


def test_other_forbidden_words_are_held_as_they_were_heard() -> None:
    found = {f.rule_id: f.verdict for f in judged("您是不是傻啊白痴", 0.99) if f.evidence.term}
    assert "breach" in found.values()
