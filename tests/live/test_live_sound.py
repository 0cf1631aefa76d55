"""Calls spoken into virtual devices in real time, against their replay."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from agent_assist import settings
from agent_assist.adapters.event_log import load_log
from agent_assist.cli import main
from agent_assist.core.events import AudioGap, CallEnded, Event, Finding, Utterance
from tests.live.conftest import Room

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(sys.platform != "linux", reason="PulseAudio's virtual devices"),
]
CALL = settings.AUDIO_FIXTURES / "calls" / "late-greeting.wav"
BACK_S = 5.0
"""A device that is plugged in again is open by then."""
AGENT = ("--agent-id", "1086", "--agent-name", "小周")


def events_of(folder: Path) -> list[Event]:
    (log,) = folder.glob("*.events.jsonl")
    return load_log(log).events


def verdicts(events: list[Event]) -> set[tuple[str, str]]:
    return {(e.rule_id, e.verdict) for e in events if isinstance(e, Finding)}


def replayed(recording: Path, out: Path, *arguments: str) -> Path:
    command = ["replay", str(recording), "--out", str(out), "--format", "jsonl"]
    assert main([*command, *arguments]) == 0
    return out / f"{recording.stem}.events.jsonl"


def test_a_spoken_call_is_judged_as_its_replay_is(room: Room, tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    program = room.start_live(*AGENT, "--out", str(out), "--record", str(kept), "--terminal")
    program.press_enter()
    program.await_line("接通")
    assert all(player.wait(60) == 0 for player in room.speak(CALL))
    program.press_enter()
    program.await_line("报告：")
    assert program.end() == 0
    live = events_of(out)
    (log,) = out.glob("*.events.jsonl")
    same_day = ("--started-at", load_log(log).header["started_at"])
    bare = Path(shutil.copy(CALL, tmp_path))  # nobody told who hung up
    original = load_log(replayed(bare, tmp_path / "original", *AGENT, *same_day)).events
    assert verdicts(live) == verdicts(original)
    assert ("time-greet-2s", "breach") in verdicts(live)
    assert not [event for event in live if isinstance(event, AudioGap)]
    (recording,) = kept.glob("*.wav")
    again = replayed(recording, tmp_path / "again")
    assert log.read_bytes().splitlines()[1:] == again.read_bytes().splitlines()[1:]
    print(program.await_line("处理延迟"))


@pytest.mark.parametrize("side", ["customer", "agent"])
def test_unplugged_and_plugged_in_again_in_mid_call(room: Room, tmp_path: Path, side: str) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    program = room.start_live(*AGENT, "--out", str(out), "--record", str(kept), "--terminal")
    program.press_enter()
    program.await_line("接通")
    room.speak(CALL, 10.0)
    program.await_line("您好中国移动")
    program.await_line("营业厅")
    room.unplug(side)
    program.await_line("缺音")
    time.sleep(1.0)
    room.plug(side)
    time.sleep(BACK_S)
    assert all(player.wait(60) == 0 for player in room.speak(CALL, 10.0))
    program.press_enter()
    program.await_line("报告：")
    assert program.end() == 0
    live = events_of(out)
    gaps = [event for event in live if isinstance(event, AudioGap)]
    assert {gap.channel for gap in gaps} == {side}, gaps
    assert any(isinstance(event, CallEnded) for event in live)
    heard = [event for event in live if isinstance(event, Utterance) and event.text]
    before, after = gaps[0].at_ms, gaps[-1].at_ms + gaps[-1].duration_ms
    for channel in ("agent", "customer"):
        assert [u for u in heard if u.channel == channel and u.end_ms <= before]
        assert [u for u in heard if u.channel == channel and u.start_ms >= after]
    (recording,) = kept.glob("*.wav")
    (log,) = out.glob("*.events.jsonl")
    again = replayed(recording, tmp_path / "again")
    assert log.read_bytes().splitlines()[1:] == again.read_bytes().splitlines()[1:]


def test_without_a_model_time_is_judged_all_the_same(room: Room, tmp_path: Path) -> None:
    out = tmp_path / "out"
    program = room.start_live(*AGENT, "--out", str(out), "--terminal", "--no-model")
    program.await_line("运行方式：没有识别模型")
    program.press_enter()
    players = room.speak(CALL, 5.0)
    program.await_line("超时  接通后两秒内没有问候客户")
    for player in players:
        player.wait(30)
    program.press_enter()
    program.await_line("报告：")
    assert program.end() == 0
    assert ("time-greet-2s", "breach") in verdicts(events_of(out))


def test_a_killed_program_leaves_what_it_knew(room: Room, tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    program = room.start_live(*AGENT, "--out", str(out), "--record", str(kept), "--terminal")
    program.press_enter()
    players = room.speak(CALL, 5.0)
    program.await_line("您好中国移动")
    os.kill(program.process.pid, signal.SIGKILL)
    program.wait()
    for player in players:
        player.wait(30)
    events = events_of(out)
    assert any(isinstance(e, Utterance) and "您好中国移动" in e.text for e in events)
    (recording,) = kept.glob("*.wav")
    again = load_log(replayed(recording, tmp_path / "again")).events
    assert any(isinstance(e, Utterance) and "您好中国移动" in e.text for e in again)
