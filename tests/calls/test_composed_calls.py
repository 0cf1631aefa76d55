"""Whole calls, composed from the catalogue: each gives exactly the breaches written in its file.

Calls in a folder named like a script pack are judged by that pack, the others by the default one.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_assist.apps.calls import Overrides, Workshop, find_calls
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Finding
from agent_assist.core.pipeline import Judgement
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS

HERE = Path(__file__).parent


@cache
def workshop(pack: Path) -> Workshop:
    return Workshop(read_pack(pack if (pack / "script.yaml").exists() else DEFAULT_SCRIPT))


def breaches(path: Path) -> list[Finding]:
    shop = workshop(SCRIPTS / path.parent.name)
    call = shop.open(path, Overrides())
    judgement = Judgement(shop.phrases, call.context)
    events = [e for heard in call.events for e in judgement.feed(heard)]
    return [e for e in events if isinstance(e, Finding) and e.verdict == "breach"]


def _key(rule: str, term: str) -> str:
    return f"{rule} {term}".strip()


@pytest.mark.parametrize("path", find_calls(HERE), ids=lambda p: p.name.split(".")[0])
def test_call_gives_exactly_its_breaches(path: Path) -> None:
    wanted: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
    found = breaches(path)
    assert Counter(_key(f.rule_id, f.evidence.term) for f in found) == Counter(
        _key(w["rule"], w.get("term", "")) for w in wanted
    )
    turns = {(f.rule_id, f.evidence.term, f.evidence.turn) for f in found}
    for want in wanted:
        if "turn" in want:
            assert (want["rule"], want.get("term", ""), want["turn"]) in turns
