"""The managers' guide is true: its examples are put into a pack, checked and run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from agent_assist.apps.script_cases import run_cases
from agent_assist.apps.script_check import check
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.cli import _parser
from agent_assist.settings import DEFAULT_SCRIPT
from agent_assist.strict_yaml import parse

GUIDE = (Path(__file__).parents[1] / "docs/scripts_guide.zh.md").read_text(encoding="utf-8")
BLOCKS: dict[str, list[str]] = {}
for _name, _text in re.findall(r"^```yaml (\S+)\n(.*?)^```", GUIDE, re.M | re.S):
    BLOCKS.setdefault(_name, []).append(_text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled pack with every example of the guide in it; ``name+`` is added to a file."""
    pack = tmp_path_factory.mktemp("guide") / "pack"
    shutil.copytree(DEFAULT_SCRIPT, pack)
    for name, texts in BLOCKS.items():
        for text in texts:
            if name.endswith("+"):
                add(pack / name.removesuffix("+"), text)
            else:
                assert not (pack / name).exists(), f"{name} is there already"
                (pack / name).write_text(text, "utf-8")
    return pack


def add(path: Path, text: str) -> None:
    whole = merged(parse(path.read_text("utf-8"), path.name).data, parse(text, "guide").data)
    path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), "utf-8")


def merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merged(old.get(key), new.get(key)) for key in {**old, **new}}
    if isinstance(old, list) and isinstance(new, list):
        return [*old, *new]
    return old if new is None else new


@pytest.fixture(scope="module")
def pack(folder: Path) -> Pack:
    return read_pack(folder)


def test_the_examples_are_sound(folder: Path) -> None:
    assert check(folder) == []


def test_every_kind_of_rule_is_shown_and_its_cases_hold(folder: Path, pack: Pack) -> None:
    shown = {Path(name).stem for name in BLOCKS if name.startswith("rules/")}
    kinds = [check.kind for rule in shown for check in pack.rules[rule].data.checks]
    assert sorted(kinds) == ["forbid", "measure", "order", "require", "respond"]
    results = [r for r in run_cases(folder) if Path(r.file.rsplit(":", 1)[0]).stem in shown]
    assert len(results) == 20
    assert [(r.file, r.complaint) for r in results if r.complaint] == []


def test_what_is_added_to_files_arrives(pack: Pack) -> None:
    assert "package_name" in pack.desks.data.placeholders
    assert pack.desks.data.calendar.extra_holidays[-1].festival == "公司周年庆"
    assert pack.taboo.data.taboo[-1].phrase == "这不是明摆着吗"
    assert pack.scoring.data.sheets[-1].name == "site-sheet"


def test_every_block_is_in_a_file_of_the_pack() -> None:
    assert not re.findall(r"^```yaml$", GUIDE, re.M), "a block without a file is tested by nobody"
    assert len(BLOCKS) >= 14


@pytest.mark.parametrize("line", re.findall(r"^agent-assist .*$", GUIDE, re.M))
def test_its_commands_can_be_typed(line: str) -> None:
    assert _parser().parse_args(shlex.split(line)[1:]).command
