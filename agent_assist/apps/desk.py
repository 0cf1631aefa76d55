"""The owner of the one live call: judges what is heard, keeps what the overlay shows.

An edge object: every method may be called from any thread. Events go in one at a time; whoever
shows the state is told of every change.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from agent_assist.adapters.web_control import Caller, CallRefused
from agent_assist.apps.calls import TRANSCRIPT, Overrides, Workshop
from agent_assist.apps.demonstration import heard_live, paced
from agent_assist.apps.desk_call import DeskCall, Ear, Record
from agent_assist.core.call import CallMeta
from agent_assist.core.context import CallContext
from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Finding,
    HungUpBy,
    SituationChosen,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.errors import BadInputError
from agent_assist.ui.overlay_state import Chip, OverlayState, fold, passed, with_caller

_log = logging.getLogger(__name__)

NO_CHANNELS: tuple[Channel, ...] = ()
DEAF = "听不到通话，可点选情形继续使用"
NOT_KEPT = "通话记录无法保存"
EAR_S = 5.0
"""So long an ear may take to tell what it heard last, once the call is over."""
UNHEARD = "overload"


class Desk:
    """One agent's desk. Without an ear it works by hand: chips, lines and timing.

    ``notice`` is what the page says is missing as long as nothing more urgent is.
    """

    def __init__(
        self,
        workshop: Workshop,
        defaults: Overrides | None = None,
        *,
        ear: Ear | None = None,
        record: Record | None = None,
        controls: bool = True,
        notice: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        script = workshop.phrases.script
        situations = script.situations
        chips = (Chip(i, name, situations[i].title) for i, name in script.quick)
        titles = {s.id: s.title for s in situations.values()}
        self._workshop = workshop
        self._defaults = defaults or Overrides()
        self._ear = ear
        self._record = record
        self._controls = controls
        self._clock = clock
        self._state = OverlayState(tuple(chips), titles)
        self._live: DeskCall | None = None
        self._standing = notice
        self._notice = ""
        self._changed = threading.RLock()
        self._listeners: dict[int, Callable[[], None]] = {}
        self.watched = threading.Event()
        """Set once somebody looks."""

    # ── control ────────────────────────────────────────────────────────────────────────────

    def start_call(self, meta: CallMeta, caller: Caller | None = None) -> None:
        """A call was connected; raises CallRefused. The same call once more changes nothing."""
        channels = self._ear.channels if self._ear else NO_CHANNELS
        try:
            meta = self._workshop.at_desk(self._completed(meta))
            context = self._workshop.context(meta, channels)
        except BadInputError as error:
            raise CallRefused("bad_call", f"通话信息有误：{error}") from None
        ending = self._live
        if ending and ending.over.is_set():
            ending.done.wait(EAR_S + 1)
        with self._changed:
            if self._live and self._live.meta.call_id == meta.call_id:
                return
            live = self._begin(meta, context, caller or Caller())
            live.ear = self._ear
        if live.ear:
            self._start(self._listening(live, live.ear))

    def end_call(self, hung_up_by: HungUpBy, call_id: str | None = None) -> None:
        """The call is over; an ear may still tell what it heard last."""
        with self._changed:
            live = self._named(call_id)
            live.hung_up_by = hung_up_by
            if live.ear is None or live.over.is_set() or not live.hears:
                self._finish(live, self.now_ms)
                return
            live.over.set()
        live.ear.stop()
        waiting = threading.Timer(EAR_S, self._give_up, (live,))
        waiting.daemon = True
        waiting.start()

    def choose_situation(self, situation_id: str, call_id: str | None = None) -> None:
        """The agent picked a situation; picked again, its line counts as said."""
        with self._changed:
            self._named(call_id)
            if situation_id not in self._workshop.phrases.script.situations:
                raise CallRefused("no_such_situation", f"话术库中没有情形 {situation_id}")
            self.feed(SituationChosen(self.now_ms, situation_id))

    # ── what is heard ──────────────────────────────────────────────────────────────────────

    def feed(self, event: Event) -> None:
        """Judge one event of the running call; raises CallRefused when there is none."""
        with self._changed:
            live = self._named(None)
            if event.at_ms > self.now_ms:
                live.anchor_ms, live.anchor_s = event.at_ms, self._clock()
            before, notice = self._state, self._notice
            for each in (event, *live.judgement.feed(event)):
                if live.hears or not isinstance(each, Finding):
                    self._state = fold(self._state, each)
                    if not live.keep(each):
                        self._notice = NOT_KEPT
            if (replace(self._state, at_ms=before.at_ms), self._notice) != (before, notice):
                self._tell()

    def heard(self, events: Iterable[Event]) -> None:
        """Feed what is heard of the running call until it ends, here or elsewhere.

        A start of the call is passed over: the call was started already.
        """
        _follow(self._hearing(self._named(None), events))

    def replay_live(self, path: Path, speed: float = 1.0) -> None:
        """Let a recorded call or a transcript happen again in real time; returns at its end."""
        call = self._workshop.open(path, self._defaults)
        is_text = path.name.endswith(TRANSCRIPT)
        events = heard_live(call.events) if is_text else call.events
        with self._changed:
            live = self._begin(call.meta, call.context, Caller(), speed)
        self.heard(paced(events, speed, self._clock, live.over.wait))

    # ── what is shown ──────────────────────────────────────────────────────────────────────

    @property
    def now_ms(self) -> int:
        """Audio time, carried on by the clock between events."""
        live, at_ms = self._live, self._state.at_ms
        return max(at_ms, live.now_ms(self._clock())) if live else at_ms

    @property
    def state(self) -> OverlayState:
        """The present state."""
        with self._changed:
            return passed(self._state, self.now_ms)

    def snapshot(self) -> dict[str, Any]:
        """The present state for the page, with what it needs to carry the clock on."""
        with self._changed:
            speed = self._live.speed if self._live else 0.0
            return {
                **self.state.to_json(),
                "speed": speed,
                "controls": self._controls,
                "notice": self._notice or self._standing,
            }

    def listen(self, notify: Callable[[], None]) -> Callable[[], None]:
        """Have ``notify`` called after every change; returns how to stop."""
        key = object()
        with self._changed:
            self._listeners[id(key)] = notify
        self.watched.set()

        def stop() -> None:
            with self._changed:
                self._listeners.pop(id(key), None)

        return stop

    def close(self) -> None:
        """End the running call, if any."""
        with self._changed:
            if live := self._live:
                self._finish(live, self.now_ms)
                if live.ear:
                    live.ear.stop()
            self._tell()

    # ── inside ─────────────────────────────────────────────────────────────────────────────

    def _completed(self, meta: CallMeta) -> CallMeta:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        return replace(
            meta,
            agent_id=meta.agent_id or self._defaults.agent_id or "",
            agent_name=meta.agent_name or self._defaults.agent_name or "",
            started_at=meta.started_at or now,
        )

    def _begin(
        self, meta: CallMeta, context: CallContext, caller: Caller, speed: float = 1.0
    ) -> DeskCall:
        if self._live:
            raise CallRefused("call_running", "正在通话中，请先结束当前通话")
        judgement = Judgement(self._workshop.phrases, context)
        live = DeskCall(meta, judgement, bool(context.channels), self._clock(), speed=speed)
        self._live = live
        self._notice = ""
        if self._record and not live.open(self._record):
            self._notice = NOT_KEPT
        self.feed(meta.to_call_started(context.channels))
        self._state = with_caller(self._state, caller.number, caller.queue_wait_s)
        self._tell()
        return live

    def _start(self, listening: Iterator[None]) -> None:
        """Listen in a thread of its own."""
        threading.Thread(target=_follow, args=(listening,), daemon=True).start()

    def _listening(self, live: DeskCall, ear: Ear) -> Iterator[None]:
        """Hear the call to its end: a fault of the ear must not end it for the agent."""
        try:
            yield from self._hearing(live, ear.listen(live.meta))
        except Exception:
            _log.exception("the call is no longer heard")
            with self._changed:
                self._notice = DEAF
                live.hears = False
                self._tell()
        with self._changed:
            if self._live is live and (live.over.is_set() or live.hears):
                self._finish(live, self.now_ms)

    def _hearing(self, live: DeskCall, events: Iterable[Event | None]) -> Iterator[None]:
        for event in events:
            if event is None:
                yield
                continue
            with self._changed:
                if self._live is not live:
                    return
                if isinstance(event, CallEnded):
                    if not live.over.is_set():
                        live.hung_up_by = event.hung_up_by
                    self._finish(live, event.at_ms)
                elif not isinstance(event, CallStarted):
                    self.feed(event)

    def _give_up(self, live: DeskCall) -> None:
        with self._changed:
            if self._live is not live or not live.ear:
                return
            _log.warning("what hears the call did not stop: the call is ended without it")
            heard_ms, now_ms = self._state.at_ms, self.now_ms
            for channel in live.ear.channels:
                self.feed(AudioGap(heard_ms, channel, now_ms - heard_ms, UNHEARD))
            self._finish(live, now_ms)

    def _finish(self, live: DeskCall, at_ms: int) -> None:
        if self._live is not live:
            return
        self.feed(CallEnded(max(at_ms, self._state.at_ms), live.hung_up_by))
        self._live = None
        live.close()
        self._tell()

    def _named(self, call_id: str | None) -> DeskCall:
        live = self._live
        if live is None or call_id not in (None, live.meta.call_id):
            raise CallRefused("no_such_call", "没有这通正在进行的通话")
        return live

    def _tell(self) -> None:
        for notify in tuple(self._listeners.values()):
            notify()


def _follow(steps: Iterator[None]) -> None:
    for _ in steps:
        pass
