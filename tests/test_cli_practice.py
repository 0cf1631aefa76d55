"""The practice command's arguments."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from agent_assist.cli import main


def test_lessons_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) >= 30 and lines[0].startswith("01-query")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name a lesson"),
        (["compliant", "--text"], "no lesson 'compliant'; the nearest are"),
        (["5", "--agent-audio", "nothing.wav"], "nothing.wav: there is no such file"),
    ],
)
def test_what_cannot_be_practised_is_told(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["practice", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_typed_call_ends_with_a_score(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("您好！中国移动，很高兴为您服务！\n"))
    assert main(["practice", "5", "--text", "--out", str(tmp_path), "--agent-id", "2233"]) == 0
    shown = capsys.readouterr().out
    assert "总分：" in shown and "2233号感谢您" in shown
