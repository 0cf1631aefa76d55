"""Serves a centre that forks its media: calls come over the network, each is heard and judged."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TextIO

from agent_assist.adapters.recorder import delete_older
from agent_assist.adapters.telephony_audiohook import audiohook
from agent_assist.adapters.telephony_audiosocket import Announcements, AudioSocketSession
from agent_assist.adapters.telephony_control import Door
from agent_assist.adapters.telephony_jambonz import jambonz
from agent_assist.adapters.telephony_plain import plain
from agent_assist.adapters.telephony_tcp import AudioSocketServer
from agent_assist.adapters.telephony_twilio import twilio
from agent_assist.adapters.telephony_web import LARGEST_MESSAGE, make_serving_app
from agent_assist.adapters.web_control import Page
from agent_assist.adapters.web_guard import App
from agent_assist.adapters.web_serve import AppServer
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.serve_calls import Board
from agent_assist.apps.serve_processes import Processes
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.core.pipeline import Judgement
from agent_assist.errors import BadInputError
from agent_assist.modelling.digest import model_digest
from agent_assist.ui.overlay_page import render_overlay, render_page

CLOSING_S = 30.0
"""Calls that run when the server is told to end may be heard out for so long."""


@dataclass(frozen=True, slots=True)
class Centre:
    """How calls are served and what is kept of them."""

    script: Path
    model: Path
    out: Path
    record: Path | None = None
    retention_days: int | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None
    audiosocket_port: int | None = None
    audiohook_secret: str | None = None
    twilio_secret: str | None = None
    public_host: str | None = None
    most_calls: int = 40
    grace_s: float = 30.0
    processes: int = field(default_factory=lambda: os.cpu_count() or 1)
    """So many hear the calls."""


def run(
    centre: Centre,
    out: TextIO,
    over: threading.Event,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until ``over`` is set; ``ready`` is given the address."""

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    if centre.record and centre.retention_days is not None:
        for path in delete_older(centre.record, centre.retention_days):
            say(f"已删除过期录音：{path.name}")
    with ExitStack() as stack:
        workshop = Workshop(read_pack(centre.script))
        workshop.make_ready()
        processes = Processes(centre.processes, centre.model, workshop.phrases.script)
        stack.callback(processes.close)
        board = _board(centre, workshop, processes, say)
        stack.callback(board.close, CLOSING_S)
        announced = Announcements()
        server = _server(centre, board, announced)
        stack.callback(server.stop)
        server.start()
        say(f"话术服务：{server.address}")
        if centre.audiosocket_port is not None:
            sockets = _audiosocket(centre, centre.audiosocket_port, board, announced)
            stack.callback(sockets.stop)
            sockets.start()
            say(f"AudioSocket：{centre.host}:{sockets.port}")
        ready(server.address)
        over.wait()
        say("正在结束通话")


def serve(centre: Centre) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    over = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: over.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        run(centre, sys.stdout, over, _spare)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _spare(_: str) -> None:
    """What all calls share stays: the collector of garbage need not look through it again."""
    gc.collect()
    gc.freeze()


def _board(
    centre: Centre, workshop: Workshop, processes: Processes, say: Callable[[str], None]
) -> Board:
    """Everything that calls share is loaded before the first one comes."""
    first = workshop.at_desk(CallMeta("", started_at="2026-05-12T10:20:00+08:00"))
    Judgement(workshop.phrases, workshop.context(first, ("agent",)))
    for folder in filter(None, (centre.out, centre.record)):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"{folder}: cannot be made: {error.strerror}") from None
    processes.wait()
    return Board(
        workshop,
        processes.ear,
        {"name": centre.model.name, "digest": model_digest(centre.model)},
        say,
        centre.out,
        centre.record,
        Overrides(agent_id=centre.agent_id, agent_name=centre.agent_name),
        centre.most_calls,
        centre.grace_s,
    )


def _audiosocket(
    centre: Centre, port: int, board: Board, announced: Announcements
) -> AudioSocketServer:
    """Asterisk's protocol knows no secret: from other machines only announced calls are taken."""
    unannounced = centre.token is None

    def make() -> AudioSocketSession:
        return AudioSocketSession(board, announced, unannounced=unannounced)

    return AudioSocketServer(make, centre.host, port)


def _server(centre: Centre, board: Board, announced: Announcements) -> AppServer:
    doors: dict[str, Door] = {
        "/plain": plain,
        "/jambonz": jambonz,
        "/audiohook": partial(
            audiohook, secret=centre.audiohook_secret, authority=centre.public_host
        ),
        "/twilio": partial(twilio, secret=centre.twilio_secret, authority=centre.public_host),
    }
    pages = Page(*render_page("served")), Page(*render_overlay(board.workshop.phrases.script))

    def make(closing: Callable[[], bool]) -> App:
        host = centre.public_host or centre.host
        return make_serving_app(board, doors, announced, pages, centre.token, host, closing)

    return AppServer(make, centre.host, centre.port, centre.token, LARGEST_MESSAGE)
