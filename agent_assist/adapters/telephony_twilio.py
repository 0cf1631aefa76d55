"""Twilio Media Streams: JSON messages, μ-law in base64, one stream for each call.

A stream cannot be told what is wrong with it: faults are only logged, and a fatal one closes it.
https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from agent_assist.adapters.telephony_control import (
    Fault,
    Knock,
    Message,
    Offer,
    ServedCall,
    Session,
    Switchboard,
    same_secret,
)
from agent_assist.adapters.telephony_session import Conversation, called, checked
from agent_assist.adapters.web_control import CallRefused
from agent_assist.core.events import Channel

RATE = 8_000
PER_MS = RATE // 1000
SLACK_MS = 60
"""Time stamps of sound that follows without a hole may be off by so much."""
CONNECTION = "connection"
Track = Literal["inbound", "outbound"]
Whole = Annotated[int, BeforeValidator(lambda value: int(value) if str(value).isdigit() else value)]
"""A number that Twilio writes as text."""


class TwilioModel(BaseModel):
    """Twilio adds keys as it likes."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class MediaFormat(TwilioModel):
    encoding: Literal["audio/x-mulaw"]
    sampleRate: Literal[8000]
    channels: Literal[1] = 1


class StartFacts(TwilioModel):
    callSid: Annotated[str, Field(min_length=1, max_length=64)]
    tracks: Annotated[list[Track], Field(min_length=1, max_length=2)]
    mediaFormat: MediaFormat
    customParameters: dict[str, str] = {}


class Start(TwilioModel):
    start: StartFacts


class MediaFacts(TwilioModel):
    track: Track
    chunk: Whole
    timestamp: Annotated[Whole, Field(ge=0, le=86_400_000)]
    payload: str


class Media(TwilioModel):
    media: MediaFacts


@dataclass(slots=True)
class _Stream:
    """One track: its last chunk, its end, and how far its time stamps are ahead of its count."""

    channel: Channel
    end: int
    drift: int
    chunk: int = 0
    reason: str = ""

    def place(self, media: MediaFacts, samples: int) -> int:
        """Where this sound belongs."""
        position = max(0, media.timestamp * PER_MS - self.drift)
        follows = media.chunk == self.chunk + 1
        if follows and abs(position - self.end) <= SLACK_MS * PER_MS:
            self.drift += position - self.end
            position = self.end
        self.chunk = max(self.chunk, media.chunk)
        self.end = max(self.end, position + samples)
        return position


class TwilioSession(Conversation):
    """One stream."""

    protocol = "twilio"

    def __init__(self, board: Switchboard, token: str | None = None) -> None:
        super().__init__(board)
        self._token = token
        self._streams: dict[Track, _Stream] = {}

    def _follow(self, data: dict[str, Any]) -> list[Message]:
        match data.get("event"):
            case "start":
                self._start(checked(Start, data).start)
            case "media":
                self._hear(checked(Media, data).media)
            case "stop":
                self._running().end("unknown")
                self.finished = True
            case "connected" | "dtmf" | "mark":
                pass  # keys that a caller pressed are nobody's business here
            case _:
                raise Fault("bad_type", "event must be connected, start, media, dtmf, mark or stop")
        return []

    def _tell(self, fault: Fault) -> list[Message]:
        return []

    def _start(self, start: StartFacts) -> None:
        if self.call:
            raise Fault("already_started", "a stream carries one call")
        given = start.customParameters
        if self._token is not None and not same_secret(given.get("token", ""), self._token):
            raise Fault("unauthorized", "the parameter token is needed", fatal=True)
        agent_track = given.get("agent_track", "outbound")
        body = called(given, start.callSid)
        tracks = sorted(set(start.tracks), key=lambda track: track != agent_track)
        sides: dict[Track, Channel] = {
            track: "agent" if track == agent_track else "customer" for track in tracks
        }
        offer = Offer(body.to_meta(), body.to_caller(), tuple(sides.values()), RATE)
        base = 0
        try:
            self.call = self._board.open(offer)
        except CallRefused as refused:
            self.call, base = self._taken_up(offer, refused)
        reason = CONNECTION if base else ""
        self._streams = {t: _Stream(c, base, -base, reason=reason) for t, c in sides.items()}

    def _taken_up(self, offer: Offer, refused: CallRefused) -> tuple[ServedCall, int]:
        """The same call on a new stream, after its first one was lost; and where it goes on."""
        if refused.code != "call_running":
            raise refused
        call = self._board.find(offer.meta.call_id)
        alone_ms = call.alone_ms
        if alone_ms is None or call.offer.channels != offer.channels:
            raise refused
        call.attach()
        return call, max(call.received(c) for c in offer.channels) + alone_ms * PER_MS

    def _hear(self, media: MediaFacts) -> None:
        self._running()
        stream = self._streams.get(media.track)
        if stream is None:
            raise Fault("bad_message", "media.track: was not announced")
        try:
            sound = base64.b64decode(media.payload, validate=True)
        except binascii.Error:
            raise Fault("bad_sound", "media.payload is no base64") from None
        position = stream.place(media, len(sound))
        at = {"position": position, "reason": stream.reason}
        self._put((stream.channel,), (sound, "pcmu"), **at)
        stream.reason = ""


def twilio(board: Switchboard, knock: Knock, secret: str | None, authority: str | None) -> Session:
    """Lets in who signs with the account's secret, or tells the token in a parameter."""
    if secret is None:
        return TwilioSession(board, None if knock.knows_token else knock.token)
    host = authority or knock.headers.get("host", "")
    address = f"wss://{host}{knock.target}"
    given = knock.headers.get("x-twilio-signature", "")
    known = (signature(address, secret), signature(address.rstrip("/") + "/", secret))
    if not any(same_secret(given, each) for each in known):
        raise Fault("unauthorized", "the signature is not the account's")
    return TwilioSession(board)


def signature(text: str, secret: str) -> str:
    """What Twilio writes into ``X-Twilio-Signature`` for an address."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
