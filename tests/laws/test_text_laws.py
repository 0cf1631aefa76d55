"""Laws of judgement alone: how finely time is told changes nothing, and a report is a fold."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.adapters.event_log import LogWriter, load_log
from agent_assist.apps.stored_calls import JUDGED
from agent_assist.core.codec import to_json
from agent_assist.core.events import (
    Event,
    Finding,
    Settled,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.core.report import fold
from tests.golden.known_calls import NAMES, written
from tests.packs import repeatable, workshop


def heard_part(name: str) -> list[Event]:
    return [e for e in written(name).events if not isinstance(e, JUDGED)]


def judged(name: str, heard: list[Event]) -> list[Event]:
    judgement = Judgement(workshop().phrases, written(name).call.context)
    return [each for event in heard for each in (event, *judgement.feed(event))]


def verdicts(events: list[Event]) -> list[Finding]:
    """Findings without the moment at which they became known, in a fixed order."""
    found = [replace(e, at_ms=0) for e in events if isinstance(e, Finding)]
    return sorted(found, key=to_json)


def shown(events: list[Event]) -> list[Event]:
    return [e for e in events if isinstance(e, JUDGED) and not isinstance(e, Finding)]


@settings(repeatable, max_examples=25)
@given(st.sampled_from(NAMES), st.randoms())
def test_how_finely_time_is_settled_changes_nothing(name: str, rng: random.Random) -> None:
    """Watermarks left out or put in: the same findings, prompts and matches."""
    told: list[Event] = []
    settled = 0
    for event in heard_part(name):
        if not isinstance(event, Settled):
            told.append(event)
            continue
        for at_ms in sorted(
            rng.sample(
                range(settled + 1, event.at_ms + 1), k=min(rng.randrange(4), event.at_ms - settled)
            )
        ):
            told.append(Settled(at_ms))
            settled = at_ms
        if rng.random() < 0.5 and event.at_ms > settled:
            told.append(event)
            settled = event.at_ms
    again = judged(name, told)
    assert verdicts(again) == verdicts(list(written(name).events))
    assert shown(again) == shown(list(written(name).events))


@pytest.mark.parametrize("name", NAMES)
def test_judging_twice_gives_the_same_log(name: str) -> None:
    assert judged(name, heard_part(name)) == list(written(name).events)


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_a_fold(name: str, tmp_path: Path) -> None:
    """Folded twice, or from the log on disk instead of from memory: the same report."""
    replayed = written(name)
    first = fold(replayed.events, replayed.call.header)
    assert fold(replayed.events, replayed.call.header) == first
    path = tmp_path / "log.jsonl"
    with LogWriter(path, replayed.call.header) as log:
        for event in replayed.events:
            log.write(event)
    header, events, warning = load_log(path)
    assert warning == ""
    assert tuple(events) == replayed.events
    assert fold(events, header) == fold(replayed.events, header)
