"""A process that hears its share of a server's calls: sound in, events out.

It judges and keeps nothing, so that little is lost with it. It does one thing at a time: threads
would only wait for each other's Python, and there are as many such processes as cores.
"""

from __future__ import annotations

import contextlib
import signal
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import load_engine
from agent_assist.core.events import Channel, Event
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.core.pipeline import Phrases
from agent_assist.core.script import Script
from agent_assist.errors import AgentAssistError

FIRST_MS = 4_000
"""So much of a call is heard before what others say: the greeting has its deadline there."""


class Open(NamedTuple):
    """Hear a call from ``begin_ms`` on; its next utterance is number ``turn``. Not answered."""

    call: int
    channels: tuple[Channel, ...]
    begin_ms: int
    turn: int


class Feed(NamedTuple):
    """The call's next sound: int16 at 16 kHz, one channel after the other, whole 20 ms."""

    call: int
    start_ms: int
    sound: bytes


class Finish(NamedTuple):
    """The call's sound is over."""

    call: int
    end_ms: int


class Drop(NamedTuple):
    """Nobody wants to know any more what is said in the call. Not answered."""

    call: int


class Answer(NamedTuple):
    """What became known with a `Feed` or `Finish`; with a ``fault`` the call is heard no more."""

    call: int
    events: list[Event]
    fault: str = ""


Question = Open | Feed | Finish | Drop | None
"""None ends the process."""


def listen(pipe: Connection, model: Path, script: Script) -> None:
    """Answer until the other end is closed; first of all tell what is missing, if anything.

    Who ends the server ends this process by it, once the running calls were heard out.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        try:
            engine = load_engine(model)
        except AgentAssistError as error:
            pipe.send(str(error))
            return
        expected = Phrases.from_script(script).expected

        def hearing(call: Open) -> Hearing:
            recognisers = {c: engine.recogniser() for c in call.channels}
            detectors = {c: WebrtcDetector() for c in call.channels}
            return Hearing(
                call.channels, recognisers, detectors, expected, call.begin_ms, call.turn
            )

        pipe.send("")
        Listener(pipe, hearing).run()


@dataclass(slots=True, eq=False)
class Listener:
    """Answers in the order in which was asked, save that the beginnings of calls go first."""

    pipe: Connection
    make_hearing: Callable[[Open], Hearing]
    _calls: dict[int, tuple[Hearing, int]] = field(default_factory=dict)
    _urgent: deque[Feed | Finish] = field(default_factory=deque)
    _usual: deque[Feed | Finish] = field(default_factory=deque)

    def run(self) -> None:
        """Until it is told to end; when the other end is closed, EOFError or OSError."""
        while True:
            waiting = self._urgent or self._usual
            while self.pipe.poll(0 if waiting else None):
                if (asked := self.pipe.recv()) is None:
                    return
                self._take(asked)
                waiting = self._urgent or self._usual
            question = waiting.popleft()
            if question.call in self._calls:
                self.pipe.send(self._answer(question))

    def _take(self, question: Open | Feed | Finish | Drop) -> None:
        match question:
            case Open():
                self._calls[question.call] = self.make_hearing(question), len(question.channels)
            case Feed() if question.start_ms < FIRST_MS:
                self._urgent.append(question)
            case Feed() | Finish():
                self._usual.append(question)
            case Drop():
                self._calls.pop(question.call, None)

    def _answer(self, question: Feed | Finish) -> Answer:
        hearing, channels = self._calls[question.call]
        try:
            if isinstance(question, Finish):
                events = hearing.finish(question.end_ms)
            else:
                sound = np.frombuffer(question.sound, np.int16).reshape(channels, -1)
                events = hearing.feed(AudioFrame(question.start_ms, sound))
        except Exception:
            self._calls.pop(question.call)
            return Answer(question.call, [], traceback.format_exc())
        return Answer(question.call, events)
