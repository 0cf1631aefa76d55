"""The desk: one live call, by hand, from an ear, or played again."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from agent_assist import settings
from agent_assist.adapters.transcript import read_transcript
from agent_assist.adapters.web_control import Caller, CallRefused
from agent_assist.apps.calls import Overrides, from_transcript
from agent_assist.apps.demonstration import heard_live, paced
from agent_assist.apps.desk import DEAF, NOT_KEPT, Desk
from agent_assist.apps.replay import Collector
from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Finding,
    LineQuality,
    Listened,
    PartialHeard,
    Settled,
    SituationChosen,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Sink
from tests.packs import workshop
from tests.ui.overlay_stage import HeldClock, HeldEar, desk_at, served

META = CallMeta("c-1", "general", "1086", "小周", "2026-05-12T10:20:00+08:00")
CALLS = settings.AUDIO_FIXTURES / "calls"


class Kept:
    """Keeps what is recorded, and whether it was closed."""

    def __init__(self) -> None:
        self.collector = Collector()
        self.closed = threading.Event()

    @contextmanager
    def open(self, meta: CallMeta) -> Iterator[Sink]:
        yield self.collector
        self.closed.set()

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.collector.events]


class Ear:
    """Tells given events, then waits for the end, then tells the last one."""

    channels: tuple[Channel, ...] = ("agent", "customer")

    def __init__(self, events: list[Event], fault: Exception | None = None) -> None:
        self.events = events
        self.fault = fault
        self.told = threading.Event()
        self.over = threading.Event()

    def listen(self, meta: CallMeta) -> Iterator[Event]:
        yield from self.events
        self.told.set()
        if self.fault:
            raise self.fault
        self.over.wait(10)
        yield Utterance(4000, 1, "agent", 3000, 3900, "再见")

    def stop(self) -> None:
        self.over.set()


def line_of(desk: Desk) -> tuple[str, int | None]:
    line = desk.snapshot()["line"]
    return (f"{line['situation_id']}:{line['step']}", line["due_ms"]) if line else ("", None)


def test_by_hand_chips_lead_through_the_call() -> None:
    clock, kept = HeldClock(), Kept()
    desk = Desk(workshop(), record=kept.open, clock=clock)
    desk.start_call(META, Caller("13800000001", 35.0))
    assert line_of(desk) == ("greet-general-desk:1", 2000)
    clock.at_s = 3.0
    desk.choose_situation("caller-silent")
    assert line_of(desk) == ("caller-silent:1", None)
    clock.at_s = 6.5
    desk.choose_situation("caller-silent", "c-1")
    assert line_of(desk) == ("caller-silent:2", 8500)
    assert desk.snapshot()["at_ms"] == 6500
    assert desk.snapshot()["call"]["number"] == "138****0001"
    clock.at_s = 60.0
    desk.end_call("agent")
    told = desk.snapshot()
    assert (told["call"]["running"], told["call"]["ended_ms"], told["line"]) == (
        False,
        60_000,
        None,
    )
    assert told["flags"] == []
    assert kept.closed.is_set()
    assert kept.kinds().count(SituationChosen) == 2
    assert Finding not in kept.kinds()
    assert CallEnded(60_000, "agent") in kept.collector.events


HEARD = (CallStarted, VoiceStarted, VoiceEnded, PartialHeard, Utterance, LineQuality, Settled,
         Listened, SituationChosen, CallEnded)  # fmt: skip


def test_the_log_of_a_call_judged_again_is_the_same_log() -> None:
    clock, kept = HeldClock(), Kept()
    desk = Desk(workshop(), ear=HeldEar(), record=kept.open, clock=clock)
    meta, heard = read_transcript(CALLS / "taboo-word.call.yaml")
    desk.start_call(meta)
    for event in heard_live(heard):
        clock.at_s = event.at_ms / 1000
        desk.feed(event)
        if isinstance(event, VoiceEnded):
            clock.at_s += 0.07
            desk.choose_situation("complaint-soothe")
    desk.close()
    log = kept.collector.events
    judgement = Judgement(workshop().phrases, workshop().context(meta, ("agent", "customer")))
    again = [e for h in log if isinstance(h, HEARD) for e in (h, *judgement.feed(h))]
    assert again == log
    assert sum(isinstance(event, SituationChosen) for event in log) > 3


def test_what_cannot_be_followed_is_refused_in_chinese() -> None:
    desk = Desk(workshop())
    with pytest.raises(CallRefused, match="没有这通"):
        desk.end_call("agent")
    with pytest.raises(CallRefused, match="通话信息有误"):
        desk.start_call(replace(META, desk="gold"))
    desk.start_call(META)
    desk.start_call(META)
    with pytest.raises(CallRefused, match="正在通话中"):
        desk.start_call(replace(META, call_id="c-2"))
    with pytest.raises(CallRefused, match="没有这通"):
        desk.choose_situation("dialect", "c-2")
    with pytest.raises(CallRefused, match="话术库中没有"):
        desk.choose_situation("no-such")
    desk.end_call("customer")
    desk.start_call(replace(META, call_id="c-2"))
    assert desk.snapshot()["call"]["id"] == "c-2"


def test_defaults_fill_what_a_call_does_not_say() -> None:
    desk = Desk(workshop(), Overrides(agent_id="7", agent_name="小李"))
    desk.start_call(CallMeta("c-1"))
    call = desk.state.call
    assert call is not None
    assert (call.agent_id, call.agent_name) == ("7", "小李")
    assert call.started_at


def test_every_quick_situation_exists_and_can_be_said() -> None:
    script = workshop().phrases.script
    assert all(script.situations[id].next_line(0) for id, _ in script.quick)
    assert len(script.quick) == 9


def test_an_ear_is_heard_to_its_last_word() -> None:
    said = Utterance(3000, 0, "agent", 500, 2900, "您好，中国移动，很高兴为您服务！")
    ear, kept = Ear([said, Settled(3000)]), Kept()
    desk = Desk(workshop(), ear=ear, record=kept.open)
    desk.start_call(META)
    assert ear.told.wait(10)
    assert desk.snapshot()["turns"][0]["text"] == said.text
    desk.end_call("agent")
    assert kept.closed.wait(10)
    turns = [e.text for e in kept.collector.events if isinstance(e, Utterance)]
    assert turns == [said.text, "再见"]
    ended = next(e for e in kept.collector.events if isinstance(e, CallEnded))
    assert ended.hung_up_by == "agent"
    assert not desk.state.running


def test_a_deaf_ear_leaves_the_chips(caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear([Settled(100)], OSError("the microphone was unplugged"))
    desk = Desk(workshop(), ear=ear)
    changed = threading.Event()
    desk.listen(lambda: changed.set() if desk.snapshot()["notice"] else None)
    desk.start_call(META)
    assert changed.wait(10)
    assert desk.snapshot()["notice"] == DEAF
    desk.choose_situation("dialect")
    assert line_of(desk)[0] == "dialect:1"
    desk.end_call("agent")
    assert not desk.state.running
    assert "microphone" in caplog.text


def test_an_ear_that_does_not_stop_is_left_and_what_it_did_not_tell_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent_assist.apps.desk.EAR_S", 0.05)
    ear, kept, clock = HeldEar(), Kept(), HeldClock()
    desk = Desk(workshop(), ear=ear, record=kept.open, clock=clock)
    ended = threading.Event()
    desk.start_call(META)
    desk.listen(lambda: None if desk.state.running else ended.set())
    monkeypatch.setattr(ear, "stop", lambda: None)
    clock.at_s = 9.0
    desk.end_call("agent")
    desk.start_call(replace(META, call_id="c-2"))
    assert ended.is_set()
    assert desk.state.running
    gaps = [event for event in kept.collector.events if isinstance(event, AudioGap)]
    assert {(gap.channel, gap.at_ms, gap.duration_ms) for gap in gaps} == {
        (channel, 0, 9000) for channel in ear.channels
    }


@pytest.mark.parametrize("at_once", [True, False])
def test_a_full_disk_does_not_end_the_call(at_once: bool) -> None:
    class Full:
        def write(self, event: Event) -> None:
            raise OSError("no space left on device")

    @contextmanager
    def record(meta: CallMeta) -> Iterator[Sink]:
        if at_once:
            raise OSError("no space left on device")
        yield Full()

    desk = Desk(workshop(), record=record)
    desk.start_call(META)
    assert desk.snapshot()["notice"] == NOT_KEPT
    desk.choose_situation("dialect")
    assert line_of(desk)[0] == "dialect:1"
    desk.end_call("agent")


def test_heard_passes_over_a_start_and_takes_the_end() -> None:
    desk = Desk(workshop(), ear=HeldEar())
    desk.start_call(META)
    other = CallStarted(0, "other", "vip", "", "", "", ())
    desk.heard([other, Settled(500), CallEnded(900, "customer"), Settled(5000)])
    state = desk.state
    assert state.call is not None
    assert (state.call.call_id, state.at_ms, state.running) == ("c-1", 900, False)


def test_a_transcript_is_played_at_its_own_pace() -> None:
    clock, waits = HeldClock(), []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        clock.at_s += seconds
        return False

    meta, heard = read_transcript(CALLS / "taboo-word.call.yaml")
    told = list(paced(heard_live(from_transcript(meta, heard)), 2.0, clock, wait))
    assert clock.at_s == pytest.approx(21.466 / 2)
    assert max(waits) <= 0.3
    assert sum(isinstance(event, Utterance) for event in told) == 7
    assert list(paced(heard, 1.0, HeldClock(), lambda _: True)) == []


@pytest.mark.parametrize("name", ["taboo-word", "silent-caller", "general-query", "interrupting"])
def test_telling_a_transcript_live_changes_no_finding(name: str) -> None:
    meta, heard = read_transcript(CALLS / f"{name}.call.yaml")
    context = workshop().context(meta, ("agent", "customer"))

    def findings(events: Iterator[Event]) -> set[Finding]:
        judgement = Judgement(workshop().phrases, context)
        return {f for e in events for f in judgement.feed(e) if isinstance(f, Finding)}

    plain = findings(from_transcript(meta, heard))
    assert findings(heard_live(from_transcript(meta, heard))) == plain


def test_a_replay_ends_by_itself_or_when_hung_up() -> None:
    desk = Desk(workshop())
    desk.replay_live(CALLS / "taboo-word.call.yaml", speed=1000.0)
    told = desk.snapshot()
    assert (told["call"]["running"], told["call"]["hung_up_by"]) == (False, "客户挂机")
    assert len(told["turns"]) == 4
    heard = threading.Event()
    desk.listen(lambda: heard.set() if desk.state.running else None)
    path = CALLS / "taboo-word.call.yaml"
    playing = threading.Thread(target=desk.replay_live, args=(path,))
    playing.start()
    assert heard.wait(10)
    desk.end_call("agent")
    playing.join(10)
    assert not playing.is_alive()


def test_a_flag_says_what_to_say_instead() -> None:
    told = desk_at("taboo-word", 10_000, HeldClock()).snapshot()
    assert told["flags"][0]["said"] == "不归我管"
    assert told["flags"][0]["instead"]


def test_whoever_listens_is_told_of_every_change_until_it_stops() -> None:
    desk = Desk(workshop())
    told: list[str] = []
    stop = desk.listen(lambda: told.append(desk.state.situation))
    desk.start_call(META)
    desk.choose_situation("dialect")
    assert told[-1] == "dialect"
    stop()
    before = len(told)
    desk.close()
    assert len(told) == before
    assert not desk.state.running


def test_the_softphones_example_tells_a_call() -> None:
    desk = Desk(workshop(), record=(kept := Kept()).open)
    script = Path(__file__).parents[2] / "examples" / "softphone_client.py"
    with served(desk, token="k7f3-long-enough") as address:
        told = [sys.executable, str(script), "--address", address, "--seconds", "0.02"]
        wrong = subprocess.run(told, capture_output=True, check=False, timeout=60)
        assert "令牌" in wrong.stderr.decode()
        right = subprocess.run([*told, "--token", "k7f3-long-enough"], capture_output=True,
                               check=True, timeout=60, env={"PYTHONUTF8": "1"})  # fmt: skip
    assert "全球通客户代表" in right.stdout.decode()
    assert kept.kinds().count(SituationChosen) == 1
    assert desk.snapshot()["call"]["hung_up_by"] == "客户挂机"
