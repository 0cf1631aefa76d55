"""The server of all calls: WebSockets that bring them, and for each its page and its state."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse, StreamingResponse

from agent_assist import __version__
from agent_assist.adapters.telephony_audiosocket import Announcement, Announcements
from agent_assist.adapters.telephony_control import (
    Door,
    Fault,
    Knock,
    Message,
    ServedCall,
    Session,
    Switchboard,
)
from agent_assist.adapters.web_calls import SituationBody
from agent_assist.adapters.web_control import Page
from agent_assist.adapters.web_guard import Guard
from agent_assist.adapters.web_server import NO_STORE, add_errors, states

LOOK_S = 0.02
"""So often is looked whether a call is over."""
FULL_LOOK_S = 0.1
"""So often where a call cannot take more: it has seconds of sound to hear."""
START_S = 30.0
"""A connection on which nothing comes for so long before a call begins is closed."""
LARGEST_MESSAGE = 256 * 1024
"""Bytes; a longer message closes its connection (1009). It holds over five seconds of sound."""
PROTOCOL_ERROR, INTERNAL_ERROR = 1008, 1011
_log = logging.getLogger(__name__)


def make_serving_app(
    board: Switchboard,
    doors: Mapping[str, Door],
    announced: Announcements,
    pages: tuple[Page, Page],
    token: str | None,
    host: str,
    closing: Callable[[], bool],
) -> FastAPI:
    """The app; ``doors`` are the protocols by path, ``pages`` the list of calls and the overlay."""
    app = FastAPI(
        title="agent-assist", version=__version__, docs_url=None, redoc_url=None, debug=False
    )
    app.add_middleware(Guard, token=token, host=host)
    add_errors(app)
    for path, door in doors.items():
        _add_door(app, path, door, board, token)
    _add_calls(app, board, pages, closing)

    @app.post("/audiosocket", status_code=201, summary="A call will come over AudioSocket")
    def announce(body: Announcement) -> dict[str, Any]:
        announced.add(body)
        return {"call_id": body.call.call_id}

    return app


def _add_door(app: FastAPI, path: str, door: Door, board: Switchboard, token: str | None) -> None:
    @app.websocket(path)
    async def enter(socket: WebSocket) -> None:
        target = socket.url.path + (f"?{socket.url.query}" if socket.url.query else "")
        try:
            session = door(board, Knock(dict(socket.headers), target, token))
        except Fault as fault:
            _log.warning("%s: %s", path, fault)
            await socket.close(PROTOCOL_ERROR)
            return
        asked = socket.scope.get("subprotocols") or [None]
        await socket.accept(subprotocol=asked[0])
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, asyncio.CancelledError):
            await _converse(socket, session)  # cancelled where the server ends meanwhile


async def _converse(socket: WebSocket, session: Session) -> None:
    """Message by message; a call that cannot keep up slows down its own connection only."""
    code = INTERNAL_ERROR
    try:
        while not session.finished:
            idle_s = None if session.call else START_S
            message = await asyncio.wait_for(socket.receive(), idle_s)
            if message["type"] == "websocket.disconnect":
                return
            given: Message | None = message.get("bytes")
            await _send(socket, session.receive(message["text"] if given is None else given))
            while session.call and session.call.full:
                await asyncio.sleep(FULL_LOOK_S)
        ended = session.call is not None and session.call.ended
        while ended and session.call and not session.call.over:
            await asyncio.sleep(LOOK_S)
        farewell = session.farewell()
        await _send(socket, farewell)
        code = 1000 if ended or farewell else PROTOCOL_ERROR
    except WebSocketDisconnect:  # in the middle of a reply
        return
    except TimeoutError:
        code = PROTOCOL_ERROR
        _log.warning("a connection on which no call began is closed")
    except Exception:
        _log.exception("a connection is closed")
    finally:
        session.lost()
    await socket.close(code)


async def _send(socket: WebSocket, messages: list[Message]) -> None:
    for message in messages:
        if isinstance(message, str):
            await socket.send_text(message)
        else:
            await socket.send_bytes(message)


def _add_calls(
    app: FastAPI, board: Switchboard, pages: tuple[Page, Page], closing: Callable[[], bool]
) -> None:
    def shown(page: Page) -> HTMLResponse:
        policy = {"Content-Security-Policy": page.policy, "Referrer-Policy": "no-referrer"}
        return HTMLResponse(page.html, headers={**NO_STORE, **policy})

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> HTMLResponse:
        return shown(pages[0])

    @app.get("/calls", summary="The calls that are running or have just ended")
    async def calls() -> list[dict[str, Any]]:
        return [_summary(call) for call in board.calls()]

    @app.get("/calls/{call_id}/", response_class=HTMLResponse, include_in_schema=False)
    async def overlay(call_id: str) -> HTMLResponse:
        board.find(call_id)
        return shown(pages[1])

    @app.get("/calls/{call_id}/state", summary="A call's overlay states, as server-sent events")
    async def state(call_id: str) -> StreamingResponse:
        stream = states(board.find(call_id).control, closing)
        return StreamingResponse(stream, media_type="text/event-stream", headers=NO_STORE)

    @app.post("/calls/{call_id}/situation", summary="The agent picked a situation")
    def choose(call_id: str, body: SituationBody) -> dict[str, Any]:
        call = board.find(call_id)
        call.control.choose_situation(body.situation_id, call_id)
        return _summary(call)


def _summary(call: ServedCall) -> dict[str, Any]:
    state = call.control.snapshot()
    return {
        "call_id": call.offer.meta.call_id,
        "desk": call.offer.meta.desk,
        "agent": {"id": call.offer.meta.agent_id, "name": call.offer.meta.agent_name},
        "channels": call.offer.channels,
        "at_ms": state["at_ms"],
        "received_ms": {
            channel: call.received(channel) * 1000 // call.offer.rate
            for channel in call.offer.channels
        },
        "waiting_ms": call.waiting_ms,
        "running": not call.over,
    }
