"""The linter finds what is wrong in the whole of a pack."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.apps.script_check import check
from agent_assist.settings import DEFAULT_SCRIPT


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, folder)
    return folder


def test_bundled_pack_is_sound() -> None:
    assert check(DEFAULT_SCRIPT) == []


def test_a_rule_needs_cases(pack: Path) -> None:
    (pack / "cases" / "word-nin.yaml").unlink()
    [problem] = check(pack)
    assert "word-nin" in problem.message and problem.file.endswith("word-nin.yaml")


def test_every_aspect_is_shown(pack: Path) -> None:
    path = pack / "cases" / "word-nin.yaml"
    text = path.read_text(encoding="utf-8").replace("aspect: boundary", "aspect: met")
    path.write_text(text, encoding="utf-8")
    assert [p.message for p in check(pack)] == ["no case shows the aspect 'boundary'"]


def test_cases_need_their_rule(pack: Path) -> None:
    (pack / "rules" / "word-nin.yaml").unlink()
    scoring = pack / "scoring.yaml"
    scoring.write_text(scoring.read_text("utf-8").replace("word-nin", "taboo"), "utf-8")
    assert any("no rule 'word-nin'" in p.message for p in check(pack))


def test_all_is_told_at_once(pack: Path) -> None:
    """A rule without cases, a reference to nothing and a case that is no call, by file and line."""
    (pack / "cases" / "word-nin.yaml").unlink()
    rule = pack / "rules" / "time-faint-2-3s.yaml"
    rule.write_text(rule.read_text("utf-8").replace("caller-faint-signal", "nowhere"), "utf-8")
    cases = pack / "cases" / "time-greet-2s.yaml"
    cases.write_text(cases.read_text("utf-8").replace("end_s: ", "end_s: -", 1), "utf-8")
    problems = [(Path(p.file).parent.name, Path(p.file).name, p.message) for p in check(pack)]
    assert {(folder, file) for folder, file, _ in problems} == {
        ("cases", "time-greet-2s.yaml"),
        ("rules", "time-faint-2-3s.yaml"),
        ("rules", "word-nin.yaml"),
    }
    line = next(p.line for p in check(pack) if p.file.endswith("time-greet-2s.yaml"))
    assert "end_s: -" in cases.read_text("utf-8").splitlines()[line - 1]


def test_a_situation_that_cannot_come_up_is_named(pack: Path) -> None:
    """Nothing in a call tells of its phase, and its line is too short to be recognised."""
    path = pack / "phrases" / "site.yaml"
    path.write_text(
        "situations:\n"
        "  - id: site-never\n"
        "    title: 永远不会出现\n"
        "    category: information\n"
        "    stage: solution\n"
        "    trigger: {phase: explaining}\n"
        '    steps: [{n: 1, say: "好", status: own, source: "本中心规定"}]\n',
        "utf-8",
    )
    problems = check(pack)
    assert {problem.file for problem in problems} == {str(path)}
    assert any("'site-never' does not come up by" in problem.message for problem in problems)


def test_examples_that_were_not_learnt_from_are_told(pack: Path) -> None:
    file = pack / "meanings" / "shirking.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "  好的，您请讲。\n", encoding="utf-8")
    [problem] = check(pack)
    assert problem.file.endswith("meanings.npz") and "agent-assist learn" in problem.message


def test_a_meaning_that_nobody_taught_is_told(pack: Path) -> None:
    file = pack / "rules" / "conduct-command.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("meanings: [command]", "meanings: [sarcasm]"), encoding="utf-8")
    [problem] = check(pack)
    assert "'sarcasm' is no meaning" in problem.message
