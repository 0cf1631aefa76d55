"""Answers are worked out once, one by one or ahead, and the oldest are forgotten."""

from __future__ import annotations

from collections.abc import Sequence

from agent_assist.core.keeping import Kept


class Squares:
    """Tells which numbers it was asked for together."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(tuple(numbers))
        return [number * number for number in numbers]


def test_what_was_foreseen_is_not_worked_out_again() -> None:
    squares = Squares()
    kept = Kept(8, squares)
    assert kept(2) == 4
    kept.foresee([1, 2, 3, 3])
    assert [kept(n) for n in (1, 2, 3)] == [1, 4, 9]
    assert squares.asked == [(2,), (1, 3)]
    kept.foresee([1, 2])
    assert squares.asked == [(2,), (1, 3)]


def test_the_last_answers_are_kept_and_older_ones_are_not() -> None:
    squares = Squares()
    kept = Kept(4, squares)
    for n in (1, 2, 3, 2, 4):
        kept(n)
    assert squares.asked == [(1,), (2,), (3,), (4,)]
    kept(1)
    assert squares.asked[-1] == (1,)


def test_no_more_is_foreseen_than_can_be_kept() -> None:
    squares = Squares()
    Kept(4, squares).foresee(range(9))
    assert squares.asked == [(0, 1)]


def test_everything_can_be_forgotten() -> None:
    squares = Squares()
    kept = Kept(2, squares)
    kept(1)
    kept.clear()
    assert kept(1) == 1
    assert squares.asked == [(1,), (1,)]
