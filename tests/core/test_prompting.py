"""One line at a time, never with a hole, over any conversation."""

from __future__ import annotations

import random
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.core.events import Event, Prompt, PromptCleared
from agent_assist.core.prompting import Prompter
from agent_assist.core.standing import Due
from tests.conversations import Said, conversation, judge, judged
from tests.packs import lines, repeatable, script

CUSTOMER = [
    "你好，查话费",
    "一三八零零一三八零零零",
    "没有了",
    "啷个查嘛",
    "手机丢了，快帮我停机",
    "我要投诉你们",
    "谢谢",
    "声音太小，我听不见",
    "我开着免提",
    "没听懂，什么意思",
    "今天天气不错",
    "",
    "嗯",
    "喂，在吗",
    "我有个建议",
    "你们电话太难打了",
]
ANY_LINES = [line for _, _, _, line in lines(4)][::5]
AGENT = [*ANY_LINES, "今天天气不错", "", "好的", "帮您查一下", "查到了"]


@st.composite
def talks(draw: st.DrawFn) -> list[Said]:
    """Any conversation, with pauses, overlaps and silences."""
    said: list[Said] = []
    at = draw(st.integers(0, 30)) / 10
    for _ in range(draw(st.integers(0, 12))):
        agent = draw(st.booleans())
        text = draw(st.sampled_from(AGENT if agent else CUSTOMER))
        end = round(at + 0.2 * max(2, len(text)), 3)
        said.append(("agent" if agent else "customer", at, end, text))
        at = round(max(0.0, end + draw(st.sampled_from([-0.5, 0.3, 1.0, 2.5, 8.0, 31.0]))), 3)
    return said


@settings(repeatable, max_examples=40)
@given(talks(), st.sampled_from(["general", "vip", "gotone"]), st.booleans())
def test_at_most_one_line_and_never_a_hole(said: list[Said], desk: str, named: bool) -> None:
    call: dict[str, Any] = {"desk": desk}
    if not named:
        call["agent"] = {"id": "", "name": ""}
    events = judge(*conversation(*said, **call))
    shown: tuple[str, int] | None = None
    for event in events:
        if isinstance(event, Prompt):
            shown = (event.situation_id, event.step)
            check(event)
        elif isinstance(event, PromptCleared):
            assert shown == (event.situation_id, event.step), "cleared what was not shown"
            shown = None
    assert shown is None, "a line is left on the screen after the call"


def check(prompt: Prompt) -> None:
    step = script().situations[prompt.situation_id].step(prompt.step)
    assert step is not None
    assert step.say or prompt.text.startswith("（")
    assert prompt.text
    assert not re.search(r"[{}〈〉]|None", prompt.text), prompt.text
    assert prompt.latency_ms >= 0
    assert prompt.status == step.status
    assert prompt.due_ms is None or prompt.due_ms >= 0


@settings(repeatable, max_examples=15)
@given(talks())
def test_prompts_come_in_the_order_of_time(said: list[Said]) -> None:
    events: list[Event] = [e for e in judged(*said) if isinstance(e, Prompt | PromptCleared)]
    times = [e.at_ms for e in events]
    assert times == sorted(times)


def due(situation_id: str, n: int, caused_ms: int = 0, due_ms: int | None = None) -> Due:
    situation = script().situations[situation_id]
    step = situation.step(n)
    assert step is not None
    return Due(situation, step, due_ms, caused_ms)


def test_a_line_is_shown_once_and_cleared_once() -> None:
    prompter = Prompter({})
    line = due("anything-else", 1, caused_ms=900)
    (shown,) = prompter.show(1000, line)
    assert isinstance(shown, Prompt)
    assert (shown.at_ms, shown.latency_ms) == (1000, 100)
    assert prompter.show(1500, line) == []
    assert prompter.show(2000, None, "said") == [PromptCleared(2000, "anything-else", 1, "said")]
    assert prompter.show(2500, None) == []


def test_a_line_gives_way_to_another() -> None:
    prompter = Prompter({"agent_id": "1086"})
    prompter.show(0, due("anything-else", 1))
    (shown,) = prompter.show(10, due("close-normal", 1))
    assert isinstance(shown, Prompt)
    assert shown.situation_id == "close-normal"


def test_a_cause_in_the_future_gives_no_negative_latency() -> None:
    (shown,) = Prompter({}).show(100, due("anything-else", 1, caused_ms=500))
    assert isinstance(shown, Prompt)
    assert shown.latency_ms == 0


def test_what_to_do_is_shown_in_place_of_a_line_with_a_hole() -> None:
    (shown,) = Prompter({}).show(0, due("close-normal", 1))
    assert isinstance(shown, Prompt)
    assert shown.text == "（结束语：请按实际情况说明）"


def test_no_situation_has_a_line_that_shows_a_hole() -> None:
    rng = random.Random(1)
    for situation in script().situations.values():
        for step in situation.steps:
            if step.say:
                values = {"agent_id": "1086"} if rng.random() < 0.5 else {}
                (shown,) = Prompter(values).show(0, Due(situation, step, None, 0))
                assert isinstance(shown, Prompt)
                assert not re.search(r"[{}〈〉]", shown.text)
