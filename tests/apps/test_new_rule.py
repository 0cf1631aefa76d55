"""A rule that was just begun is sound, and its own cases hold."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.apps.new_rule import Kind, new_rule
from agent_assist.apps.script_cases import run_cases
from agent_assist.apps.script_check import check
from agent_assist.catalogue.pack import read_pack
from agent_assist.cli import main
from agent_assist.cli_scripts import KINDS
from agent_assist.errors import BadInputError
from agent_assist.settings import DEFAULT_SCRIPT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bundled pack with one rule and its cases."""
    pack = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, pack, ignore=shutil.ignore_patterns("lessons"))
    for path in [*(pack / "rules").iterdir(), *(pack / "cases").iterdir()]:
        if path.stem != "time-greet-2s":
            path.unlink()
    (pack / "scoring.yaml").write_text(
        "sheets:\n  - name: one\n    title: 一项\n    source: 本部\n    deduct: {minor: 3.0}\n"
        "    sections:\n      - {id: timing, title: 时限, points: 10.0, axis: procedure,"
        " rules: [time-greet-2s]}\n",
        "utf-8",
    )
    (pack / "manual.yaml").write_text((DEFAULT_SCRIPT / "manual.yaml").read_text("utf-8"), "utf-8")
    return pack


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_scaffolded_passes_check_and_its_cases(folder: Path, kind: Kind) -> None:
    written = new_rule(folder, "site-rule", kind, "本班组：试用 #1")
    assert written == [folder / "rules/site-rule.yaml", folder / "cases/site-rule.yaml"]
    rule = read_pack(folder).rules["site-rule"].data
    assert (rule.title, rule.checks[0].kind) == ("本班组：试用 #1", kind)
    assert check(folder) == []
    results = [r for r in run_cases(folder) if "site-rule" in r.file]
    assert [r.complaint for r in results] == ["", "", "", ""]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_of_the_scaffold_can_fail(folder: Path, kind: Kind) -> None:
    """Its cases depend on its words: other words, and what was met is not."""
    rule, _ = new_rule(folder, "site-rule", kind)
    text = rule.read_text("utf-8")
    for word in ("新资费", "新的资费", "保证修好", "每月收费", "换一种说法", "20.0"):
        text = text.replace(word, "3.0" if word == "20.0" else "天气预报")
    rule.write_text(text, "utf-8")
    assert any(r.complaint for r in run_cases(folder) if "site-rule" in r.file)


@pytest.mark.parametrize(
    ("rule_id", "complaint"),
    [
        ("Word-Nin", "small letters"),
        ("规则一", "small letters"),
        ("a--b", "small letters"),
        ("../x", "small letters"),
        ("time-greet-2s", "'time-greet-2s' is there already"),
    ],
)
def test_ids_that_cannot_be_are_refused(folder: Path, rule_id: str, complaint: str) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    with pytest.raises(BadInputError, match=complaint):
        new_rule(folder, rule_id, "require")
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before


def test_cases_that_are_there_are_not_overwritten(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cases/site-rule.yaml").write_bytes(
        (folder / "cases/time-greet-2s.yaml").read_bytes()
    )
    assert main(["new-rule", str(folder), "site-rule", "--kind", "forbid"]) == 2
    assert "'site-rule' is there already" in capsys.readouterr().err
    assert not (folder / "rules/site-rule.yaml").exists()


def test_an_id_of_a_manual_item_is_taken(folder: Path) -> None:
    manual = read_pack(folder).manual
    assert manual
    with pytest.raises(BadInputError, match="is there already"):
        new_rule(folder, manual.data.rules[0].id, "require")


def test_the_command_says_what_it_wrote(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-rule", str(folder), "site-rule", "--kind", "order", "--title", "先后"]) == 0
    out = capsys.readouterr().out
    assert (
        str(folder / "rules/site-rule.yaml") in out and str(folder / "cases/site-rule.yaml") in out
    )
