"""The customer of a practice call: when he does what, told only what happens in the call."""

from __future__ import annotations

import pytest

from agent_assist.core.call import CallMeta
from agent_assist.core.events import Event, PhraseMatch, Utterance, VoiceEnded, VoiceStarted
from agent_assist.core.lesson import AgentLine, Awaited, Cue, Customer, CustomerLine, Lesson
from agent_assist.core.lesson import LineSound as Sound

ANSWER = Cue("answered", 800)


def customer(*cues: Cue, ending: Cue | None = None) -> Customer:
    lines = tuple(CustomerLine(f"第{i}句", cue) for i, cue in enumerate(cues))
    meta = CallMeta("lesson", hung_up_by="customer")
    turns: tuple[AgentLine | CustomerLine, ...] = (AgentLine("您好", 0), *lines)
    return Customer(Lesson("lesson", "课", ("练",), (), meta, turns, ending, Sound()))


def agent_speaks(customer: Customer, start_ms: int, end_ms: int, *said: Event) -> None:
    for event in (VoiceStarted(start_ms, "agent"), VoiceEnded(end_ms, "agent"), *said):
        customer.hear(event)


def words(text: str, end_ms: int = 2_000) -> Utterance:
    return Utterance(end_ms + 500, 0, "agent", end_ms - 1_000, end_ms, text, (), 1.0)


def match(situation: str, step: int, end_ms: int = 2_000) -> PhraseMatch:
    span = (end_ms - 1_000, end_ms)
    return PhraseMatch(end_ms, situation, step, 1.0, 0.5, 0, *span, "agent", "", "", ())


def test_he_answers_after_a_pause_and_not_while_the_agent_speaks() -> None:
    him = customer(ANSWER)
    assert him.due_ms is None, "nobody has spoken to him"
    him.hear(VoiceStarted(500, "agent"))
    assert him.due_ms is None
    him.hear(VoiceEnded(2_000, "agent"))
    assert him.due_ms == 2_800
    him.hear(VoiceStarted(2_500, "agent"))
    assert him.due_ms is None, "the agent goes on"
    him.hear(VoiceEnded(4_000, "agent"))
    assert him.due_ms == 4_800


def test_words_under_his_own_are_no_answer_to_them() -> None:
    him = customer(ANSWER, ANSWER)
    agent_speaks(him, 500, 2_000)
    him.speaks(2_800, 5_000)
    agent_speaks(him, 3_500, 3_900)
    assert him.due_ms is None
    agent_speaks(him, 4_800, 6_000)
    assert him.due_ms == 6_800, "begun under his words, but it outlasts them"


@pytest.mark.parametrize(
    ("awaited", "event"),
    [
        (Awaited("hold-start"), match("hold-start", 2)),
        (Awaited("hold-start", 1), match("hold-start", 1)),
        (Awaited(words="再见"), words("感谢您的来电，再见！")),
        (Awaited(words="10086"), words("请拨打幺零零八六")),
    ],
)
def test_what_he_waits_for_is_heard(awaited: Awaited, event: Event) -> None:
    him = customer(Cue("answered", 800, (awaited,), 3_000))
    agent_speaks(him, 500, 2_000, event)
    assert him.due_ms == 2_800


@pytest.mark.parametrize(
    "event",
    [
        match("hold-end", 1),
        match("hold-start", 2),
        words("请稍候"),
    ],
)
def test_without_what_he_waits_for_he_is_patient(event: Event) -> None:
    him = customer(Cue("answered", 800, (Awaited("hold-start", 1), Awaited(words="再见")), 3_000))
    agent_speaks(him, 500, 2_000, event)
    assert him.due_ms == 5_000


def test_who_understands_nothing_takes_anything_for_an_answer() -> None:
    him = customer(Cue("answered", 800, (Awaited("hold-start"),), 3_000))
    him.understands = False
    agent_speaks(him, 500, 2_000)
    assert him.due_ms == 2_800


def test_what_was_said_before_his_last_line_does_not_count_again() -> None:
    cue = Cue("answered", 800, (Awaited(words="再见"),), 3_000)
    him = customer(ANSWER, cue)
    agent_speaks(him, 500, 2_000)
    him.speaks(2_800, 4_000)
    agent_speaks(him, 4_500, 6_000, words("再见", end_ms=2_000))
    assert him.due_ms == 9_000


def test_other_cues() -> None:
    assert customer(Cue("at_once", 400)).due_ms == 400
    silence = customer(Cue("silence", 5_000))
    assert silence.due_ms == 5_000
    agent_speaks(silence, 500, 2_000)
    assert silence.due_ms == 7_000
    rude = customer(Cue("interrupting", 1_000))
    assert rude.due_ms is None
    rude.hear(VoiceStarted(500, "agent"))
    assert rude.due_ms == 1_500


def test_after_his_last_line_the_ending_is_what_is_due() -> None:
    him = customer(ANSWER, ending=Cue("answered", 1_200))
    agent_speaks(him, 500, 2_000)
    him.speaks(2_800, 4_000)
    assert him.line is None and him.due_ms is None
    agent_speaks(him, 4_500, 6_000)
    assert him.due_ms == 7_200


def test_who_never_hangs_up_has_nothing_due() -> None:
    him = customer()
    agent_speaks(him, 500, 2_000)
    assert him.due_ms is None
