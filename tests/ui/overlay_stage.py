"""A desk that is led to a moment of a bundled call and held there, and its page's address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from agent_assist import settings
from agent_assist.adapters.transcript import read_transcript
from agent_assist.adapters.web_control import Caller
from agent_assist.apps.demonstration import heard_live
from agent_assist.apps.desk import Desk
from agent_assist.apps.overlay import Service, make_server
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, LineQuality, Utterance
from tests.packs import workshop

CALLS = settings.AUDIO_FIXTURES / "calls"
CALLER = Caller("13800000001", 35.0)


class HeldEar:
    """Hears nothing by itself: what is heard is fed to the desk from outside."""

    channels: tuple[Channel, ...] = ("agent", "customer")

    def __init__(self) -> None:
        self._over = threading.Event()

    def listen(self, meta: CallMeta) -> Iterator[Event]:
        self._over.wait()
        yield from ()

    def stop(self) -> None:
        self._over.set()


class HeldClock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


def desk_at(name: str, until_ms: int, clock: HeldClock) -> Desk:
    """A desk that has heard a bundled transcript up to a moment."""
    desk = Desk(workshop(), ear=HeldEar(), clock=clock)
    meta, events = read_transcript(CALLS / f"{name}.call.yaml")
    desk.start_call(replace(meta, call_id="c-0007"), CALLER)
    for event in heard_live(events):
        if event.at_ms > until_ms:
            break
        clock.at_s = event.at_ms / 1000
        if isinstance(event, Utterance) and event.channel == "agent":
            desk.feed(_quality(event))
        desk.feed(event)
    clock.at_s = until_ms / 1000
    return desk


def _quality(said: Utterance) -> LineQuality:
    return LineQuality(said.at_ms, "agent", said.start_ms, said.end_ms, -21.0, -55.0, 34.0, 0.0)


@contextmanager
def served(desk: Desk, port: int = 0, token: str | None = None) -> Iterator[str]:
    """The address at which a desk's page is served."""
    server = make_server(desk, workshop(), Service(port=port, token=token))
    server.start()
    try:
        yield server.address
    finally:
        server.stop()
