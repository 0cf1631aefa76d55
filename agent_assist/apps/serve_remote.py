"""A call's hearing in another process.

When that process dies, what it had not told yet is a gap; the call is heard on in another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import Protocol

from agent_assist.apps.serve_ear import FAILED
from agent_assist.apps.serve_listener import Answer, Feed, Finish, Open, Question
from agent_assist.core.events import AudioGap, Channel, Event, Utterance, VoiceEnded, VoiceStarted
from agent_assist.core.framing import AudioFrame


class HearingFault(Exception):
    """Hearing a call failed in its process; the text is what was told of it."""


class Place(Protocol):
    """Where calls are heard. Every method may be called from any thread."""

    def take(self, call: RemoteHearing, opening: Open) -> None:
        """A call is heard here from now on."""
        ...

    def ask(self, question: Question) -> None:
        """Ask of a call that is heard here; the call is told the answer."""
        ...

    def drop(self, number: int) -> None:
        """A call is heard here no more."""
        ...


class RemoteHearing:
    """A call's hearing in another process; None stands for: not heard yet, it will be told."""

    def __init__(
        self,
        choose: Callable[[], Place],
        numbers: Iterator[int],
        channels: tuple[Channel, ...],
        wake: Callable[[], None],
    ) -> None:
        self._choose = choose
        self._numbers = numbers
        self._channels = channels
        self._wake = wake
        self._turn = 0
        self._voices: dict[Channel, int] = {}
        """Since when there are voices of which no utterance was told."""
        self._speaking: set[Channel] = set()
        self._answer: Answer | None = None
        self._lost = False
        self._begin(0)

    def __enter__(self) -> RemoteHearing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._place.drop(self._number)

    def feed(self, frame: AudioFrame) -> Iterator[Event | None]:
        """Everything that became known with this frame; raises HearingFault."""
        question = Feed(self._number, frame.start_ms, frame.samples.tobytes())
        yield from self._ask(question, frame.start_ms, frame.end_ms)
        if self._lost:
            self._begin(frame.end_ms)

    def finish(self, end_ms: int) -> Iterator[Event | None]:
        """What was still open when the sound ended; raises HearingFault."""
        yield from self._ask(Finish(self._number, end_ms), end_ms, end_ms)

    def answered(self, answer: Answer) -> None:
        """Its process has heard what it was given."""
        self._answer = answer
        self._wake()

    def lost(self) -> None:
        """Its process died."""
        self._lost = True
        self._wake()

    def _begin(self, begin_ms: int) -> None:
        self._lost = False
        self._number = next(self._numbers)
        self._place = self._choose()
        self._place.take(self, Open(self._number, self._channels, begin_ms, self._turn))

    def _ask(self, question: Feed | Finish, at_ms: int, end_ms: int) -> Iterator[Event | None]:
        self._answer = None
        self._place.ask(question)
        while not (self._answer or self._lost):
            yield None
        answer: Answer | None = self._answer
        if answer and answer.fault:
            raise HearingFault(answer.fault)
        for event in answer.events if answer else self._cut(at_ms, end_ms):
            self._note(event)
            yield event

    def _note(self, event: Event) -> None:
        if isinstance(event, VoiceStarted):
            self._speaking.add(event.channel)
            self._voices.setdefault(event.channel, event.at_ms)
        elif isinstance(event, VoiceEnded):
            self._speaking.discard(event.channel)
        elif isinstance(event, Utterance):
            self._turn = event.turn + 1
            self._voices.pop(event.channel, None)

    def _cut(self, at_ms: int, end_ms: int) -> Iterable[Event]:
        """What is told in place of what the process knew: nobody understood what was being said."""
        for channel in sorted(self._speaking):
            yield VoiceEnded(at_ms, channel)
        for channel, began_ms in sorted(self._voices.items()):
            if began_ms < at_ms:
                said = began_ms, at_ms
                yield Utterance(at_ms, self._turn, channel, *said, text="", confidence=0.0)
        for channel in self._channels:
            if at_ms < end_ms:
                yield AudioGap(at_ms, channel, end_ms - at_ms, FAILED)
        self._voices.clear()
