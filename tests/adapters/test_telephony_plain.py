"""The plain protocol, message by message: what is answered, and what reaches the call."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_assist.adapters.telephony_control import Fault
from agent_assist.adapters.telephony_plain import HEADER, PlainSession, plain
from agent_assist.adapters.telephony_session import MOST_FAULTS
from tests.telephony import NotedBoard, knock, texts

MEDIA = {"encoding": "pcm16", "rate": 8000, "channels": ["agent", "customer"]}
CALL = {
    "call_id": "c-1",
    "desk": "vip",
    "agent": {"id": "1086", "name": "小周"},
    "customer": {"surname": "王", "title": "先生", "number": "13800138000"},
    "queue_wait_s": 12.5,
    "started_at": "2026-05-12T10:20:00+08:00",
}
START = {"type": "start", "call": CALL, "media": MEDIA}


def frame(
    position: int, payload: bytes, channel: int = 0, version: int = 1, zero: int = 0
) -> bytes:
    return HEADER.pack(version, channel, zero, position) + payload


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard()


@pytest.fixture
def session(board: NotedBoard) -> PlainSession:
    return PlainSession(board)


def tell(session: PlainSession, **message: Any) -> list[Any]:
    return list(texts(session.receive(json.dumps(message))))


def test_a_whole_call(board: NotedBoard, session: PlainSession) -> None:
    assert tell(session, **START) == [{"type": "started", "call_id": "c-1", "position": 0}]
    assert session.receive(frame(0, bytes([1, 0, 2, 0, 3, 0, 4, 0]))) == []
    assert session.receive(frame(2, bytes([5, 0]), channel=1)) == []
    assert session.receive(frame(2, bytes([6, 0]), channel=2)) == []
    assert tell(session, type="ping") == [{"type": "pong", "position": 3}]
    assert tell(session, type="stop", hung_up_by="customer") == []
    call = board.made["c-1"]
    assert call.sound("agent") == [1, 3, 5]
    assert call.sound("customer") == [2, 4, 6]
    assert [c.position for c in call.chunks] == [0, 0, 2, 2]
    assert call.told == ["end customer"]
    assert session.finished
    assert texts(session.farewell()) == [{"type": "stopped", "call_id": "c-1"}]
    meta, caller = call.offer.meta, call.offer.caller
    assert (meta.desk, meta.agent_id, meta.agent_name) == ("vip", "1086", "小周")
    assert (meta.customer_surname, meta.started_at) == ("王", "2026-05-12T10:20:00+08:00")
    assert (caller.number, caller.queue_wait_s) == ("13800138000", 12.5)
    assert (call.offer.rate, call.offer.channels) == (8000, ("agent", "customer"))


def test_after_a_pause_the_hole_has_its_reason(board: NotedBoard, session: PlainSession) -> None:
    tell(session, **START)
    assert tell(session, type="pause") == [{"type": "paused", "position": 0}]
    session.receive(frame(8000, bytes(4)))
    session.receive(frame(8001, bytes(4)))
    reasons = [chunk.reason for chunk in board.made["c-1"].chunks]
    assert reasons == ["paused", "paused", "", ""]


def test_a_lost_connection_is_resumed_where_it_broke_off(board: NotedBoard) -> None:
    first, second = PlainSession(board), PlainSession(board)
    tell(first, **START)
    first.receive(frame(0, bytes(400)))
    first.lost()
    resumed = tell(second, type="resume", call_id="c-1", media=MEDIA)
    assert resumed == [{"type": "resumed", "call_id": "c-1", "position": 100}]
    second.receive(frame(150, bytes(4)))
    call = board.made["c-1"]
    assert call.told == ["hold", "attach"]
    assert call.chunks[-1].reason == "connection"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"type": "resume", "call_id": "c-2", "media": MEDIA}, "no_such_call"),
        ({"type": "resume", "call_id": "c-1", "media": {**MEDIA, "rate": 16000}}, "other_media"),
        (START, "call_running"),
        ({**START, "call": {**CALL, "call_id": "c-3"}}, "too_many_calls"),
    ],
)
def test_what_cannot_be_begun_ends_the_connection(message: dict[str, Any], code: str) -> None:
    board = NotedBoard(most=1)
    tell(PlainSession(board), **START)
    session = PlainSession(board)
    (reply,) = tell(session, **message)
    assert (reply["type"], reply["code"], reply["fatal"]) == ("error", code, True)
    assert session.finished
    assert session.call is None


@pytest.mark.parametrize(
    ("message", "code", "named"),
    [
        ("{", "not_json", ""),
        ("[1]", "not_json", ""),
        ("[" * 100_000, "not_json", ""),
        ('{"type": "dance"}', "bad_type", "start"),
        ('{"type": ["start"]}', "bad_type", "start"),
        ('{"type": "stop", "hung_up_by": "nobody"}', "bad_message", "hung_up_by"),
        ('{"type": "pause", "why": 1}', "bad_message", "why"),
        (json.dumps(START), "already_started", ""),
        (b"", "bad_frame", "12"),
        (frame(0, bytes(4), version=2), "bad_frame", ""),
        (frame(0, bytes(4), zero=1), "bad_frame", ""),
        (frame(0, bytes(4), channel=3), "bad_frame", "3"),
        (frame(0, bytes(5)), "bad_sound", "4"),
        (frame(2**60, bytes(4)), "bad_position", ""),
    ],
)
def test_a_bad_message_is_told_and_the_call_goes_on(
    board: NotedBoard, session: PlainSession, message: str | bytes, code: str, named: str
) -> None:
    tell(session, **START)
    (reply,) = texts(session.receive(message))
    assert (reply["type"], reply["code"], reply["fatal"]) == ("error", code, False)
    assert named in reply["message"]
    session.receive(frame(0, bytes(8)))
    assert len(board.made["c-1"].sound("agent")) == 2
    assert not session.finished


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"media": {**MEDIA, "encoding": "opus"}}, "media.encoding"),
        ({"media": {**MEDIA, "rate": 4000}}, "media.rate"),
        ({"media": {**MEDIA, "channels": []}}, "media.channels"),
        ({"media": {**MEDIA, "channels": ["agent", "agent"]}}, "media.channels"),
        ({"call": {**CALL, "call_id": "../etc"}}, "call.call_id"),
        ({"call": {**CALL, "colour": "red"}}, "call.colour"),
    ],
)
def test_a_start_names_its_faulty_field_but_not_the_value(
    session: PlainSession, change: dict[str, Any], named: str
) -> None:
    (reply,) = tell(session, **{**START, **change})
    assert reply["code"] == "bad_message"
    assert named in reply["message"]
    assert "opus" not in reply["message"].split("Input")[0]
    assert "etc" not in reply["message"]


def test_sound_before_the_start_is_a_fault(session: PlainSession) -> None:
    (reply,) = texts(session.receive(frame(0, bytes(4))))
    assert reply["code"] == "not_started"


def test_who_speaks_another_language_is_not_listened_to_for_ever(session: PlainSession) -> None:
    tell(session, **START)
    replies = [texts(session.receive("?"))[0] for _ in range(MOST_FAULTS)]
    assert [reply["fatal"] for reply in replies] == [False] * (MOST_FAULTS - 1) + [True]
    assert session.finished


def test_the_token_is_asked_for(board: NotedBoard) -> None:
    assert plain(board, knock())
    assert plain(board, knock("k7f3", authorization="Bearer k7f3"))
    assert plain(board, knock("k7f3", x_api_key="k7f3"))
    assert plain(board, knock("k7f3", authorization="Basic YW55Ym9keTprN2Yz"))
    refused = ("Bearer other", "k7f3", "Basic YW55Ym9keTpvdGhlcg==", "Basic ?", "Basic /w==", "")
    for headers in ({}, *({"authorization": each} for each in refused)):
        with pytest.raises(Fault, match="token"):
            plain(board, knock("k7f3", **headers))
