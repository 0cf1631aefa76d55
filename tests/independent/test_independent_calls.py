"""Calls written from the source documents by others than the rules: how many breaches are right.

What their authors wrote is not always what the rules can see, so shares are asked for, not calls.
``fitted`` were looked at while rules were written, ``held_out`` were not.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agent_assist.apps.calls import Overrides, Workshop, find_calls
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Finding
from agent_assist.core.pipeline import Judgement
from agent_assist.settings import DEFAULT_SCRIPT

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(read_pack(DEFAULT_SCRIPT))


def broken_rules(workshop: Workshop, path: Path) -> set[str]:
    call = workshop.open(path, Overrides())
    judgement = Judgement(workshop.phrases, call.context)
    events = [e for heard in call.events for e in judgement.feed(heard)]
    return {e.rule_id for e in events if isinstance(e, Finding) and e.verdict == "breach"}


@pytest.mark.parametrize(
    ("folder", "precision", "recall"), [("fitted", 0.95, 0.95), ("held_out", 0.93, 0.9)]
)
def test_most_breaches_are_found_and_most_found_are_right(
    workshop: Workshop, folder: str, precision: float, recall: float
) -> None:
    wanted, found = set[tuple[str, str]](), set[tuple[str, str]]()
    for path in find_calls(HERE / folder):
        expected = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
        wanted |= {(path.name, each["rule"]) for each in expected}
        found |= {(path.name, rule) for rule in broken_rules(workshop, path)}
    right = len(wanted & found)
    assert right >= precision * len(found)
    assert right >= recall * len(wanted)
