"""AudioSocket, packet by packet, in pieces of any size; which side a connection is."""

from __future__ import annotations

import struct
from uuid import UUID

import pytest

from agent_assist.adapters.telephony_audiosocket import (
    KEPT_S,
    MOST_ANNOUNCED,
    Announcement,
    Announcements,
    AudioSocketSession,
    packet,
)
from agent_assist.adapters.web_calls import CallBody
from agent_assist.adapters.web_control import CallRefused
from tests.telephony import NotedBoard

AGENT = UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
CUSTOMER = UUID("40325ec2-5efd-4bd3-805f-53576e581d14")
CALL = Announcement(call=CallBody(call_id="c-1"), agent=str(AGENT), customer=str(CUSTOMER))


def linear(*samples: int) -> bytes:
    return struct.pack(f"<{len(samples)}h", *samples)


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard()


@pytest.fixture
def announced() -> Announcements:
    return Announcements()


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 1000])
def test_packets_are_found_in_pieces_of_any_size(
    board: NotedBoard, announced: Announcements, piece: int
) -> None:
    """The documented bytes: a UUID, a key, sound at 8 kHz, something unknown, the end."""
    data = b"\x01\x00\x10" + AGENT.bytes + b"\x03\x00\x015" + b"\x10\x00\x04\x01\x00\xff\xff"
    data += b"\x42\x00\x02??" + b"\x10\x00\x02\x05\x00" + b"\x00\x00\x00"
    session = AudioSocketSession(board, announced)
    for at in range(0, len(data), piece):
        assert session.feed(data[at : at + piece]) == b""
    assert session.finished
    session.lost()
    call = board.made[str(AGENT)]
    assert call.sound("agent") == [1, -1, 5]
    assert (call.offer.channels, call.offer.rate) == (("agent",), 8000)
    assert call.told == ["leave"]


@pytest.mark.parametrize(("kind", "rate"), [(0x10, 8000), (0x12, 16000), (0x16, 48000)])
def test_the_kind_of_sound_is_its_rate(
    board: NotedBoard, announced: Announcements, kind: int, rate: int
) -> None:
    session = AudioSocketSession(board, announced)
    session.feed(packet(0x01, AGENT.bytes) + packet(kind, linear(1)))
    assert board.made[str(AGENT)].offer.rate == rate


def test_two_announced_connections_are_one_call(
    board: NotedBoard, announced: Announcements
) -> None:
    announced.add(CALL)
    agent, customer = (AudioSocketSession(board, announced, unannounced=False) for _ in "ab")
    customer.feed(packet(0x01, CUSTOMER.bytes) + packet(0x10, linear(1, 2)))
    agent.feed(packet(0x01, AGENT.bytes) + packet(0x10, linear(3)) + packet(0x10, linear(4)))
    customer.feed(packet(0x00))
    customer.lost()
    agent.lost()
    call = board.made["c-1"]
    assert call.offer.channels == ("agent", "customer")
    assert (call.sound("agent"), call.sound("customer")) == ([3, 4], [1, 2])
    assert [chunk.position for chunk in call.chunks] == [0, 0, None]
    assert call.told == ["attach", "leave", "leave"]


def test_a_side_that_comes_later_begins_where_the_other_one_is(
    board: NotedBoard, announced: Announcements
) -> None:
    announced.add(CALL)
    agent, customer = (AudioSocketSession(board, announced) for _ in "ab")
    agent.feed(packet(0x01, AGENT.bytes) + packet(0x10, linear(*range(8000))))
    customer.feed(packet(0x01, CUSTOMER.bytes) + packet(0x10, linear(1)))
    assert board.made["c-1"].chunks[-1].position == 8000


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (packet(0x10, linear(1)), 0x01),
        (packet(0x01, b"short"), 0x01),
        (packet(0x01, AGENT.bytes) * 2, 0x01),
        (packet(0x01, AGENT.bytes) + packet(0x10, b"odd"), 0x01),
        (packet(0x01, AGENT.bytes) + packet(0x10, b"") + packet(0x12, b""), 0x01),
    ],
)
def test_a_bad_packet_is_told_and_ends_the_connection(
    board: NotedBoard, announced: Announcements, data: bytes, code: int
) -> None:
    session = AudioSocketSession(board, announced)
    assert session.feed(data) == bytes([0xFF, 0, 1, code, 0, 0, 0])
    assert session.finished


def test_where_others_can_connect_only_announced_calls_are_taken(
    board: NotedBoard, announced: Announcements
) -> None:
    session = AudioSocketSession(board, announced, unannounced=False)
    assert session.feed(packet(0x01, AGENT.bytes)) == b"\xff\x00\x01\x02\x00\x00\x00"
    assert not board.made


def test_one_call_too_many_is_refused(announced: Announcements) -> None:
    session = AudioSocketSession(NotedBoard(most=0), announced)
    answer = session.feed(packet(0x01, AGENT.bytes) + packet(0x10, linear(1)))
    assert answer == b"\xff\x00\x01\x03\x00\x00\x00"


def test_an_announcement_is_used_once_and_forgotten_after_a_minute() -> None:
    now = [0.0]
    announced = Announcements(clock=lambda: now[0])
    announced.add(CALL)
    assert announced.take(str(AGENT)) == CALL
    assert announced.take(str(AGENT)) is None
    now[0] = KEPT_S + 1
    assert announced.take(str(CUSTOMER)) is None


def test_an_announcement_names_its_sides(announced: Announcements) -> None:
    for sides in ({}, {"agent": str(AGENT), "customer": str(AGENT)}):
        with pytest.raises(CallRefused):
            announced.add(Announcement(call=CallBody(call_id="c-1"), **sides))


def test_announcements_do_not_pile_up() -> None:
    now = [0.0]
    announced = Announcements(clock=lambda: now[0])
    call = CallBody(call_id="c-1")
    for number in range(MOST_ANNOUNCED):
        announced.add(Announcement(call=call, agent=str(UUID(int=number + 1))))
    with pytest.raises(CallRefused):
        announced.add(Announcement(call=call, agent=str(AGENT)))
    now[0] = KEPT_S + 1
    announced.add(Announcement(call=call, agent=str(AGENT)))
