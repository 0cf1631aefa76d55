"""Twilio Media Streams, message by message, as its documentation shows them."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from agent_assist.adapters.telephony_control import Fault
from agent_assist.adapters.telephony_sound import decode
from agent_assist.adapters.telephony_twilio import TwilioSession, signature, twilio
from tests.telephony import NotedBoard, knock

SID = "MZXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"
CONNECTED = {"event": "connected", "protocol": "Call", "version": "1.0.0"}
DTMF = {
    "event": "dtmf",
    "streamSid": SID,
    "sequenceNumber": "5",
    "dtmf": {"track": "inbound_track", "digit": "1"},
}
MARK = {"event": "mark", "sequenceNumber": "4", "streamSid": SID, "mark": {"name": "label"}}
STOP = {
    "event": "stop",
    "sequenceNumber": "5",
    "streamSid": SID,
    "stop": {"accountSid": "AC1", "callSid": "CA1"},
}


def start(*tracks: str, **parameters: str) -> dict[str, Any]:
    return {
        "event": "start",
        "sequenceNumber": "1",
        "start": {
            "accountSid": "AC1",
            "streamSid": SID,
            "callSid": "CA1",
            "tracks": list(tracks or ("inbound", "outbound")),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": parameters,
        },
        "streamSid": SID,
    }


def media(track: str, chunk: int, timestamp: int, payload: bytes = bytes(160)) -> dict[str, Any]:
    facts = {
        "track": track,
        "chunk": str(chunk),
        "timestamp": str(timestamp),
        "payload": base64.b64encode(payload).decode(),
    }
    return {"event": "media", "sequenceNumber": "3", "media": facts, "streamSid": SID}


def tell(session: TwilioSession, *messages: dict[str, Any]) -> None:
    """Nothing is ever said to Twilio: it would be taken for sound."""
    for message in messages:
        assert session.receive(json.dumps(message)) == []


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard()


@pytest.fixture
def session(board: NotedBoard) -> TwilioSession:
    return TwilioSession(board)


def places(board: NotedBoard, channel: str) -> list[tuple[int | None, str]]:
    return [(c.position, c.reason) for c in board.made["CA1"].chunks if c.channel == channel]


def test_a_whole_call(board: NotedBoard, session: TwilioSession) -> None:
    tell(session, CONNECTED, start())
    tell(session, media("inbound", 1, 0, b"\x80\x00"), media("outbound", 1, 2, b"\xff\x7f"))
    tell(session, DTMF, MARK, STOP)
    call = board.made["CA1"]
    assert call.offer.channels == ("agent", "customer")
    assert call.offer.rate == 8000
    assert call.sound("customer") == decode(b"\x80\x00", "pcmu")[0].tolist() == [32124, -32124]
    assert call.sound("agent") == [0, 0]
    assert call.told == ["end unknown"]
    assert session.finished


def test_parameters_of_the_stream_are_the_particulars_of_the_call(board: NotedBoard) -> None:
    given = {
        "call_id": "20260512-7",
        "desk": "vip",
        "agent_id": "1086",
        "agent_name": "小周",
        "customer_surname": "王",
        "customer_title": "先生",
        "customer_number": "+8613800138000",
        "queue_wait_s": "35",
        "started_at": "2026-05-12T10:20:00+08:00",
        "agent_track": "inbound",
        "theirs": "passed over",
    }
    session = TwilioSession(board)
    tell(session, start(**given), media("inbound", 1, 0, b"\x80"))
    call = board.made["20260512-7"]
    meta, caller = call.offer.meta, call.offer.caller
    assert (meta.desk, meta.agent_id, meta.agent_name) == ("vip", "1086", "小周")
    assert (meta.customer_surname, meta.customer_title) == ("王", "先生")
    assert meta.started_at == "2026-05-12T10:20:00+08:00"
    assert (caller.number, caller.queue_wait_s) == ("+8613800138000", 35.0)
    assert call.sound("agent") == [32124]


def test_one_track_is_one_side(board: NotedBoard, session: TwilioSession) -> None:
    tell(session, start("inbound"), media("inbound", 1, 0))
    assert board.made["CA1"].offer.channels == ("customer",)
    tell(session, media("outbound", 1, 0))
    assert not board.made["CA1"].sound("agent")


def test_uneven_time_stamps_are_no_holes(board: NotedBoard, session: TwilioSession) -> None:
    tell(session, start())
    tell(session, *(media("inbound", n + 1, 5 + 20 * n + n % 3 * 7) for n in range(6)))
    assert [at for at, _ in places(board, "customer")] == [160 * n for n in range(6)]


def test_a_missing_chunk_leaves_its_hole_and_a_late_one_fills_it(
    board: NotedBoard, session: TwilioSession
) -> None:
    tell(session, start())
    tell(session, *(media("inbound", n, 20 * (n - 1)) for n in (1, 2, 4, 5, 3, 5)))
    assert [at for at, _ in places(board, "customer")] == [0, 160, 480, 640, 320, 640]


def test_a_long_silence_of_the_stream_is_a_hole(board: NotedBoard, session: TwilioSession) -> None:
    tell(session, start(), media("inbound", 1, 0), media("inbound", 2, 3020))
    tell(session, media("inbound", 3, 3040))
    assert [at for at, _ in places(board, "customer")] == [0, 3020 * 8, 3040 * 8]


@pytest.mark.parametrize(
    "message",
    [
        {"event": "dance"},
        {"event": "media"},
        start(),
        media("sideways", 1, 0),
        {**media("inbound", 1, 0), "media": {"track": "inbound", "payload": "*", "chunk": "1"}},
        {"event": "media", "media": {**media("inbound", 1, 0)["media"], "payload": "no base64"}},
        media("inbound", 1, 86_000_000),
    ],
)
def test_a_bad_message_is_passed_over(
    board: NotedBoard, session: TwilioSession, message: dict[str, Any]
) -> None:
    tell(session, start(), message, media("inbound", 1, 0))
    assert len(board.made["CA1"].sound("customer")) == 160
    assert not session.finished


def test_binary_messages_are_not_twilios(board: NotedBoard, session: TwilioSession) -> None:
    tell(session, start())
    assert session.receive(bytes(160)) == []
    assert not board.made["CA1"].chunks


@pytest.mark.parametrize(
    "change", [{"encoding": "audio/opus"}, {"sampleRate": 16000}, {"channels": 2}]
)
def test_unknown_sound_is_not_begun(
    board: NotedBoard, session: TwilioSession, change: dict[str, Any]
) -> None:
    message = start()
    message["start"]["mediaFormat"] |= change
    tell(session, message)
    assert not board.made


def test_a_new_stream_takes_up_a_call_whose_first_one_was_lost(board: NotedBoard) -> None:
    first = TwilioSession(board)
    tell(first, start(), media("inbound", 1, 0))
    second = TwilioSession(board)
    tell(second, start())
    assert second.finished, "the first stream is still there"
    first.lost()
    board.made["CA1"].alone_ms = 500
    third = TwilioSession(board)
    tell(third, start(), media("inbound", 1, 0), media("inbound", 2, 20))
    assert places(board, "customer") == [(0, ""), (160 + 4000, "connection"), (320 + 4000, "")]
    assert board.made["CA1"].told == ["hold", "attach"]


def test_the_signature_is_twilios() -> None:
    """The example of Twilio's page on security: the address with its sorted parameters behind."""
    text = (
        "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1234567890ABCDECaller+14158675309"
        "Digits1234From+14158675309To+18005551212"
    )
    assert signature(text, "12345") == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_who_signs_or_knows_the_token_comes_in(board: NotedBoard) -> None:
    signed = signature("wss://calls.example.com/twilio", "12345")
    target = {"target": "/twilio", "host": "10.0.0.1"}
    assert twilio(board, knock(**target, x_twilio_signature=signed), "12345", "calls.example.com")
    with pytest.raises(Fault, match="signature"):
        twilio(board, knock(**target, x_twilio_signature=signed), "12345", None)
    for parameters, let_in in (({}, False), ({"token": "other"}, False), ({"token": "k7f3"}, True)):
        session = twilio(board, knock("k7f3"), None, None)
        session.receive(json.dumps(start(**parameters)))
        assert (session.call is not None) == let_in
        assert session.finished == (not let_in)
