"""Words held against an agent where much is heard wrong."""

from __future__ import annotations

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.forbid import ForbidState
from agent_assist.core.context import CallContext
from agent_assist.core.events import Utterance, Word
from agent_assist.core.rules import Forbid
from agent_assist.core.spotting import Turn
from agent_assist.settings import DEFAULT_SCRIPT

SCRIPT = load_script(DEFAULT_SCRIPT)
RULE = next(rule for rule in SCRIPT.rules if rule.id == "word-owner-name")
CHECK = next(
    c for c in RULE.checks if isinstance(c, Forbid) and c.what and "机主叫什么" in c.what.words
)


def verdicts(said: str, confidence: float) -> list[str]:
    words = tuple(Word(c, 200 * i, 200 * i + 200, confidence) for i, c in enumerate(said))
    utterance = Utterance(5000, 0, "agent", 0, 5000, said, words, confidence)
    settled = SettledTurn(Turn.from_utterance(utterance), (), 0.2)
    call = CallFacts(SCRIPT, CallContext())
    call.turns.append(settled)
    return [f.verdict for f in ForbidState(RULE, CHECK, SCRIPT, "general").on_turn(settled, call)]


@pytest.mark.parametrize(
    ("said", "confidence", "given"),
    [("机主叫什么", 0.95, "breach"), ("机主本人", 0.8, "undetermined")],
)
def test_who_is_unsure_of_what_he_heard_holds_only_clear_words_against_anybody(
    said: str, confidence: float, given: str
) -> None:
    assert verdicts(f"所以医药{said}到长", confidence) == [given]
