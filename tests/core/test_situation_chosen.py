"""A situation picked by hand: its first line is due; picked again, that line counts as said."""

from __future__ import annotations

from agent_assist.core.codec import from_json, to_json
from agent_assist.core.context import CallContext
from agent_assist.core.events import (
    CallStarted,
    Event,
    Prompt,
    PromptCleared,
    SituationChosen,
    SituationEntered,
    Utterance,
)
from agent_assist.core.pipeline import Judgement
from tests.packs import phrases

STARTED = CallStarted(0, "c1", "general", "1086", "小周", "", ())


def judged(*events: Event) -> list[list[Event]]:
    """What follows from each event of a call nobody listens to."""
    judgement = Judgement(phrases(), CallContext(channels=(), values={"agent_id": "1086"}))
    return [judgement.feed(event) for event in (STARTED, *events)]


def prompts(events: list[Event]) -> list[tuple[str, int, int | None]]:
    return [(e.situation_id, e.step, e.due_ms) for e in events if isinstance(e, Prompt)]


def test_a_chosen_situation_is_entered_and_its_first_line_is_due() -> None:
    _, chosen = judged(SituationChosen(4000, "hold-start"))
    assert SituationEntered(4000, "hold-start", "agent_choice") in chosen
    assert prompts(chosen) == [("hold-start", 1, None)]


def test_chosen_again_its_line_counts_as_said_and_the_next_keeps_its_pause() -> None:
    again = [SituationChosen(5000 + 3000 * i, "caller-silent") for i in range(5)]
    _, first, *later = judged(*again)
    assert prompts(first) == [("caller-silent", 1, None)]
    assert [prompts(events) for events in later[:3]] == [
        [("caller-silent", 2, 10_000)],
        [("caller-silent", 3, 13_000)],
        [("caller-silent", 4, None)],
    ]
    assert [type(event) for event in later[3]] == [PromptCleared]


def test_a_finished_situation_can_be_begun_again() -> None:
    choices = [SituationChosen(1000 * i, "dialect") for i in range(1, 12)]
    shown = [p for events in judged(*choices) for p in prompts(events) if p[0] == "dialect"]
    assert [step for _, step, _ in shown].count(1) > 1


def test_the_greeting_gives_way_to_a_choice_and_the_said_line_to_what_was_heard() -> None:
    said = Utterance(9000, 0, "agent", 7000, 9000, "请您稍等，我帮您查询一下。")
    start, chosen, heard = judged(SituationChosen(4000, "hold-start"), said)
    assert [p[0] for p in prompts(start)] == ["greet-general-desk"]
    assert [p[0] for p in prompts(chosen)] == ["hold-start"]
    assert all(p[0] != "hold-start" for p in prompts(heard))


def test_an_unknown_situation_changes_nothing() -> None:
    assert judged(SituationChosen(4000, "no-such-situation"))[1] == []


def test_a_choice_is_kept_in_the_log() -> None:
    line = to_json(SituationChosen(4000, "hold-start"))
    assert line == '{"type":"situation_chosen","at_ms":4000,"situation_id":"hold-start"}'
    assert from_json(line) == SituationChosen(4000, "hold-start")
