"""A pack's own cases are run and complaints name the place."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.apps.script_cases import run_cases
from agent_assist.errors import ScriptError
from agent_assist.settings import DEFAULT_SCRIPT


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, folder, ignore=shutil.ignore_patterns("cases"))
    (folder / "cases").mkdir()
    return folder


CASE = """cases:
  - name: one
    aspect: met
    call:
      turns:
        - {start_s: 0.8, end_s: 3.0, speaker: agent, text: "您好！"}
    expect: [%s]
"""


def test_bundled_cases_pass() -> None:
    results = run_cases(DEFAULT_SCRIPT)
    assert len(results) >= 13 * 4
    assert [r for r in results if r.complaint] == []


@pytest.mark.parametrize(
    ("expect", "complaint"),
    [
        ("{verdict: met, value: 0.8}", ""),
        ("{verdict: breach}", "没有找到"),
        ("{verdict: met, value: 1.5}", "没有找到"),
        ("", "多出 met"),
    ],
)
def test_findings_are_compared(pack: Path, expect: str, complaint: str) -> None:
    (pack / "cases" / "time-greet-2s.yaml").write_text(CASE % expect, encoding="utf-8")
    [result] = run_cases(pack)
    assert complaint in result.complaint
    assert bool(complaint) == bool(result.complaint)
    assert result.file.endswith("time-greet-2s.yaml:2")


def test_a_call_that_cannot_be_read_is_named(pack: Path) -> None:
    text = (CASE % "").replace("end_s: 3.0", "end_s: 0.1")
    (pack / "cases" / "time-greet-2s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScriptError):
        run_cases(pack)
