"""What was learnt is written and read again; anything else is refused with the next step."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from agent_assist.catalogue.meaning_data import EXAMPLES, examples_digest, read, save
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.meaning import BUCKETS, Meaning, Meanings
from agent_assist.errors import ScriptError
from agent_assist.settings import DEFAULT_SCRIPT


def _meanings() -> Meanings:
    weights = np.arange(BUCKETS * 2).reshape(BUCKETS, 2).astype(np.int8)
    known = (Meaning("rude", "烦躁", "agent", "forbidden", 0.9),)
    return Meanings(known, weights, np.ones(2, np.float32), np.zeros(2, np.float32), "abc")


def test_read_as_written(tmp_path: Path) -> None:
    save(_meanings(), tmp_path / "meanings.npz")
    again = read(tmp_path / "meanings.npz")
    assert again.known == _meanings().known and again.digest == "abc"
    assert (again.weights == _meanings().weights).all()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"\x93NUMPY no archive"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "meanings.npz").write_bytes(content)
    with pytest.raises(ValueError, match="agent-assist learn"):
        read(tmp_path / "meanings.npz")


def test_a_file_of_other_shapes_is_refused(tmp_path: Path) -> None:
    ones = np.ones(2, np.float32)
    bad = Meanings(_meanings().known, _meanings().weights[:5], ones, ones, "")
    save(bad, tmp_path / "meanings.npz")
    with pytest.raises(ValueError, match="does not fit"):
        read(tmp_path / "meanings.npz")


def test_a_pack_with_a_spoilt_file_tells_its_name(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(DEFAULT_SCRIPT, pack)
    (pack / "meanings.npz").write_bytes(b"spoilt")
    with pytest.raises(ScriptError, match=r"meanings\.npz"):
        read_pack(pack)


def test_the_digest_is_of_the_examples(tmp_path: Path) -> None:
    folder = tmp_path / EXAMPLES
    folder.mkdir()
    empty = examples_digest(tmp_path)
    (folder / "rude.yaml").write_text("id: rude\n", encoding="utf-8")
    assert examples_digest(tmp_path) != empty
