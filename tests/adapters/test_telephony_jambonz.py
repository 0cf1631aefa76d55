"""jambonz `listen`: one message with the call's attributes, then sound."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_assist.adapters.telephony_control import Fault
from agent_assist.adapters.telephony_jambonz import JambonzSession, jambonz
from tests.telephony import NotedBoard, knock

ATTRIBUTES = {
    "callSid": "b6f48929-8e86-4d62-ae3b-64fb574d91f6",
    "direction": "inbound",
    "from": "13800138000",
    "to": "10086",
    "sampleRate": 8000,
    "mixType": "stereo",
    "agent_id": "1086",
    "metadata": {"desk": "vip"},
}


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard()


def begun(board: NotedBoard, **change: Any) -> JambonzSession:
    session = JambonzSession(board)
    assert session.receive(json.dumps({**ATTRIBUTES, **change})) == []
    return session


def test_a_whole_call(board: NotedBoard) -> None:
    session = begun(board)
    assert session.receive(bytes([1, 0, 2, 0, 3, 0, 4, 0])) == []
    assert session.receive('{"event": "dtmf", "dtmf": "2", "duration": "1600"}') == []
    session.lost()
    call = board.made[str(ATTRIBUTES["callSid"])]
    assert (call.sound("customer"), call.sound("agent")) == ([1, 3], [2, 4])
    assert call.told == ["leave"]
    meta, caller = call.offer.meta, call.offer.caller
    assert (meta.desk, meta.agent_id, caller.number) == ("vip", "1086", "13800138000")
    assert (call.offer.channels, call.offer.rate) == (("agent", "customer"), 8000)


def test_the_agent_may_be_on_the_left(board: NotedBoard) -> None:
    begun(board, agent_channel="left").receive(bytes([1, 0, 2, 0]))
    assert board.calls()[0].sound("agent") == [1]


def test_mono_is_the_agents_side(board: NotedBoard) -> None:
    begun(board, mixType="mono", sampleRate=16000).receive(bytes([1, 0, 2, 0]))
    assert board.calls()[0].offer.channels == ("agent",)
    assert board.calls()[0].sound("agent") == [1, 2]


@pytest.mark.parametrize("change", [{"mixType": "mixed"}, {"sampleRate": 64000}, {"callSid": ""}])
def test_both_voices_in_one_channel_and_unknown_sound_are_not_begun(
    board: NotedBoard, change: dict[str, Any]
) -> None:
    begun(board, **change).receive(bytes(4))
    assert not board.made


def test_half_a_sample_is_passed_over(board: NotedBoard) -> None:
    session = begun(board)
    session.receive(bytes(3))
    session.receive(bytes(4))
    assert board.calls()[0].sound("agent") == [0]


def test_the_token_is_asked_for(board: NotedBoard) -> None:
    assert jambonz(board, knock("k7f3", authorization="Bearer k7f3"))
    with pytest.raises(Fault, match="token"):
        jambonz(board, knock("k7f3"))
