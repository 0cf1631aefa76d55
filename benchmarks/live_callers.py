"""Callers of a server: so many calls at once over WebSockets, in real time, for some seconds.

Run by `live_load.py` as a process of its own. Each packet is sent when its last sample was spoken;
calls begin spread over half a minute and each is followed by the next one.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import numpy as np
from websockets.asyncio.client import connect

from agent_assist.core.framing import SAMPLE_RATE
from benchmarks.live_load import HEADER, PACKET, PACKET_MS
from benchmarks.live_measure import recordings, sound_of

SPREAD_S = 25.0


def tell(what: str, **facts: object) -> None:
    print(json.dumps({"what": what, **facts}), flush=True)


async def call(address: str, call_id: str, sound: bytes) -> None:
    """Speak one call, and tell by how much its packets were late at worst."""
    start = {
        "type": "start",
        "call": {
            "call_id": call_id,
            "agent": {"id": "1086", "name": "小周"},
            "started_at": "2026-05-12T10:20:00+08:00",
        },
        "media": {"encoding": "pcm16", "rate": SAMPLE_RATE, "channels": ["agent", "customer"]},
    }
    size = PACKET * 4
    async with connect(address, max_queue=None) as socket:
        await socket.send(json.dumps(start))
        await socket.recv()
        zero_s = time.monotonic()
        tell("call", call_id=call_id, zero_s=zero_s)
        late_s = 0.0
        for number, at in enumerate(range(0, len(sound) - size + 1, size)):
            due_s = zero_s + (number + 1) * PACKET_MS / 1000
            if (early_s := due_s - time.monotonic()) > 0:
                await asyncio.sleep(early_s)
            late_s = max(late_s, time.monotonic() - due_s)
            header = HEADER.pack(1, 0, 0, number * PACKET)
            await socket.send(header + sound[at : at + size])
        await socket.send(json.dumps({"type": "stop", "hung_up_by": "customer"}))
        async for _ in socket:
            pass
    tell("ended", call_id=call_id, late_ms=round(1000 * late_s, 1))


async def line(address: str, number: int, lines: int, sounds: list[bytes], ends_s: float) -> None:
    """One line's calls, one after the other."""
    await asyncio.sleep(SPREAD_S * number / lines)
    count = 0
    while time.monotonic() < ends_s:
        sound = sounds[(number * 7 + count) % len(sounds)]
        await call(address, f"c{number:03d}-{count:03d}", sound)
        count += 1


async def main() -> None:
    page, lines, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    address = page.replace("http", "ws", 1) + "plain"
    sounds = [np.ascontiguousarray(sound_of(p).T).astype("<i2").tobytes() for p in recordings()]
    ends_s = time.monotonic() + SPREAD_S + seconds  # all of them at once for so long
    await asyncio.gather(*(line(address, n, lines, sounds, ends_s) for n in range(lines)))


if __name__ == "__main__":
    asyncio.run(main())
