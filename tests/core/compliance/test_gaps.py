"""Where sound was lost, nothing that may have been said there is held against anybody."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from agent_assist.apps.calls import Overrides, Workshop, find_calls
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    Channel,
    Event,
    Finding,
    Listened,
    Overdue,
    Utterance,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.core.rules import Check, Forbid, Measure
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS

CALLS = Path(__file__).parents[2] / "calls"
WORKSHOP = Workshop(read_pack(DEFAULT_SCRIPT))
NAMES = [p.name for p in find_calls(CALLS) if not (SCRIPTS / p.parent.name).is_dir()]
SIDES: tuple[Channel, ...] = ("agent", "customer")


def judged(name: str, *gaps: AudioGap, extra: Sequence[Event] = ()) -> list[Event]:
    """What follows from a call in which these gaps were told as soon as they were over."""
    path = next(p for p in find_calls(CALLS) if p.name == name)
    call = WORKSHOP.open(path, Overrides())
    judgement = Judgement(WORKSHOP.phrases, call.context)
    waiting = sorted(gaps, key=lambda g: g.at_ms + g.duration_ms)
    followed: list[Event] = []
    for event in sorted([*call.events, *extra], key=lambda e: e.at_ms) if extra else call.events:
        while waiting and waiting[0].at_ms + waiting[0].duration_ms <= event.at_ms:
            followed += judgement.feed(waiting.pop(0))
        followed += judgement.feed(event)
    return followed


def breaches(name: str, *gaps: AudioGap) -> list[Finding]:
    found = judged(name, *gaps)
    return [e for e in found if isinstance(e, Finding) and e.verdict == "breach"]


def everything_between(name: str) -> list[AudioGap]:
    """All sound in which a side did not speak, lost."""
    path = next(p for p in find_calls(CALLS) if p.name == name)
    events = list(WORKSHOP.open(path, Overrides()).events)
    ended = next(e.at_ms for e in events if isinstance(e, CallEnded))
    gaps = []
    for side in SIDES:
        said = [e for e in events if isinstance(e, Utterance) and e.channel == side]
        edges = [(0, 0), *((u.start_ms, u.end_ms) for u in said), (ended, ended)]
        for (_, start), (end, _) in pairwise(edges):
            if end > start:
                gaps.append(AudioGap(start, side, end - start, "lost"))
    return gaps


def rests_on_what_was_heard(check: Check) -> bool:
    return isinstance(check, Forbid) or (isinstance(check, Measure) and check.of == "echo")


@pytest.mark.parametrize("name", [n for n in NAMES if breaches(n)])
def test_only_what_was_heard_is_a_breach_where_all_silence_was_lost(name: str) -> None:
    rules = {rule.id: rule for rule in WORKSHOP.phrases.script.rules}
    before, after = breaches(name), breaches(name, *everything_between(name))
    for finding in before:
        kept = finding in after
        heard = [rests_on_what_was_heard(check) for check in rules[finding.rule_id].checks]
        assert kept or not all(heard), finding
        assert any(heard) or not kept, finding
    found = judged(name, *everything_between(name))
    open_rules = {e.rule_id for e in found if isinstance(e, Finding) and e.verdict != "met"}
    assert {f.rule_id for f in before} <= open_rules


GAPS = [
    ("d02-vip-late", "time-greet-2s", "agent", 500, 1_000),
    ("d01-not-repeated", "word-repeat-number", "agent", 13_000, 1_000),
    ("d18-unannounced-hold", "time-dead-air", "agent", 20_000, 1_000),
    ("d18-long-hold-silent", "time-hold-revisit", "customer", 40_000, 1_000),
    ("d05-silent-hurried", "time-silence-steps-2s", "customer", 9_050, 400),
    ("d05-silent-early-hangup", "time-silence-no-early-hangup", "agent", 0, 500),
    ("d02-vip-general-greeting", "word-greeting", "agent", 0, 600),
    ("d25-hangup", "conduct-hangup", "agent", 100, 500),
]


@pytest.mark.parametrize(("name", "rule", "side", "at_ms", "duration_ms"), GAPS)
def test_a_gap_leaves_the_verdict_open_and_says_so(
    name: str, rule: str, side: Channel, at_ms: int, duration_ms: int
) -> None:
    gap = AudioGap(at_ms, side, duration_ms, "unplugged")
    call = f"{name}.call.yaml"
    assert rule in {f.rule_id for f in breaches(call)}
    found = [e for e in judged(call, gap) if isinstance(e, Finding) and e.rule_id == rule]
    shown = [f.evidence.reason for f in found if f.verdict == "undetermined"]
    assert f"录音有缺口（{duration_ms / 1000:.1f} 秒），无法判定" in shown
    assert not any(f.message for f in found if f.verdict == "undetermined")


@pytest.mark.parametrize("name", NAMES[::6])
def test_a_gap_too_short_for_a_word_changes_no_verdict(name: str) -> None:
    gaps = [AudioGap(at, side, 150, "lost") for at in range(0, 60_000, 4_000) for side in SIDES]
    without = [e for e in judged(name) if isinstance(e, Finding)]
    assert [e for e in judged(name, *gaps) if isinstance(e, Finding)] == without


def test_a_deadline_in_lost_sound_is_not_called_overdue() -> None:
    name = "d02-vip-late.call.yaml"
    listened = [Listened(at) for at in range(500, 3_000, 500)]
    for gaps, overdue in (((), 1), ((AudioGap(200, "agent", 900, "unplugged"),), 0)):
        told = judged(name, *gaps, extra=listened)
        assert sum(isinstance(e, Overdue) for e in told) == overdue


def test_pieces_of_one_gap_are_one() -> None:
    pieces = [AudioGap(500 + 100 * i, "agent", 100, "unplugged") for i in range(10)]
    found = breaches("d02-vip-late.call.yaml", *pieces)
    assert "time-greet-2s" not in {f.rule_id for f in found}


def test_a_gap_elsewhere_or_on_the_other_side_excuses_nothing() -> None:
    for gap in (AudioGap(9_000, "agent", 2_000, "lost"), AudioGap(0, "customer", 2_000, "lost")):
        found = breaches("d02-vip-late.call.yaml", gap)
        assert "time-greet-2s" in {f.rule_id for f in found}


def test_nothing_forbidden_is_met_only_where_all_was_heard() -> None:
    gap = AudioGap(15_000, "agent", 1_000, "lost")
    for gaps, verdict in (((), "met"), ((gap,), "undetermined")):
        found = judged("d01-query.call.yaml", *gaps)
        taboo = next(e for e in found if isinstance(e, Finding) and e.rule_id == "taboo")
        assert taboo.verdict == verdict
