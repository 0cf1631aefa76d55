"""The overlay's web server: the page, a stream of its states, and control of the call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

from agent_assist import __version__
from agent_assist.adapters.web_calls import CallBody, EndBody, SituationBody
from agent_assist.adapters.web_control import CallControl, CallRefused, Page, Refusal
from agent_assist.adapters.web_guard import Guard

CLOCK_S = 2.0
"""A page is told the time so often even when nothing changes: it knows that it is current."""
HEARTBEAT_S = 5.0
CLOSING_S = 1.0
"""A stream looks so often whether the server is closing."""
LEAST_S = 0.02
"""States follow each other no faster than this; what lies between is passed over."""
_STATUS: dict[Refusal, int] = {
    "no_such_call": 404,
    "call_running": 409,
    "no_such_situation": 404,
    "bad_call": 422,
    "too_many_calls": 503,
}
NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def never() -> bool:
    """The server is not closing."""
    return False


def make_app(
    control: CallControl,
    page: Page,
    token: str | None = None,
    host: str = "127.0.0.1",
    closing: Callable[[], bool] = never,
) -> FastAPI:
    """The app; with a token, everything needs it. ``host`` is the address it is bound to."""
    app = FastAPI(
        title="agent-assist", version=__version__, docs_url=None, redoc_url=None, debug=False
    )
    app.add_middleware(Guard, token=token, host=host)
    add_errors(app)
    _add_page(app, control, page, closing)
    _add_calls(app, control)
    return app


def _add_page(app: FastAPI, control: CallControl, page: Page, closing: Callable[[], bool]) -> None:
    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def overlay() -> HTMLResponse:
        headers = {
            **NO_STORE,
            "Content-Security-Policy": page.policy,
            "Referrer-Policy": "no-referrer",
        }
        return HTMLResponse(page.html, headers=headers)

    @app.get("/state", summary="The overlay's states, as server-sent events")
    async def state() -> StreamingResponse:
        return StreamingResponse(
            states(control, closing), media_type="text/event-stream", headers=NO_STORE
        )


def _add_calls(app: FastAPI, control: CallControl) -> None:
    @app.get("/calls/current", summary="The call on the line, or the last one")
    async def current() -> dict[str, Any]:
        return _call_of(control)

    @app.post("/calls", status_code=201, summary="A call was connected")
    def start(body: CallBody) -> dict[str, Any]:
        control.start_call(body.to_meta(), body.to_caller())
        return _call_of(control)

    @app.post("/calls/{call_id}/end", summary="A call is over")
    def end(call_id: str, body: EndBody) -> dict[str, Any]:
        control.end_call(body.hung_up_by, call_id)
        return _call_of(control)

    @app.post("/calls/{call_id}/situation", summary="The agent picked a situation")
    def choose(call_id: str, body: SituationBody) -> dict[str, Any]:
        control.choose_situation(body.situation_id, call_id)
        return _call_of(control)


def _call_of(control: CallControl) -> dict[str, Any]:
    state = control.snapshot()
    return {key: state[key] for key in ("at_ms", "call", "situation", "line")}


async def states(control: CallControl, closing: Callable[[], bool]) -> AsyncIterator[str]:
    """The state at once, then whenever it changed; the time when nothing does."""
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def notify() -> None:
        with contextlib.suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(changed.set)

    stop = control.listen(notify)
    try:
        yield "retry: 1000\n\n"
        changed.set()
        told = beaten = time.monotonic()
        while not closing():
            try:
                await asyncio.wait_for(changed.wait(), CLOSING_S)
            except TimeoutError:
                now = time.monotonic()
                if now - beaten >= HEARTBEAT_S:
                    beaten = now
                    yield ": heartbeat\n\n"
                if now - told >= CLOCK_S:
                    told = now
                    yield _message("clock", {"at_ms": control.snapshot()["at_ms"]})
                continue
            changed.clear()
            told = time.monotonic()
            yield _message("state", control.snapshot())
            await asyncio.sleep(LEAST_S)
    finally:
        stop()


def _message(event: str, data: dict[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event}\ndata: {text}\n\n"


def add_errors(app: FastAPI) -> None:
    def error(status: int, code: str, message: str, **more: object) -> JSONResponse:
        return JSONResponse({"error": {"code": code, "message": message, **more}}, status)

    @app.exception_handler(CallRefused)
    async def refused(request: Request, fault: CallRefused) -> JSONResponse:
        return error(_STATUS[fault.code], fault.code, str(fault))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, fault: RequestValidationError) -> JSONResponse:
        """The fields at fault, without their values: they may be a customer's."""
        fields = [
            {"field": ".".join(str(part) for part in each["loc"][1:]), "fault": each["msg"]}
            for each in fault.errors()
        ]
        names = "、".join(field["field"] or "内容" for field in fields)
        return error(422, "bad_request", f"内容有误：{names}", fields=fields)

    @app.exception_handler(404)
    async def unknown(request: Request, fault: Exception) -> JSONResponse:
        return error(404, "not_found", "没有这个地址")

    @app.exception_handler(405)
    async def not_allowed(request: Request, fault: Exception) -> JSONResponse:
        return error(405, "not_allowed", "这个地址不接受这种请求")
