"""Lets a call that is over happen again in real time, as if it were heard now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import pairwise

from agent_assist.core.events import (
    Event,
    Listened,
    PartialHeard,
    Settled,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.hearing import LISTENED_STEP_MS

PARTIAL_MS = 250
"""How often a recogniser would tell what it has heard so far."""
TICK_MS = 200
"""How often silence is told, so that what it brings about comes in time."""


def heard_live(events: Iterable[Event]) -> Iterator[Event]:
    """A transcript's events with the readings and the passing time that a recogniser would tell."""
    told = list(events)
    partials = [p for event in told if isinstance(event, Utterance) for p in _readings(event)]
    listened = [Listened(ms) for ms in range(LISTENED_STEP_MS, told[-1].at_ms, LISTENED_STEP_MS)]
    return merge(told, partials, listened, _ticks(told), key=lambda event: event.at_ms)


def _readings(said: Utterance) -> Iterator[PartialHeard]:
    """Readings of an utterance while it is spoken: its characters spread evenly over it."""
    length_ms = max(1, said.end_ms - said.start_ms)
    for at_ms in range(said.start_ms + PARTIAL_MS, said.end_ms, PARTIAL_MS):
        text = said.text[: len(said.text) * (at_ms - said.start_ms) // length_ms]
        if text:
            yield PartialHeard(at_ms, said.channel, text)


def _ticks(told: list[Event]) -> Iterator[Settled]:
    """The passing of silence: while nobody speaks, everything up to now is known."""
    speaking = 0
    for event, following in pairwise(told):
        speaking += isinstance(event, VoiceStarted)
        speaking -= isinstance(event, VoiceEnded)
        if not speaking:
            for at_ms in range(event.at_ms + TICK_MS, following.at_ms, TICK_MS):
                yield Settled(at_ms)


def paced(
    events: Iterable[Event],
    speed: float,
    clock: Callable[[], float],
    wait: Callable[[float], bool],
) -> Iterator[Event]:
    """Each event at its moment, ``speed`` times as fast; ends when ``wait`` says so."""
    began = clock()
    for event in events:
        early_s = began + event.at_ms / 1000 / speed - clock()
        if early_s > 0 and wait(early_s):
            return
        yield event
