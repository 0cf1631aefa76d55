"""The TCP server: many connections, a fault in one, and an end that closes all."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from uuid import uuid4

import pytest

from agent_assist.adapters.telephony_audiosocket import (
    Announcements,
    AudioSocketSession,
    packet,
)
from agent_assist.adapters.telephony_tcp import AudioSocketServer
from agent_assist.errors import BadInputError
from tests.telephony import WAIT_S, NotedBoard, wait_for


@pytest.fixture
def board() -> NotedBoard:
    return NotedBoard(most=2)


@pytest.fixture
def server(board: NotedBoard) -> Iterator[AudioSocketServer]:
    announced = Announcements()
    made = AudioSocketServer(lambda: AudioSocketSession(board, announced), "127.0.0.1", 0)
    made.start()
    yield made
    made.stop()


def dialled(server: AudioSocketServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_S)


def test_a_fault_ends_its_own_connection(server: AudioSocketServer, board: NotedBoard) -> None:
    good, bad = uuid4(), uuid4()
    with dialled(server) as first, dialled(server) as second:
        first.sendall(packet(0x01, good.bytes) + packet(0x10, bytes(4)))
        second.sendall(packet(0x01, bad.bytes) + packet(0x10, bytes(3)))
        assert second.recv(100) == b"\xff\x00\x01\x01\x00\x00\x00"
        assert second.recv(100) == b""
        first.sendall(packet(0x10, bytes(4)))
        wait_for(lambda: str(good) in board.made and len(board.made[str(good)].chunks) == 2)
        first.sendall(packet(0x00))
        assert first.recv(100) == b""
    wait_for(lambda: board.made[str(good)].told == ["leave"])


def test_a_connection_that_breaks_off_leaves_its_call(
    server: AudioSocketServer, board: NotedBoard
) -> None:
    name = uuid4()
    with dialled(server) as connection:
        connection.sendall(packet(0x01, name.bytes) + packet(0x10, bytes(4)) + b"\x10")
    wait_for(lambda: str(name) in board.made and board.made[str(name)].told == ["leave"])


def test_the_end_of_the_server_closes_every_connection(
    server: AudioSocketServer, board: NotedBoard
) -> None:
    name = uuid4()
    with dialled(server) as connection:
        connection.sendall(packet(0x01, name.bytes) + packet(0x10, bytes(4)))
        wait_for(lambda: str(name) in board.made)
        server.stop()
        assert connection.recv(100) == b""
    assert board.made[str(name)].told == ["leave"]


def test_a_port_in_use_is_told(server: AudioSocketServer, board: NotedBoard) -> None:
    with pytest.raises(BadInputError, match="--port"):
        AudioSocketServer(
            lambda: AudioSocketSession(board, Announcements()), "127.0.0.1", server.port
        )
