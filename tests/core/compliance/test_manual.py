"""What the program does not judge is listed, once, and never judged too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import read_pack
from agent_assist.errors import ScriptError
from agent_assist.settings import DEFAULT_SCRIPT


def test_manual_items_are_no_rules_of_the_program() -> None:
    pack = read_pack(DEFAULT_SCRIPT)
    assert pack.manual is not None
    listed = [rule.id for rule in pack.manual.data.rules]
    assert len(listed) == len(set(listed)) > 20
    assert not set(listed) & set(pack.rules)


def test_a_rule_listed_twice_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, folder)
    manual = folder / "manual.yaml"
    text = manual.read_text(encoding="utf-8")
    manual.write_text(text.replace("id: voice-smile", "id: word-nin"), encoding="utf-8")
    with pytest.raises(ScriptError) as caught:
        compile_pack(read_pack(folder))
    assert "'word-nin' is there already" in str(caught.value.problems[0])


def test_a_pack_may_do_without(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, folder)
    (folder / "manual.yaml").unlink()
    assert read_pack(folder).manual is None
