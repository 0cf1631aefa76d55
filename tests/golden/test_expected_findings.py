"""What the manifest says is found from the words and from the sound of a call; nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from agent_assist.core.events import Finding
from tests.golden.known_calls import NAMES, Replayed, heard, manifest, written


def is_wanted(found: Finding, wanted: dict[str, Any]) -> bool:
    term_fits = wanted.get("term") in (None, found.evidence.term)
    return found.rule_id == wanted["rule_id"] and found.verdict == wanted["verdict"] and term_fits


def check(name: str, replayed: Replayed) -> None:
    entry = manifest()[name]
    found = replayed.breaches()
    for wanted in entry["expected"]:
        assert any(is_wanted(f, wanted) for f in found), f"not found: {wanted}"
    allowed = {w["rule_id"] for w in entry["expected"]} | set(entry.get("implied", ()))
    others = [f for f in found if f.rule_id not in allowed]
    assert [(f.rule_id, f.evidence.heard) for f in others] == []


@pytest.mark.parametrize("name", NAMES)
def test_breaches_from_the_words(name: str) -> None:
    check(name, written(name))


@pytest.mark.parametrize("name", NAMES)
def test_breaches_from_the_sound(name: str) -> None:
    check(name, heard(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_false_alarm_from_the_sound(name: str) -> None:
    entry = manifest()[name]
    allowed = {w["rule_id"] for w in entry["expected"]} | set(entry.get("implied", ()))
    assert {f.rule_id for f in heard(name).breaches()} <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_the_turn_of_a_breach_from_the_words(name: str) -> None:
    found = {(f.rule_id, f.evidence.turn) for f in written(name).breaches()}
    for wanted in manifest()[name]["expected"]:
        if "turn" in wanted and wanted["rule_id"] in {rule for rule, _ in found}:
            assert (wanted["rule_id"], wanted["turn"]) in found


@pytest.mark.parametrize("name", NAMES)
def test_all_wordings_from_the_words(name: str) -> None:
    assert set(manifest()[name]["situations"]) <= written(name).situations()


@pytest.mark.parametrize("name", NAMES)
def test_all_wordings_from_the_sound(name: str) -> None:
    assert set(manifest()[name]["situations"]) <= heard(name).situations()
