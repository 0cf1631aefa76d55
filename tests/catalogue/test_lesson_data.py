"""Lessons as people write them: what is refused, and what becomes of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from agent_assist.catalogue.lesson_data import CueData, LessonData, to_awaited
from agent_assist.catalogue.models import PlaceholderData
from agent_assist.core.lesson import AgentLine, Awaited, Cue, CustomerLine

PLACES = {"agent_id": PlaceholderData(label="工号", kind="digits", max_syllables=6, example="1")}


def lesson(*turns: dict[str, Any], **more: Any) -> LessonData:
    facts = {"title": "课", "goals": ["练"], "desk": "general", "started_at": "2026-05-12T10:00:00"}
    return LessonData.model_validate({**facts, "turns": list(turns), **more})


@pytest.mark.parametrize(
    ("turn", "complaint"),
    [
        ({"agent": "您好", "customer": "你好"}, "either 'agent' or 'customer'"),
        ({}, "either 'agent' or 'customer'"),
        ({"agent": "您好", "when": {"pause_s": 1.0}}, "'when' belongs"),
        ({"customer": "你好", "wait_s": 1.0}, "'wait_s' belongs"),
        ({"customer": "你好", "when": {"pause_s": 1.0, "silence_s": 2.0}}, "give one of"),
        ({"customer": "你好", "when": {"at_once_s": 1.0, "silence_s": 2.0}}, "give one of"),
    ],
)
def test_a_turn_that_makes_no_sense_is_refused(turn: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        lesson(turn)


def test_lines_are_for_the_agent_who_practises() -> None:
    made = lesson({"agent": "{{ agent_id }}号为您服务"}).to_lesson("x", "2233", "小李", PLACES)
    assert made.turns == (AgentLine("2233号为您服务", 0),)
    assert (made.meta.agent_id, made.meta.agent_name, made.meta.call_id) == ("2233", "小李", "x")


def test_patience_lasts_as_long_as_the_agent_may_take() -> None:
    turns = lesson(
        {"agent": "请稍候"},
        {"agent": "久等了", "wait_s": 20.0},
        {"customer": "好", "when": {"said": ["hold-end"]}},
    ).to_lesson("x", "1", "", PLACES)
    line = turns.turns[2]
    assert isinstance(line, CustomerLine)
    assert line.cue == Cue("answered", 800, (Awaited("hold-end"),), 23_000)


@pytest.mark.parametrize(
    ("cue", "kind", "wait_ms"),
    [
        ({"silence_s": 5.0}, "silence", 5_000),
        ({"at_once_s": 0.0}, "at_once", 0),
        ({"interrupts_after_s": 1.5}, "interrupting", 1_500),
        ({"pause_s": 0.5}, "answered", 500),
        ({}, "answered", 900),
    ],
)
def test_cues(cue: dict[str, Any], kind: str, wait_ms: int) -> None:
    made = CueData.model_validate(cue).to_cue(0.9, 0.0)
    assert (made.kind, made.wait_ms) == (kind, wait_ms)


def test_what_is_awaited_is_a_situation_a_step_or_words() -> None:
    assert to_awaited("hold-end") == Awaited("hold-end")
    assert to_awaited("caller-silent.2") == Awaited("caller-silent", 2)
    assert to_awaited("再见") == Awaited(words="再见")


@pytest.mark.parametrize(
    ("last", "ends", "ending"),
    [
        ({"agent": "再见"}, {"by": "agent"}, None),
        ({"agent": "再见"}, {}, Cue("answered", 1_200, (), 3_000)),
        ({"customer": "再见"}, {"by": "customer"}, Cue("at_once", 800)),
        ({"customer": "昨天"}, {"by": "network", "when": {"at_once_s": 0.0}}, Cue("at_once", 0)),
    ],
)
def test_who_ends_the_call(last: dict[str, Any], ends: dict[str, Any], ending: Cue | None) -> None:
    made = lesson({"agent": "您好"}, last, ends=ends).to_lesson("x", "1", "", PLACES)
    assert made.ending == ending
    assert made.ends_by == ends.get("by", "customer")
