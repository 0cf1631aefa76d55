"""Timed transcripts in and out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.adapters.transcript import read_transcript, to_transcript
from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    CallEnded,
    Channel,
    Event,
    Settled,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.errors import ScriptError

HEAD = "call_id: T1\n"


def read(path: Path, text: str) -> tuple[CallMeta, list[Event]]:
    path.write_text(text, "utf-8")
    return read_transcript(path)


def test_events_in_the_order_in_which_they_became_known(tmp_path: Path) -> None:
    meta, events = read(
        tmp_path / "a.call.yaml",
        HEAD
        + """\
title: tolerated
turns:
  - {start_s: 1.5, end_s: 4, speaker: agent, text: 您好}
  - {start_s: 2.25, end_s: 3.001, speaker: customer, text: ""}
  - {start_s: 10, end_s: 12.0, speaker: customer, text: 再见, note: x}
""".replace(", note: x", ""),
    )
    assert meta == CallMeta("T1", ended_at_ms=13_000)
    assert events == [
        VoiceStarted(1500, "agent"),
        Settled(1500),
        VoiceStarted(2250, "customer"),
        VoiceEnded(3001, "customer"),
        Utterance(3001, 1, "customer", 2250, 3001, ""),
        VoiceEnded(4000, "agent"),
        Utterance(4000, 0, "agent", 1500, 4000, "您好"),
        Settled(4000),
        VoiceStarted(10_000, "customer"),
        Settled(10_000),
        VoiceEnded(12_000, "customer"),
        Utterance(12_000, 2, "customer", 10_000, 12_000, "再见"),
        Settled(12_000),
        Settled(13_000),
    ]


def test_turns_that_touch_or_overlap_are_one_voice(tmp_path: Path) -> None:
    _, events = read(
        tmp_path / "a.call.yaml",
        HEAD
        + """\
ended_at_s: 9
turns:
  - {start_s: 1, end_s: 2, speaker: agent, text: a}
  - {start_s: 2, end_s: 4, speaker: agent, text: b}
  - {start_s: 3, end_s: 3, speaker: agent, text: c}
""",
    )
    voice = [event for event in events if isinstance(event, VoiceStarted | VoiceEnded)]
    assert voice == [VoiceStarted(1000, "agent"), VoiceEnded(4000, "agent")]
    assert [event.turn for event in events if isinstance(event, Utterance)] == [0, 2, 1]
    assert events[-1] == Settled(9000)


def test_call_without_a_word(tmp_path: Path) -> None:
    meta, events = read(tmp_path / "a.call.yaml", HEAD + "turns: []\n")
    assert (meta.ended_at_ms, events) == (1000, [Settled(1000)])


TURN = "{start_s: 1, end_s: 2, speaker: agent, text: a}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "1: turns: field required"),
        (HEAD + "turns: 3\n", "2: turns: input should be a valid list"),
        (HEAD + "turns:\n  - {}\n", "3: turns[0]: end_s: field required"),
        (HEAD + f"ended_at_s: 1.9\nturns:\n  - {TURN}\n", "4: turns[0]: end_s is after ended_at_s"),
        (HEAD + f"turns:\n  - {TURN.replace('2', '0.5')}\n", "3: turns[0]: end_s is before start"),
        (HEAD + f"turns:\n  - {TURN.replace('1', '-1')}\n", "3: turns[0].start_s: input should be"),
        (HEAD + f"turns:\n  - {TURN.replace('1', '.1')}\n  - 7\n", "4: turns[1]: input should be"),
        (HEAD + f"turns:\n  - {TURN.replace('agent', 'boss')}\n", "3: turns[0].speaker: input"),
        (HEAD + f"turns:\n  - {TURN.replace('1', '1e9')}\n", "3: turns[0].start_s: input should"),
        (HEAD + "turns:\n  - {start_s: 0:30}\n", "3: "),
        ("turns: [\n", "2: not valid YAML"),
        ("", "1: is empty"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.call.yaml"
    with pytest.raises(ScriptError) as caught:
        read(path, text)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="cannot be read: No such file"):
        read_transcript(tmp_path / "a.call.yaml")


times = st.integers(0, 3_600_000)
channels: st.SearchStrategy[Channel] = st.sampled_from(["agent", "customer"])
texts = st.text(max_size=20)
raw_turns = st.lists(st.tuples(times, times, channels, texts, st.integers(0, 10_000)), max_size=8)


@settings(deadline=None)
@given(raw_turns, texts.filter(bool), st.one_of(st.none(), times))
def test_what_was_heard_comes_back_from_its_transcript(
    tmp_path_factory: pytest.TempPathFactory,
    raw: list[tuple[int, int, Channel, str, int]],
    name: str,
    ended: int | None,
) -> None:
    heard = [
        Utterance(7_200_000, i, c, min(a, b), max(a, b), text, (), p / 10_000)
        for i, (a, b, c, text, p) in enumerate(raw)
    ]
    end = None if ended is None else max([ended, *(u.end_ms for u in heard)])
    meta = CallMeta("T1", "vip", name, name, "", end, "agent", "outbound", name, "女士")
    path = tmp_path_factory.mktemp("call") / "a.call.yaml"
    again, events = read(path, to_transcript(heard[::-1], meta))
    told = [event for event in events if isinstance(event, Utterance)]
    key = [(u.turn, u.channel, u.start_ms, u.end_ms, u.text, u.confidence) for u in heard]
    told.sort(key=lambda u: u.turn)
    assert key == [(u.turn, u.channel, u.start_ms, u.end_ms, u.text, u.confidence) for u in told]
    assert again.agent_name == again.customer_surname == name
    assert again.ended_at_ms == (
        max([0, *(u.end_ms for u in heard)]) + 1000 if end is None else end
    )
    check_watermark(events)


def check_watermark(events: list[Event]) -> None:
    settled = now = 0
    for event in events:
        assert event.at_ms >= now or isinstance(event, Settled)
        if isinstance(event, Settled):
            assert event.at_ms > settled
            settled = event.at_ms
        else:
            now = event.at_ms
        if isinstance(event, Utterance):
            assert event.start_ms >= settled


def test_end_of_the_call_is_taken_from_its_events() -> None:
    text = to_transcript([CallEnded(5400, "customer")], CallMeta("T1", hung_up_by="agent"))
    assert "hung_up_by: customer\n" in text
    assert "ended_at_s: 5.400\n" in text
    assert text.endswith("turns: []\n")
