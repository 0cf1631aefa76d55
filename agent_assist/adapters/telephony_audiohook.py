"""Genesys AudioHook, protocol version 2: an open transaction, sound, pauses, a close transaction.

Every message is numbered on both sides. A message that breaks the protocol is answered with
``disconnect``; the other side then closes the session. Once closed, the call has its end.
https://developer.genesys.cloud/devapps/audiohook/protocol-reference
"""

from __future__ import annotations

import json
import time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from agent_assist.adapters.telephony_control import (
    RATES,
    Fault,
    Knock,
    Message,
    Offer,
    Session,
    Switchboard,
)
from agent_assist.adapters.telephony_session import Conversation, called, checked
from agent_assist.adapters.telephony_signature import check_signature
from agent_assist.adapters.telephony_sound import WIDTH, Encoding
from agent_assist.adapters.web_control import CallRefused
from agent_assist.core.events import Channel

NULL = str(UUID(int=0))
"""The conversation of a connection probe."""
LONGEST_TEXT = 65_535
ROUNDING_MS = 10
"""Positions are written with a limited number of digits."""
FORMATS: dict[str, Encoding] = {"PCMU": "pcmu", "L16": "pcm16"}
SIDES: dict[str, Channel] = {"internal": "agent", "external": "customer"}

Whole = Annotated[int, Field(ge=0)]
Uuid = Annotated[str, AfterValidator(lambda text: str(UUID(text)))]
Duration = Annotated[str, Field(pattern=r"^PT\d{1,9}(\.\d{1,12})?S$")]


class HookModel(BaseModel):
    """Later versions add keys."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class Envelope(HookModel):
    """What every message of the client has."""

    version: Literal["2"]
    id: Uuid
    type: str
    seq: Whole
    serverseq: Whole
    position: Duration
    parameters: dict[str, Any]


class Participant(HookModel):
    id: Uuid
    ani: str = ""


class OfferedMedia(HookModel):
    type: str
    format: str
    channels: list[str]
    rate: int


class Open(HookModel):
    conversationId: Uuid
    participant: Participant
    media: list[OfferedMedia]
    customConfig: dict[str, Any] = {}


class Discarded(HookModel):
    start: Duration
    discarded: Duration


class Update(HookModel):
    language: str


class Close(HookModel):
    reason: Literal["end", "error", "disconnect", "reconnect"]


class ErrorFacts(HookModel):
    code: int
    message: str = ""


class AudioHookSession(Conversation):
    """One session."""

    protocol = "audiohook"

    def __init__(self, board: Switchboard) -> None:
        super().__init__(board)
        self._state: Literal["preparing", "open", "paused", "failed"] = "preparing"
        self._id = ""
        self._seq = 0
        self._clientseq = 0
        self._rate = 0
        self._encoding: Encoding = "pcmu"
        self._channels: tuple[Channel, ...] = ()
        self._offset = 0
        self._position = 0
        self._reason = ""

    def receive(self, message: Message) -> list[Message]:
        """Follow one message; after a fault only the close of the session counts."""
        if self._state == "failed" and not (isinstance(message, str) and '"close"' in message):
            return []
        return super().receive(message)

    def farewell(self) -> list[Message]:
        """The close transaction is complete."""
        return [self._message("closed")]

    def _follow(self, data: dict[str, Any]) -> list[Message]:
        message = checked(Envelope, data)
        self._check(message)
        parameters = message.parameters
        match message.type:
            case "open":
                return self._open(checked(Open, parameters), message.position)
            case "ping":
                self._advance(self._samples(message.position), "lost")
                return [self._message("pong")]
            case "update":
                checked(Update, parameters)
                return [self._message("updated")]
            case "paused":
                self._advance(self._samples(message.position), "paused")
                self._state = "paused" if self._state == "open" else self._state
            case "resumed":
                self._resume(checked(Discarded, parameters), message.position)
            case "discarded":
                self._skip(checked(Discarded, parameters), "discarded")
            case "error":
                checked(ErrorFacts, parameters)
            case "close":
                return self._close(checked(Close, parameters))
            case _:
                raise Fault("bad_type", "type is no message of an AudioHook client")
        return []

    def _take(self, payload: bytes) -> None:
        if self._state != "open" or not self._channels:
            raise Fault("unexpected_sound", f"no sound is expected while {self._state}")
        at = {"position": self._offset + self._position, "reason": self._reason}
        self._put(self._channels, (payload, self._encoding), **at)
        self._position += len(payload) // (WIDTH[self._encoding] * len(self._channels))
        self._reason = ""

    def _tell(self, fault: Fault) -> list[Message]:
        self._state = "failed"
        self.finished = False
        reason = "unauthorized" if fault.code == "unauthorized" else "error"
        return [self._message("disconnect", reason=reason, info=f"{fault.code}: {fault}")]

    def _check(self, message: Envelope) -> None:
        if message.seq != self._clientseq + 1 and self._state != "failed":
            raise Fault("bad_sequence", f"seq must be {self._clientseq + 1}")
        if message.serverseq > self._seq:
            raise Fault("bad_sequence", f"serverseq is beyond {self._seq}")
        if self._id and message.id != self._id:
            raise Fault("bad_message", "id is another session's")
        if self._state == "preparing" and message.type not in ("open", "close", "error"):
            raise Fault("not_started", "the session is not open")
        self._clientseq, self._id = message.seq, message.id

    def _open(self, opening: Open, position: str) -> list[Message]:
        if self._state != "preparing":
            raise Fault("already_started", "the session is open already")
        media = _chosen(opening.media)
        probing = opening.conversationId == NULL
        if media is None and not probing:
            raise Fault("no_media", "none of the media offered is PCMU or L16 of known channels")
        self._state = "open"
        if media and not probing:
            self._begin(opening, media, position)
        chosen = [media.model_dump()] if media else []
        return [self._message("opened", media=chosen, startPaused=False)]

    def _begin(self, opening: Open, media: OfferedMedia, position: str) -> None:
        self._rate = media.rate
        self._encoding = FORMATS[media.format]
        self._channels = tuple(SIDES[name] for name in media.channels)
        self._position = self._samples(position)
        given = {"customer_number": opening.participant.ani, **opening.customConfig}
        body = called(given, opening.conversationId)
        sides = tuple(sorted(self._channels))
        offer = Offer(body.to_meta(), body.to_caller(), sides, media.rate)
        try:
            self.call = self._board.open(offer)
            base = 0
        except CallRefused as refused:
            base = self._take_up(offer, refused)
            self._reason = "connection"
        self._offset = base - self._position

    def _take_up(self, offer: Offer, refused: CallRefused) -> int:
        """A new session of a conversation whose first one was lost; where it goes on."""
        call = self._board.find(offer.meta.call_id) if refused.code == "call_running" else None
        alone_ms = call.alone_ms if call else None
        if call is None or alone_ms is None:
            raise refused
        if (call.offer.channels, call.offer.rate) != (offer.channels, offer.rate):
            raise Fault("other_media", "channels and rate must be as they were", fatal=True)
        call.attach()
        self.call = call
        return max(call.received(c) for c in offer.channels) + alone_ms * offer.rate // 1000

    def _resume(self, resumed: Discarded, position: str) -> None:
        self._skip(resumed, "paused")
        self._advance(self._samples(position), "paused")
        self._state = "open" if self._state == "paused" else self._state

    def _skip(self, part: Discarded, reason: str) -> None:
        self._advance(self._samples(part.start) + self._samples(part.discarded), reason)

    def _advance(self, samples: int, reason: str) -> None:
        """The next sound belongs here, if that is further on."""
        if samples > self._position + ROUNDING_MS * self._rate // 1000:
            self._position, self._reason = samples, reason

    def _samples(self, duration: str) -> int:
        return round(float(duration[2:-1]) * self._rate)

    def _close(self, close: Close) -> list[Message]:
        if self.call and close.reason != "reconnect":
            self.call.end("unknown")
        self.finished = True
        return []

    def _message(self, kind: str, **parameters: object) -> str:
        self._seq += 1
        message = {
            "version": "2",
            "type": kind,
            "seq": self._seq,
            "clientseq": self._clientseq,
            "id": self._id or NULL,
            "parameters": parameters,
        }
        return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _chosen(offered: list[OfferedMedia]) -> OfferedMedia | None:
    """Both sides if they are offered, μ-law before linear, else what comes first."""
    usable = [
        media
        for media in offered
        if media.type == "audio"
        and media.format in FORMATS
        and media.rate in RATES
        and media.channels
        and len(set(media.channels)) == len(media.channels)
        and set(media.channels) <= set(SIDES)
    ]
    order = list(FORMATS)
    return min(usable, key=lambda m: (-len(m.channels), order.index(m.format)), default=None)


def audiohook(
    board: Switchboard, knock: Knock, secret: str | None, authority: str | None
) -> Session:
    """Lets in who knows the API key, and signs if there is a ``secret``."""
    if not knock.knows_token:
        raise Fault("unauthorized", "the API key is needed")
    if secret is not None:
        check_signature(knock, secret, authority, time.time())
    return AudioHookSession(board)
