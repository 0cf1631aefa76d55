"""Which calendar tags a moment has: weekend, holiday, night or ordinary; and the wish due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import holidays

from agent_assist.catalogue.models import CalendarData, WeekWindow

_DAYS = {name: i for i, name in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日"))}
_WEEK_MIN = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """Tags of one moment and the wish that belongs to it (empty on ordinary days)."""

    tags: frozenset[str]
    wish: str


def facts_at(moment: datetime, calendar: CalendarData) -> CalendarFacts:
    """Calendar facts of a local wall time (S001, opening remark 1: weekend and holiday wishes).

    Raises KeyError if ``weekend_profile`` names no profile; the linter has checked that.
    """
    tags: set[str] = set()
    wish = ""
    if in_week_window(moment, calendar.weekend_profiles[calendar.weekend_profile]):
        tags.add("weekend")
        wish = calendar.weekend_wish
    festive = _holiday_wish(moment, calendar)
    if festive:
        tags.add("holiday")
        wish = festive
    if not tags:
        tags.add("ordinary")
    if _at_night(moment.time(), calendar):
        tags.add("night")
    return CalendarFacts(frozenset(tags), wish)


def in_week_window(moment: datetime, window: WeekWindow) -> bool:
    """Whether ``from ≤ moment < to``, in minutes of the week; it may run over Sunday night."""
    start = _minute(window.from_day, window.from_time)
    end = _minute(window.to_day, window.to_time)
    now = moment.weekday() * 1440 + moment.hour * 60 + moment.minute
    length = (end - start) % _WEEK_MIN or _WEEK_MIN
    return (now - start) % _WEEK_MIN < length


def _minute(day: str, clock: str) -> int:
    hours, minutes = clock.split(":")
    return _DAYS[day] * 1440 + int(hours) * 60 + int(minutes)


def _holiday_wish(moment: datetime, calendar: CalendarData) -> str:
    local = moment.replace(tzinfo=None)
    for extra in calendar.extra_holidays:
        if datetime.fromisoformat(extra.starts) <= local < datetime.fromisoformat(extra.ends):
            return extra.wish
    day = local.date()
    eve_from = calendar.holiday_eves.get(f"{day + timedelta(days=1):%m-%d}")
    if eve_from and local.time() >= time.fromisoformat(eve_from):
        return calendar.holiday_wish
    if day.isoformat() in calendar.not_holidays:
        return ""
    table = holidays.country_holidays(calendar.holiday_country, years=day.year)
    return calendar.holiday_wish if day in table else ""


def _at_night(clock: time, calendar: CalendarData) -> bool:
    start, end = time.fromisoformat(calendar.night_from), time.fromisoformat(calendar.night_to)
    if start <= end:
        return start <= clock < end
    return clock >= start or clock < end


def parse_moment(text: str) -> datetime:
    """Local wall time from ISO 8601; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return moment - timedelta(microseconds=moment.microsecond)
