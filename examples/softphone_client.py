"""How a softphone tells the overlay about its calls. Standard library only.

    agent-assist overlay --cti                     # on the agent's machine, once
    python examples/softphone_client.py            # a call: connected, on hold, over

A softphone does the same in its own language: one POST when the call is connected, one when it
is over. Everything in between is optional. See docs/call_control.md.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any


class Overlay:
    """The overlay of one agent's desk."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self._address = address.rstrip("/")
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def connected(self, call_id: str, **facts: Any) -> dict[str, Any]:
        """A call was connected. The same call told twice changes nothing."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return self._post("/calls", {"call_id": call_id, "started_at": now, **facts})

    def situation(self, call_id: str, situation_id: str) -> dict[str, Any]:
        """The agent pressed a key of the softphone that shows what the call is about."""
        return self._post(f"/calls/{call_id}/situation", {"situation_id": situation_id})

    def over(self, call_id: str, hung_up_by: str) -> dict[str, Any]:
        """The call is over: agent, customer, network or unknown hung up."""
        return self._post(f"/calls/{call_id}/end", {"hung_up_by": hung_up_by})

    def _post(self, path: str, content: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(content).encode()
        request = urllib.request.Request(self._address + path, body, self._headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                told: dict[str, Any] = json.load(answer)
                return told
        except urllib.error.HTTPError as error:
            # What was wrong is in the answer, in Chinese, ready to be shown to the agent.
            raise SystemExit(json.load(error)["error"]["message"]) from None
        except urllib.error.URLError as error:
            # A softphone must go on without the overlay: it only helps.
            raise SystemExit(f"the overlay does not answer: {error.reason}") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--address", default="http://127.0.0.1:8765")
    parser.add_argument("--token")
    parser.add_argument("--seconds", type=float, default=20.0, help="length of the call")
    arguments = parser.parse_args()
    overlay = Overlay(arguments.address, arguments.token)

    call_id = f"demo-{int(time.time())}"
    told = overlay.connected(
        call_id,
        desk="gotone",
        agent={"id": "1086", "name": "小周"},
        customer={"surname": "王", "title": "先生", "number": "138****0001"},
        queue_wait_s=35,
        direction="inbound",
    )
    print("下一句：", "".join(char for char, _ in told["line"]["chars"]))
    time.sleep(arguments.seconds / 2)
    overlay.situation(call_id, "hold-start")
    time.sleep(arguments.seconds / 2)
    overlay.over(call_id, "customer")


if __name__ == "__main__":
    main()
