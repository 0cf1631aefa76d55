"""What an adapter of a telephone system needs of whoever owns the calls, and what it gives.

A `Session` is one connection's side of a protocol without any network: messages in, replies out.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_assist.adapters.telephony_line import Chunk
from agent_assist.adapters.web_control import CallControl, Caller
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, HungUpBy

LONGEST_GAP_S = 1_800
"""A position further ahead than this is taken for a mistake."""
RATES = range(8_000, 48_001)
Message = str | bytes


class Fault(Exception):
    """A message that cannot be followed; ``fatal`` ends the connection.

    The text is for the developer of the other side and repeats nothing of the message.
    """

    def __init__(self, code: str, message: str, *, fatal: bool = False) -> None:
        self.code = code
        self.fatal = fatal
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Offer:
    """A call as its telephone system tells it; ``rate`` is samples a second of each channel."""

    meta: CallMeta
    caller: Caller
    channels: tuple[Channel, ...]
    rate: int


class ServedCall(Protocol):
    """One call that is heard. Every method may be called from any thread."""

    @property
    def offer(self) -> Offer: ...

    @property
    def control(self) -> CallControl:
        """Its overlay."""
        ...

    @property
    def waiting_ms(self) -> int:
        """So much sound was put and is not heard yet."""
        ...

    @property
    def full(self) -> bool:
        """So much sound waits to be heard that no more should be read."""
        ...

    @property
    def ended(self) -> bool:
        """Its end was told: it takes no more sound."""
        ...

    @property
    def over(self) -> bool:
        """It was heard to its end, and its log is whole."""
        ...

    def received(self, channel: Channel) -> int:
        """Where this channel's sound ends so far, in samples since the call began."""
        ...

    def put(self, *chunks: Chunk) -> None:
        """Take sound, of several channels at once; what comes after the end is passed over."""
        ...

    def hold(self) -> None:
        """The connection was lost: unless `attach` comes in time, the network ended the call."""
        ...

    def attach(self) -> None:
        """Somebody is connected."""
        ...

    @property
    def alone_ms(self) -> int | None:
        """Since so long nobody is connected; None while somebody is."""
        ...

    def leave(self) -> None:
        """A connection was closed that nobody will take up: with the last one the call ends."""
        ...

    def end(self, hung_up_by: HungUpBy) -> None:
        """The call is over once everything put so far has been heard."""
        ...


class Switchboard(Protocol):
    """All calls. Every method may be called from any thread."""

    def open(self, offer: Offer) -> ServedCall:
        """A call begins; raises CallRefused."""
        ...

    def find(self, call_id: str) -> ServedCall:
        """A call that is running or has just ended; raises CallRefused."""
        ...

    def calls(self) -> Sequence[ServedCall]:
        """Those that are running, and those that have just ended."""
        ...


@dataclass(frozen=True, slots=True)
class Knock:
    """How a connection was asked for; header names in small letters, ``target`` with its query."""

    headers: Mapping[str, str]
    target: str
    token: str | None

    @property
    def knows_token(self) -> bool:
        """Whether the token was given, as bearer, password or API key, or is not needed."""
        if self.token is None:
            return True
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        told = given.strip() if scheme.lower() == "bearer" else ""
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                told = base64.b64decode(given, validate=True).decode().partition(":")[2]
        return any(same_secret(each, self.token) for each in (told, self.api_key) if each)

    @property
    def api_key(self) -> str:
        return self.headers.get("x-api-key", "")


def same_secret(given: str, known: str) -> bool:
    """Compare without telling by the time it takes how much was right."""
    return hmac.compare_digest(given.encode(), known.encode())


class Session(Protocol):
    """One connection."""

    @property
    def call(self) -> ServedCall | None:
        """The call it carries, once it is known."""
        ...

    @property
    def finished(self) -> bool:
        """Nothing more is expected of the other side."""
        ...

    def receive(self, message: Message) -> list[Message]:
        """Follow one message; the replies, which may be none. Never raises for a bad message."""
        ...

    def farewell(self) -> list[Message]:
        """Replies once the call is over and the session finished."""
        ...

    def lost(self) -> None:
        """The connection is closed, in order or not."""
        ...


Door = Callable[[Switchboard, Knock], Session]
"""Lets a connection in, or raises Fault."""
