"""How a media gateway sends a call to `agent-assist serve`: a WAV file over the plain protocol.

    agent-assist serve                                    # on the server, once
    python examples/media_client.py CALL.wav              # 16-bit WAV, agent left, customer right

A gateway does the same with what it receives. See docs/telephony.md.
"""

from __future__ import annotations

import argparse
import json
import struct
import time
import wave
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

PIECE_S = 0.1


def send_call(
    socket: ClientConnection, sound: wave.Wave_read, call_id: str, desk: str, speed: float
) -> None:
    """Start, sound at the pace of a call (0: as fast as it is taken), stop."""
    rate, count = sound.getframerate(), sound.getnchannels()
    channels = ["agent", "customer"][:count]
    media = {"encoding": "pcm16", "rate": rate, "channels": channels}
    call = {"call_id": call_id, "desk": desk}
    socket.send(json.dumps({"type": "start", "call": call, "media": media}))
    print(expect(socket, "started"))
    position, began = 0, time.monotonic()
    while piece := sound.readframes(int(rate * PIECE_S)):
        # version 1, channel 0 is all of them, two zero bytes, position in samples
        socket.send(struct.pack("!BBHQ", 1, 0, 0, position) + piece)
        position += len(piece) // (2 * count)
        if speed:
            due = began + position / rate / speed
            time.sleep(max(0.0, due - time.monotonic()))
    socket.send(json.dumps({"type": "stop", "hung_up_by": "customer"}))
    print(expect(socket, "stopped"))


def expect(socket: ClientConnection, kind: str) -> str:
    """The next message, if it is of this kind; a fault is the end."""
    message = json.loads(socket.recv())
    if message["type"] != kind:
        raise SystemExit(f"{message.get('code', message['type'])}: {message.get('message', '')}")
    return f"{kind}: {message['call_id']}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--address", default="ws://127.0.0.1:8765/plain")
    parser.add_argument("--token")
    parser.add_argument("--call-id")
    parser.add_argument("--desk", default="general")
    parser.add_argument("--speed", type=float, default=1.0, help="0: as fast as possible")
    given = parser.parse_args()
    headers = {"Authorization": f"Bearer {given.token}"} if given.token else None
    with (
        wave.open(str(given.recording)) as sound,
        connect(given.address, additional_headers=headers) as socket,
    ):
        call_id = given.call_id or f"{given.recording.stem}-{int(time.time())}"
        send_call(socket, sound, call_id, given.desk, given.speed)


if __name__ == "__main__":
    main()
