"""A pack that takes files of another: they count as its own, and their faults are told there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.apps.calls import Workshop
from agent_assist.apps.script_cases import run_cases
from agent_assist.apps.script_check import check
from agent_assist.catalogue.compiler import load_script
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.errors import BadInputError, ScriptError
from agent_assist.settings import SCRIPTS

HALL = SCRIPTS / "yingyeting"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """Copies of both packs, side by side; returns the hall's."""
    for name in ("10086", "yingyeting"):
        shutil.copytree(SCRIPTS / name, tmp_path / name)
    return tmp_path / "yingyeting"


def test_the_hall_pack_is_sound_and_its_cases_hold() -> None:
    assert check(HALL) == []
    assert [r for r in run_cases(HALL) if r.complaint] == []


def test_what_is_shared_is_read_from_the_other_pack() -> None:
    script = load_script(HALL)
    other = load_script(SCRIPTS / "10086")
    assert {t.term for t in script.taboo} == {t.term for t in other.taboo}
    assert script.situations["window-farewell"] == other.situations["window-farewell"]
    assert {"word-nin", "hall-greeting"} <= {rule.id for rule in script.rules}
    assert not {"word-greeting", "time-greet-2s"} & {rule.id for rule in script.rules}


def test_a_change_of_a_shared_file_changes_the_digest(packs: Path) -> None:
    before = read_pack(packs).digest
    cases = packs.parent / "10086" / "cases" / "word-nin.yaml"
    cases.write_text(cases.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert read_pack(packs).digest == before
    rule = packs.parent / "10086" / "rules" / "word-nin.yaml"
    rule.write_text(rule.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert read_pack(packs).digest != before


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("rules/word-non.yaml", "'rules/word-non.yaml' is no file of ../10086"),
        ("scoring.yaml", "'scoring.yaml' is there in this pack too"),
    ],
)
def test_a_wrong_entry_is_told_with_its_line(packs: Path, new: str, message: str) -> None:
    script = packs / "script.yaml"
    text = script.read_text(encoding="utf-8")
    line = text[: text.index("rules/word-nin.yaml")].count("\n") + 1
    script.write_text(text.replace("rules/word-nin.yaml", new, 1), encoding="utf-8")
    with pytest.raises(ScriptError) as refused:
        read_pack(packs)
    assert [(p.line, p.message) for p in refused.value.problems] == [(line, message)]


def test_a_fault_in_a_shared_file_names_that_file(packs: Path) -> None:
    rule = packs.parent / "10086" / "rules" / "word-nin.yaml"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace("severity: minor", "severity: high"), encoding="utf-8")
    (problem,) = check(packs)
    assert Path(problem.file).resolve() == rule.resolve()


# ── desks ──────────────────────────────────────────────────────────────────────────────────────


def test_a_call_without_a_desk_is_at_the_packs_own() -> None:
    hall = Workshop(read_pack(HALL))
    assert hall.at_desk(CallMeta("c")).desk == "window"
    context = hall.context(CallMeta("c", desk="guide"), ("agent", "customer"))
    assert (context.desk, context.place) == ("guide", "hall")
    with pytest.raises(BadInputError, match=r"^x.call.yaml: desk 'vip' .* use one of guide, wind"):
        hall.at_desk(CallMeta("c", desk="vip"), Path("x.call.yaml"))


def test_a_default_desk_that_is_not_there(packs: Path) -> None:
    desks = packs / "desks.yaml"
    text = desks.read_text(encoding="utf-8")
    desks.write_text(text.replace("default_desk: window", "default_desk: door"), encoding="utf-8")
    (problem,) = check(packs)
    assert problem.message == "'door' is not among desks"


def test_a_quick_situation_that_is_not_there(packs: Path) -> None:
    desks = packs / "desks.yaml"
    text = desks.read_text(encoding="utf-8")
    line = text[: text.index("  window-farewell: 送别")].count("\n") + 1
    desks.write_text(text.replace("  window-farewell: 送别", "  farewell: 送别"), encoding="utf-8")
    (problem,) = check(packs)
    assert (problem.line, problem.message) == (line, "'farewell' is no situation")


def test_the_hall_has_its_own_quick_situations() -> None:
    script = load_script(HALL)
    assert len(script.quick) == 9
    assert all(script.situations[id].next_line(0) for id, _ in script.quick)
