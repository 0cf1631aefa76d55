"""Fingerprint of model directories."""

from pathlib import Path

import pytest

from agent_assist.modelling.digest import model_digest


def make(folder: Path) -> Path:
    (folder / "am").mkdir(parents=True)
    (folder / "graph" / "phones").mkdir(parents=True)
    (folder / "am" / "final.mdl").write_bytes(b"network")
    (folder / "graph" / "phones" / "word_boundary.int").write_text("1 nonword\n")
    return folder


def test_same_contents_same_digest(tmp_path: Path) -> None:
    first, second = make(tmp_path / "a"), make(tmp_path / "b")
    (second / "README.md").write_text("not part of the model")
    assert model_digest(first) == model_digest(second)
    assert len(model_digest(first)) == 16


def test_any_change_shows(tmp_path: Path) -> None:
    folder = make(tmp_path / "a")
    before = model_digest(folder)
    (folder / "am" / "final.mdl").write_bytes(b"networK")
    assert model_digest(folder) != before
    (folder / "am" / "final.mdl").rename(folder / "am" / "other.mdl")
    assert model_digest(folder) != before


def test_an_empty_directory_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        model_digest(tmp_path)
