"""The running call of a desk, what hears it, and where it is kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, HungUpBy
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Sink
from agent_assist.errors import AgentAssistError

_log = logging.getLogger(__name__)


class Ear(Protocol):
    """What hears a live call."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Which sides it hears."""
        ...

    def listen(self, meta: CallMeta) -> Iterable[Event | None]:
        """What is heard, as it is heard, without start and end of the call.

        None means that others may be heard before it goes on.
        Asked for again, for the next call, once it has ended or ``stop`` was long ago.
        """
        ...

    def stop(self) -> None:
        """The call is over: ``listen`` gives what is still open and ends soon. Any thread."""
        ...


Record = Callable[[CallMeta], AbstractContextManager[Sink]]
"""Opens where a call's events are kept; closed when the call is over."""


@dataclass(slots=True, eq=False)
class DeskCall:
    """The running call. Audio time was ``anchor_ms`` when the clock stood at ``anchor_s``.

    ``hears`` is false where nothing is heard and so nothing can be found wrong; ``over`` is set
    once the end is asked for, ``done`` when the call has ended.
    """

    meta: CallMeta
    judgement: Judgement
    hears: bool
    anchor_s: float
    anchor_ms: int = 0
    speed: float = 1.0
    ear: Ear | None = None
    sink: Sink | None = None
    kept: ExitStack = field(default_factory=ExitStack)
    over: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    hung_up_by: HungUpBy = "unknown"

    def now_ms(self, clock_s: float) -> int:
        """Audio time when the clock stands at ``clock_s``."""
        return self.anchor_ms + int((clock_s - self.anchor_s) * 1000 * self.speed)

    def open(self, record: Record) -> bool:
        """Begin to keep the call; whether that works."""
        try:
            self.sink = self.kept.enter_context(record(self.meta))
        except (AgentAssistError, OSError):
            _log.exception("call %s is not kept", self.meta.call_id)
            return False
        return True

    def keep(self, event: Event) -> bool:
        """Write an event down; a fault there must not end the call, and is told once."""
        try:
            if self.sink:
                self.sink.write(event)
        except (AgentAssistError, OSError):
            _log.exception("call %s is no longer kept", self.meta.call_id)
            self.sink = None
            return False
        return True

    def close(self) -> None:
        """The call has ended."""
        self.over.set()
        try:
            self.kept.close()
        except (AgentAssistError, OSError):
            _log.exception("call %s is not kept to its end", self.meta.call_id)
        self.done.set()
