"""Replaying a call: its timeline, its log and its report."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from agent_assist.adapters.event_log import load_log
from agent_assist.apps.calls import Overrides
from agent_assist.apps.replay import Replay
from agent_assist.errors import BadInputError
from agent_assist.settings import AUDIO_FIXTURES
from tests.golden.known_calls import written
from tests.packs import workshop

DEMO = AUDIO_FIXTURES / "calls" / "demo.call.yaml"


def replay(out_dir: Path | None = None, *, jsonl: bool = False) -> tuple[Path | None, str]:
    out = io.StringIO()
    report = Replay(workshop(), Overrides(), "left", jsonl, out_dir).play(DEMO, out)
    return report, out.getvalue()


def test_the_timeline_is_for_people() -> None:
    report, text = replay()
    assert report is None
    assert text.startswith("── demo.call.yaml ──\n")
    assert "这么简单都不知道" in text
    assert "{" not in text


def test_the_log_on_the_output_is_the_log() -> None:
    _, text = replay(jsonl=True)
    header, *lines = text.splitlines()
    assert json.loads(header)["type"] == "header"
    assert len(lines) == len(written("demo").events)


def test_log_and_report_are_written(tmp_path: Path) -> None:
    report, _ = replay(tmp_path)
    assert report == tmp_path / "demo.report.html"
    assert report.read_text(encoding="utf-8").startswith("<!doctype html>")
    log = load_log(tmp_path / "demo.events.jsonl")
    assert tuple(log.events) == written("demo").events
    assert log.warning == ""


def test_the_same_log_on_the_output_and_on_disk(tmp_path: Path) -> None:
    _, text = replay(tmp_path, jsonl=True)
    assert (tmp_path / "demo.events.jsonl").read_text(encoding="utf-8") == text


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be written"):
        replay(tmp_path / "nowhere")
