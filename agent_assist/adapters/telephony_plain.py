"""The plain protocol: JSON to start and stop, binary messages with position and sound.

Described in docs/telephony.md. A binary message is 12 bytes in network byte order (version 1,
channel, two zero bytes, position) and then the samples. Channel 0 is all channels interleaved, n
is the n-th one; position counts samples of one channel since the call began.
"""

from __future__ import annotations

import json
import struct
from typing import Annotated, Any, Literal

from pydantic import Field

from agent_assist.adapters.call_meta import StrictModel
from agent_assist.adapters.telephony_control import Fault, Knock, Message, Offer, Switchboard
from agent_assist.adapters.telephony_session import Conversation, checked
from agent_assist.adapters.telephony_sound import Encoding
from agent_assist.adapters.web_calls import CallBody, CallId
from agent_assist.core.events import Channel, HungUpBy

HEADER = struct.Struct("!BBHQ")
VERSION = 1
PAUSED, CONNECTION = "paused", "connection"
"""Why sound is missing: the other side paused; the connection was lost."""


class Media(StrictModel):
    """How sound is sent; the order of ``channels`` is that of interleaved samples."""

    encoding: Encoding
    rate: Annotated[int, Field(ge=8_000, le=48_000)]
    channels: Annotated[list[Channel], Field(min_length=1, max_length=2)]


class Start(StrictModel):
    type: Literal["start"]
    call: CallBody
    media: Media


class Resume(StrictModel):
    type: Literal["resume"]
    call_id: CallId
    media: Media


class Pause(StrictModel):
    type: Literal["pause"]


class Ping(StrictModel):
    type: Literal["ping"]


class Stop(StrictModel):
    type: Literal["stop"]
    hung_up_by: HungUpBy = "unknown"


MODELS: dict[str, type[Start | Resume | Pause | Ping | Stop]] = {
    "start": Start,
    "resume": Resume,
    "pause": Pause,
    "ping": Ping,
    "stop": Stop,
}


class PlainSession(Conversation):
    """One connection of the plain protocol."""

    protocol = "plain"

    def __init__(self, board: Switchboard) -> None:
        super().__init__(board)
        self._media: Media | None = None
        self._call_id = ""
        self._missing = ""

    def farewell(self) -> list[Message]:
        """The call was heard to its end and its log is whole."""
        return [_reply("stopped", call_id=self._call_id)] if self._call_id else []

    def _follow(self, data: dict[str, Any]) -> list[Message]:
        kind = data.get("type")
        if not isinstance(kind, str) or kind not in MODELS:
            raise Fault("bad_type", f"type must be one of {', '.join(MODELS)}")
        message = checked(MODELS[kind], data)
        match message:
            case Start():
                return self._start(message)
            case Resume():
                return self._resume(message)
            case Stop():
                call = self._running()
                call.end(message.hung_up_by)
                self._call_id = call.offer.meta.call_id
                self.finished = True
                return []
            case Pause():
                self._running()
                self._missing = PAUSED
                return [_reply("paused", position=self._position)]
        return [_reply("pong", position=self._position)]

    def _take(self, payload: bytes) -> None:
        self._running()
        assert self._media
        if len(payload) < HEADER.size:
            raise Fault("bad_frame", f"a binary message has at least {HEADER.size} bytes")
        version, channel, zero, position = HEADER.unpack_from(payload)
        if version != VERSION or zero:
            raise Fault("bad_frame", f"a binary message begins with {VERSION}, channel, 0, 0")
        channels = tuple(self._media.channels)
        if channel > len(channels):
            raise Fault("bad_frame", f"channel {channel} was not announced")
        named = channels[channel - 1 : channel] if channel else channels
        chunk = payload[HEADER.size :], self._media.encoding
        self._put(named, chunk, position=position, reason=self._missing)
        self._missing = ""

    def _tell(self, fault: Fault) -> list[Message]:
        return [_reply("error", code=fault.code, message=str(fault), fatal=fault.fatal)]

    def _start(self, start: Start) -> list[Message]:
        self._only_once(start.media)
        media = start.media
        body = start.call
        offer = Offer(body.to_meta(), body.to_caller(), tuple(media.channels), media.rate)
        self.call = self._board.open(offer)
        self._media = media
        return [_reply("started", call_id=body.call_id, position=0)]

    def _resume(self, resume: Resume) -> list[Message]:
        self._only_once(resume.media)
        call = self._board.find(resume.call_id)
        if call.ended:
            raise Fault("no_such_call", "this call has ended", fatal=True)
        offer = call.offer
        if (offer.channels, offer.rate) != (tuple(resume.media.channels), resume.media.rate):
            raise Fault("other_media", "channels and rate must be as they were", fatal=True)
        call.attach()
        self.call, self._media, self._missing = call, resume.media, CONNECTION
        return [_reply("resumed", call_id=resume.call_id, position=self._position)]

    def _only_once(self, media: Media) -> None:
        if self.call:
            raise Fault("already_started", "a connection carries one call")
        if len(set(media.channels)) < len(media.channels):
            raise Fault("bad_message", "media.channels: each channel only once")

    @property
    def _position(self) -> int:
        """From here on sound is missing on at least one channel."""
        call = self._running()
        return min(call.received(channel) for channel in call.offer.channels)


def plain(board: Switchboard, knock: Knock) -> PlainSession:
    """Lets those in who know the token."""
    if not knock.knows_token:
        raise Fault("unauthorized", "the token is needed")
    return PlainSession(board)


def _reply(kind: str, **more: object) -> str:
    return json.dumps({"type": kind, **more}, ensure_ascii=False, separators=(",", ":"))
