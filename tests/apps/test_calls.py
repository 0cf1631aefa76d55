"""A call is opened, whatever it is stored as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.recorder import Recorder
from agent_assist.apps.calls import Overrides, find_calls
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, CallEnded, CallStarted, Settled
from agent_assist.core.framing import AudioFrame
from agent_assist.errors import BadInputError
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop

CALLS = AUDIO_FIXTURES / "calls"
META = CallMeta("T", agent_id="1086", agent_name="小周", started_at="2026-05-16T10:00:00+08:00")


def test_what_is_given_prevails_over_the_calls_own_data() -> None:
    changed = Overrides(desk="vip", agent_name="小李").apply(META)
    assert changed == replace(META, desk="vip", agent_name="小李")
    assert Overrides().apply(META) == META


def test_the_circumstances_of_a_call() -> None:
    context = workshop().context(META, ("agent",))
    assert context.calendar == {"weekend"}
    assert context.wish == "周末快乐"
    assert context.values == {
        "agent_id": "1086",
        "agent_name": "小周",
        "brand_greeting": "中国移动，很高兴为您服务！",
    }
    assert not context.hears_customer


def test_a_customer_is_addressed_only_when_surname_and_title_are_known() -> None:
    named = replace(META, customer_surname="王", customer_title="女士")
    assert workshop().context(named, ("agent",)).values["surname"] == "王"
    half = workshop().context(replace(META, customer_surname="王"), ("agent",)).values
    assert "surname" not in half


def test_without_a_date_no_day_is_assumed() -> None:
    context = workshop().context(replace(META, started_at=""), ("agent", "customer"))
    assert context.calendar == {"unknown"}
    assert context.wish == ""


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        (replace(META, desk="gold"), "use one of vip, gotone, general"),
        (replace(META, started_at="gestern"), "write it as 2026-05-12T10:00:00"),
    ],
)
def test_circumstances_that_cannot_be(meta: CallMeta, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        workshop().context(meta, ("agent",))


def test_a_transcript_is_a_whole_call() -> None:
    call = workshop().open(CALLS / "demo.call.yaml", Overrides(agent_id="7"))
    events = list(call.events)
    assert isinstance(events[0], CallStarted)
    assert events[0].agent_id == call.meta.agent_id == "7"
    assert isinstance(events[-1], CallEnded)
    assert call.header["model"] is None
    assert call.header["source"] == "demo.call.yaml"
    assert call.header["script"]["digest"] == workshop().phrases.script.digest


def test_a_recording_names_the_model_it_is_heard_with() -> None:
    call = workshop().open(CALLS / "demo.wav", Overrides())
    assert call.header["model"].keys() == {"name", "digest"}
    assert call.header["call_id"] == "F20"


def test_gaps_noted_beside_a_recording_are_part_of_the_call(tmp_path: Path) -> None:
    path = tmp_path / "c1.wav"
    recorder = Recorder(path, ("agent", "customer"), CallMeta("c1"))
    gap = AudioGap(30, "customer", 30, "unplugged")
    silence = np.zeros((2, 320), np.int16)
    for n in range(5):
        recorder.write(AudioFrame(20 * n, silence))
    recorder.write(gap)
    recorder.close("agent")
    events = list(workshop().open(path, Overrides()).events)
    assert events[-3:] == [gap, Settled(100), CallEnded(100, "agent")]


def test_calls_in_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("b.wav", "a.FLAC", "sub/c.call.yaml", "d.meta.yaml", "e.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    found = [p.relative_to(tmp_path).as_posix() for p in find_calls(tmp_path)]
    assert found == ["a.FLAC", "b.wav", "sub/c.call.yaml"]
    assert find_calls(tmp_path / "e.txt") == [tmp_path / "e.txt"]


def test_no_calls(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no recording"):
        find_calls(tmp_path)
    with pytest.raises(BadInputError, match="no such file"):
        find_calls(tmp_path / "nowhere")
