"""Steps of a situation, by number and by what comes next."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from tests.packs import script


def test_steps_by_number() -> None:
    situation = script().situations["caller-silent"]
    assert [s.n for s in situation.steps] == [1, 2, 3, 4]
    step = situation.step(3)
    assert step is not None
    assert step.pause_ms == (2000, 2000)
    assert situation.step(9) is None


def test_what_comes_next() -> None:
    situation = script().situations["caller-faint-signal"]
    first = situation.next_line(0)
    assert first is not None
    assert first.n == 1
    assert situation.next_line(1) is None
    conditional = situation.next_line(1, condition_holds=True)
    assert conditional is not None
    assert (conditional.n, conditional.conditional) == (2, True)
    assert situation.next_line(9) is None


def test_the_line_with_a_place_for_a_value() -> None:
    found = script().situations["repeat-number"].line_with("phone")
    assert found is not None
    assert found.n == 2
    assert script().situations["hold-start"].line_with("phone") is None


def test_a_range_of_pauses() -> None:
    step = script().situations["caller-faint-signal"].step(3)
    assert step is not None
    assert step.pause_ms == (2000, 3000)


def test_a_script_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        script().situations["x"] = script().situations["hold-start"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        script().name = "other"  # type: ignore[misc]


def test_every_seed_line_names_its_source() -> None:
    for situation in script().situations.values():
        for step in situation.steps:
            assert step.source
            assert step.status == "own" or step.source.startswith("S00")
