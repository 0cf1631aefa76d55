"""The table of what is covered: what it names is there, and no rule is missing from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[1]
TEXT = (CHECKOUT / "docs" / "coverage.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT.splitlines() if re.match(r"\| (?!Rule |Part )[^-]", line)]
PATHS = sorted(set(re.findall(r"`([^`]*/[^`]*)`", TEXT)))
PACKS = CHECKOUT / "scripts"
PART = re.compile(r"`(scripts/[^`]+\.yaml)` \(([^)]*)\)")


def first_cell(row: str) -> str:
    return row.split("|")[1].strip()


@pytest.mark.parametrize("path", PATHS)
def test_every_path_named_is_there(path: str) -> None:
    assert (CHECKOUT / path).exists()


@pytest.mark.parametrize("row", ROWS, ids=first_cell)
def test_every_row_names_a_file_or_says_why_not(row: str) -> None:
    where = row.split("|")[-2].strip()
    assert where.startswith("No: ") or any(f"`{path}`" in where for path in PATHS)


@pytest.mark.parametrize(("path", "names"), sorted(set(PART.findall(TEXT))))
def test_the_parts_named_of_a_file_stand_in_it(path: str, names: str) -> None:
    content = (CHECKOUT / path).read_text(encoding="utf-8")
    for name in re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", names):
        assert re.search(rf"\b{name}\b", content), name


def test_every_rule_is_in_the_table_as_it_is() -> None:
    judged = {first_cell(row) for row in ROWS if "| judged: " in row}
    assert judged == {rule.stem for rule in PACKS.glob("*/rules/*.yaml")}
    by_hand = {first_cell(row) for row in ROWS if "| by a person: " in row}
    manual = yaml.safe_load((PACKS / "10086" / "manual.yaml").read_text(encoding="utf-8"))
    assert by_hand == {rule["id"] for rule in manual["rules"]} - judged
    counts = re.search(r"(\d+) of (\d+) rules are judged", TEXT)
    assert counts
    listed = TEXT[: TEXT.index("Rules beside those")]
    rows = [row for row in ROWS if row in listed]
    assert [int(n) for n in counts.groups()] == [
        sum("| judged: " in row for row in rows),
        len(rows),
    ]
