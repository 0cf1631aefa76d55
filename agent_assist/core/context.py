"""What is known of a call before a word is said: desk, calendar, and values for placeholders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_assist.core.events import Channel
from agent_assist.core.script import Place


@dataclass(frozen=True, slots=True)
class CallContext:
    """Facts that decide which lines are due.

    ``calendar`` holds the tags of the call's start (weekend, holiday, night, ordinary); ``values``
    fills placeholders by name; ``channels`` tells which sides can be heard at all; ``place`` is
    where the desk is; ``start_min`` the minute of the day at which the call began, where known.
    """

    desk: str = "general"
    calendar: frozenset[str] = frozenset({"ordinary"})
    wish: str = ""
    direction: str = "inbound"
    channels: tuple[Channel, ...] = ("agent", "customer")
    values: Mapping[str, str] = field(default_factory=dict)
    place: Place = "telephone"
    start_min: int | None = None

    @property
    def hears_customer(self) -> bool:
        return "customer" in self.channels
