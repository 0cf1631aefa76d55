"""What the documents state as fact is compared with the program."""

from __future__ import annotations

import argparse
import dataclasses
import re
from pathlib import Path

import pytest

from agent_assist.cli import _parser
from agent_assist.core.codec import EVENT_TYPES
from agent_assist.core.events import Evidence

CHECKOUT = Path(__file__).parents[1]
EVENT_LOG = (CHECKOUT / "docs/event_log.md").read_text(encoding="utf-8")
DOCUMENTED = ("README.md", "docs/*.md", "scripts/README.md", "audio_fixtures/README.md")


def fields_documented(name: str) -> list[str]:
    """Names in the first column of the table under a heading."""
    section = re.search(rf"^### `{name}`\n(.*?)(?=^#|\Z)", EVENT_LOG, re.M | re.S)
    return re.findall(r"^\| `(\w+)\??` \|", section.group(1), re.M) if section else []


@pytest.mark.parametrize("name", [*EVENT_TYPES, "evidence"])
def test_every_field_of_the_log_is_documented_in_order(name: str) -> None:
    record = EVENT_TYPES.get(name, Evidence)
    assert fields_documented(name) == [field.name for field in dataclasses.fields(record)]


def test_no_event_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"^### `(\w+)`", EVENT_LOG, re.M)) == {*EVENT_TYPES, "evidence"}


def test_the_readme_names_every_command() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    (commands,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    for command in commands.choices:
        assert f"| `{command}" in readme, f"{command} is not in the table of commands"


@pytest.mark.parametrize(
    "document", [p for pattern in DOCUMENTED for p in CHECKOUT.glob(pattern)], ids=lambda p: p.name
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target
