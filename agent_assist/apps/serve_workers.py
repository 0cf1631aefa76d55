"""A few threads that hear all calls in turn.

A thread for each call would let dozens of them wait for the interpreter at once, each waking up
again and again to ask for it. A few keep all cores busy, and whose sound came first is heard first,
save that what is urgent goes before everything else.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from queue import PriorityQueue

URGENT, USUAL, LAST = range(3)
_log = logging.getLogger(__name__)


class _Line:
    """Who waits: in the order in which they came, the urgent ones before the others."""

    def __init__(self) -> None:
        self._waiting: PriorityQueue[tuple[int, int, Job | None]] = PriorityQueue()
        self._numbers = count()

    def put(self, rank: int, job: Job | None) -> None:
        self._waiting.put((rank, next(self._numbers), job))

    def get(self) -> Job | None:
        return self._waiting.get()[2]


@dataclass(slots=True, eq=False)
class Workers:
    """So many threads; by default one more than cores, for the one that waits for a disk."""

    number: int = (os.cpu_count() or 1) + 1
    _ready: _Line = field(default_factory=_Line)

    def __post_init__(self) -> None:
        for number in range(self.number):
            threading.Thread(target=self._work, name=f"hearing-{number}", daemon=True).start()

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
