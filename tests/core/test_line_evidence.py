"""What several stretches of speech show together: an echo, another language."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.events import LineQuality
from agent_assist.core.line_evidence import ECHO_MS, Rooms, Turns
from agent_assist.core.line_state import LineWatch
from tests.packs import repeatable

GOOD = LineQuality(
    3000, "customer", 0, 3000, -24.0, -56.0, 32.0, 0.0, 0.0, 0, 200, 0.1, 0.9, 4.0, 0.5
)
FOREIGN = replace(GOOD, understood=0.45, certain=0.03)
"""Three seconds of clear speech of which little was understood, as of another language."""


def told(*qualities: LineQuality) -> list[str | None]:
    watch = LineWatch()
    return [watch.feed(quality) for quality in qualities]


def echo(*times_ms: int) -> list[LineQuality]:
    return [replace(GOOD, reverb_ms=time_ms) for time_ms in times_ms]


def test_an_echo_is_shown_by_what_was_heard_together() -> None:
    assert told(*echo(600, 550)) == [None, "speakerphone"]
    assert told(*echo(460, 460, 460)) == [None, None, None], "one alone may be wrong by so much"
    assert told(*echo(460, 485, 490, 470)).count("speakerphone") == 1
    assert told(*echo(300, 600, 310, 470, 300, 480)).count("speakerphone") == 0


def test_one_wild_measure_is_no_echo() -> None:
    assert not any(told(*echo(200, 2000, 250, 210, 460)))


ECHO = replace(GOOD, reverb_ms=800)


@pytest.mark.parametrize(
    "heard",
    [
        replace(ECHO, saturation=0.3),
        replace(ECHO, clipped_ratio=0.02),
        replace(ECHO, snr_db=20.0, noise_dbfs=-44.0),
        replace(ECHO, end_ms=700),
        replace(ECHO, reverb_ms=0),
    ],
    ids=["squared", "clipped", "noise", "short", "unknown"],
)
def test_no_echo_is_told_in_speech_that_does_not_tell(heard: LineQuality) -> None:
    rooms = Rooms()
    assert not any(rooms.feed(heard) for _ in range(8))


@repeatable
@given(st.lists(st.integers(1, ECHO_MS - 1)))
def test_rooms_below_the_limit_show_nothing(times_ms: list[int]) -> None:
    rooms = Rooms()
    assert not any(rooms.feed(quality) for quality in echo(*times_ms))


def test_another_language_is_told_by_several_stretches_together() -> None:
    assert told(*[FOREIGN] * 6) == [None, None, None, "dialect", None, None]
    assert told(*[replace(FOREIGN, end_ms=6000)] * 2) == [None, "dialect"]
    assert told(replace(FOREIGN, end_ms=15_000)) == [None], "one alone does not tell"


@pytest.mark.parametrize(
    "unclear",
    [
        replace(FOREIGN, understood=0.55),
        replace(FOREIGN, certain=0.1),
        replace(FOREIGN, pace=2.5),
        replace(FOREIGN, snr_db=19.0, noise_dbfs=-43.0),
        replace(FOREIGN, end_ms=900),
        replace(FOREIGN, reverb_ms=350),
        replace(FOREIGN, saturation=0.2),
        replace(FOREIGN, dropout_rate=0.3),
    ],
    ids=["understood", "certain", "slow", "noise", "short", "echo", "clipped", "broken"],
)
def test_speech_that_is_only_unclear_is_no_other_language(unclear: LineQuality) -> None:
    turns = Turns()
    assert not any(turns.feed(unclear) for _ in range(10))


def test_what_was_understood_speaks_against_another_language() -> None:
    assert not any(told(GOOD, *[FOREIGN] * 3))
    assert not any(told(*[GOOD] * 3, *[FOREIGN] * 3))
    other_person = told(*[GOOD] * 3, *[FOREIGN] * 9)
    assert other_person.count("dialect") == 1, "somebody else took the telephone"


def test_words_are_weighed_by_their_number() -> None:
    """A short stretch that is certain does not outweigh long ones that are not."""
    certain = replace(FOREIGN, end_ms=1100, certain=0.9, understood=0.5)
    turns = Turns()
    told_by = [turns.feed(quality) for quality in [certain, *[replace(FOREIGN, certain=0.0)] * 5]]
    assert told_by == [False, False, False, False, True, True]
