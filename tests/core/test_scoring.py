"""Scores as a fold of the log."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.events import Event, Evidence, Finding, Severity, StageEntered, Verdict
from agent_assist.core.scoring import ManualItem, ScoreSheet, Section, score

SHEET = ScoreSheet(
    name="sheet",
    title="表",
    source="test",
    sections=(
        Section("open", "首问", 20.0, "procedure", ("word-greeting", "time-greet-2s")),
        Section("words", "用语", 30.0, "person", ("word-nin", "taboo")),
    ),
    deduct={"minor": 3.0, "major": 8.0, "info": 0.0, "fatal": 100.0},
    bonus={"word-greeting": 1.0},
    manual=(ManualItem("smile", "微笑", "words", 4.0),),
)


def finding(
    rule: str, verdict: Verdict, severity: Severity = "minor", at_ms: int = 1000
) -> Finding:
    return Finding(at_ms, rule, verdict, severity, rule, "", Evidence(at_ms, at_ms + 500))


def test_breaches_deduct_by_severity_and_never_below_nothing() -> None:
    log = [finding("word-nin", "breach")] * 2 + [finding("taboo", "breach", "major")]
    card = score(SHEET, log)
    assert card.sections[1].score == 30 - 3 - 3 - 8
    many = score(SHEET, [finding("taboo", "breach", "major")] * 9)
    assert many.sections[1].score == 0
    assert many.total == 0


def test_what_was_not_judged_is_left_out_of_the_total() -> None:
    card = score(SHEET, [finding("word-nin", "undetermined"), finding("time-greet-2s", "met")])
    assert card.sections[1].score is None
    assert (card.total, card.axes["procedure"], card.axes["person"]) == (100.0, 100.0, None)
    assert score(SHEET, []).total is None


def test_one_fatal_breach_makes_the_call_score_nothing() -> None:
    log = [finding("word-greeting", "met"), finding("taboo", "breach", "fatal")]
    card = score(SHEET, log)
    assert card.total == 0
    assert card.fatal == ("taboo",)
    assert score(SHEET, [replace(log[1], verdict="undetermined"), log[0]]).total == 100


def test_a_bonus_never_lifts_a_section_above_its_points() -> None:
    log = [finding("word-greeting", "met"), finding("time-greet-2s", "breach")]
    assert score(SHEET, log).sections[0].score == 18
    assert score(SHEET, log[:1]).sections[0].score == 20


def test_manual_points_count_once_they_are_given() -> None:
    assert score(SHEET, [], {"smile": -4.0}).sections[1].score == 26
    assert score(SHEET, []).manual == SHEET.manual


def test_verdicts_are_told_by_the_stage_they_fell_into() -> None:
    log: list[Event] = [
        StageEntered(0, "rapport"),
        finding("word-greeting", "met", at_ms=500),
        StageEntered(5000, "solution"),
        finding("word-nin", "breach", at_ms=6000),
    ]
    stages = {s.stage: (s.met, s.breach, s.undetermined) for s in score(SHEET, log).stages}
    assert stages == {"rapport": (1, 0, 0), "solution": (0, 1, 0)}


@given(
    st.lists(
        st.builds(
            finding,
            st.sampled_from(["word-greeting", "time-greet-2s", "word-nin", "taboo", "other"]),
            st.sampled_from(["met", "breach", "undetermined"]),
            st.sampled_from(["minor", "major"]),
        )
    )
)
def test_the_order_of_verdicts_does_not_matter_and_more_breaches_never_pay(
    log: list[Finding],
) -> None:
    card = score(SHEET, log)
    assert score(SHEET, log[::-1]).total == card.total
    worse = score(SHEET, [*log, finding("word-nin", "breach")])
    if card.sections[1].score is not None:
        assert (worse.sections[1].score or 0) <= card.sections[1].score
