"""What the sessions of all protocols share: strict reading of messages, and how faults are told."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from agent_assist.adapters.telephony_control import (
    LONGEST_GAP_S,
    Fault,
    Message,
    ServedCall,
    Switchboard,
)
from agent_assist.adapters.telephony_line import Chunk
from agent_assist.adapters.telephony_sound import Encoding, decode
from agent_assist.adapters.web_calls import CallBody
from agent_assist.adapters.web_control import CallRefused
from agent_assist.core.events import Channel

MOST_FAULTS = 20
"""After so many bad messages the other side is no program that speaks this protocol."""
_log = logging.getLogger(__name__)
_Model = TypeVar("_Model", bound=BaseModel)


class Conversation:
    """A `Session` but for the protocol's own messages."""

    protocol = ""

    def __init__(self, board: Switchboard) -> None:
        self.call: ServedCall | None = None
        self.finished = False
        self._board = board
        self._faults = 0

    def receive(self, message: Message) -> list[Message]:
        """Follow one message; the replies."""
        try:
            if isinstance(message, str):
                return self._follow(_parse(message))
            self._take(message)
        except CallRefused as refused:
            return self._complain(Fault(refused.code, str(refused), fatal=True))
        except Fault as fault:
            return self._complain(fault)
        return []

    def farewell(self) -> list[Message]:
        """Replies once the call is over and the session finished."""
        return []

    def lost(self) -> None:
        """The connection is closed."""
        if self.call:
            self.call.hold()
        self.call = None

    def _follow(self, data: dict[str, Any]) -> list[Message]:
        """Follow one message in JSON; raises Fault or CallRefused."""
        raise NotImplementedError

    def _take(self, payload: bytes) -> None:
        """Take one binary message; raises Fault."""
        raise Fault("unexpected_sound", "binary messages are not part of this protocol")

    def _tell(self, fault: Fault) -> list[Message]:
        """The reply that tells a fault."""
        raise NotImplementedError

    def _complain(self, fault: Fault) -> list[Message]:
        self._faults += 1
        if self._faults >= MOST_FAULTS and not fault.fatal:
            fault = Fault("too_many_faults", "too many messages could not be followed", fatal=True)
        self.finished = self.finished or fault.fatal
        _log.warning("%s: %s: %s", self.protocol, fault.code, fault)
        return self._tell(fault)

    def _running(self) -> ServedCall:
        if self.call is None:
            raise Fault("not_started", "no call was started on this connection")
        return self.call

    def _put(self, channels: tuple[Channel, ...], chunk: tuple[bytes, Encoding], **at: Any) -> None:
        """Give interleaved sound to the call; ``at`` has position and reason as in a `Chunk`."""
        call = self._running()
        position = at.get("position")
        if position is not None:
            ahead = position - max(call.received(channel) for channel in channels)
            if ahead > LONGEST_GAP_S * call.offer.rate:
                raise Fault("bad_position", f"position is over {LONGEST_GAP_S} s ahead")
        try:
            sound = decode(*chunk, len(channels))
        except ValueError as error:
            raise Fault("bad_sound", str(error)) from None
        sides = zip(channels, sound, strict=True)
        call.put(*(Chunk(channel, samples, **at) for channel, samples in sides))


def checked(model: type[_Model], data: object) -> _Model:
    """Read a message strictly; raises Fault naming the fields, without their values."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in each['loc']) or 'message'}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)
        ]
        raise Fault("bad_message", "; ".join(faults)) from None


PARTICULARS = (
    "desk",
    "started_at",
    "direction",
    "agent_id",
    "agent_name",
    "customer_surname",
    "customer_title",
    "customer_number",
    "queue_wait_s",
)
"""What a telephone system may tell of a call, as flat names with texts."""


def called(given: Mapping[str, Any], call_id: str) -> CallBody:
    """A call of which a telephone system tells flat names; others are its own and passed over."""
    facts = {key: given[key] for key in PARTICULARS if given.get(key)}
    data: dict[str, Any] = {"call_id": given.get("call_id") or call_id}
    for key, value in facts.items():
        group, _, name = key.partition("_")
        if key == "queue_wait_s":
            data[key] = _number(key, value)
        elif group in ("agent", "customer"):
            data.setdefault(group, {})[name] = value
        else:
            data[key] = value
    if "agent" in data:
        data["agent"].setdefault("id", "")
    return checked(CallBody, data)


def _number(name: str, value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise Fault("bad_message", f"{name}: must be a number") from None


def _parse(message: str) -> dict[str, Any]:
    try:
        data = json.loads(message)
    except (ValueError, RecursionError):
        raise Fault("not_json", "a text message must be one JSON object") from None
    if not isinstance(data, dict):
        raise Fault("not_json", "a text message must be one JSON object")
    return data
