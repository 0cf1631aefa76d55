"""What tests of telephone systems share: a board that notes, a server, a client's small parts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from websockets.sync.client import ClientConnection, connect

from agent_assist.adapters.event_log import load_log
from agent_assist.adapters.telephony_control import Knock, Offer
from agent_assist.adapters.telephony_line import Chunk
from agent_assist.adapters.telephony_sound import decode
from agent_assist.adapters.web_control import CallRefused
from agent_assist.apps.calls import Overrides
from agent_assist.apps.replay import Replay
from agent_assist.core.events import Channel, Event, HungUpBy
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop

WAIT_S = 300.0
"""Longer than anything takes on a busy machine; what holds is seen at once."""


@dataclass
class NotedCall:
    """A `ServedCall` that notes what it is told."""

    offer: Offer
    chunks: list[Chunk] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    ended: bool = False
    over: bool = False
    full: bool = False
    waiting_ms: int = 0
    control: Any = None

    def received(self, channel: Channel) -> int:
        end = 0
        for chunk in self.chunks:
            if chunk.channel == channel:
                at = end if chunk.position is None else chunk.position
                end = max(end, at + len(chunk.samples))
        return end

    def put(self, *chunks: Chunk) -> None:
        self.chunks += chunks

    def hold(self) -> None:
        self.told.append("hold")

    def attach(self) -> None:
        self.told.append("attach")

    alone_ms: int | None = None

    def leave(self) -> None:
        self.told.append("leave")

    def end(self, hung_up_by: HungUpBy) -> None:
        self.told.append(f"end {hung_up_by}")
        self.ended = True

    def sound(self, channel: Channel) -> list[int]:
        """All samples of a channel that were put."""
        parts = [chunk.samples for chunk in self.chunks if chunk.channel == channel]
        return [int(sample) for sample in np.concatenate(parts)] if parts else []


@dataclass
class NotedBoard:
    """A `Switchboard` of such calls."""

    made: dict[str, NotedCall] = field(default_factory=dict)
    most: int = 2

    def open(self, offer: Offer) -> NotedCall:
        if offer.meta.call_id in self.made:
            raise CallRefused("call_running", "这通电话已在进行")
        if len(self.made) == self.most:
            raise CallRefused("too_many_calls", "同时通话已达上限")
        self.made[offer.meta.call_id] = NotedCall(offer)
        return self.made[offer.meta.call_id]

    def find(self, call_id: str) -> NotedCall:
        if call_id not in self.made:
            raise CallRefused("no_such_call", "没有这通电话")
        return self.made[call_id]

    def calls(self) -> list[NotedCall]:
        return list(self.made.values())


def knock(token: str | None = None, target: str = "/", **headers: str) -> Knock:
    """How somebody asks for a connection; ``_`` in header names is a hyphen."""
    return Knock({k.replace("_", "-"): v for k, v in headers.items()}, target, token)


@dataclass
class Server:
    """``agent-assist serve`` as a process of its own."""

    process: subprocess.Popen[str]
    out: Path
    address: str
    lines: list[str]
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that tells the token, if there is one."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @property
    def audiosocket(self) -> tuple[str, int]:
        """Where AudioSocket is served."""
        host, _, port = self.lines[1].rpartition("：")[2].rpartition(":")
        return host, int(port)

    def post(self, path: str, content: object) -> Any:
        return self._ask(path, json.dumps(content).encode())

    def received_ms(self, call_id: str) -> dict[str, int]:
        """How much of a call has come, by channel."""
        found: dict[str, dict[str, int]] = {
            call["call_id"]: call["received_ms"] for call in self.get("/calls")
        }
        return found.get(call_id, {})

    def socket(self, path: str) -> str:
        return self.address.replace("http", "ws", 1).rstrip("/") + path

    def get(self, path: str) -> Any:
        return self._ask(path, None)

    def hearing_ids(self) -> list[int]:
        """The processes that it started to hear calls, as Linux tells."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        children = [int(n) for t in threads for n in (t / "children").read_text().split()]
        commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
        return [pid for pid, command in commands.items() if b"spawn_main" in command]

    def _ask(self, path: str, body: bytes | None) -> Any:
        headers = {"Content-Type": "application/json", **self.bearer}
        request = urllib.request.Request(self.address.rstrip("/") + path, body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def log(self, call_id: str) -> Path:
        return self.out / f"{call_id}.events.jsonl"

    def events(self, call_id: str) -> list[Event]:
        return load_log(self.log(call_id)).events

    def report(self, call_id: str) -> Path:
        """A call's report, which is written after its log."""
        path = self.out / f"{call_id}.report.html"
        wait_for(path.exists)
        return path


def wait_for(true: Any) -> None:
    """Wait until something holds, or fail."""
    until = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@contextmanager
def served(out: Path, *options: str, token: str = "") -> Iterator[Server]:
    """A running server on free ports."""
    options = (*options, "--token", token) if token else options
    command = [sys.executable, "-m", "agent_assist.cli", "serve", "--port", "0", "--out", str(out)]
    process = subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout
    lines = [process.stdout.readline().strip()]
    if "--audiosocket-port" in options:
        lines.append(process.stdout.readline().strip())
    try:
        yield Server(process, out, lines[0].partition("：")[2], lines, token)
    finally:
        process.terminate()
        said, complaints = process.communicate(timeout=WAIT_S)
        lines += said.splitlines()
        assert "Traceback" not in complaints, complaints


CALL = AUDIO_FIXTURES / "calls" / "taboo-word.wav"
"""A telephone call of 21 seconds in μ-law."""
PARTICULARS = {
    "call_id": "F14",
    "desk": "general",
    "agent": {"id": "1086", "name": "小周"},
    "started_at": "2026-05-12T15:25:00+08:00",
}


@lru_cache(maxsize=2)
def replayed(hung_up_by: str = "customer") -> tuple[Mapping[str, Any], bytes]:
    """Header and all after it of the log that ``replay`` writes of the call."""
    with TemporaryDirectory() as folder:
        out = Path(folder)
        call = Path(shutil.copy(CALL, out))
        known = CALL.with_suffix(".meta.yaml").read_text(encoding="utf-8")
        told = known.replace("hung_up_by: customer", f"hung_up_by: {hung_up_by}")
        call.with_suffix(".meta.yaml").write_text(told, encoding="utf-8")
        with (out / "said").open("w", encoding="utf-8") as said:
            Replay(workshop(), Overrides(), "left", jsonl=False, out_dir=out).play(call, said)
        log = out / "taboo-word.events.jsonl"
        return load_log(log).header, body_of(log)


def mu_law(samples: np.ndarray) -> bytes:
    """Samples that were μ-law once, as their bytes."""
    (known,) = decode(bytes(range(256)), "pcmu")
    order = np.argsort(known, kind="stable")
    places = np.searchsorted(known[order], samples)
    assert np.array_equal(known[order][places], samples)
    return bytes(order[places].astype(np.uint8))


def dial(address: str, **options: Any) -> ClientConnection:
    """Connect as a client that waits for a busy server."""
    made: ClientConnection = connect(address, ping_interval=None, open_timeout=WAIT_S, **options)
    return made


def body_of(log: Path) -> bytes:
    """A log after its header line."""
    return log.read_bytes().partition(b"\n")[2]


def texts(replies: list[str | bytes]) -> list[Mapping[str, Any]]:
    """Replies in JSON."""
    return [json.loads(reply) for reply in replies]
