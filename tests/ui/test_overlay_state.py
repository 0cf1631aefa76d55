"""The overlay's state as a fold: one line, ticks that stay, flags that fade, nothing bare."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist import settings
from agent_assist.adapters.transcript import read_transcript
from agent_assist.apps.calls import from_transcript
from agent_assist.apps.demonstration import heard_live
from agent_assist.core.events import (
    CallEnded,
    CallStarted,
    Event,
    Evidence,
    Finding,
    LineQuality,
    Overdue,
    PartialHeard,
    Prompt,
    PromptCleared,
    Settled,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.ui.overlay_line import said_of
from agent_assist.ui.overlay_state import Chip, OverlayState, fold, passed, with_caller
from tests.packs import repeatable, workshop

STARTED = CallStarted(0, "c1", "general", "1086", "小周", "", ("agent", "customer"))
GREETING = Prompt(0, "greet", 1, "您好！中国移动，很高兴为您服务！", 2000, "seed", 0)
CHIPS = (Chip("hold", "等待", "需要查询"), Chip("greet", "问候", "首问句"))
EMPTY = OverlayState(CHIPS, {"greet": "首问句"})
LONG_NUMBER = re.compile(r"[0-9一二三四五六七八九零〇幺两]{7}")


def folded(*events: Event, start: OverlayState = EMPTY) -> OverlayState:
    state = start
    for event in (STARTED, *events):
        state = fold(state, event)
    return state


def shown(state: OverlayState) -> str:
    """The line with a dot for every character that was said."""
    line = state.to_json()["line"]
    return "".join("·" if said else char for char, said in line["chars"]) if line else ""


def breach(rule: str, at_ms: int, evidence: Evidence | None = None) -> Finding:
    found = evidence or Evidence(at_ms, at_ms)
    return Finding(at_ms, rule, "breach", "minor", f"规则{rule}", "请注意", found)


@pytest.mark.parametrize(
    ("line", "talk", "left"),
    [
        ("您好！中国移动", "您好", "···中国移动"),
        ("您好！中国移动", "你好中国", "·····移动"),
        ("您好！中国移动", "中国移动", "您好！····"),
        ("您好！中国移动", "", "您好！中国移动"),
        ("您好！中国移动", "嗯", "您好！中国移动"),
        ("您好！中国移动", "动一下手", "您好！中国移动"),
        ("1086号为您服务", "幺零八六号", "·····为您服务"),
        ("（请按实际情况说明）", "请按实际情况说明", "（请按实际情况说明）"),
        ("！", "您好", "！"),
    ],
)
def test_characters_are_ticked_where_they_were_said(line: str, talk: str, left: str) -> None:
    said = said_of(line, talk)
    assert "".join("·" if s else c for c, s in zip(line, said, strict=True)) == left


def test_a_line_is_ticked_off_while_it_is_heard() -> None:
    state = folded(GREETING, VoiceStarted(500, "agent"), PartialHeard(1000, "agent", "您好"))
    assert shown(state) == "···中国移动，很高兴为您服务！"
    state = fold(state, PartialHeard(1200, "customer", "中国移动"))
    assert shown(state) == "···中国移动，很高兴为您服务！"
    state = fold(state, Utterance(1500, 0, "agent", 500, 1400, "您好中国"))
    state = fold(state, PartialHeard(2000, "agent", "移动"))
    assert shown(state) == "········很高兴为您服务！"
    assert fold(state, PromptCleared(2100, "greet", 1, "said")).line is None


texts = st.text(alphabet="您好中国移动很高兴为服务，！请稍等", max_size=16)
events = st.one_of(
    st.builds(Prompt, st.just(0), st.just("s"), st.integers(1, 3), texts, st.none(),
              st.just("seed"), st.just(0)),
    st.builds(PromptCleared, st.just(0), st.just("s"), st.just(1), st.just("said")),
    st.builds(PartialHeard, st.just(0), st.sampled_from(["agent", "customer"]), texts),
    st.builds(Utterance, st.just(0), st.just(0), st.sampled_from(["agent", "customer"]),
              st.just(0), st.just(900), texts),
    st.builds(breach, st.sampled_from("abcdef"), st.just(0)),
    st.builds(SituationEntered, st.just(0), st.sampled_from(["hold", "greet"]), st.just("agent")),
)  # fmt: skip


@repeatable
@given(st.lists(st.tuples(st.integers(0, 4000), events), max_size=30))
def test_one_line_ticks_that_stay_and_time_that_passes(steps: list[tuple[int, Event]]) -> None:
    times = accumulate(step for step, _ in steps)
    before = folded()
    for at_ms, (_, event) in zip(times, steps, strict=True):
        after = fold(before, replace(event, at_ms=at_ms))
        assert after.at_ms >= before.at_ms
        assert len(after.flags) <= 3
        assert len(after.turns) <= 4
        line, told = after.to_json()["line"], before.to_json()["line"]
        assert line is None or isinstance(line, dict)
        if line and told and line["id"] == told["id"] and not isinstance(event, Prompt):
            ticked = zip(told["chars"], line["chars"], strict=True)
            assert all(new[1] or not old[1] for old, new in ticked)
        before = after


def test_flags_say_what_to_say_instead_and_fade() -> None:
    evidence = Evidence(900, 1000, 2, term="不归我管", replacement="我帮您问一下")
    state = folded(breach("taboo", 1000, evidence))
    flag = state.to_json()["flags"][0]
    assert (flag["said"], flag["instead"], flag["until_ms"]) == ("不归我管", "我帮您问一下", 9000)
    assert len(fold(state, Settled(8900)).flags) == 1
    assert fold(state, Settled(9000)).flags == ()
    assert passed(state, 9000).flags == ()


def test_a_late_finding_is_shown_as_long_as_others() -> None:
    state = folded(Settled(5000), breach("late", 1000))
    assert state.to_json()["flags"][0]["until_ms"] == 13_000


def test_a_missed_deadline_is_flagged_at_once_and_its_verdict_takes_the_same_place() -> None:
    state = folded(Overdue(2000, "greet", "major", "接通后两秒内问候", "没有问候客户"))
    (flag,) = state.to_json()["flags"]
    assert (flag["message"], flag["since_ms"]) == ("没有问候客户", 2000)
    (verdict,) = fold(state, breach("greet", 2000)).to_json()["flags"]
    assert verdict["id"] == flag["id"]


def test_newer_flags_come_first_and_take_the_place_of_old_ones() -> None:
    state = folded(*(breach(rule, 1000) for rule in "abcda"))
    assert [f["id"].split(":")[0] for f in state.to_json()["flags"]] == ["a", "d", "c"]


def test_only_breaches_are_flagged() -> None:
    kept = replace(breach("a", 10), verdict="met"), replace(breach("b", 10), verdict="undetermined")
    assert folded(*kept).flags == ()


def test_gauges_tell_pace_and_level() -> None:
    assert folded().to_json()["pace"]["word"] == "—"
    talk = Utterance(4000, 0, "agent", 1000, 4000, "您" * 20)
    loud = LineQuality(4000, "agent", 1000, 4000, -5.0, -50.0, 30.0, 0.0)
    state = folded(talk, loud, replace(loud, channel="customer", level_dbfs=-50.0))
    told = state.to_json()
    assert (told["pace"]["value"], told["pace"]["where"]) == (400, "high")
    assert (told["level"]["value"], told["level"]["word"]) == (-5, "偏大")
    slow = [Utterance(9000 + 8000 * i, i, "agent", 4000 + 8000 * i, 9000 + 8000 * i, "您" * 5)
            for i in range(4)]  # fmt: skip
    later = folded(talk, *slow)
    assert later.to_json()["pace"]["value"] == 60
    assert len(later.talks) <= 3


def test_the_pace_follows_what_is_being_said() -> None:
    state = folded(VoiceStarted(1000, "agent"), PartialHeard(3000, "agent", "您" * 10))
    assert state.to_json()["pace"]["value"] == 300
    assert state.to_json()["speaking"] == ["agent"]
    assert fold(state, VoiceEnded(3000, "agent")).speaking == ()


def test_situation_stage_and_caller() -> None:
    state = folded(SituationEntered(0, "greet", "connected"), StageEntered(0, "rapport"))
    told = with_caller(state, "13800000001", 35.0).to_json()
    assert told["call"]["number"] == "138****0001"
    assert [chip["active"] for chip in told["chips"]] == [False, True]
    assert [stage["title"] for stage in told["stages"] if stage["now"]] == ["奠定基调"]
    assert told["situation"] == {"id": "greet", "title": "首问句"}
    left = fold(state, SituationLeft(100, "greet", "done"))
    assert not any(chip["active"] for chip in left.to_json()["chips"])


def test_the_end_stops_everything() -> None:
    state = folded(GREETING, Settled(3000), CallEnded(4000, "customer"))
    assert not state.running
    assert state.line is None
    assert fold(state, PartialHeard(5000, "agent", "您好")) == state
    assert state.to_json()["call"]["hung_up_by"] == "客户挂机"
    assert len(fold(state, breach("word", 4000)).flags) == 1
    assert folded(start=state).running


def test_speech_is_masked() -> None:
    state = folded(
        Utterance(1000, 0, "customer", 0, 1000, "号码是13800000001"),
        Utterance(2000, 1, "customer", 1000, 2000, "一二三四五六"),
        breach(
            "number", 2000, Evidence(0, 1, term="13800000001", replacement="一三八零零零零零零零一")
        ),
    )
    told = json.dumps(state.to_json(), ensure_ascii=False)
    assert not LONG_NUMBER.search(told)
    assert "一二三四五六" not in told


@pytest.mark.parametrize("name", ["general-query", "silent-caller", "taboo-word"])
def test_bundled_calls_show_at_most_one_line_and_no_number(name: str) -> None:
    meta, heard = read_transcript(settings.AUDIO_FIXTURES / "calls" / f"{name}.call.yaml")
    context = workshop().context(meta, ("agent", "customer"))
    judgement = Judgement(workshop().phrases, context)
    state, ticked, lines = EMPTY, 0, set()
    for event in heard_live(from_transcript(meta, heard)):
        for each in (event, *judgement.feed(event)):
            state = fold(state, each)
            told = state.to_json()
            if told["line"]:
                lines.add(told["line"]["id"])
                ticked += all(said for _, said in told["line"]["chars"])
            for turn in told["turns"]:
                assert not LONG_NUMBER.search(turn["text"])
    assert len(lines) >= 2
    assert ticked
