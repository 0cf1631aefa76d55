"""Strict YAML: what readers read differently is refused, with file and line, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.errors import ScriptError
from agent_assist.strict_yaml import MAX_BYTES, load, parse
from tests.packs import repeatable


def complaints(text: str) -> list[str]:
    with pytest.raises(ScriptError) as refused:
        parse(text, "f.yaml")
    return [str(problem) for problem in refused.value.problems]


def test_plain_values() -> None:
    document = parse(
        "a: 1\nb: -2\nc: 1.5\nd: true\ne: null\nf: 文字\ng: [1, 二]\nh: {i: 'x'}\nj: 0x1F\nk: ~\n",
        "f.yaml",
    )
    assert document.data == {
        "a": 1,
        "b": -2,
        "c": 1.5,
        "d": True,
        "e": None,
        "f": "文字",
        "g": [1, "二"],
        "h": {"i": "x"},
        "j": 31,
        "k": None,
    }


@pytest.mark.parametrize(
    "value",
    [
        *("yes", "no", "on", "off", "Yes", "NO", "y", "n", "012", "-07", "1:30", "12:30:45"),
        *("2026-10-01", "2026-1-1", "2026-10-01T10:00:00", "2026-10-01 10:00:00", "18:00"),
    ],
)
def test_what_readers_read_differently_must_be_quoted(value: str) -> None:
    (complaint,) = complaints(f"a: 1\nb: {value}\n")
    assert complaint.startswith(f"f.yaml:2: {value} is ambiguous (some readers take it for ")
    assert complaint.endswith("put it in quotes")
    for quoted in (f'"{value}"', f"'{value}'"):
        assert parse(f"b: {quoted}\n", "f.yaml").data == {"b": value}
    assert parse(f"b: |-\n  {value}\n", "f.yaml").data == {"b": value}


@pytest.mark.parametrize("value", ["0", "10", "1.0", "no problem", "18:00前", "2026-10", "0.5"])
def test_what_everybody_reads_alike_needs_no_quotes(value: str) -> None:
    assert str(parse(f"b: {value}\n", "f.yaml").data["b"]) == value


def test_duplicate_keys_at_any_depth() -> None:
    assert complaints("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n") == [
        "f.yaml:4: duplicate key 'c'",
        "f.yaml:5: duplicate key 'a'",
    ]


def test_anchors_and_aliases() -> None:
    (complaint,) = complaints("a: &x [1]\nb: *x\n")
    assert "anchors and aliases are not allowed" in complaint


def test_a_merge_key() -> None:
    found = complaints("a: &x {k: 1}\nb:\n  <<: *x\n")
    assert "f.yaml:3: a key must be plain text" in found


@pytest.mark.parametrize("tag", ["!custom", "!!python/object:os.system", "!!binary", "!!set"])
def test_tags(tag: str) -> None:
    (complaint,) = complaints(f"a: 1\nb: {tag} x\n")
    assert complaint.startswith("f.yaml:2: tag ")
    assert complaint.endswith("is not allowed")


@pytest.mark.parametrize("key", ["[1, 2]", "{a: 1}", "? [x]\n"])
def test_a_key_that_is_no_text(key: str) -> None:
    assert "f.yaml:1: a key must be plain text" in complaints(f"{key}: 1\n")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\n\tb: 2\n", 2),
        ("a: [1, 2\nb: 3\n", 2),
        ("a: 'x\n", 2),
        ("a: b: c\n", 1),
        ("a: @x", 1),
    ],
)
def test_broken_syntax_names_its_line(text: str, line: int) -> None:
    (complaint,) = complaints(text)
    assert complaint.startswith("f.yaml:")
    assert int(complaint.split(":")[1]) in {line, line + 1}
    assert "not valid YAML" in complaint
    assert "\n" not in complaint


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n"])
def test_an_empty_file(text: str) -> None:
    (complaint,) = complaints(text)
    assert complaint.startswith("f.yaml:1: ")


def test_two_documents_in_one_file() -> None:
    (complaint,) = complaints("a: 1\n---\nb: 2\n")
    assert "not valid YAML" in complaint


def test_nested_too_deeply() -> None:
    (complaint,) = complaints("a: " + "[" * 60 + "1" + "]" * 60)
    assert complaint == "f.yaml:1: nested deeper than 40 levels"


def test_nested_so_deeply_that_a_reader_might_fall_over() -> None:
    for text in ("[" * 100_000, "a: " + "[" * 20_000 + "]" * 20_000, "{a: " * 5_000):
        assert len(complaints(text)) == 1


def test_all_problems_at_once_in_the_order_of_the_file() -> None:
    found = complaints("a: yes\nb: 012\nc: 1:30\na: 2026-10-01\nd: !x 1\n")
    assert [int(c.split(":")[1]) for c in found] == [1, 2, 3, 4, 4, 5]


def test_control_characters() -> None:
    (complaint,) = complaints("a: 1\nb: \x07\n")
    assert "not valid YAML" in complaint


@pytest.mark.parametrize(
    "value", ["9" * 5000, "9" * 400, "1e999", ".inf", ".nan", "0b2", "0o9", "1_000"]
)
def test_odd_numbers_never_crash(value: str) -> None:
    try:
        data = parse(f"a: {value}\n", "f.yaml").data
    except ScriptError as error:
        assert error.problems[0].line == 1
    else:
        assert "a" in data


def test_every_value_knows_its_line() -> None:
    document = parse("a:\n  - b: 1\n    c: 2\n  - d: 3\n", "f.yaml")
    assert document.line_of(("a", 0, "c")) == 3
    assert document.line_of(("a", 1, "d")) == 4
    assert document.line_of(("a", 1, "unknown", "deeper")) == 4
    assert document.line_of(("nowhere",)) == 1
    assert document.line_of(()) == 1


# ── files ──────────────────────────────────────────────────────────────────────────────────────


def refused(path: Path) -> str:
    with pytest.raises(ScriptError) as error:
        load(path, "f.yaml")
    return str(error.value)


def test_a_file_is_read_as_utf8(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("a: 您好\r\nb: 1\r\n".encode())
    assert load(path).data == {"a": "您好", "b": 1}
    path.write_bytes("a: 您好".encode("gbk"))
    assert refused(path) == "f.yaml:1: is not UTF-8 text; save it as UTF-8"


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + "a: 您好\n".encode())
    assert load(path).data == {"a": "您好"}


def test_a_huge_file(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"# " + b"x" * MAX_BYTES)
    assert refused(path).startswith("f.yaml:1: larger than ")


def test_a_file_that_is_not_there_or_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.yaml").startswith("f.yaml:1: cannot be read: ")
    assert refused(tmp_path).startswith("f.yaml:1: cannot be read: ")


@repeatable
@given(st.text(max_size=60))
def test_any_text_is_data_or_a_complaint_with_a_line(text: str) -> None:
    try:
        parse(text, "f.yaml")
    except ScriptError as error:
        assert error.problems
        for problem in error.problems:
            assert 1 <= problem.line <= len(text.splitlines()) + 2


@repeatable
@given(st.text(st.sampled_from("ab:- \n[]{}&*!|>'\"%@`#,?0179eE.xo_~\t"), min_size=1, max_size=40))
def test_any_punctuation_is_data_or_a_complaint(text: str) -> None:
    try:
        parse(text, "f.yaml")
    except ScriptError as error:
        assert all(p.line >= 1 for p in error.problems)
