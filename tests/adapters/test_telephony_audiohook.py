"""AudioHook sessions, message by message: numbering, transactions, pauses, faults."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_assist.adapters.telephony_audiohook import NULL, AudioHookSession, audiohook
from agent_assist.adapters.telephony_control import Fault
from agent_assist.adapters.telephony_sound import decode
from tests.telephony import NotedBoard, knock, texts

SESSION = "30b0e395-84d3-4570-ac13-9a62d8f514c0"
CONVERSATION = "090eaa2f-72fa-480a-83e0-8667ff89c0ec"
BOTH = {"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000}
LINEAR = {**BOTH, "format": "L16"}
ONE = {**BOTH, "channels": ["external"]}
OPENING: dict[str, Any] = {
    "organizationId": "d7934305-0972-4844-938e-9060eef73d05",
    "conversationId": CONVERSATION,
    "participant": {
        "id": "883efee8-3d6c-4537-b500-6d7ca4b92fa0",
        "ani": "+8613800138000",
        "aniName": "somebody",
        "dnis": "10086",
    },
    "media": [ONE, LINEAR, BOTH],
    "language": "zh-CN",
    "customConfig": {"desk": "vip", "agent_id": "1086"},
}


class Client:
    """The other side: numbers its messages and checks the numbers that come back."""

    def __init__(self, board: NotedBoard) -> None:
        self.session = AudioHookSession(board)
        self.id = SESSION
        self.seq = 0
        self.serverseq = 0

    def tell(
        self, kind: str, position: str = "PT0S", change: dict[str, Any] | None = None, **given: Any
    ) -> list[tuple[str, Any]]:
        self.seq += 1
        message = {
            "version": "2",
            "id": self.id,
            "type": kind,
            "seq": self.seq,
            "serverseq": self.serverseq,
            "position": position,
            "parameters": given,
        }
        return self.read(self.session.receive(json.dumps({**message, **(change or {})})))

    def read(self, replies: list[str | bytes]) -> list[tuple[str, Any]]:
        told = []
        for reply in texts(replies):
            assert set(reply) == {"version", "type", "seq", "clientseq", "id", "parameters"}
            assert (reply["version"], reply["id"]) == ("2", self.id)
            assert reply["seq"] == self.serverseq + 1
            assert reply["clientseq"] <= self.seq
            self.serverseq = reply["seq"]
            told.append((reply["type"], reply["parameters"]))
        return told


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard()


@pytest.fixture
def client(board: NotedBoard) -> Client:
    return Client(board)


def opened(client: Client) -> None:
    ((kind, parameters),) = client.tell("open", **OPENING)
    assert (kind, parameters) == ("opened", {"media": [BOTH], "startPaused": False})


def failed(replies: list[tuple[str, Any]]) -> str:
    ((kind, parameters),) = replies
    assert (kind, parameters["reason"]) == ("disconnect", "error")
    return str(parameters["info"])


def test_a_whole_session(board: NotedBoard, client: Client) -> None:
    opened(client)
    assert client.session.receive(b"\x80\xff\x00\x7f") == []
    assert client.tell("ping", "PT0.00025S") == [("pong", {})]
    assert client.tell("ping", "PT0.00025S", rtt="PT0.02S") == [("pong", {})]
    assert client.tell("update", "PT0.00025S", language="zh-TW") == [("updated", {})]
    assert client.tell("close", "PT0.00025S", reason="end") == []
    call = board.made[CONVERSATION]
    assert call.sound("customer") == decode(b"\x80\x00", "pcmu")[0].tolist()
    assert call.sound("agent") == decode(b"\xff\x7f", "pcmu")[0].tolist()
    assert call.told == ["end unknown"]
    assert client.session.finished
    assert client.read(client.session.farewell()) == [("closed", {})]
    meta = call.offer.meta
    assert (meta.desk, meta.agent_id, call.offer.caller.number) == ("vip", "1086", "+8613800138000")
    assert call.offer.channels == ("agent", "customer")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([ONE, BOTH], BOTH),
        ([LINEAR, BOTH], BOTH),
        ([ONE, LINEAR], LINEAR),
        ([{**BOTH, "format": "OPUS"}, ONE], ONE),
    ],
)
def test_both_sides_and_mu_law_are_preferred(
    client: Client, offered: list[Any], chosen: dict[str, Any]
) -> None:
    ((_, parameters),) = client.tell("open", **{**OPENING, "media": offered})
    assert parameters["media"] == [chosen]


def test_linear_sound(board: NotedBoard, client: Client) -> None:
    client.tell("open", **{**OPENING, "media": [LINEAR]})
    client.session.receive(bytes([1, 0, 2, 0, 3, 0, 4, 0]))
    assert board.made[CONVERSATION].sound("customer") == [1, 3]
    assert board.made[CONVERSATION].sound("agent") == [2, 4]


@pytest.mark.parametrize("offered", [[], [{**BOTH, "format": "OPUS"}], [{**BOTH, "rate": 4000}]])
def test_nothing_usable_is_offered(board: NotedBoard, client: Client, offered: list[Any]) -> None:
    assert "no_media" in failed(client.tell("open", **{**OPENING, "media": offered}))
    assert not board.made


@pytest.mark.parametrize("offered", [[], [BOTH]])
def test_a_probe_opens_and_closes_without_a_call(
    board: NotedBoard, client: Client, offered: list[Any]
) -> None:
    probe = {**OPENING, "conversationId": NULL, "participant": {"id": NULL}, "media": offered}
    assert client.tell("open", **probe) == [("opened", {"media": offered, "startPaused": False})]
    assert client.tell("close", reason="end") == []
    assert client.read(client.session.farewell()) == [("closed", {})]
    assert not board.made


def test_a_pause_leaves_a_hole_with_its_reason(board: NotedBoard, client: Client) -> None:
    opened(client)
    client.session.receive(bytes(1600))
    assert client.tell("paused", "PT0.1S") == []
    assert client.tell("resumed", "PT5.1S", start="PT0.1S", discarded="PT5S") == []
    client.session.receive(bytes(1600))
    assert client.tell("discarded", "PT6.2S", start="PT5.2S", discarded="PT1S") == []
    client.session.receive(bytes(2))
    agent = [c for c in board.made[CONVERSATION].chunks if c.channel == "agent"]
    placed = [(c.position, c.reason) for c in agent]
    assert placed == [(0, ""), (40_800, "paused"), (49_600, "discarded")]


def test_positions_with_few_digits_are_no_holes(board: NotedBoard, client: Client) -> None:
    opened(client)
    client.session.receive(bytes(322))
    client.tell("ping", "PT0.02S")
    client.session.receive(bytes(2))
    client.tell("ping", "PT0.03S")
    client.session.receive(bytes(2))
    agent = [c for c in board.made[CONVERSATION].chunks if c.channel == "agent"]
    assert [(c.position, c.reason) for c in agent] == [(0, ""), (161, ""), (162, "")]


@pytest.mark.parametrize(
    ("kind", "change", "given", "code"),
    [
        ("ping", {"seq": 7}, {}, "bad_sequence"),
        ("ping", {"seq": 1}, {}, "bad_sequence"),
        ("ping", {"serverseq": 9}, {}, "bad_sequence"),
        ("ping", {"version": "1"}, {}, "bad_message"),
        ("ping", {"position": "soon"}, {}, "bad_message"),
        ("ping", {"id": NULL}, {}, "bad_message"),
        ("ping", {"parameters": []}, {}, "bad_message"),
        ("open", {}, OPENING, "already_started"),
        ("dance", {}, {}, "bad_type"),
        ("resumed", {}, {"start": "PT1S"}, "bad_message"),
        ("close", {}, {"reason": "whim"}, "bad_message"),
    ],
)
def test_what_breaks_the_protocol_disconnects_and_is_closed(
    board: NotedBoard,
    client: Client,
    kind: str,
    change: dict[str, Any],
    given: dict[str, Any],
    code: str,
) -> None:
    opened(client)
    assert code in failed(client.tell(kind, change=change, **given))
    assert client.session.receive(bytes(2)) == []
    assert client.tell("ping") == []
    assert not client.session.finished
    assert client.tell("close", reason="disconnect") == []
    assert client.session.finished
    assert board.made[CONVERSATION].told == ["end unknown"]
    assert client.read(client.session.farewell()) == [("closed", {})]


@pytest.mark.parametrize("message", ["{", "[]", bytes(3)])
def test_unreadable_messages_disconnect(client: Client, message: str | bytes) -> None:
    opened(client)
    failed(client.read(client.session.receive(message)))


def test_the_session_is_opened_first(client: Client) -> None:
    client.id = NULL
    assert "not_started" in failed(client.tell("ping"))


def test_sound_in_a_pause_breaks_the_protocol(client: Client) -> None:
    opened(client)
    client.tell("paused")
    assert "unexpected_sound" in failed(client.read(client.session.receive(bytes(2))))


def test_one_conversation_too_many_is_refused() -> None:
    board = NotedBoard(most=0)
    assert "too_many_calls" in failed(Client(board).tell("open", **OPENING))


def test_a_new_session_takes_up_a_lost_conversation(board: NotedBoard, client: Client) -> None:
    opened(client)
    client.session.receive(bytes(1600))
    client.session.lost()
    board.made[CONVERSATION].alone_ms = 2000
    other = Client(board)
    other.id = "e160e428-53e2-487c-977d-96989bf5c99d"
    continued = [{"id": SESSION, "serverseq": 1, "clientseq": 1}]
    ((kind, _),) = other.tell("open", **OPENING, continuedSessions=continued)
    assert kind == "opened"
    other.session.receive(bytes(2))
    call = board.made[CONVERSATION]
    assert (call.chunks[-1].position, call.chunks[-1].reason) == (16_800, "connection")
    assert call.told == ["hold", "attach"]


def test_closed_for_a_reconnect_the_call_waits(board: NotedBoard, client: Client) -> None:
    opened(client)
    client.tell("close", reason="reconnect")
    assert client.session.finished
    client.session.lost()
    assert board.made[CONVERSATION].told == ["hold"]


def test_the_key_and_the_signature_are_asked_for(board: NotedBoard) -> None:
    assert audiohook(board, knock("k7f3", x_api_key="k7f3"), None, None)
    with pytest.raises(Fault, match="key"):
        audiohook(board, knock("k7f3", x_api_key="other"), None, None)
    with pytest.raises(Fault, match="signature"):
        audiohook(board, knock("k7f3", x_api_key="k7f3"), "AAAA", None)
