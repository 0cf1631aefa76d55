"""The lag of word times, as a model directory tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.core.correction import Lag
from agent_assist.modelling.word_lag import FILE, read_lag


def write(folder: Path, text: str) -> Path:
    (folder / FILE).parent.mkdir()
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def test_a_model_without_the_file_has_no_lag(tmp_path: Path) -> None:
    assert read_lag(tmp_path) == Lag(0, 0)


def test_the_file_is_read(tmp_path: Path) -> None:
    folder = write(tmp_path, '{"start_late_ms": 88, "end_early_ms": 130, "words": 7}')
    assert read_lag(folder) == Lag(88, 130)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"start_late_ms": 88}',
        '{"start_late_ms": "soon", "end_early_ms": 1}',
        '{"start_late_ms": -1, "end_early_ms": 1}',
        '{"start_late_ms": 1, "end_early_ms": 501}',
    ],
)
def test_a_faulty_file_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"word_times\.json"):
        read_lag(write(tmp_path, text))
