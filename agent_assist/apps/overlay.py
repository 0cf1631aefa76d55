"""Serves the overlay of one desk, as a page or as a window, and plays a call on it if wanted."""

from __future__ import annotations

import logging
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from agent_assist.adapters.web_control import CallRefused, Page
from agent_assist.adapters.web_serve import WebServer
from agent_assist.adapters.web_window import HOW_TO_GET, can_show, show_window
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.desk import Desk
from agent_assist.catalogue.pack import read_pack
from agent_assist.errors import AgentAssistError, BadInputError
from agent_assist.ui.overlay_page import render_overlay

NO_WINDOW = f"{HOW_TO_GET}；现在请用浏览器打开上面的地址"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """How the overlay is served; ``play`` is a call to be played in real time."""

    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    window: bool = False
    play: Path | None = None
    speed: float = 1.0


def overlay(
    service: Service,
    script: Path,
    model: Path,
    agent: tuple[str | None, str | None] = (None, None),
    *,
    controls: bool = True,
) -> None:
    """The overlay of one desk, from its script and model; ``agent`` is an id and a name."""
    if service.speed <= 0:
        raise BadInputError(f"--speed {service.speed:g} is none: it must be more than 0")
    workshop = Workshop(read_pack(script), model)
    defaults = Overrides(agent_id=agent[0], agent_name=agent[1])
    serve_overlay(Desk(workshop, defaults, controls=controls), workshop, service)


def make_server(desk: Desk, workshop: Workshop, service: Service) -> WebServer:
    """The server of a desk's overlay, bound to its address."""
    page = Page(*render_overlay(workshop.phrases.script))
    return WebServer(desk, page, service.host, service.port, service.token)


def serve_overlay(desk: Desk, workshop: Workshop, service: Service) -> None:
    """Serve until the window is closed or the program is interrupted."""
    if service.play and not service.play.is_file():
        raise BadInputError(f"{service.play}: no such file")
    server = make_server(desk, workshop, service)
    print(f"话术助手：{opened(server.address, service.token)}", flush=True)
    if service.play:
        threading.Thread(target=_play, args=(desk, service), daemon=True).start()
    try:
        if service.window and can_show():
            server.start()
            show(server.address, service.token, threading.Event())
        else:
            if service.window:
                print(NO_WINDOW, file=sys.stderr)
            server.run()
    finally:
        desk.close()
        server.stop()


def opened(address: str, token: str | None) -> str:
    """The page's address as a browser is to open it the first time."""
    return f"{address}?token={token}" if token else address


def show(address: str, token: str | None, over: threading.Event) -> bool:
    """Show the page in a window until it is closed or ``over``; False where that cannot be done."""
    if not can_show():
        print(NO_WINDOW, file=sys.stderr)
        return False
    show_window(opened(address, token), over)
    return True


def _play(desk: Desk, service: Service) -> None:
    """The demonstration begins when somebody looks."""
    assert service.play
    desk.watched.wait()
    try:
        desk.replay_live(service.play, service.speed)
    except CallRefused:
        _log.warning("a call is running: %s is not played", service.play.name)
    except AgentAssistError as error:
        _log.error("%s", error)
