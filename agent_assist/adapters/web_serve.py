"""Runs a web server with uvicorn, in this thread or in one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from agent_assist.adapters.web_control import CallControl, Page
from agent_assist.adapters.web_guard import App, is_local
from agent_assist.adapters.web_server import make_app
from agent_assist.errors import BadInputError

STOP_S = 5.0
LOOK_S = 1.0
ANSWER_S = 90.0
"""A WebSocket whose other side answers no ping for so long is dead; answers wait behind sound."""


class _Server(uvicorn.Server):
    """One that looks for its end, and at its calendar, once a second and not ten times."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._woken: Callable[[], object] = lambda: None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._woken()

    def end(self) -> None:
        """Serve no more; any thread."""
        self.should_exit = True
        self._woken()

    async def main_loop(self) -> None:
        loop, ending = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(ending.set)

        self._woken = wake
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), LOOK_S)


class AppServer:
    """An app's server, bound when it is made; port 0 takes any free one.

    ``make`` is given a function that tells whether the server is closing. With ``web_sockets``,
    messages of up to so many bytes are taken.
    """

    def __init__(
        self,
        make: Callable[[Callable[[], bool]], App],
        host: str,
        port: int,
        token: str | None,
        web_sockets: int = 0,
    ) -> None:
        if token is None and not is_local(host):
            raise BadInputError(f"--host {host} can be reached by others: give a --token as well")
        self._socket = bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        self.address = f"http://{name}:{self.port}/"
        self._thread: threading.Thread | None = None
        config = uvicorn.Config(
            make(lambda: self._server.should_exit),
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            ws="websockets-sansio" if web_sockets else "none",
            ws_max_size=web_sockets,
            ws_ping_timeout=ANSWER_S,
            ws_per_message_deflate=False,
        )
        self._server = _Server(config)

    def run(self) -> None:
        """Serve until Ctrl-C."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Serve in the background."""
        self._thread = threading.Thread(target=self.run, name="web", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the background service and wait for it."""
        self._server.end()
        if self._thread:
            self._thread.join(STOP_S)
        self._socket.close()


class WebServer(AppServer):
    """The overlay's server."""

    def __init__(
        self,
        control: CallControl,
        page: Page,
        host: str = "127.0.0.1",
        port: int = 8765,
        token: str | None = None,
    ) -> None:
        def make(closing: Callable[[], bool]) -> App:
            return make_app(control, page, token, host, closing)

        super().__init__(make, host, port, token)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; raises BadInputError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen()
    except OSError as error:
        made.close()
        message = f"{host}:{port} cannot be used: {error.strerror}; choose another --port"
        raise BadInputError(message) from None
    return made
