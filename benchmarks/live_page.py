"""A page's reader: says at what moment each line and each flag arrived, in JSON lines.

It does over HTTP what a browser does (server-sent events), for all pages in one loop of a process
of its own, and reads no state in which neither line nor flags changed: in a centre the browsers
run on the agents' computers. Moments are those of the system's steady clock.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from functools import partial
from urllib.parse import urlsplit

BEGIN, END = b'"line":', b',"turns":'
"""Between these stand the line and the flags in a state."""


class Reader(asyncio.Protocol):
    """Follows one page."""

    def __init__(self, address: str) -> None:
        self._parts = urlsplit(address)
        self._rest = b""
        self._last = b""
        self._seen: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        # HTTP 1.0: the answer comes as it is, not in chunks
        path, host = self._parts.path, self._parts.netloc
        transport.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())

    def data_received(self, data: bytes) -> None:
        arrived_s = time.monotonic()
        *messages, self._rest = (self._rest + data).split(b"\n\n")
        for message in messages:
            shown = message[message.find(BEGIN) : message.find(END)]
            if message.startswith(b"event: state") and shown != self._last:
                self._last = shown
                self._tell(arrived_s, json.loads(message[message.index(b"{") :]))

    def _tell(self, arrived_s: float, state: dict[str, object]) -> None:
        call, line, flags = state["call"], state["line"], state["flags"]
        call_id = call["id"] if isinstance(call, dict) else ""
        shown = [*([line] if line else []), *(flags if isinstance(flags, list) else [])]
        for item in shown:
            key = f"{call_id} {item['id']}"
            if key not in self._seen:
                self._seen.add(key)
                print(json.dumps([arrived_s, key]), flush=True)


async def main() -> None:
    """Follow every page whose address is told on standard input."""
    loop = asyncio.get_running_loop()
    readers: set[asyncio.Task[object]] = set()

    def follow(address: str) -> None:
        parts = urlsplit(address)
        made = loop.create_connection(
            partial(Reader, address), parts.hostname or "", parts.port or 0
        )
        readers.add(loop.create_task(made))

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(follow, line.strip())

    threading.Thread(target=listen, daemon=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
