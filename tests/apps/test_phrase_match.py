"""`match`: a plain list of phrases, or the catalogue, against a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.apps.phrase_match import match_text, phrases_from
from agent_assist.errors import BadInputError
from tests.packs import phrases


def test_a_list_is_read_with_its_line_numbers(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes("\ufeff请问还有什么可以帮您？\r\n\r\n  感谢您的来电，再见！ \n".encode())
    found = list(match_text(phrases_from(file), "感谢您的来电再见", 2))
    assert found[0]["id"] == 3
    assert found[0]["phrase"] == "感谢您的来电，再见！"
    assert found[0]["score"] == 1.0
    assert found[0]["heard"] == "感谢您的来电再见"
    assert found[0]["also"] == []
    assert [c["operation"] for c in found[0]["alignment"]] == ["said"] * 8


def test_the_best_come_first_and_no_more_than_asked_for() -> None:
    found = list(match_text(phrases().matcher, "请问还有什么可以帮您", 3))
    assert 1 <= len(found) <= 3
    assert found[0]["id"] == "anything-else:1"
    assert found[0]["score"] >= found[-1]["score"]


def test_a_shared_wording_names_every_meaning() -> None:
    (found, *_) = match_text(phrases().matcher, "1086号感谢您对我们工作的支持，再见", 1)
    assert {found["id"], *found["also"]} == {
        "caller-silent:4",
        "caller-faint-signal:3",
        "close-normal:1",
    }


def test_nothing_is_found_in_nothing() -> None:
    assert list(match_text(phrases().matcher, "", 3)) == []


@pytest.mark.parametrize("content", [b"", b"\n \n", "，。！".encode()])
def test_a_list_without_a_phrase(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list.txt"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match="holds no phrase"):
        phrases_from(file)


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    with pytest.raises(BadInputError, match="cannot be read"):
        phrases_from(file)
    file.write_bytes("您好".encode("gbk"))
    with pytest.raises(BadInputError, match="cannot be read as UTF-8"):
        phrases_from(file)
