"""Judgement of one call: what follows from each event, right after it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Literal

from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    CallEnded,
    Event,
    Finding,
    Listened,
    Overdue,
    PhraseMatch,
    Prompt,
    PromptCleared,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.pipeline import Judgement, Phrases
from tests.conversations import GREETING, Said, conversation, judge, judged
from tests.packs import phrases, script, workshop

TALK: tuple[Said, ...] = (
    GREETING,
    ("customer", 4.5, 6.0, "你好，查话费"),
    ("agent", 6.5, 8.5, "您的余额是三十五元"),
    ("agent", 9.0, 11.0, "请问还有什么可以帮您？"),
    ("customer", 11.5, 12.0, "没有了"),
    ("agent", 12.5, 16.5, "幺零八六号感谢您对我们工作的支持，再见。"),
)


def test_what_was_said_is_matched_right_after_it() -> None:
    events = judged(*TALK)
    for before, match in pairwise(events):
        if isinstance(match, PhraseMatch):
            assert isinstance(before, Utterance | PhraseMatch)
            assert match.channel == "agent"
            assert match.turn <= before.turn
    matched = [e.situation_id for e in events if isinstance(e, PhraseMatch)]
    assert matched == ["greet-general-desk", "anything-else", "close-normal"]


def test_a_match_shows_how_it_was_written_and_how_it_was_heard() -> None:
    match = next(e for e in judged(*TALK) if isinstance(e, PhraseMatch))
    assert match.expected == "您好！中国移动，很高兴为您服务！"
    assert match.heard == "您好，中国移动，很高兴为您服务"
    assert (match.score, match.step, match.turn) == (1.0, 1, 0)
    assert "".join(c.expected for c in match.alignment) == "您好中国移动很高兴为您服务"


def test_a_shared_wording_names_the_other_situations() -> None:
    last = [e for e in judged(*TALK) if isinstance(e, PhraseMatch)][-1]
    assert last.situation_id == "close-normal"
    assert set(last.also) >= {"caller-silent", "caller-faint-signal"}
    assert last.situation_id not in last.also


def test_the_customers_words_are_never_matched_as_the_agents() -> None:
    events = judged(("customer", 0.5, 4.0, "您好，中国移动，很高兴为您服务！"))
    assert not [e for e in events if isinstance(e, PhraseMatch)]


def test_nothing_is_due_after_the_call() -> None:
    events = judged(*TALK[:2])
    ended = next(i for i, e in enumerate(events) if isinstance(e, CallEnded))
    assert any(isinstance(e, PromptCleared) for e in events[ended:])
    assert not any(isinstance(e, Prompt) for e in events[ended:])


def passed(*events: Event, direction: Literal["inbound", "outbound"] = "inbound") -> list[Overdue]:
    meta = CallMeta("T", "general", direction=direction)
    judgement = Judgement(phrases(), workshop().context(meta, ("agent", "customer")))
    listened = [Listened(at_ms) for at_ms in range(500, 4_000, 500)]
    told = sorted([*events, *listened], key=lambda event: event.at_ms)
    return [e for event in told for e in judgement.feed(event) if isinstance(e, Overdue)]


def test_a_deadline_is_told_the_moment_it_passed_without_a_voice() -> None:
    customer = VoiceStarted(400, "customer")
    (told,) = passed(customer, VoiceStarted(2_010, "agent"))
    assert (told.at_ms, told.rule_id) == (2_000, "time-greet-2s")
    assert not passed(customer, VoiceStarted(2_000, "agent")), "even noise may have been speech"
    assert not passed(customer, direction="outbound")
    click = VoiceStarted(300, "agent"), VoiceEnded(370, "agent")
    assert passed(*click), "what the line clicks at the start is no greeting"
    assert not passed(*click, VoiceStarted(900, "agent"))


def test_the_events_fed_are_not_repeated() -> None:
    meta, heard = conversation(*TALK)
    context = workshop().context(meta, ("agent", "customer"))
    judgement = Judgement(phrases(), context)
    followed = [e for event in heard for e in judgement.feed(event)]
    assert not {type(e) for e in heard} & {type(e) for e in followed}


def test_one_index_serves_many_calls() -> None:
    first = judge(*conversation(*TALK))
    judged(("agent", 0.5, 3.0, "您好！全球通客户代表为您服务！"), desk="gotone")
    assert judge(*conversation(*TALK)) == first
    assert Phrases.from_script(script()).script is script()


def test_a_call_that_was_foreseen_is_judged_as_any_other() -> None:
    """Each with an index of its own, so that nothing is kept of the other."""
    long: Said = ("agent", 17.0, 40.0, "您是我们公司的全球通客户，祝您生活愉快。" * 6)
    cue: Said = ("customer", 41.0, 44.0, "我要投诉，你们乱扣费，叫你们领导来")
    meta, heard = conversation(*TALK, long, cue)
    context = workshop().context(meta, ("agent", "customer"))
    foreseen, other = (Phrases.from_script(replace(script())) for _ in range(2))
    foreseen.foresee(heard)
    logs = [
        [e for event in heard for e in judgement.feed(event)]
        for judgement in (Judgement(foreseen, context), Judgement(other, context))
    ]
    assert logs[0] == logs[1]
    assert any(isinstance(e, Finding) for e in logs[0])


def test_an_empty_call_is_judged_too() -> None:
    for said in ((), (("agent", 0.5, 0.5, ""),), (("customer", 1.0, 1.0, "，。"),)):
        events = judged(*said, ended_at_s=3)
        assert isinstance(next(e for e in events if isinstance(e, CallEnded)), CallEnded)
        assert all(isinstance(e.evidence.start_ms, int) for e in events if isinstance(e, Finding))
