"""Weekends, holidays and nights, to the minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.catalogue.calendar import facts_at, in_week_window, parse_moment
from agent_assist.catalogue.models import CalendarData, HolidayWindow, WeekWindow
from tests.packs import pack, repeatable

BUNDLED = pack().desks.data.calendar


def calendar(**changes: Any) -> CalendarData:
    return BUNDLED.model_copy(update=changes)


def tags(text: str, **changes: Any) -> set[str]:
    return set(facts_at(parse_moment(text), calendar(**changes)).tags)


def window(from_day: Any, from_time: str, to_day: Any, to_time: str) -> WeekWindow:
    return WeekWindow(
        from_day=from_day, from_time=from_time, to_day=to_day, to_time=to_time, source="test"
    )


@pytest.mark.parametrize(
    ("moment", "seed", "later"),
    [
        ("2026-05-15T12:59:59", False, False),  # Friday
        ("2026-05-15T13:00:00", False, True),
        ("2026-05-15T17:59:59", False, True),
        ("2026-05-15T18:00:00", True, True),
        ("2026-05-16T00:00:00", True, True),  # Saturday
        ("2026-05-16T12:00:00", True, True),
        ("2026-05-16T23:59:59", True, True),
        ("2026-05-17T00:00:00", False, True),  # Sunday
        ("2026-05-17T19:59:59", False, True),
        ("2026-05-17T20:00:00", False, False),
        ("2026-05-18T09:00:00", False, False),  # Monday
    ],
)
def test_the_weekend_of_both_profiles(moment: str, seed: bool, later: bool) -> None:
    assert ("weekend" in tags(moment)) == seed
    assert ("weekend" in tags(moment, weekend_profile="p02")) == later


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-01",  # 元旦
        "2026-02-17",  # 春节
        "2026-02-18",
        "2026-04-05",  # 清明
        "2026-05-01",  # 劳动节
        "2026-06-19",  # 端午
        "2026-09-25",  # 中秋
        "2026-10-01",  # 国庆
        "2026-10-03",
    ],
)
def test_the_holidays_of_2026(day: str) -> None:
    facts = facts_at(parse_moment(f"{day}T10:00:00"), BUNDLED)
    assert "holiday" in facts.tags
    assert "ordinary" not in facts.tags
    assert facts.wish == "节日快乐"


@pytest.mark.parametrize("day", ["2026-03-03", "2026-05-12", "2026-10-15", "2026-12-24"])
def test_ordinary_days_have_no_wish(day: str) -> None:
    facts = facts_at(parse_moment(f"{day}T10:00:00"), BUNDLED)
    assert facts.tags == {"ordinary"}
    assert facts.wish == ""


def test_the_weekend_has_its_wish_and_a_holiday_in_it_prevails() -> None:
    assert facts_at(parse_moment("2026-05-16T10:00:00"), BUNDLED).wish == "周末快乐"
    both = facts_at(parse_moment("2026-10-03T10:00:00"), BUNDLED)  # a Saturday
    assert both.tags == {"weekend", "holiday"}
    assert both.wish == "节日快乐"


def test_a_holiday_starts_at_midnight_and_some_on_their_eve() -> None:
    assert "holiday" not in tags("2026-06-18T23:59:59")
    assert "holiday" in tags("2026-06-19T00:00:00")
    for eve in ("2025-12-31", "2026-04-30", "2026-09-30"):
        assert "holiday" not in tags(f"{eve}T15:59:59")
        assert "holiday" in tags(f"{eve}T16:00:00")


def test_an_eve_has_the_holiday_wish_as_the_data_say() -> None:
    eve = parse_moment("2026-09-30T17:00:00")
    assert facts_at(eve, BUNDLED).wish == "节日快乐"
    assert facts_at(eve, calendar(holiday_eves={})).tags == {"ordinary"}


EXTRA = HolidayWindow(
    festival="店庆",
    wish="店庆快乐",
    starts="2026-05-12 09:00",
    ends="2026-05-12 18:00",
    source="test",
)


@pytest.mark.parametrize(
    ("clock", "festive"),
    [("08:59:59", False), ("09:00:00", True), ("17:59:59", True), ("18:00:00", False)],
)
def test_an_extra_holiday_has_its_own_hours_and_wish(clock: str, festive: bool) -> None:
    facts = facts_at(parse_moment(f"2026-05-12T{clock}"), calendar(extra_holidays=[EXTRA]))
    assert ("holiday" in facts.tags) == festive
    assert facts.wish == ("店庆快乐" if festive else "")


def test_a_day_struck_off_the_table_is_ordinary() -> None:
    struck = {"not_holidays": ["2026-10-01"]}
    assert tags("2026-10-01T10:00:00", **struck) == {"ordinary"}
    assert "holiday" in tags("2026-10-02T10:00:00", **struck)


def test_an_extra_holiday_prevails_over_a_struck_day() -> None:
    both = {"not_holidays": ["2026-05-12"], "extra_holidays": [EXTRA]}
    assert "holiday" in tags("2026-05-12T10:00:00", **both)


@pytest.mark.parametrize(
    ("clock", "night"),
    [
        ("21:59:59", False),
        ("22:00:00", True),
        ("23:59:59", True),
        ("00:00:00", True),
        ("05:59:59", True),
        ("06:00:00", False),
        ("12:00:00", False),
    ],
)
def test_the_night_runs_over_midnight(clock: str, night: bool) -> None:
    assert ("night" in tags(f"2026-05-12T{clock}")) == night
    assert "ordinary" in tags(f"2026-05-12T{clock}")


def test_a_night_within_one_day() -> None:
    early = {"night_from": "01:00", "night_to": "05:00"}
    assert "night" in tags("2026-05-12T01:00:00", **early)
    assert "night" not in tags("2026-05-12T05:00:00", **early)
    assert "night" not in tags("2026-05-12T23:00:00", **early)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-05-17T19:59:00", False),
        ("2026-05-17T20:00:00", True),
        ("2026-05-17T23:59:59", True),
        ("2026-05-18T00:00:00", True),
        ("2026-05-18T07:59:59", True),
        ("2026-05-18T08:00:00", False),
    ],
)
def test_a_window_over_sunday_night(moment: str, inside: bool) -> None:
    over = window("周日", "20:00", "周一", "08:00")
    assert in_week_window(datetime.fromisoformat(moment), over) == inside


def test_a_window_up_to_sunday_midnight_ends_there() -> None:
    whole = window("周六", "00:00", "周日", "24:00")
    assert in_week_window(datetime(2026, 5, 17, 23, 59), whole)
    assert not in_week_window(datetime(2026, 5, 18, 0, 0), whole)
    assert not in_week_window(datetime(2026, 5, 15, 23, 59), whole)


week_minutes = st.integers(0, 7 * 24 * 60 - 1)
DAYS: list[Any] = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]


@repeatable
@given(week_minutes, week_minutes, st.integers(0, 40_000))
def test_any_window_and_its_rest_cover_the_week_once(start: int, end: int, offset: int) -> None:
    def at(minute: int) -> tuple[Any, str]:
        return DAYS[minute // 1440], f"{minute // 60 % 24:02}:{minute % 60:02}"

    moment = datetime(2026, 5, 11) + timedelta(minutes=offset)
    inside = in_week_window(moment, window(*at(start), *at(end)))
    rest = in_week_window(moment, window(*at(end), *at(start)))
    assert (inside and rest) if start == end else (inside != rest)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-12T10:00:00", datetime(2026, 5, 12, 10)),
        ("2026-05-12 10:00", datetime(2026, 5, 12, 10)),
        ("2026-05-12T10:00:00.900", datetime(2026, 5, 12, 10)),
    ],
)
def test_moments_are_read_to_the_second(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


def test_local_wall_time_counts_whatever_the_offset() -> None:
    for offset in ("", "+08:00", "+00:00", "-05:00"):
        assert "weekend" in tags(f"2026-05-15T18:00:00{offset}")
        assert "weekend" not in tags(f"2026-05-15T17:59:59{offset}")
        assert "holiday" in tags(f"2026-05-12T10:00:00{offset}", extra_holidays=[EXTRA])


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T10:00:00", "2026-02-30T10:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)
