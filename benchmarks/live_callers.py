"""Callers of a server: so many calls at once over WebSockets, in real time, for some seconds.

Run by `live_load.py` as a process of its own that costs the server's computer next to nothing:
every packet is laid out beforehand, one loop sends them all. Each packet is sent when its last
sample was spoken; calls begin spread over half a minute and each is followed by the next one.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
import time
from functools import partial
from urllib.parse import urlsplit

import numpy as np

from benchmarks.live_load import HEADER, PACKET, PACKET_MS, SPREAD_S
from benchmarks.live_measure import recordings, sound_of

TEXT, BINARY = 0x81, 0x82
RATE = 1000 * PACKET // PACKET_MS
REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)


def tell(what: str, **facts: object) -> None:
    print(json.dumps({"what": what, **facts}), flush=True)


def frame(kind: int, payload: bytes) -> bytes:
    """A client's message; its mask is zero, so that the payload stays as it is."""
    size = len(payload)
    head = struct.pack("!BB", kind, 0x80 | size) if size < 126 else b""
    return (head or struct.pack("!BBH", kind, 0xFE, size)) + bytes(4) + payload


def packets(sound: bytes) -> list[bytes]:
    """A call's messages, in order."""
    size = PACKET * 4
    return [
        frame(BINARY, HEADER.pack(1, 0, 0, number * PACKET) + sound[at : at + size])
        for number, at in enumerate(range(0, len(sound) - size + 1, size))
    ]


def started(call_id: str) -> bytes:
    call = {
        "call_id": call_id,
        "agent": {"id": "1086", "name": "小周"},
        "started_at": "2026-05-12T10:20:00+08:00",
    }
    media = {"encoding": "pcm16", "rate": RATE, "channels": ["agent", "customer"]}
    return frame(TEXT, json.dumps({"type": "start", "call": call, "media": media}).encode())


class Call(asyncio.Protocol):
    """Speaks one call; tells when it began and by how much its packets were late at worst."""

    def __init__(self, page: str, call_id: str, sound: list[bytes]) -> None:
        self.closed = asyncio.Event()
        self._page = page
        self._id = call_id
        self._sound = sound
        self._said = b""
        self._zero_s = 0.0
        self._late_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host = urlsplit(self._page).netloc
        transport.write(REQUEST.format(path="/plain", host=host).encode())

    def data_received(self, data: bytes) -> None:
        """The server lets us in, then it says that the call began; what comes later ends it."""
        self._said += data
        if self._said.endswith(b"\r\n\r\n"):
            self._said = b""
            self._transport.write(started(self._id))
        elif b'"started"' in self._said and not self._zero_s:
            self._zero_s = time.monotonic()
            tell("call", call_id=self._id, zero_s=self._zero_s)
            self._wait(0)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed.set()

    def _wait(self, number: int) -> None:
        due_s = self._zero_s + (number + 1) * PACKET_MS / 1000
        asyncio.get_running_loop().call_at(due_s, self._say, number, due_s)

    def _say(self, number: int, due_s: float) -> None:
        self._late_s = max(self._late_s, time.monotonic() - due_s)
        self._transport.write(self._sound[number])
        if number + 1 < len(self._sound):
            self._wait(number + 1)
            return
        self._transport.write(frame(TEXT, b'{"type": "stop", "hung_up_by": "customer"}'))
        tell("ended", call_id=self._id, late_ms=round(1000 * self._late_s, 1))


async def line(
    page: str, number: int, lines: int, sounds: list[list[bytes]], ends_s: float
) -> None:
    """One line's calls; the next one begins when the one before was heard to its end."""
    await asyncio.sleep(SPREAD_S * number / lines)
    host, port = urlsplit(page).hostname or "", urlsplit(page).port or 0
    count = 0
    while time.monotonic() < ends_s:
        sound = sounds[(number * 7 + count) % len(sounds)]
        make = partial(Call, page, f"c{number:03d}-{count:03d}", sound)
        _, call = await asyncio.get_running_loop().create_connection(make, host, port)
        await call.closed.wait()
        count += 1


async def main() -> None:
    page, lines, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    sounds = [
        packets(np.ascontiguousarray(sound_of(p).T).astype("<i2").tobytes()) for p in recordings()
    ]
    began_s = time.monotonic()
    tell("began", at_s=began_s)
    ends_s = began_s + SPREAD_S + seconds  # all of them at once for so long
    await asyncio.gather(*(line(page, n, lines, sounds, ends_s) for n in range(lines)))


if __name__ == "__main__":
    asyncio.run(main())
