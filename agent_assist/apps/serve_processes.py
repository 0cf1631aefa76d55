"""The processes that hear a server's calls.

A process that dies takes with it what it had not told yet, which becomes a gap; its calls go on in
another one at once, and a new one takes its place.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_assist.apps.serve_listener import Answer, Drop, Feed, Finish, Open, Question, listen
from agent_assist.apps.serve_remote import RemoteHearing
from agent_assist.core.events import Channel
from agent_assist.core.script import Script
from agent_assist.errors import ModelError

REST_S = 1.0
"""A process that died is followed by the next one after so long."""
CLOSING_S = 5.0
HANGS_S = 10.0
"""A process that was asked something and answers nothing for so long is ended."""
READY_S = 120.0
"""The same for one that was started and has not loaded its model."""
LOOK_S = 1.0
_log = logging.getLogger(__name__)


def _view(content: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(content)


def _packed(view: MappingProxyType[Any, Any]) -> tuple[Any, ...]:
    return _view, (dict(view),)


ForkingPickler.register(MappingProxyType, _packed)  # a script is full of them


class Processes:
    """So many processes that hear."""

    def __init__(self, number: int, model: Path, script: Script) -> None:
        self._places = [_Place(model, script) for _ in range(number)]
        self._numbers = count()

    def wait(self) -> None:
        """Until all of them can hear; raises ModelError."""
        for place in self._places:
            place.first.result()

    @property
    def ids(self) -> list[int]:
        """The system's numbers of those that can hear now."""
        return [place.process_id for place in self._places if place.process_id]

    @property
    def calls(self) -> list[int]:
        """How many calls each of them hears."""
        return [place.calls for place in self._places]

    def ear(self, channels: tuple[Channel, ...], wake: Callable[[], None]) -> RemoteHearing:
        """The ear of a call; ``wake`` is called when it heard what it was given."""
        return RemoteHearing(self._place, self._numbers, channels, wake)

    def close(self) -> None:
        """What they were not done with is not heard."""
        for place in self._places:
            place.close()

    def _place(self) -> _Place:
        """The one with fewest calls of those that can hear, if there are any."""
        return min(self._places, key=lambda place: (not place.process_id, place.calls))


@dataclass(slots=True, eq=False)
class _Place:
    """Where one process is, and after it the next one."""

    model: Path
    script: Script
    first: Future[None] = field(default_factory=Future)
    """Done when the first process can hear, or ModelError."""
    process_id: int = 0
    """0 while none can hear."""
    _calls: dict[int, RemoteHearing] = field(default_factory=dict)
    _pipe: Connection | None = None
    _held: list[Question] = field(default_factory=list)
    """What was asked while none can hear."""
    _asked: set[int] = field(default_factory=set)
    """The calls of which something was asked and not yet answered."""
    _moved_s: float = 0.0
    """When it answered last, or was asked after it had answered everything."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._work, name="listener", daemon=True)
        self._thread.start()

    @property
    def calls(self) -> int:
        """So many calls are heard here."""
        return len(self._calls)

    def take(self, call: RemoteHearing, opening: Open) -> None:
        """A call is heard here from now on."""
        with self._lock:
            self._calls[opening.call] = call
            self._ask(opening)

    def ask(self, question: Question) -> None:
        """Ask of a call that is heard here; the call is told the answer."""
        with self._lock:
            self._ask(question)

    def drop(self, number: int) -> None:
        """A call is heard here no more."""
        with self._lock:
            self._asked.discard(number)
            if self._calls.pop(number, None):
                self._ask(Drop(number))

    def close(self) -> None:
        """End the process."""
        self._closed.set()
        with self._lock:
            self._ask(None)
        self._thread.join(2 * CLOSING_S)

    def _ask(self, question: Question) -> None:
        if not self._pipe:
            self._held.append(question)
            return
        if isinstance(question, Feed | Finish):
            if not self._asked:
                self._moved_s = time.monotonic()
            self._asked.add(question.call)
        with contextlib.suppress(OSError):  # it has died: whoever reads the answers will know
            self._pipe.send(question)

    def _work(self) -> None:
        """One process after the other."""
        while not self._closed.is_set():
            try:
                problem = self._follow(*self._start())
            except OSError as error:
                problem = f"no process that hears can be started: {error}"
            if self._closed.is_set():
                return
            if not self.first.done():
                self.first.set_exception(ModelError(problem))
                return
            _log.error("%s; another one takes its place", problem)
            self._closed.wait(REST_S)

    def _start(self) -> tuple[SpawnProcess, Connection]:
        """A process of which only the other end of this pipe is known: it ends with it."""
        spawning = multiprocessing.get_context("spawn")
        ours, theirs = spawning.Pipe()
        with theirs:
            given = theirs, self.model, self.script
            process = spawning.Process(target=listen, args=given, name="listener", daemon=True)
            process.start()
        return process, ours

    def _follow(self, process: SpawnProcess, pipe: Connection) -> str:
        """Hand on what it answers until it ends; why it did."""
        problem = ""
        with pipe, contextlib.suppress(EOFError, OSError):
            if not pipe.poll(READY_S):
                _log.error("a process that hears was not ready after %g s", READY_S)
                process.kill()
            problem = pipe.recv()
            if not problem:
                self._begin(process, pipe)
                while True:
                    self._await_answer(process, pipe)
                    answer: Answer = pipe.recv()
                    self._moved_s = time.monotonic()
                    self._asked.discard(answer.call)
                    if call := self._calls.get(answer.call):
                        call.answered(answer)
        process.join(CLOSING_S)
        if process.is_alive():
            process.kill()
            process.join()
        lost = self._end()
        return problem or f"a process that heard {lost} calls has died ({process.exitcode})"

    def _await_answer(self, process: SpawnProcess, pipe: Connection) -> None:
        """Until there is an answer, or the process has died: one that hangs is made to."""
        while not pipe.poll(LOOK_S):
            if self._asked and time.monotonic() - self._moved_s > HANGS_S:
                _log.error("a process that hears has not answered for %g s", HANGS_S)
                process.kill()
                return

    def _begin(self, process: SpawnProcess, pipe: Connection) -> None:
        with self._lock:
            self._pipe = pipe
            self.process_id = process.pid or 0
            for question in self._held:
                self._ask(question)
            self._held.clear()
        if not self.first.done():
            self.first.set_result(None)

    def _end(self) -> int:
        """How many calls have to be heard elsewhere."""
        with self._lock:
            self._pipe, self.process_id = None, 0
            self._asked.clear()
            self._held.clear()
            lost = list(self._calls.values())
            self._calls.clear()
        for call in lost:
            call.lost()
        return len(lost)
