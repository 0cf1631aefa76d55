"""What a practice call comes to: who said what for which line, and what is practised next."""

from __future__ import annotations

import pytest

from agent_assist.core.call import CallMeta
from agent_assist.core.events import Event, Evidence, Finding, PhraseMatch, Utterance
from agent_assist.core.lesson import AgentLine, Cue, Customer, CustomerLine, Lesson, LineSound
from agent_assist.core.lesson_result import LessonResult, fold_lesson
from agent_assist.core.matching import Matcher
from agent_assist.core.scoring import Scorecard
from agent_assist.core.wording import Wording

GREETING, HOLD = "您好，中国移动，很高兴为您服务", "请您稍候片刻，我帮您核实一下好吗"
MATCHER = Matcher([(("greet", 1), Wording((GREETING,))), (("hold", 1), Wording((HOLD,)))])
ANSWER = Cue("answered", 800)


def lesson(name: str, *trains: str) -> Lesson:
    turns = (
        AgentLine(GREETING, 0),
        CustomerLine("查话费", ANSWER),
        AgentLine(HOLD, 0),
        AgentLine("余额三十五元", 8_000),
        CustomerLine("好", ANSWER),
        AgentLine("再见", 0),
    )
    return Lesson(name, name, ("练",), trains, CallMeta(name), turns, ANSWER, LineSound())


LESSONS = [lesson("01-a", "rule-a"), lesson("02-b", "rule-b"), lesson("03-c")]


def said(text: str, start_ms: int) -> Utterance:
    return Utterance(start_ms + 1_000, 0, "agent", start_ms, start_ms + 900, text, (), 1.0)


def matched(situation: str, start_ms: int) -> PhraseMatch:
    span = (start_ms, start_ms + 900)
    return PhraseMatch(start_ms, situation, 1, 1.0, 0.5, 0, *span, "agent", "", "", ())


def breach(rule: str) -> Finding:
    return Finding(9_000, rule, "breach", "minor", rule, "不对", Evidence(0, 100))


def fold(
    log: list[Event], total: float | None = 100.0, which: int = 0, spoken: int = 2
) -> LessonResult:
    customer = Customer(LESSONS[which])
    for at_ms in (5_000, 15_000)[:spoken]:
        customer.speaks(at_ms, at_ms + 500)
    card = Scorecard("s", total, (), (), {}, (), ())
    return fold_lesson(customer, log, MATCHER, card, LESSONS)


def test_each_turn_has_its_lines_and_what_was_said() -> None:
    log: list[Event] = [said("您好中国移动", 800), matched("greet", 800), said("余额三十五", 9_000)]
    first, second, third = fold([*log, said("再见", 16_000)]).exchanges
    assert (first.customer, first.said, first.missed) == ("", "您好中国移动", ())
    assert (second.customer, second.said) == ("查话费", "余额三十五")
    assert second.expected == (HOLD, "余额三十五元") and second.missed == (HOLD,)
    assert (third.said, third.mandated, third.missed) == ("再见", False, ())


def test_what_was_said_too_late_is_not_said_in_its_turn() -> None:
    first, second, _ = fold([matched("greet", 6_000), said("您好", 6_000)]).exchanges
    assert first.missed == (GREETING,) and first.said == "" and second.said == "您好"


def test_turns_that_the_call_never_reached_are_empty() -> None:
    exchanges = fold([said("您好", 800), matched("greet", 800)], spoken=0).exchanges
    assert [e.said for e in exchanges] == ["您好", "", ""]
    assert exchanges[1].missed == (HOLD,)


@pytest.mark.parametrize(
    ("log", "total", "which", "following"),
    [
        ([], 100.0, 0, "02-b"),
        ([], 100.0, 2, None),
        ([], 79.9, 0, "01-a"),
        ([], None, 0, "01-a"),
        ([breach("rule-a")], 97.0, 0, "01-a"),
        ([breach("rule-b")], 97.0, 0, "02-b"),
        ([breach("rule-x")], 97.0, 0, "01-a"),
    ],
)
def test_what_is_practised_next(
    log: list[Event], total: float | None, which: int, following: str | None
) -> None:
    found = fold(log, total, which).following
    assert (found.id if found else None) == following
