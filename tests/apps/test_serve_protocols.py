"""The same call by a client of each telephone system: it is heard as its recording is replayed.

The clients are written from the public descriptions of the protocols; the server is a process of
its own.
"""

from __future__ import annotations

import base64
import json
import socket
import struct
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
import soundfile as sf
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection
from websockets.typing import Subprotocol

from agent_assist.core.events import AudioGap, CallEnded, Event, Finding
from tests.telephony import (
    CALL,
    PARTICULARS,
    WAIT_S,
    Server,
    body_of,
    dial,
    mu_law,
    replayed,
    served,
    wait_for,
)

SAMPLES: np.ndarray = sf.read(CALL, dtype="int16", always_2d=True)[0]
RATE = 8000
AGENT, CUSTOMER = 0, 1
TOKEN = "k7f3-long-enough"
KEY = {"X-API-KEY": TOKEN}
FLAT = {
    "call_id": "",
    "desk": "general",
    "agent_id": "1086",
    "agent_name": "小周",
    "started_at": PARTICULARS["started_at"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    out = tmp_path_factory.mktemp("served")
    with served(out, "--audiosocket-port", "0", "--grace", "1", token=TOKEN) as running:
        yield running


def replayed_as(call_id: str) -> bytes:
    """The replayed log as it is of a call with another name, of which nobody knows who ended it."""
    log = replayed("unknown")[1]
    return log.replace(b'"call_id":"F14"', f'"call_id":"{call_id}"'.encode())


def findings(events: list[Event]) -> list[tuple[str, str]]:
    return [(e.rule_id, e.verdict) for e in events if isinstance(e, Finding)]


def ended(server: Server, call_id: str) -> list[Event]:
    """A call's events, once it has ended."""
    wait_for(
        lambda: {c["call_id"]: c["running"] for c in server.get("/calls")}.get(call_id) is False
    )
    return server.events(call_id)


def closed(connection: ClientConnection) -> int:
    """Wait for the server to close; its code."""
    with pytest.raises(ConnectionClosed) as told:
        while True:
            connection.recv(timeout=WAIT_S)
    assert told.value.rcvd
    return told.value.rcvd.code


class AudioHook:
    """A client of Genesys AudioHook."""

    def __init__(self, connection: ClientConnection, conversation: str) -> None:
        self.connection = connection
        self.conversation = conversation
        self.id = str(uuid4())
        self.seq = self.serverseq = 0
        self.samples = 0

    def tell(self, kind: str, **parameters: Any) -> None:
        self.seq += 1
        message = {
            "version": "2",
            "id": self.id,
            "type": kind,
            "seq": self.seq,
            "serverseq": self.serverseq,
            "position": f"PT{self.samples / RATE}S",
            "parameters": parameters,
        }
        self.connection.send(json.dumps(message))

    def expect(self, kind: str) -> Any:
        reply = json.loads(self.connection.recv(timeout=WAIT_S))
        assert (reply["type"], reply["id"], reply["seq"]) == (kind, self.id, self.serverseq + 1)
        assert reply["clientseq"] == self.seq
        self.serverseq = reply["seq"]
        return reply["parameters"]

    def open(self) -> None:
        both = {"channels": ["external", "internal"], "rate": RATE, "type": "audio"}
        self.tell(
            "open",
            organizationId=str(uuid4()),
            conversationId=self.conversation,
            participant={"id": str(uuid4()), "ani": "tel:13800138000", "aniName": "", "dnis": ""},
            media=[{**both, "format": "PCMU"}, {**both, "format": "L16"}],
            customConfig={key: value for key, value in FLAT.items() if value},
        )
        assert self.expect("opened")["media"] == [{**both, "format": "PCMU"}]

    def send(self, begin: int, end: int) -> None:
        for at in range(begin, end, 1600):
            part = SAMPLES[at : min(at + 1600, end)]
            self.connection.send(mu_law(part[:, ::-1].reshape(-1)))
            self.samples += len(part)

    def close(self) -> None:
        self.tell("close", reason="end")
        self.expect("closed")


def test_audiohook(server: Server) -> None:
    conversation = str(uuid4())
    with dial(server.socket("/audiohook"), additional_headers=KEY) as connection:
        client = AudioHook(connection, conversation)
        client.open()
        client.send(0, 10 * RATE)
        client.tell("ping", rtt="PT0.01S")
        client.expect("pong")
        client.send(10 * RATE, len(SAMPLES))
        client.close()
        assert closed(connection) == 1000
    assert body_of(server.log(conversation)) == replayed_as(conversation)


def test_audiohook_pauses_and_reconnects(server: Server) -> None:
    conversation = str(uuid4())
    with dial(server.socket("/audiohook"), additional_headers=KEY) as connection:
        client = AudioHook(connection, conversation)
        client.open()
        client.send(0, 2 * RATE)
        client.tell("paused")
        client.samples += 3 * RATE
        client.tell("resumed", start="PT2S", discarded="PT3S")
        client.send(5 * RATE, 7 * RATE)
        client.tell("ping")
        client.expect("pong")
    wait_for(lambda: server.received_ms(conversation)["agent"] == 7000)
    with dial(server.socket("/audiohook"), additional_headers=KEY) as connection:
        client = AudioHook(connection, conversation)
        client.open()
        client.send(7 * RATE, 8 * RATE)
        client.close()
    gaps = [event for event in ended(server, conversation) if isinstance(event, AudioGap)]
    assert gaps[:2] == [
        AudioGap(2000, "agent", 3000, "paused"),
        AudioGap(2000, "customer", 3000, "paused"),
    ]
    assert {gap.reason for gap in gaps[2:]} <= {"connection"}


def test_audiohook_probe_and_fault(server: Server) -> None:
    before = len(server.get("/calls"))
    with dial(server.socket("/audiohook"), additional_headers=KEY) as connection:
        probe = AudioHook(connection, "00000000-0000-0000-0000-000000000000")
        probe.open()
        probe.close()
        assert closed(connection) == 1000
    assert len(server.get("/calls")) == before
    with dial(server.socket("/audiohook"), additional_headers=KEY) as connection:
        client = AudioHook(connection, str(uuid4()))
        client.open()
        connection.send("?")
        assert json.loads(connection.recv(timeout=WAIT_S))["type"] == "disconnect"
        client.serverseq += 1
        client.tell("close", reason="disconnect")
        client.expect("closed")


class Twilio:
    """A client as Twilio Media Streams is one."""

    def __init__(self, connection: ClientConnection, call_id: str, token: str = TOKEN) -> None:
        self.token = token
        self.connection = connection
        self.call_id = call_id
        self.number = 0
        self.connection.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')

    def tell(self, event: str, **content: Any) -> None:
        self.number += 1
        message = {"event": event, "sequenceNumber": str(self.number), "streamSid": "MZ1"}
        self.connection.send(json.dumps({**message, **content}))

    def start(self) -> None:
        facts = {
            "accountSid": "AC1",
            "streamSid": "MZ1",
            "callSid": "CA1",
            "tracks": ["inbound", "outbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": {**FLAT, "call_id": self.call_id, "token": self.token},
        }
        self.tell("start", start=facts)

    def media(self, begin: int, end: int) -> None:
        """20 ms of each track at a time; time stamps are whole milliseconds."""
        for at in range(begin, end, 160):
            part = SAMPLES[at : min(at + 160, end)]
            for track, side in (("inbound", CUSTOMER), ("outbound", AGENT)):
                payload = base64.b64encode(mu_law(part[:, side])).decode()
                chunk, stamp = str(at // 160 + 1), str(at // 8)
                facts = {"track": track, "chunk": chunk, "timestamp": stamp, "payload": payload}
                self.tell("media", media=facts)


def test_twilio(server: Server) -> None:
    with dial(server.socket("/twilio")) as connection:
        client = Twilio(connection, "twilio-1")
        client.start()
        client.media(0, len(SAMPLES))
        client.tell("dtmf", dtmf={"track": "inbound_track", "digit": "1"})
        client.tell("stop", stop={"accountSid": "AC1", "callSid": "CA1"})
        assert closed(connection) == 1000
    assert body_of(server.log("twilio-1")) == replayed_as("twilio-1")


def test_a_twilio_stream_that_breaks_off_ends_after_its_grace(server: Server) -> None:
    with dial(server.socket("/twilio")) as connection:
        client = Twilio(connection, "twilio-2")
        client.start()
        client.media(0, 2 * RATE)
        client.media(3 * RATE, 4 * RATE)
        wait_for(lambda: server.received_ms("twilio-2").get("agent") == 4000)
    events = ended(server, "twilio-2")
    assert [e for e in events if isinstance(e, CallEnded)] == [CallEnded(4000, "network")]
    assert AudioGap(2000, "agent", 1000, "lost") in events


class AudioSocket:
    """A client as Asterisk is one: one side of a call."""

    def __init__(self, server: Server, name: bytes) -> None:
        self.socket = socket.create_connection(server.audiosocket, timeout=WAIT_S)
        self.packet(0x01, name)

    def packet(self, kind: int, payload: bytes = b"") -> None:
        self.socket.sendall(struct.pack("!BH", kind, len(payload)) + payload)

    def send(self, side: int, begin: int, end: int) -> None:
        for at in range(begin, end, 160):
            self.packet(0x10, SAMPLES[at : min(at + 160, end), side].astype("<i2").tobytes())

    def close(self) -> bytes:
        """Hang up; what the server said."""
        self.packet(0x00)
        said = self.socket.recv(100)
        self.socket.close()
        return said


def test_audiosocket(server: Server) -> None:
    agent, customer = uuid4(), uuid4()
    call = {**PARTICULARS, "call_id": "asterisk-1"}
    announced = {"call": call, "agent": str(agent), "customer": str(customer)}
    assert server.post("/audiosocket", announced) == {"call_id": "asterisk-1"}
    sides = (AudioSocket(server, agent.bytes), AudioSocket(server, customer.bytes))
    for side, connection in enumerate(sides):
        connection.send(side, 0, 160)
    wait_for(lambda: server.received_ms("asterisk-1") == {"agent": 20, "customer": 20})
    for begin in range(160, len(SAMPLES), RATE):
        end = min(begin + RATE, len(SAMPLES))
        for side, connection in enumerate(sides):
            connection.send(side, begin, end)
        told = dict.fromkeys(("agent", "customer"), end * 1000 // RATE)
        wait_for(lambda told=told: server.received_ms("asterisk-1") == told)
    assert [connection.close() for connection in sides] == [b"", b""]
    events = ended(server, "asterisk-1")
    assert events and findings(events)
    assert body_of(server.log("asterisk-1")) == replayed_as("asterisk-1")


def test_audiosocket_malformed_and_unknown(server: Server) -> None:
    for name, code in ((b"no uuid", 1), (uuid4().bytes, 2)):
        wrong = AudioSocket(server, name)
        assert wrong.socket.recv(100) == bytes([0xFF, 0, 1, code, 0, 0, 0])
        wrong.socket.close()


def test_nobody_comes_in_without_the_token(server: Server) -> None:
    for path in ("/plain", "/audiohook", "/jambonz"):
        for headers in ({}, {"X-API-KEY": "other"}):
            address = server.socket(path)
            with (
                pytest.raises(InvalidStatus) as refused,
                dial(address, additional_headers=headers),
            ):
                pass
            assert refused.value.response.status_code == 403
    with dial(server.socket("/twilio")) as connection:
        Twilio(connection, "secret", "other").start()
        assert closed(connection) == 1008
    assert "secret" not in {call["call_id"] for call in server.get("/calls")}


def test_jambonz(server: Server) -> None:
    attributes = {
        **FLAT,
        "callSid": "jambonz-1",
        "from": "13800138000",
        "sampleRate": RATE,
        "mixType": "stereo",
        "agent_channel": "left",
    }
    with dial(
        server.socket("/jambonz"),
        additional_headers=server.bearer,
        subprotocols=[Subprotocol("audio.jambonz.org")],
    ) as connection:
        assert connection.subprotocol == "audio.jambonz.org"
        connection.send(json.dumps(attributes))
        for at in range(0, len(SAMPLES), 1600):
            connection.send(SAMPLES[at : at + 1600].astype("<i2").tobytes())
    ended(server, "jambonz-1")
    assert body_of(server.log("jambonz-1")) == replayed_as("jambonz-1")
