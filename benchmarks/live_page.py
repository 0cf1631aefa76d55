"""A page's reader: says at what moment each line and each flag arrived, in JSON lines.

It does over HTTP what a browser does (server-sent events), as a process of its own, so that it
takes no time from the server. Moments are those of the system's steady clock.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit


def states(address: str) -> Iterator[tuple[float, dict[str, object]]]:
    """Every state and when it arrived."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request("GET", parts.path)
    answer = connection.getresponse()
    event = b""
    while line := answer.readline():
        if line.startswith(b"event:"):
            event = line.split(b":", 1)[1].strip()
        elif line.startswith(b"data:") and event == b"state":
            arrived_s = time.monotonic()
            yield arrived_s, json.loads(line[5:])


def follow(address: str) -> None:
    """Tell what is new on the page at an address."""
    seen: set[str] = set()
    try:
        for arrived_s, state in states(address):
            call, line, flags = state["call"], state["line"], state["flags"]
            call_id = call["id"] if isinstance(call, dict) else ""
            shown = [*([line] if line else []), *(flags if isinstance(flags, list) else [])]
            for item in shown:
                key = f"{call_id} {item['id']}"
                if key not in seen:
                    seen.add(key)
                    sys.stdout.write(json.dumps([arrived_s, key]) + "\n")
                    sys.stdout.flush()
    except (OSError, http.client.HTTPException):
        return


def main() -> int:
    for line in sys.stdin:
        threading.Thread(target=follow, args=(line.strip(),), daemon=True).start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
