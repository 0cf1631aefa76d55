"""What is proposed about the customer's line, and when it is left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.context import CallContext
from agent_assist.core.events import Event, LineQuality, SituationEntered
from agent_assist.core.flow import Flow
from agent_assist.core.line_state import (
    LINES,
    TROUBLES,
    LineWatch,
    Trouble,
    troubles,
    unfair_because,
)
from agent_assist.core.script import Script
from tests.packs import repeatable, script

GOOD = LineQuality(3000, "customer", 0, 3000, -24.0, -56.0, 32.0, 0.0, 0.0, 0, 200, 0.1, 0.9)
SHORT = replace(GOOD, end_ms=600)
BAD: dict[Trouble, LineQuality] = {
    "broken": replace(GOOD, dropout_rate=2.0, gap_ms=300),
    "faint": replace(GOOD, level_dbfs=-50.0, noise_dbfs=-80.0, snr_db=30.0),
    "noisy": replace(GOOD, noise_dbfs=-29.0, snr_db=5.0),
    "speakerphone": replace(GOOD, reverb_ms=800),
    "dialect": replace(GOOD, understood=0.1),
}
ANY = st.sampled_from([GOOD, SHORT, replace(GOOD, pace=4.0), *BAD.values()])


def told(*qualities: LineQuality) -> list[str | None]:
    watch = LineWatch()
    return [watch.feed(quality) for quality in qualities]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_each_trouble_twice_in_a_row_is_told_once(trouble: Trouble) -> None:
    bad, line = BAD[trouble], LINES[trouble]
    assert [t for t, there in troubles(bad).items() if there] == [trouble]
    assert told(GOOD, bad, bad, bad, bad, bad) == [None, None, line, None, None, None]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_got_better_and_worse_again_is_told_again(trouble: Trouble) -> None:
    bad, line = BAD[trouble], LINES[trouble]
    once_better = told(bad, bad, GOOD, bad, bad)
    assert once_better == [None, line, None, None, None]
    better = told(bad, bad, GOOD, GOOD, bad, bad)
    assert better == [None, line, None, None, None, line]


def test_one_good_stretch_in_between_starts_the_count_again() -> None:
    assert not any(told(*[BAD["faint"], GOOD] * 4))


def test_a_stretch_that_cannot_tell_leaves_the_count_alone() -> None:
    bad = BAD["dialect"]
    assert told(bad, SHORT, bad)[-1] == "dialect"
    cough = replace(BAD["faint"], end_ms=200)
    assert not any(told(cough, cough, cough))


def test_what_explains_the_rest_is_told_first_and_alone() -> None:
    worst = replace(GOOD, level_dbfs=-50.0, snr_db=4.0, reverb_ms=900, understood=0.0)
    assert [t for t, there in troubles(worst).items() if there] == ["faint"]
    echo = replace(BAD["speakerphone"], understood=0.1)
    assert told(echo, echo, echo, echo) == [None, "speakerphone", None, None]


def test_people_in_the_background_are_not_the_customer() -> None:
    behind = replace(GOOD, level_dbfs=-45.0, noise_dbfs=-53.0, snr_db=8.0)
    assert not any(told(GOOD, behind, behind, behind, GOOD))
    assert told(behind, behind)[-1] == "faint"
    assert told(GOOD, *[behind] * 8).count("faint") == 1, "in the end it is the customer"


def test_broken_and_faint_are_one_situation_and_told_once() -> None:
    assert told(*[BAD["broken"]] * 2, *[BAD["faint"]] * 4).count("faint") == 1


def test_a_weak_signal_is_low_and_near_the_noise() -> None:
    weak = replace(GOOD, level_dbfs=-37.0, noise_dbfs=-52.0, snr_db=15.0)
    assert told(weak, weak) == [None, "faint"]
    assert not any(told(*[replace(weak, noise_dbfs=-57.0, snr_db=20.0)] * 3)), "only quiet"
    assert not any(told(*[replace(weak, level_dbfs=-25.0, noise_dbfs=-39.0)] * 3)), "only noise"


def test_faint_speech_in_noise_is_no_weak_signal() -> None:
    """A quiet voice in a loud place: the line itself is not quiet."""
    in_noise = replace(GOOD, level_dbfs=-37.0, noise_dbfs=-46.0, snr_db=9.0)
    assert told(in_noise, in_noise, in_noise) == [None, "noisy", None]
    between = replace(GOOD, level_dbfs=-36.0, noise_dbfs=-49.0, snr_db=13.0)
    assert not any(told(*[between] * 4)), "neither weak nor noisy enough"


def test_murmurs_are_other_people_until_there_is_nobody_else() -> None:
    murmur = replace(GOOD, level_dbfs=-41.0, noise_dbfs=-45.0, snr_db=4.0)
    assert not any(told(*[murmur] * 5))
    assert told(*[murmur] * 8).count("noisy") == 1
    weak = replace(murmur, noise_dbfs=-49.5, snr_db=8.5)
    assert told(weak, weak) == [None, "noisy"], "who stands out is the customer"


@repeatable
@given(st.lists(st.sampled_from([GOOD, SHORT])))
def test_of_a_good_line_nothing_is_told(qualities: list[LineQuality]) -> None:
    assert not any(told(*qualities))


def is_better(quality: LineQuality, line: str) -> bool:
    """Whether a stretch shows that this kind of line is over."""
    return any(there is False for t, there in troubles(quality).items() if LINES[t] == line)


@repeatable
@given(st.lists(ANY, max_size=30))
def test_proposals_are_calm(qualities: list[LineQuality]) -> None:
    """Each names a trouble of this very stretch, and never two come one after the other."""
    lines = told(*qualities)
    for quality, line in zip(qualities, lines, strict=True):
        assert line is None or line in {LINES[t] for t, there in troubles(quality).items() if there}
    for before, after in pairwise(lines):
        assert not (before and after)
    for line in {line for line in lines if line}:
        at = [i for i, told_line in enumerate(lines) if told_line == line]
        for first, second in pairwise(at):
            assert sum(is_better(q, line) for q in qualities[first:second]) >= 2


@pytest.mark.parametrize(
    ("quality", "reason"),
    [
        (GOOD, ""),
        (BAD["speakerphone"], ""),
        (BAD["faint"], ""),
        (BAD["noisy"], "noisy"),
        (BAD["broken"], "broken"),
        (replace(GOOD, clipped_ratio=0.05), "clipped"),
        (replace(GOOD, saturation=0.9), "clipped"),
    ],
)
def test_wording_is_not_judged_in_poor_sound(quality: LineQuality, reason: str) -> None:
    assert unfair_because(quality) == reason


# ── what the agent is shown ────────────────────────────────────────────────────────────────────


def entered(qualities: Sequence[LineQuality], pack: Script) -> list[str]:
    flow = Flow(pack, CallContext())
    flow.start()
    events: list[Event] = [e for quality in qualities for e in flow.on_line(quality)]
    causes = {e.cause for e in events if isinstance(e, SituationEntered)}
    assert causes <= {"line"}
    return [e.situation_id for e in events if isinstance(e, SituationEntered)]


def with_line(pack: Script, situation_id: str, line: str) -> Script:
    """The pack with a situation that a kind of line brings up, besides what it had."""
    situation = pack.situations[situation_id]
    told_by = replace(situation, trigger=replace(situation.trigger, line=line))
    return replace(pack, situations={**pack.situations, situation_id: told_by})


@pytest.mark.parametrize(
    ("trouble", "situation_id"),
    [
        ("broken", "caller-faint-signal"),
        ("faint", "caller-faint-signal"),
        ("noisy", "line-noise"),
        ("speakerphone", "caller-speakerphone"),
        ("dialect", "dialect"),
    ],
)
def test_a_trouble_brings_up_its_situation(trouble: Trouble, situation_id: str) -> None:
    pack = with_line(script(), situation_id, LINES[trouble])
    assert entered([BAD[trouble]] * 5, pack) == [situation_id]


def test_the_agents_own_line_brings_up_nothing() -> None:
    assert not entered([replace(BAD["noisy"], channel="agent")] * 4, script())
