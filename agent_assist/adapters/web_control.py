"""What the web server needs of whoever owns the call, and how a request is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agent_assist.core.call import CallMeta
from agent_assist.core.events import HungUpBy
from agent_assist.errors import AgentAssistError

Refusal = Literal["no_such_call", "call_running", "no_such_situation", "bad_call", "too_many_calls"]


class CallRefused(AgentAssistError):
    """A request about a call that cannot be followed; its text is for the agent, in Chinese."""

    def __init__(self, code: Refusal, message: str) -> None:
        self.code = code
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Caller:
    """What the telephone system knows of the caller; ``number`` is shown masked."""

    number: str = ""
    queue_wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """The overlay page as text, with the Content-Security-Policy that lets just it run."""

    html: str
    policy: str


class CallControl(Protocol):
    """The one live call. Every method may be called from any thread."""

    def snapshot(self) -> dict[str, Any]:
        """The overlay's present state."""
        ...

    def listen(self, notify: Callable[[], None]) -> Callable[[], None]:
        """Have ``notify`` called after every change, from any thread; returns how to stop."""
        ...

    def start_call(self, meta: CallMeta, caller: Caller = ...) -> None:
        """A call was connected; raises CallRefused."""
        ...

    def end_call(self, hung_up_by: HungUpBy, call_id: str | None = None) -> None:
        """The call is over; raises CallRefused if it is not the one named."""
        ...

    def choose_situation(self, situation_id: str, call_id: str | None = None) -> None:
        """The agent picked a situation; raises CallRefused."""
        ...
