"""A few threads that follow all calls in turn.

A thread for each call would let dozens of them wait for the interpreter at once, each waking up
again and again to ask for it. With a few, what came first is done first, save that what is urgent
goes before everything else.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue

URGENT, USUAL, LAST = range(3)
_log = logging.getLogger(__name__)


class _Line:
    """Who waits: in the order in which they came, the urgent ones before the others."""

    def __init__(self) -> None:
        self._waiting: tuple[deque[Job | None], ...] = (deque(), deque(), deque())
        self._calling: SimpleQueue[None] = SimpleQueue()
        """One for each that waits: this queue costs less than one that knows ranks."""

    def put(self, rank: int, job: Job | None) -> None:
        self._waiting[rank].append(job)
        self._calling.put(None)

    def get(self) -> Job | None:
        self._calling.get()
        while True:
            for waiting in self._waiting:
                with contextlib.suppress(IndexError):  # another thread took the last one
                    return waiting.popleft()


@dataclass(slots=True, eq=False)
class Workers:
    """So many threads; by default two, one of them for when the other waits for a disk."""

    number: int = 2
    _ready: _Line = field(default_factory=_Line)

    def __post_init__(self) -> None:
        for number in range(self.number):
            threading.Thread(target=self._work, name=f"calls-{number}", daemon=True).start()

    def job(self, steps: Iterator[None], urgent: Callable[[], bool] = lambda: False) -> Job:
        """Work of which a step is done each time that it is woken."""
        return Job(self._ready, steps, urgent)

    def close(self) -> None:
        """The threads end once nothing waits to be done."""
        for _ in range(self.number):
            self._ready.put(LAST, None)

    def _work(self) -> None:
        for job in iter(self._ready.get, None):
            job.run()


@dataclass(slots=True, eq=False)
class Job:
    """Steps that are done one after the other, never two at once, whichever thread does them."""

    _ready: _Line
    _steps: Iterator[None]
    _urgent: Callable[[], bool]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _woken: bool = False
    _queued: bool = False
    """It waits for a thread, or has one."""

    def wake(self) -> None:
        """There is something to do; any thread. During a step: one more step follows."""
        with self._lock:
            self._woken = True
            if self._queued:
                return
            self._queued = True
        self._wait()

    def run(self) -> None:
        """Do a step; what has no more of them is never done again."""
        self._woken = False
        try:
            next(self._steps)
        except StopIteration:
            return
        except Exception:
            _log.exception("a call is not heard to its end")
            return
        with self._lock:
            self._queued = self._woken
        if self._queued:
            self._wait()

    def _wait(self) -> None:
        self._ready.put(URGENT if self._urgent() else USUAL, self)
