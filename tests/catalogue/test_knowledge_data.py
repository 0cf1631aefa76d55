"""Faults in knowledge.yaml are told with their line; a pack may do without it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.errors import ScriptError
from agent_assist.settings import DEFAULT_SCRIPT

FIRST = """cards:
  - id: ring
    title: 彩铃
    kind: dispute
    triggers: [彩铃]
    lines: [每月6元]
    source: S003
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(DEFAULT_SCRIPT, tmp_path / "mine")


def test_a_pack_may_do_without(folder: Path) -> None:
    (folder / "knowledge.yaml").unlink()
    assert load_script(folder).cards == ()


def test_cards_are_compiled(folder: Path) -> None:
    (folder / "knowledge.yaml").write_text(FIRST, encoding="utf-8")
    (card,) = load_script(folder).cards
    assert (card.id, card.kind, card.lines, card.source) == (
        "ring",
        "dispute",
        ("每月6元",),
        "S003",
    )
    assert [t.text for t in card.triggers] == ["彩铃"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("triggers: [彩铃]", "triggers: []", 5, "at least 1 item"),
        ("triggers: [彩铃]", "triggers: [彩]", 5, "at least 2 characters"),
        ("triggers: [彩铃]", 'triggers: ["{{ business }}"]', 5, "match pattern"),
        ("triggers: [彩铃]", "triggers: [彩铃, 铃声, 彩铃]", 5, "'彩铃' is there already"),
        ("lines: [每月6元]", "lines: [一, 二, 三, 四, 五]", 6, "at most 4 items"),
        ("kind: dispute", "kind: quarrel", 4, "Input should be"),
        ("    source: S003\n", "", 2, "source"),
    ],
)
def test_a_fault_is_told_with_its_line(
    folder: Path, old: str, new: str, line: int, message: str
) -> None:
    assert old in FIRST
    (folder / "knowledge.yaml").write_text(FIRST.replace(old, new), encoding="utf-8")
    with pytest.raises(ScriptError) as refused:
        load_script(folder)
    (problem,) = refused.value.problems
    assert problem.line == line
    assert message in problem.message


def test_a_trigger_belongs_to_one_card(folder: Path) -> None:
    second = FIRST.removeprefix("cards:\n").replace("id: ring", "id: tone")
    (folder / "knowledge.yaml").write_text(FIRST + second, encoding="utf-8")
    with pytest.raises(ScriptError) as refused:
        load_script(folder)
    assert [(p.line, p.message) for p in refused.value.problems] == [
        (11, "'彩铃' is there already")
    ]
