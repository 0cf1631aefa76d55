"""Asterisk AudioSocket: packets of kind, length and payload over TCP, one side of a call each.

A connection says who it is by a UUID. The telephone system announces beforehand which call and
side that is (`Announcements`); a UUID that nobody announced is a call with the agent's side only,
where such calls are allowed.
https://docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket/
"""

from __future__ import annotations

import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator

from agent_assist.adapters.call_meta import StrictModel
from agent_assist.adapters.telephony_control import Fault, Offer, ServedCall, Switchboard
from agent_assist.adapters.telephony_line import Chunk
from agent_assist.adapters.telephony_sound import decode
from agent_assist.adapters.web_calls import CallBody
from agent_assist.adapters.web_control import CallRefused
from agent_assist.core.events import Channel

HEADER = struct.Struct("!BH")
HANG_UP, NAME, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES = {
    0x10: 8_000,
    0x11: 12_000,
    0x12: 16_000,
    0x13: 24_000,
    0x14: 32_000,
    0x15: 44_100,
    0x16: 48_000,
}
"""Kinds of sound: signed linear, little endian, mono."""
BAD_PACKET, NOT_ANNOUNCED, REFUSED = b"\x01", b"\x02", b"\x03"
"""Payloads of an error: what the connection did wrong."""
TOGETHER_MS = 200
"""Sides of which the second one comes within this time began together."""
KEPT_S = 60.0
MOST_ANNOUNCED = 1_000

Uuid = Annotated[str, AfterValidator(lambda text: str(UUID(text)))]


class Announcement(StrictModel):
    """A call whose sides will connect under these UUIDs."""

    call: CallBody
    agent: Uuid | None = None
    customer: Uuid | None = None

    @property
    def sides(self) -> dict[str, Channel]:
        named: dict[str, Channel] = {}
        if self.agent:
            named[self.agent] = "agent"
        if self.customer:
            named[self.customer] = "customer"
        return named


@dataclass(slots=True, eq=False)
class Announcements:
    """What was announced in the last minute. Any thread."""

    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, Announcement]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, announcement: Announcement) -> None:
        """Remember it; raises CallRefused when it names no side, or too many wait."""
        if not announcement.sides or announcement.agent == announcement.customer:
            raise CallRefused("bad_call", "请注明座席或客户一侧的 UUID，两侧不能相同")
        now_s = self.clock()
        with self._lock:
            old = [u for u, (told_s, _) in self._known.items() if now_s - told_s > KEPT_S]
            for uuid in old:
                del self._known[uuid]
            if len(self._known) >= MOST_ANNOUNCED:
                raise CallRefused("too_many_calls", "等待接入的通话过多")
            self._known |= dict.fromkeys(announcement.sides, (now_s, announcement))

    def take(self, uuid: str) -> Announcement | None:
        """What was announced for a UUID; it connects once."""
        with self._lock:
            told_s, announcement = self._known.pop(uuid, (0.0, None))
        return announcement if announcement and self.clock() - told_s <= KEPT_S else None


class AudioSocketSession:
    """One connection: bytes in any pieces go in, bytes to be sent come out."""

    def __init__(
        self, board: Switchboard, announced: Announcements, *, unannounced: bool = True
    ) -> None:
        self.call: ServedCall | None = None
        self.finished = False
        self._board = board
        self._announced = announced
        self._unannounced = unannounced
        self._rest = b""
        self._who: Announcement | None = None
        self._channel: Channel | None = None
        self._kind = 0

    def feed(self, data: bytes) -> bytes:
        """Follow what has come; the reply is empty unless something is wrong."""
        self._rest += data
        try:
            while not self.finished and len(self._rest) >= HEADER.size:
                kind, length = HEADER.unpack_from(self._rest)
                end = HEADER.size + length
                if len(self._rest) < end:
                    break
                payload, self._rest = self._rest[HEADER.size : end], self._rest[end:]
                self._follow(kind, payload)
        except Fault as fault:
            self.finished = True
            payload = {"not_announced": NOT_ANNOUNCED, "refused": REFUSED}.get(
                fault.code, BAD_PACKET
            )
            return packet(ERROR, payload) + packet(HANG_UP)
        return b""

    def lost(self) -> None:
        """The connection is closed, which ends this side."""
        self.finished = True
        if self.call:
            self.call.leave()
        self.call = None

    def _follow(self, kind: int, payload: bytes) -> None:
        if kind in (HANG_UP, ERROR):
            self.finished = True
        elif kind == NAME:
            self._name(payload)
        elif kind in RATES:
            self._hear(kind, payload)
        # all else, keys that a caller pressed among it, is passed over

    def _name(self, payload: bytes) -> None:
        if self._channel or len(payload) != 16:
            raise Fault("bad_packet", "one UUID of 16 bytes names a connection")
        uuid = str(UUID(bytes=payload))
        self._who = self._announced.take(uuid)
        if self._who is None and not self._unannounced:
            raise Fault("not_announced", "this UUID was not announced")
        alone = Announcement(call=CallBody(call_id=uuid), agent=uuid)
        self._who = self._who or alone
        self._channel = self._who.sides[uuid]

    def _hear(self, kind: int, payload: bytes) -> None:
        if not (self._who and self._channel):
            raise Fault("bad_packet", "the UUID comes first")
        try:
            (samples,) = decode(payload, "pcm16")
        except ValueError as error:
            raise Fault("bad_packet", str(error)) from None
        position = None
        if self.call is None:
            position = self._join(self._who, RATES[kind])
            self._kind = kind
        if kind != self._kind or self.call is None:
            raise Fault("bad_packet", "the rate does not change in a call")
        self.call.put(Chunk(self._channel, samples, position))

    def _join(self, who: Announcement, rate: int) -> int:
        """The first side opens the call; the second one begins where the first one is."""
        sides: tuple[Channel, ...] = tuple(sorted(who.sides.values()))
        offer = Offer(who.call.to_meta(), who.call.to_caller(), sides, rate)
        try:
            self.call = self._board.open(offer)
        except CallRefused as refused:
            if refused.code != "call_running" or len(sides) == 1:
                raise Fault("refused", "the call cannot be opened") from None
            call = self._board.find(offer.meta.call_id)
            if call.offer.rate != rate or call.ended:
                raise Fault("refused", "the other side has another rate") from None
            call.attach()
            self.call = call
        at = max(self.call.received(channel) for channel in sides)
        return at if at > TOGETHER_MS * rate // 1000 else 0


def packet(kind: int, payload: bytes = b"") -> bytes:
    """One packet."""
    return HEADER.pack(kind, len(payload)) + payload
