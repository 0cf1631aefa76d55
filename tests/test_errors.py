"""Errors tell a person the place, and tell every problem."""

from __future__ import annotations

import pytest

from agent_assist.errors import AgentAssistError, BadInputError, ModelError, Problem, ScriptError


def test_problems_are_sorted_told_once_and_one_a_line() -> None:
    later, first = Problem("b.yaml", 2, "wrong"), Problem("a.yaml", 9, "also wrong")
    error = ScriptError([later, first, later, Problem("b.yaml", 1, "earlier")])
    assert [str(p) for p in error.problems] == [
        "a.yaml:9: also wrong",
        "b.yaml:1: earlier",
        "b.yaml:2: wrong",
    ]
    assert str(error).splitlines() == [str(p) for p in error.problems]


@pytest.mark.parametrize("kind", [BadInputError, ModelError, ScriptError])
def test_every_error_made_on_purpose_is_caught_as_one(kind: type[AgentAssistError]) -> None:
    assert issubclass(kind, AgentAssistError)
