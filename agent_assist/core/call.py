"""Who was on the call: what is known about it besides its sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent_assist.core.events import CallStarted, Channel, HungUpBy

Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True, slots=True)
class CallMeta:
    """One call's particulars; ``started_at`` is local wall time in ISO 8601, as data.

    An empty ``desk`` stands for the script's default desk.
    ``ended_at_ms`` is None when only the audio itself tells where the call ends.
    """

    call_id: str
    desk: str = ""
    agent_id: str = ""
    agent_name: str = ""
    started_at: str = ""
    ended_at_ms: int | None = None
    hung_up_by: HungUpBy = "unknown"
    direction: Direction = "inbound"
    customer_surname: str = ""
    customer_title: str = ""

    def to_call_started(self, channels: tuple[Channel, ...]) -> CallStarted:
        """The event that opens the call's log."""
        return CallStarted(
            at_ms=0,
            call_id=self.call_id,
            desk=self.desk,
            agent_id=self.agent_id,
            agent_name=self.agent_name,
            started_at=self.started_at,
            channels=channels,
        )
