"""Practice without sound: the agent's lines are typed, times are estimated from their length.

A line begins when it is the agent's turn. ``+5 …`` begins after five seconds of silence, an empty
line lets three seconds pass, ``/挂机`` (or the end of the input) hangs up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from agent_assist.core.events import (
    CallEnded,
    Channel,
    Event,
    HungUpBy,
    Settled,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.lesson import Customer
from agent_assist.core.text import spoken

REPLY_MS = 800
"""How soon a line begins that was typed without a time."""
IMPATIENT_MS = 2_000
"""What the customer does within so much silence comes before the agent's next line."""
SILENCE_MS = 3_000
SYLLABLE_MS = 215
SHORTEST_MS = 400
HANG_UP_MS = 500
HANG_UP = "/挂机"
LONGEST_WAIT_S = 600.0
_WAIT = re.compile(r"[+＋]\s*([0-9]+(?:\.[0-9]+)?)\s*(.*)")


def length_ms(text: str) -> int:
    """How long it takes to say a text."""
    return max(SHORTEST_MS, len(spoken(text)) * SYLLABLE_MS)


@dataclass(slots=True, eq=False)
class TypedSpeech:
    """What is said, by either side, as the events that a recogniser without fault would tell."""

    _coming: list[tuple[int, int, Event]] = field(default_factory=list)
    _open_ms: dict[int, int] = field(default_factory=dict)
    _order: Iterator[int] = field(default_factory=count)
    _turns: Iterator[int] = field(default_factory=count)

    @property
    def next_ms(self) -> int | None:
        """When the next of it happens."""
        return self._coming[0][0] if self._coming else None

    def say(self, channel: Channel, text: str, start_ms: int) -> int:
        """Somebody begins to say something; returns when it ends."""
        end_ms, turn = start_ms + length_ms(text), next(self._turns)
        said = Utterance(end_ms, turn, channel, start_ms, end_ms, text, (), 1.0)
        for event in (VoiceStarted(start_ms, channel), VoiceEnded(end_ms, channel), said):
            heappush(self._coming, (event.at_ms, next(self._order), event))
        self._open_ms[turn] = start_ms
        return end_ms

    def until(self, now_ms: int) -> Iterator[Event]:
        """What has happened by then, and that everything before is known."""
        while self._coming and self._coming[0][0] <= now_ms:
            event = heappop(self._coming)[2]
            if isinstance(event, Utterance):
                del self._open_ms[event.turn]
            yield event
        yield Settled(min([now_ms, *self._open_ms.values()]))


@dataclass(slots=True, eq=False)
class TypedCall:
    """One practice call from typed lines; whoever takes its events tells the customer of each."""

    customer: Customer
    read: Callable[[], str]
    """The next line as it was typed; raises EOFError when there is none."""
    _speech: TypedSpeech = field(default_factory=TypedSpeech)
    _quiet_ms: int = 0
    """Nobody speaks from then on."""
    _plan: tuple[int, str] | None = None
    _hung_up: bool = False

    def __iter__(self) -> Iterator[Event]:
        while True:
            now_ms = self._next_moment()
            if now_ms is None:
                if self._hung_up:
                    yield from self._end(self._quiet_ms + HANG_UP_MS, "agent")
                    return
                self._ask()
                continue
            yield from self._speech.until(now_ms)
            due_ms = self.customer.due_ms
            if due_ms is not None and due_ms <= now_ms:
                if self.customer.line is None:
                    yield from self._end(now_ms, self.customer.lesson.ends_by)
                    return
                self._customer_speaks(now_ms)
            elif self._plan and self._plan[0] <= now_ms:
                self._agent_speaks(*self._plan)

    def _next_moment(self) -> int | None:
        """When the next thing happens; None when it is the agent's turn and nothing is typed."""
        due_ms, event_ms = self.customer.due_ms, self._speech.next_ms
        own_ms = self._plan[0] if self._plan else None
        if event_ms is None and own_ms is None and not self._hung_up:
            return due_ms if self._is_customers_turn(due_ms) else None
        if self._hung_up and self.customer.line is not None:
            due_ms = None
        moments = [ms for ms in (due_ms, event_ms, own_ms) if ms is not None]
        return min(moments) if moments else None

    def _is_customers_turn(self, due_ms: int | None) -> bool:
        cue = self.customer.cue
        if cue is None or due_ms is None:
            return False
        return cue.kind == "at_once" or due_ms <= self._quiet_ms + IMPATIENT_MS

    def _ask(self) -> None:
        try:
            typed = self.read().strip()
        except EOFError:
            typed = HANG_UP
        if typed == HANG_UP:
            self._hung_up = True
            return
        wait, text = REPLY_MS, typed
        if found := _WAIT.fullmatch(typed):
            wait, text = round(min(float(found[1]), LONGEST_WAIT_S) * 1000), found[2]
        elif not typed:
            wait = SILENCE_MS
        self._plan = (self._quiet_ms + wait, text)

    def _agent_speaks(self, at_ms: int, text: str) -> None:
        self._plan = None
        self._quiet_ms = self._speech.say("agent", text, at_ms) if spoken(text).chars else at_ms

    def _customer_speaks(self, at_ms: int) -> None:
        line = self.customer.line
        assert line
        end_ms = self._speech.say("customer", line.text, at_ms)
        self.customer.speaks(at_ms, end_ms)
        self._quiet_ms = max(self._quiet_ms, end_ms)
        if self._plan:
            self._plan = (max(self._plan[0], end_ms + REPLY_MS), self._plan[1])

    def _end(self, at_ms: int, by: HungUpBy) -> Iterator[Event]:
        yield from self._speech.until(at_ms)
        yield CallEnded(at_ms, by)
