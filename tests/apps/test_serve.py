"""Served calls, by a client of the plain protocol against a real server in its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Origin

from agent_assist.adapters.event_log import load_log
from agent_assist.adapters.telephony_plain import HEADER
from agent_assist.core.events import AudioGap, CallEnded, Finding
from tests.telephony import (
    CALL,
    PARTICULARS,
    WAIT_S,
    Server,
    body_of,
    dial,
    replayed,
    served,
    wait_for,
)

SAMPLES, RATE = sf.read(CALL, dtype="int16", always_2d=True)
MEDIA = {"encoding": "pcm16", "rate": RATE, "channels": ["agent", "customer"]}
BLOCK = RATE // 10


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("served"), "--most-calls", "8", "--grace", "1") as running:
        yield running


def begin(socket: ClientConnection, **particulars: Any) -> Any:
    call = {**PARTICULARS, **particulars}
    socket.send(json.dumps({"type": "start", "call": call, "media": MEDIA}))
    return json.loads(socket.recv(timeout=WAIT_S))


def send(socket: ClientConnection, begin: int, end: int) -> None:
    """Send the call's sound between two samples."""
    for at in range(begin, end, BLOCK):
        block: np.ndarray = SAMPLES[at : min(at + BLOCK, end)]
        socket.send(HEADER.pack(1, 0, 0, at) + block.tobytes())


def stop(socket: ClientConnection) -> None:
    """End the call and wait until the server has heard all of it."""
    socket.send(json.dumps({"type": "stop", "hung_up_by": "customer"}))
    assert json.loads(socket.recv(timeout=WAIT_S))["type"] == "stopped"
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=WAIT_S)
    assert closed.value.rcvd and closed.value.rcvd.code == 1000


def test_a_plain_call_is_heard_as_its_recording_is_replayed(server: Server) -> None:
    with dial(server.socket("/plain")) as socket:
        assert begin(socket) == {"type": "started", "call_id": "F14", "position": 0}
        send(socket, 0, len(SAMPLES))
        stop(socket)
    expected, body = replayed()
    assert body_of(server.log("F14")) == body
    header = load_log(server.log("F14")).header
    assert {**header, "source": ""} == {**expected, "source": ""}
    assert "违规" in server.report("F14").read_text(encoding="utf-8")
    listed = {call["call_id"]: call for call in server.get("/calls")}
    assert listed["F14"]["running"] is False
    assert listed["F14"]["agent"] == PARTICULARS["agent"]


def test_a_resumed_call_has_a_gap_and_a_lost_one_is_ended_by_the_network(server: Server) -> None:
    half = 8 * RATE
    with dial(server.socket("/plain")) as socket:
        begin(socket, call_id="resumed")
        send(socket, 0, half)
        socket.send('{"type": "ping"}')
        assert json.loads(socket.recv(timeout=WAIT_S)) == {"type": "pong", "position": half}
    with dial(server.socket("/plain")) as socket:
        socket.send(json.dumps({"type": "resume", "call_id": "resumed", "media": MEDIA}))
        resumed = json.loads(socket.recv(timeout=WAIT_S))
        assert resumed == {"type": "resumed", "call_id": "resumed", "position": half}
        send(socket, half + RATE, half + 2 * RATE)
    wait_for(lambda: any(isinstance(e, CallEnded) for e in server.events("resumed")))
    events = server.events("resumed")
    gaps = [event for event in events if isinstance(event, AudioGap)]
    assert gaps == [
        AudioGap(8000, "agent", 1000, "connection"),
        AudioGap(8000, "customer", 1000, "connection"),
    ]
    (ended,) = [event for event in events if isinstance(event, CallEnded)]
    assert (ended.at_ms, ended.hung_up_by) == (10_000, "network")
    assert any(isinstance(event, Finding) for event in events)


def test_each_call_has_its_page_and_its_state(server: Server) -> None:
    with dial(server.socket("/plain")) as socket:
        begin(socket, call_id="shown", desk="vip")
        base = server.address.rstrip("/")
        with urllib.request.urlopen(f"{base}/", timeout=30) as page:
            assert "通话列表" in page.read().decode()
        with urllib.request.urlopen(f"{base}/calls/shown/", timeout=30) as page:
            assert "话术助手" in page.read().decode()
        with urllib.request.urlopen(f"{base}/calls/shown/state", timeout=30) as stream:
            while not (line := stream.readline().decode()).startswith("data:"):
                pass
        state = json.loads(line.removeprefix("data:"))
        assert state["call"]["running"] and state["call"]["id"] == "shown"
        assert state["line"]
        stop(socket)


def test_the_example_client_sends_a_call(server: Server, tmp_path: Path) -> None:
    script = Path(__file__).parents[2] / "examples" / "media_client.py"
    recording = tmp_path / "call.wav"
    sf.write(recording, SAMPLES[: 2 * RATE], RATE, "PCM_16")
    address = ("--address", server.socket("/plain"), "--speed", "0", "--call-id", "example")
    command = [sys.executable, str(script), str(recording), *address]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=WAIT_S)
    assert said.stdout.splitlines() == ["started: example", "stopped: example"]
    assert [e.at_ms for e in server.events("example") if isinstance(e, CallEnded)] == [2000]


def test_too_big_a_message_closes_its_connection_and_no_other(server: Server) -> None:
    with dial(server.socket("/plain")) as socket, dial(server.socket("/plain")) as other:
        begin(socket, call_id="big")
        begin(other, call_id="small")
        socket.send(bytes(300_000))
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=WAIT_S)
        assert closed.value.rcvd and closed.value.rcvd.code == 1009
        send(other, 0, RATE)
        stop(other)


def test_one_call_too_many_is_refused(server: Server) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(dial(server.socket("/plain"))) for _ in range(9)]
        replies = [begin(socket, call_id=f"many-{n}") for n, socket in enumerate(sockets)]
    refused = [reply for reply in replies if reply["type"] == "error"]
    assert refused and {reply["code"] for reply in refused} == {"too_many_calls"}


def test_a_page_elsewhere_cannot_connect(server: Server) -> None:
    address, elsewhere = server.socket("/plain"), Origin("http://evil.example")
    with pytest.raises(InvalidStatus) as refused, dial(address, origin=elsewhere):
        pass
    assert refused.value.response.status_code == 403


def test_a_call_is_heard_out_when_the_server_is_told_to_end(tmp_path: Path) -> None:
    with served(tmp_path) as server, dial(server.socket("/plain")) as socket:
        begin(socket, call_id="last")
        send(socket, 0, 2 * RATE)
        both = {"agent": 2000, "customer": 2000}
        wait_for(lambda: server.received_ms("last") == both)
        server.process.terminate()
        server.process.wait(WAIT_S)
        ended = [event for event in server.events("last") if isinstance(event, CallEnded)]
    assert ended == [CallEnded(2000, "unknown")]


def test_what_was_heard_survives_a_kill(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        with dial(server.socket("/plain")) as socket:
            begin(socket, call_id="killed")
            send(socket, 0, 12 * RATE)
            wait_for(lambda: server.get("/calls")[0]["waiting_ms"] == 0)
            wait_for(lambda: len(server.events("killed")) > 50)
            server.process.kill()
            server.process.wait()
        said = body_of(server.log("killed")).splitlines()
    expected = replayed()[1].splitlines()
    assert len(said) > 50
    assert said[1:] == expected[1 : len(said)]


def test_a_process_that_hears_may_be_killed(tmp_path: Path) -> None:
    half = 8 * RATE
    with served(tmp_path, "--processes", "2", "--record", str(tmp_path / "kept")) as server:
        killed, other = server.hearing_ids()
        with ExitStack() as stack:
            names = ["one", "two"]
            sockets = [stack.enter_context(dial(server.socket("/plain"))) for _ in names]
            for name, socket in zip(names, sockets, strict=True):
                begin(socket, call_id=name)
                send(socket, 0, half)
            both = {"agent": 8_000, "customer": 8_000}
            wait_for(lambda: all(server.received_ms(name) == both for name in names))
            wait_for(lambda: all(not call["waiting_ms"] for call in server.get("/calls")))
            os.kill(killed, signal.SIGKILL)
            for socket in sockets:
                send(socket, half, len(SAMPLES))
                stop(socket)
        wait_for(lambda: len(server.hearing_ids()) == 2)
        assert killed not in server.hearing_ids()
        assert other in server.hearing_ids()
        with dial(server.socket("/plain")) as socket:
            begin(socket, call_id="later")
            send(socket, 0, len(SAMPLES))
            stop(socket)
        logs = {name: server.log(name) for name in ("one", "two", "later")}
        whole = {name: b"audio_gap" not in body_of(log) for name, log in logs.items()}
        assert sorted(whole.values()) == [False, True, True]
        assert whole["later"]
        for name, log in logs.items():
            as_replayed = body_of(log).replace(f'"{name}"'.encode(), b'"F14"')
            assert (as_replayed == replayed()[1]) == whole[name]
        (cut,) = [name for name, is_whole in whole.items() if not is_whole]
        gaps = [event for event in server.events(cut) if isinstance(event, AudioGap)]
        assert {(gap.channel, gap.reason) for gap in gaps} == {
            ("agent", "failed"),
            ("customer", "failed"),
        }
        assert all(7_700 <= gap.at_ms <= 8_000 and gap.duration_ms <= 200 for gap in gaps)
        ended = [event for event in server.events(cut) if isinstance(event, CallEnded)]
        assert ended == [e for e in server.events("later") if isinstance(e, CallEnded)]
        server.report(cut)
        kept = sf.read(tmp_path / "kept" / f"{cut}.wav", dtype="int16")[0]
        assert np.array_equal(kept, sf.read(tmp_path / "kept" / "later.wav", dtype="int16")[0])
