"""The live assistant of one seat: devices, desk, overlay, logs and reports, put together.

Without a model time and silence still count; without a microphone the agent picks situations.
"""

from __future__ import annotations

import logging
import signal
import statistics
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TextIO

from agent_assist.adapters.memory import keep_loaded, limit_heaps
from agent_assist.adapters.microphone import Microphone
from agent_assist.adapters.portaudio import PortAudio
from agent_assist.adapters.recorder import delete_older
from agent_assist.adapters.web_control import CallRefused
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.engines import LoadedEngine
from agent_assist.apps.live_book import CallBook
from agent_assist.apps.live_control import AutoControl, follow_keys
from agent_assist.apps.live_desk import LiveDesk
from agent_assist.apps.live_ear import LiveEar
from agent_assist.apps.overlay import Service, make_server, show
from agent_assist.apps.replay import TextSink
from agent_assist.apps.whisper import Whisper, whisper_aloud
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.core.events import Channel
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.core.ports import Sink
from agent_assist.errors import AgentAssistError, BadInputError
from agent_assist.modelling.digest import model_digest

Control = Literal["manual", "auto", "api"]
CLOSING_S = 20.0
_log = logging.getLogger(__name__)

FULL = "完整：识别、提示、质检"
ONE_SIDE = (
    "只听座席一侧：识别、提示可用，客户一侧的规则无法判定（用 --customer-device 加上客户声音）"
)
NO_MODEL = "没有识别模型：不识别内容，只按时间和静音提示、判断"
NO_MICROPHONE = "没有麦克风：手动模式，请在悬浮页上开始通话、点选情形；只提示，不质检"
LISTENING = "开始听：声音设备已就绪"
KEYS = "按回车开始或结束通话，输入数字再回车点选情形，输入 q 再回车退出"


@dataclass(frozen=True, slots=True)
class Seat:
    """How a seat is equipped and what is kept of its calls."""

    script: Path
    model: Path | None
    out: Path | None = None
    desk: str | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    agent_device: str | None = None
    customer_device: str | None = None
    control: Control = "manual"
    record: Path | None = None
    retention_days: int | None = None
    terminal: bool = False
    whisper: bool = False
    window: bool = False
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = None


@dataclass(slots=True, eq=False)
class Live:
    """One running seat; ``tell`` takes lines for the agent, ``keys`` is what is typed."""

    seat: Seat
    out: TextIO
    keys: TextIO | None = None

    def run(self, over: threading.Event, ready: Callable[[str], None] = lambda _: None) -> None:
        """Assist until ``over`` is set; ``ready`` is given the overlay's address."""
        seat = self.seat
        workshop = Workshop(read_pack(seat.script), seat.model)
        workshop.make_ready()
        workshop.at_desk(CallMeta("", desk=seat.desk or ""))
        if seat.record and seat.retention_days is not None:
            for path in delete_older(seat.record, seat.retention_days):
                self._say(f"已删除过期录音：{path.name}")
        model = self._load(workshop)
        keep_loaded()
        with ExitStack() as stack:
            book = self._book(workshop, model, stack)
            microphone = self._open_microphone()
            ear = self._make_ear(microphone, workshop, model, book) if microphone else None
            given = Overrides(agent_id=seat.agent_id, agent_name=seat.agent_name)
            buttons, rung = seat.control != "api", rung_of(model, ear)
            lacking = "" if rung == FULL else rung
            desk = LiveDesk(workshop, given, ear=ear, record=book, controls=buttons, notice=lacking)
            desk.live_ear, desk.seat_desk = ear, seat.desk
            service = Service(host=seat.host, port=seat.port, token=seat.token)
            server = make_server(desk, workshop, service)
            stack.callback(server.stop)
            stack.callback(desk.close)
            self._tell_rung(rung)
            if ear:
                stack.callback(ear.close)
                if seat.control == "auto":
                    ear.watch = self._automatic(desk, ear, model, book)
                ear.start()
            server.start()
            self._say(f"话术助手：{server.address}")
            if self.keys and seat.control == "manual":
                self._follow_keys(desk, book, over)
            ready(server.address)
            if not (seat.window and show(server.address, seat.token, over)):
                over.wait()
            self._close_call(desk, book)
        if ear and ear.lags_ms:
            lags = sorted(ear.lags_ms)
            worst, usual = lags[int(len(lags) * 0.99)], statistics.median(lags)
            self._say(f"处理延迟：中位 {usual:.0f} 毫秒，99% 在 {worst} 毫秒以内")

    # ── equipment ──────────────────────────────────────────────────────────────────────────

    def _load(self, workshop: Workshop) -> LoadedEngine | None:
        if self.seat.model is None:
            return None
        try:
            return workshop.model
        except (AgentAssistError, ImportError, OSError) as error:
            self._say(f"识别模型不可用：{error}")
            return None

    def _open_microphone(self) -> Microphone | None:
        """The seat's devices, opened; the customer's is done without if it cannot be."""
        seat = self.seat
        devices: dict[Channel, str | None] = {"agent": seat.agent_device}
        if seat.customer_device is not None:
            devices["customer"] = seat.customer_device
        while devices:
            try:
                microphone = Microphone(PortAudio(), dict(devices))
                microphone.open()
            except AgentAssistError as error:
                self._say(f"声音设备不可用：{error}")
                devices.popitem()
            else:
                return microphone
        return None

    def _make_ear(
        self, microphone: Microphone, workshop: Workshop, model: LoadedEngine | None, book: CallBook
    ) -> LiveEar:
        channels, expected = microphone.channels, workshop.phrases.expected

        def hearing() -> Hearing:
            recognisers = {c: model.recogniser() for c in channels} if model else {}
            return Hearing(channels, recognisers, {c: WebrtcDetector() for c in channels}, expected)

        record = (lambda meta: book.recorder(meta, channels)) if book.record_dir else None
        return LiveEar(microphone, hearing, record, begun=lambda: self._say(LISTENING))

    def _book(self, workshop: Workshop, model: LoadedEngine | None, stack: ExitStack) -> CallBook:
        seat, script = self.seat, workshop.phrases.script
        titles = {s.id: s.title for s in script.situations.values()}
        speaker = stack.enter_context(whisper_aloud()) if seat.whisper else None

        def sinks() -> tuple[Sink, ...]:
            shown: list[Sink] = [TextSink(self.out, titles)] if seat.terminal else []
            return (*shown, *([Whisper(speaker)] if speaker else []))

        facts = {"name": model.path.name, "digest": model_digest(model.path)} if model else None
        for folder in filter(None, (seat.out, seat.record)):
            _make(folder)
        return CallBook(script, seat.out, seat.record, facts, self._say, sinks)

    def _tell_rung(self, rung: str) -> None:
        self._say(f"运行方式：{rung}")
        if self.seat.record:
            self._say(f"正在录音：录音保存在 {self.seat.record}")

    # ── control ────────────────────────────────────────────────────────────────────────────

    def _automatic(
        self, desk: LiveDesk, ear: LiveEar, model: LoadedEngine | None, book: CallBook
    ) -> Callable[[AudioFrame], None]:
        recogniser = model.recogniser if model else None
        control = AutoControl(ear.channels, WebrtcDetector, recogniser)

        def watch(frame: AudioFrame) -> None:
            decision = control.feed(frame, not book.idle.is_set())
            try:
                if decision == "start":
                    desk.start_call(self._new_call(), at_ms=control.began_ms)
                elif decision == "end":
                    desk.end_call("unknown")
            except CallRefused as refused:
                _log.warning("%s", refused)

        return watch

    def _follow_keys(self, desk: LiveDesk, book: CallBook, over: threading.Event) -> None:
        assert self.keys

        def toggle() -> None:
            try:
                if book.idle.is_set():
                    desk.start_call(self._new_call())
                else:
                    desk.end_call("unknown")
            except CallRefused as refused:
                self._say(str(refused))

        chips = desk.state.chips

        def choose(number: int) -> None:
            try:
                if 1 <= number <= len(chips):
                    desk.choose_situation(chips[number - 1].id)
            except CallRefused as refused:
                self._say(str(refused))

        self._say(KEYS)
        self._say("情形：" + "，".join(f"{n} {c.name}" for n, c in enumerate(chips, start=1)))
        arguments = (self.keys, toggle, choose, over.set)
        threading.Thread(target=follow_keys, args=arguments, name="keys", daemon=True).start()

    def _close_call(self, desk: LiveDesk, book: CallBook) -> None:
        with suppress(CallRefused):
            desk.end_call("unknown")
        book.finish(CLOSING_S)

    def _new_call(self) -> CallMeta:
        return CallMeta(f"live-{datetime.now():%Y%m%d-%H%M%S}")

    def _say(self, line: str) -> None:
        print(line, file=self.out, flush=True)


def rung_of(model: LoadedEngine | None, ear: LiveEar | None) -> str:
    """What can be done with what there is."""
    if ear is None:
        return NO_MICROPHONE
    if model is None:
        return NO_MODEL
    return FULL if len(ear.channels) == 2 else ONE_SIDE


def live(seat: Seat) -> int:
    """Assist at this seat until Ctrl-C, SIGTERM or q."""
    limit_heaps(1)
    over = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: over.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        Live(seat, sys.stdout, sys.stdin if sys.stdin else None).run(over)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"{folder}: cannot be made: {error.strerror}") from None
