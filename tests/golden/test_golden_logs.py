"""Every example call is heard and judged exactly as before."""

from __future__ import annotations

import difflib
import json

import pytest

from agent_assist.modelling.digest import model_digest
from agent_assist.settings import DEFAULT_MODEL
from tests.golden.known_calls import NAMES, heard
from tests.golden.regenerate import FOLDER, golden_lines, golden_path

REGENERATE = "if that is what you want: make golden, then look at git diff tests/golden"


def test_there_is_a_log_for_every_call_and_no_other() -> None:
    assert sorted(p.stem for p in FOLDER.glob("*.jsonl")) == NAMES


def test_the_logs_were_made_with_the_bundled_model() -> None:
    digest = model_digest(DEFAULT_MODEL)
    for name in NAMES:
        first = golden_path(name).read_text(encoding="utf-8").splitlines()[0]
        assert json.loads(first)["model"]["digest"] == digest, REGENERATE


@pytest.mark.parametrize("name", NAMES)
def test_a_call_gives_its_log(name: str) -> None:
    kept = golden_path(name).read_text(encoding="utf-8").splitlines()[1:]
    now = golden_lines(heard(name))[1:]
    if now != kept:
        changes = [
            line if len(line) < 400 else f"{line[:400]}…"
            for line in difflib.unified_diff(kept, now, "kept", "now", lineterm="", n=0)
        ]
        pytest.fail("\n".join([f"{name}: the log changed; {REGENERATE}", *changes]), pytrace=False)
