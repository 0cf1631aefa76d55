"""The desk of a seat that listens to its devices all the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent_assist.adapters.web_control import Caller
from agent_assist.apps.desk import Desk
from agent_assist.apps.live_ear import LiveEar
from agent_assist.core.call import CallMeta
from agent_assist.core.events import HungUpBy


class LiveDesk(Desk):
    """A desk with a live ear: a call begins at the sound of now, and its end has a cause."""

    live_ear: LiveEar | None = None
    seat_desk: str | None = None

    def start_call(
        self, meta: CallMeta, caller: Caller | None = None, at_ms: int | None = None
    ) -> None:
        """A call was connected, ``at_ms`` of the stream ago or now; raises CallRefused."""
        if self.seat_desk and meta.desk in ("", self._workshop.phrases.script.default_desk):
            meta = replace(meta, desk=self.seat_desk)
        if self.live_ear:
            self.live_ear.mark(at_ms)
        super().start_call(meta, caller)

    def end_call(self, hung_up_by: HungUpBy, call_id: str | None = None) -> None:
        """The call is over; raises CallRefused."""
        if self.live_ear:
            self.live_ear.hung_up_by = hung_up_by
        super().end_call(hung_up_by, call_id)

    def _start(self, listening: Iterator[None]) -> None:
        if self.live_ear:
            self.live_ear.follow(listening)
        else:
            super()._start(listening)
