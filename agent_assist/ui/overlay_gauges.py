"""The overlay's two gauges: how fast the agent has been speaking, and how loud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent_assist.core.voice_metrics import count_chars

PACE_TALK_MS = 10_000
"""The pace is that of so much of the agent's latest talk."""
SHORTEST_TALK_MS = 1_500
FAST_CPM, SLOW_CPM = 300, 90
"""Bounds of a comfortable pace: real telephone service runs at 200 to 300 characters a minute,
the old rule asks for about 120."""
QUIET_DBFS, LOUD_DBFS = -38.0, -10.0
PACE_SCALE = (0, 400)
LEVEL_SCALE = (-60, 0)

Where = Literal["low", "good", "high", "none"]
PACE_WORDS: dict[Where, str] = {"low": "偏慢", "good": "合适", "high": "偏快", "none": "—"}
LEVEL_WORDS: dict[Where, str] = {"low": "偏小", "good": "合适", "high": "偏大", "none": "—"}


@dataclass(frozen=True, slots=True)
class Talk:
    """A stretch of the agent's talk and how many characters it holds."""

    start_ms: int
    end_ms: int
    chars: int

    @classmethod
    def of(cls, start_ms: int, end_ms: int, text: str) -> Talk:
        return cls(start_ms, max(start_ms, end_ms), count_chars(text))


def kept(talks: Sequence[Talk]) -> tuple[Talk, ...]:
    """As many of the latest stretches as the pace is taken from."""
    total = 0
    for i in range(len(talks) - 1, -1, -1):
        total += talks[i].end_ms - talks[i].start_ms
        if total >= PACE_TALK_MS:
            return tuple(talks[i:])
    return tuple(talks)


def pace(talks: Sequence[Talk]) -> float | None:
    """Characters a minute over the latest ten seconds of talk; None after too little talk."""
    chars, left_ms = 0.0, PACE_TALK_MS
    for talk in reversed(talks):
        length_ms = talk.end_ms - talk.start_ms
        taken_ms = min(length_ms, left_ms)
        if taken_ms > 0 and talk.chars:
            chars += talk.chars * taken_ms / length_ms
            left_ms -= taken_ms
    talk_ms = PACE_TALK_MS - left_ms
    return chars * 60_000 / talk_ms if talk_ms >= SHORTEST_TALK_MS else None


def gauge(
    value: float | None, low: float, high: float, scale: tuple[int, int], words: dict[Where, str]
) -> dict[str, object]:
    """A gauge as the page draws it: ``share``, ``low`` and ``high`` are 0 to 1 of its length."""

    def share(of: float) -> float:
        return round(min(max((of - scale[0]) / (scale[1] - scale[0]), 0.0), 1.0), 3)

    where: Where = "none"
    if value is not None:
        where = "low" if value < low else "high" if value > high else "good"
    return {
        "value": None if value is None else round(value),
        "share": None if value is None else share(value),
        "low": share(low),
        "high": share(high),
        "where": where,
        "word": words[where],
    }
