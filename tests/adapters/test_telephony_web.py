"""The door of telephone systems, with a board that notes: how connections end."""

from __future__ import annotations

import json
import logging
import socket

import pytest

from agent_assist.adapters.telephony_audiosocket import Announcements
from agent_assist.adapters.telephony_plain import plain
from agent_assist.adapters.telephony_web import LARGEST_MESSAGE, make_serving_app
from agent_assist.adapters.web_control import Page
from agent_assist.adapters.web_serve import AppServer
from tests.telephony import WAIT_S, NotedBoard, dial, wait_for

PAGE = Page("", "")
START = {
    "type": "start",
    "call": {"call_id": "c-1"},
    "media": {"encoding": "pcm16", "rate": 8000, "channels": ["agent"]},
}


@pytest.mark.parametrize("gone", [False, True])
def test_who_waits_for_the_end_of_its_call_may_lose_the_server_or_go(
    gone: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = NotedBoard()
    server = AppServer(
        lambda closing: make_serving_app(
            board, {"/plain": plain}, Announcements(), (PAGE, PAGE), None, "127.0.0.1", closing
        ),
        "127.0.0.1",
        0,
        None,
        LARGEST_MESSAGE,
    )
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)
    server.start()
    with dial(f"ws://127.0.0.1:{server.port}/plain") as connection:
        connection.send(json.dumps(START))
        assert json.loads(connection.recv(timeout=WAIT_S))["type"] == "started"
        connection.send('{"type": "stop"}')
        wait_for(lambda: board.made["c-1"].ended)
        if gone:
            connection.socket.shutdown(socket.SHUT_RDWR)
            board.made["c-1"].over = True
            wait_for(lambda: board.made["c-1"].told == ["end unknown", "hold"])
        server.stop()
    assert board.made["c-1"].told == ["end unknown", "hold"]
    assert not [record for record in caplog.records if record.exc_info], caplog.text
