"""Checks are told of the turns that matter to them, and of no others."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.attention import (
    TO_ALL,
    TO_NONE,
    Attention,
    Audience,
    Listening,
)

NONE: frozenset[str] = frozenset()
CHECKS = (
    TO_ALL,
    Attention(every=("customer",), listening=(Listening("agent", frozenset((1, 2)), NONE),)),
    TO_NONE,
    Attention(
        listening=(
            Listening("agent", frozenset((2,)), frozenset(("closing",))),
            Listening("customer", frozenset((7,)), NONE),
        )
    ),
)


@pytest.mark.parametrize(
    ("numbers", "situations", "told"),
    [
        ((), (), [0]),
        ((1,), (), [0, 1]),
        ((2, 9), (), [0, 1, 3]),
        ((7,), (), [0]),
        ((), ("opening",), [0]),
        ((), ("closing",), [0, 3]),
    ],
)
def test_turns_of_the_agent(
    numbers: tuple[int, ...], situations: tuple[str, ...], told: list[int]
) -> None:
    assert Audience(CHECKS, "agent").of(dict.fromkeys(numbers), situations) == told


def test_turns_of_the_customer() -> None:
    audience = Audience(CHECKS, "customer")
    assert audience.of((), ()) == [0, 1]
    assert audience.of((7,), ()) == [0, 1, 3]
    assert audience.of((2,), ("closing",)) == [0, 1]


def test_who_listens_is_told_of_what_may_be_anything() -> None:
    assert Audience(CHECKS, "agent").of_any() == [0, 1, 3]
    assert Audience((TO_NONE,), "agent").of_any() == []
