"""A seat for measurements: all of `agent-assist live`, with devices that play recorded calls.

Only the sound card is made up: the devices give 48 kHz blocks at the moments a headset would, at
``--speed`` times the speed of a clock that everything else keeps as well. Run by `live.py` and
`live_soak.py` as a process of its own; it tells what it does in JSON lines on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from agent_assist import settings
from agent_assist.adapters.capture import Sound
from agent_assist.adapters.memory import keep_loaded, limit_heaps
from agent_assist.adapters.microphone import Microphone
from agent_assist.adapters.portaudio import BLOCK_MS
from agent_assist.adapters.web_control import CallRefused
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.calls import Workshop
from agent_assist.apps.live_book import CallBook
from agent_assist.apps.live_desk import LiveDesk
from agent_assist.apps.live_ear import LiveEar
from agent_assist.apps.overlay import Service, make_server
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel, Event, Overdue, Prompt
from agent_assist.core.framing import FRAME_MS, AudioFrame
from agent_assist.core.hearing import Hearing

RATE = 48_000
BLOCK = RATE * BLOCK_MS // 1000
READ_BLOCKS = 100
"""A sound card reads no files: they are read rarely."""
BETWEEN_S = 2.0
"""Silence before each recording: nobody knows when the next call comes."""
STATE_S = 5.0
BEHIND_S, LONGEST_WAIT_S = 0.5, 60.0
STARTED = "2026-05-12T10:20:00+08:00"
BOTH: tuple[Channel, ...] = ("agent", "customer")


@dataclass(slots=True, eq=False)
class Playing:
    """A device that is being listened to."""

    rate: int = RATE

    def close(self) -> None:
        """It plays on; nobody listens."""


@dataclass(slots=True, eq=False)
class Devices:
    """Two devices that play the same calls, one side each, from files of float32 pairs."""

    calls: list[Path]
    speed: float
    behind_s: Callable[[], float]
    """How far what was heard is behind what was given."""
    follow: Callable[[Path | None, float], None]
    """Told when a call begins, and when one is over, with the moment on the clock; before its
    sound is given."""
    over: Callable[[], None]
    has_begun: Callable[[], bool]
    """Whether what is given is heard; until then no call comes."""
    seconds: float
    now_s: float = field(default_factory=time.monotonic)
    """End of what was given, on the clock of the devices."""
    listeners: dict[str | None, Callable[[Sound], None]] = field(default_factory=dict)
    playing: bool = False

    def open(
        self, wanted: str | None, deliver: Callable[[Sound], None], ended: Callable[[], None]
    ) -> Playing:
        self.listeners[wanted] = deliver
        if len(self.listeners) == len(BOTH) and not self.playing:
            self.playing = True
            threading.Thread(target=self._play, name="devices", daemon=True).start()
        return Playing()

    def restart(self) -> None:
        """Nothing is ever lost."""

    def _play(self) -> None:
        """Each block at its moment, once its last sample was spoken.

        At other speeds than the real one a moment's lack of processor is seconds of sound, so the
        devices wait for who is behind, and their own count is the clock.
        """
        began_s = self.now_s
        before: Path | None = None
        for call, block in self._blocks():
            if self.now_s - began_s > self.seconds:
                break
            if call is not before:
                self.follow(call, self.now_s)
            before = call
            self.now_s += BLOCK_MS / 1000
            early_s = began_s + (self.now_s - began_s) / self.speed - time.monotonic()
            if early_s > 0:
                time.sleep(early_s)
            given_up_s = time.monotonic() + LONGEST_WAIT_S
            while self.speed != 1 and self.behind_s() > BEHIND_S:
                if time.monotonic() > given_up_s:
                    raise TimeoutError("what was given is not heard")
                time.sleep(0.001)
            for side, name in enumerate(BOTH):
                self.listeners[name](block[:, side].copy())
        self.over()

    def _blocks(self) -> Iterator[tuple[Path | None, Sound]]:
        silence = np.zeros((BLOCK, 2), np.float32)
        lead = [silence] * round(BETWEEN_S * 1000 / BLOCK_MS)
        while not self.has_begun():
            yield None, silence
        yield from ((None, block) for block in lead)
        for call in self.calls:
            yield from ((None, block) for block in lead)
            with call.open("rb") as file:
                while len(sound := np.fromfile(file, np.float32, 2 * BLOCK * READ_BLOCKS)):
                    whole = len(sound) // (2 * BLOCK) * 2 * BLOCK
                    for block in sound[:whole].reshape(-1, BLOCK, 2):
                        yield call, block
        yield from ((None, block) for block in lead * 3)


class TimedHearing(Hearing):
    """Notes when it was given its last frame, and how much of its call it has heard."""

    fed_s = 0.0
    heard_ms = 0

    def feed(self, frame: AudioFrame) -> list[Event]:
        self.fed_s = time.perf_counter()
        events = super().feed(frame)
        self.heard_ms = frame.end_ms
        return events


@dataclass(eq=False)
class Seat:
    """Plays the calls and takes them one after the other."""

    calls: list[Path]
    out: Path
    speed: float
    seconds: float
    record: Path | None = None
    due: deque[tuple[int, Callable[[], None]]] = field(default_factory=deque)
    """What the softphone will tell, and at which moment of the stream."""
    over: threading.Event = field(default_factory=threading.Event)
    hearing: TimedHearing | None = None
    count: int = 0
    call_at_ms: int = 0
    started_s: float = field(default_factory=time.monotonic)
    book: CallBook = field(init=False)
    devices: Devices = field(init=False)
    microphone: Microphone = field(init=False)
    ear: LiveEar = field(init=False)
    desk: LiveDesk = field(init=False)

    def clock(self) -> float:
        return time.monotonic() if self.speed == 1 else self.devices.now_s

    def behind_s(self) -> float:
        """From what the devices gave to what was made of it."""
        began_s = self.microphone.began_s
        if not began_s:
            return 0.0
        reached_ms = self.microphone.duration_ms
        if not self.book.idle.is_set():
            reached_ms = self.call_at_ms + (self.hearing.heard_ms if self.hearing else 0)
        return self.devices.now_s - began_s - reached_ms / 1000

    def run(self) -> None:
        workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT))
        model = workshop.model
        script = workshop.phrases.script
        workshop.make_ready()
        keep_loaded()  # both as `agent-assist live` does

        def hearing() -> Hearing:
            self.hearing = TimedHearing(
                BOTH,
                {c: model.recogniser() for c in BOTH},
                {c: WebrtcDetector() for c in BOTH},
                workshop.phrases.expected,
            )
            return self.hearing

        book = CallBook(script, self.out, self.record, None, lambda _: None, lambda: (self,))
        record = (lambda meta: book.recorder(meta, BOTH)) if self.record else None
        self.book = book
        self.devices = Devices(
            self.calls,
            self.speed,
            self.behind_s,
            self.follow,
            self.over.set,
            lambda: bool(self.microphone.began_s),
            self.seconds,
        )
        self.microphone = Microphone(self.devices, {c: c for c in BOTH}, clock=self.clock)
        self.ear = LiveEar(self.microphone, hearing, record, self.watch, clock=self.clock)
        self.desk = LiveDesk(
            workshop, ear=self.ear, record=self.book, controls=False, clock=self.clock
        )
        self.desk.live_ear = self.ear
        server = make_server(self.desk, workshop, Service(port=0))
        server.start()
        tell("address", address=server.address)
        self.ear.start()
        while not self.over.wait(STATE_S):
            self.tell_state()
        self.tell_state()
        self.ear.close()  # no more will come: the call ends with what was given
        with suppress(CallRefused):
            self.desk.end_call("customer")
        self.book.finish(30)
        self.desk.close()
        server.stop()

    def write(self, event: Event) -> None:
        """A sink of every call: how long after its frame a prompt or a flag was known."""
        if isinstance(event, Prompt | Overdue) and event.at_ms and self.hearing:
            spent_ms = (time.perf_counter() - self.hearing.fed_s) * 1000
            tell("computed", ms=round(spent_ms, 2), at_ms=event.at_ms)

    def follow(self, call: Path | None, at_s: float) -> None:
        """The softphone tells of a call when its first sound is heard, whatever the load."""
        began_s = self.microphone.began_s
        at_ms = max(0, round((at_s - began_s) * 1000 / FRAME_MS)) * FRAME_MS
        if call is None:
            self.due.append((at_ms, lambda: self.desk.end_call("customer")))
            return
        self.count += 1
        meta = CallMeta(f"{self.count:05d}-{call.stem}", "general", "1086", "小周", STARTED)
        tell("call", call_id=meta.call_id, zero_s=began_s + at_ms / 1000)

        def start() -> None:
            self.call_at_ms, self.hearing = at_ms, None
            self.desk.start_call(meta, at_ms=at_ms)

        self.due.append((at_ms + FRAME_MS, start))

    def watch(self, frame: AudioFrame) -> None:
        """A call begins and ends with its frame."""
        while self.due and self.due[0][0] <= frame.end_ms:
            self.due.popleft()[1]()

    def tell_state(self) -> None:
        """Processor, memory, and how late what was heard is known."""
        lags = sorted(self.ear.lags_ms)
        self.ear.lags_ms.clear()
        used = resource.getrusage(resource.RUSAGE_SELF)
        tell(
            "state",
            ran_s=round(time.monotonic() - self.started_s, 1),
            at_s=self.clock() - self.microphone.began_s,
            heard_s=self.microphone.duration_ms / 1000,
            cpu_s=round(used.ru_utime + used.ru_stime, 2),
            rss_mb=round(rss_mb(), 1),
            lag_ms=[lags[len(lags) * p // 100] for p in (50, 95, 99)] if lags else [],
            calls=self.count,
        )


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def tell(what: str, **facts: object) -> None:
    """One line, in one piece whatever thread tells it."""
    sys.stdout.write(json.dumps({"what": what, **facts}) + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("calls", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--record", type=Path, help="keep what was heard here")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--again", action="store_true", help="begin anew after the last call")
    given = parser.parse_args()
    limit_heaps(1)  # as `agent-assist live` does
    calls = given.calls * 10_000 if given.again else given.calls
    Seat(calls, given.out, given.speed, given.seconds, given.record).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
