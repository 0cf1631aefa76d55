"""`agent-assist learn` on a pack's own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.apps.learn import learn_pack, table
from agent_assist.catalogue.meaning_data import examples_digest, read
from agent_assist.errors import BadInputError, ScriptError

YES = [f"烦死了{word}快点说" for word in "您还又都真别再就快也太总老只光净"]
MORE = [f"{word}没完没了啊" for word in "您还又都真别"]
NO = [f"请您稍等{word}马上查" for word in "我就也再您先还这那都真快好请帮为"]
FEW = [f"谢谢您{word}" for word in "等候配合理解支持来电"]


def _file(folder: Path, name: str, yes: list[str], no: list[str]) -> None:
    lines = {"yes": "".join(f"  {x}\n" for x in yes), "no": "".join(f"  {x}\n" for x in no)}
    text = f"id: {name}\ntitle: {name}\nby: agent\n"
    text += "".join(f"{part}: |-\n{each}" for part, each in lines.items())
    (folder / "meanings").mkdir(exist_ok=True)
    (folder / "meanings" / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_learns_and_writes(tmp_path: Path) -> None:
    _file(tmp_path, "rude", YES + MORE, NO + FEW)
    [worth] = learn_pack(tmp_path)
    learnt = read(tmp_path / "meanings.npz")
    assert learnt.names == {"rude"} and learnt.digest == examples_digest(tmp_path)
    assert worth.found["rude"] > 0.5
    assert any("rude" in line for line in table([worth]))


def test_too_few_sentences_are_told(tmp_path: Path) -> None:
    _file(tmp_path, "rude", YES[:3], NO + FEW)
    with pytest.raises(ScriptError, match="3 sentences"):
        learn_pack(tmp_path)


def test_a_sentence_on_both_sides_is_told(tmp_path: Path) -> None:
    _file(tmp_path, "rude", [*YES, *MORE, NO[0]], NO + FEW)
    with pytest.raises(ScriptError, match="stands under yes"):
        learn_pack(tmp_path)


def test_a_pack_without_examples_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="meanings"):
        learn_pack(tmp_path)


def test_a_group_without_a_meaning_is_told(tmp_path: Path) -> None:
    _file(tmp_path, "ordinary", [], NO + FEW)
    path = tmp_path / "meanings" / "ordinary.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("yes: |-\n", ""), encoding="utf-8")
    with pytest.raises(ScriptError, match="no meaning of the group 'ordinary'"):
        learn_pack(tmp_path)
