"""Meanings in a turn: where they are looked for, and from when on they are held against anyone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import is_held
from agent_assist.core.compliance.meant import (
    HEARD,
    MEANING,
    forbidden_meaning,
    forbidding,
    meant_in,
    told_once,
)
from agent_assist.core.compliance.verdicts import Judge
from agent_assist.core.events import Evidence, Finding, Utterance
from agent_assist.core.rules import Forbid
from agent_assist.core.spotting import Turn
from tests.packs import script

RUDE = "您爱上哪儿告就上哪儿告去。"
SHORT = "我哪儿知道。"


def _settled(text: str, noise: float = 0.0, confidence: float = 1.0) -> SettledTurn:
    said = Utterance(4000, 1, "agent", 1000, 4000, text, (), confidence)
    turn = SettledTurn(Turn.from_utterance(said), (), noise)
    return replace(turn, meant=meant_in(turn, script()))


def _held(settled: SettledTurn) -> list[str]:
    (rule,) = (rule for rule in script().rules if rule.id == "taboo")
    (check,) = rule.checks
    assert isinstance(check, Forbid)
    found = forbidden_meaning(Judge(rule, check.message), check, settled)
    return [finding.verdict for finding in found]


def test_a_forbidden_meaning_is_a_breach_with_its_words_and_probability() -> None:
    settled = _settled(RUDE)
    assert _held(settled) == ["breach"]
    spot = settled.meant["provocation"]
    assert spot.heard == RUDE.strip("。") and spot.match.score > 0.9


def test_nothing_is_looked_for_where_much_is_heard_wrong() -> None:
    assert _settled(RUDE, HEARD).meant and not _settled(RUDE, HEARD + 0.01).meant


def test_a_line_that_went_wrong_makes_it_undetermined() -> None:
    assert _held(replace(_settled(RUDE), unfair="noisy")) == ["undetermined"]


@pytest.mark.parametrize(("confidence", "held"), [(0.71, True), (0.69, False)])
def test_what_was_heard_unsurely_is_not_held(confidence: float, held: bool) -> None:
    (spot,) = _settled(RUDE, confidence=confidence).meant.values()
    assert is_held(spot) is held


def test_a_short_stretch_counts_only_where_it_is_known_how_well_it_was_heard() -> None:
    assert _held(_settled(SHORT)) == ["breach"]
    assert _held(_settled(SHORT, 0.15)) == []
    assert _held(_settled(RUDE, 0.15)) == ["breach"]


def test_words_of_others_are_not_looked_at() -> None:
    assert not _settled(f"他对您说“{RUDE}”，是吗？").meant


def _finding(rule_id: str, expected: str, start_ms: int, end_ms: int) -> Finding:
    evidence = Evidence(start_ms, end_ms, turn=4, expected=expected)
    return Finding(end_ms, rule_id, "breach", "minor", "", "", evidence)


LISTED = _finding("voice-diction-slang", "杠杠的", 1000, 1500)
MEANT = _finding("conduct-insult", MEANING + "侮辱", 1200, 2400)


@pytest.mark.parametrize(
    ("findings", "left"),
    [
        ([LISTED, MEANT], [LISTED]),
        ([MEANT, LISTED], [LISTED]),
        ([MEANT], [MEANT]),
        ([replace(LISTED, rule_id="word-nin"), MEANT], None),
        ([replace(LISTED, verdict="undetermined"), MEANT], None),
        ([_finding("voice-diction-slang", "杠杠的", 3000, 3500), MEANT], None),
    ],
)
def test_a_meaning_is_silent_where_a_list_accuses(
    findings: list[Finding], left: list[Finding] | None
) -> None:
    assert told_once(findings, forbidding(script())) == (findings if left is None else left)
