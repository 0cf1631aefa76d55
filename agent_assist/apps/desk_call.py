"""The running call of a desk, what hears it, and where it is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Protocol

from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, HungUpBy
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Sink


class Ear(Protocol):
    """What hears a live call."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Which sides it hears."""
        ...

    def listen(self, meta: CallMeta) -> Iterable[Event]:
        """What is heard, as it is heard, without start and end of the call."""
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
    once the end is asked for.
    """

    meta: CallMeta
    judgement: Judgement
    hears: bool
    anchor_s: float
    anchor_ms: int = 0
    speed: float = 1.0
    ear: Ear | None = None
    sinks: tuple[Sink, ...] = ()
    kept: ExitStack = field(default_factory=ExitStack)
    over: threading.Event = field(default_factory=threading.Event)
    hung_up_by: HungUpBy = "unknown"

    def now_ms(self, clock_s: float) -> int:
        """Audio time when the clock stands at ``clock_s``."""
        return self.anchor_ms + int((clock_s - self.anchor_s) * 1000 * self.speed)
