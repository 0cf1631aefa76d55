"""Wording spoken over a line too poor to hear it is held against nobody."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_assist.apps.calls import Workshop
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.context import CallContext
from agent_assist.core.events import CallEnded, CallStarted, Event, Finding, LineQuality, Utterance
from agent_assist.core.pipeline import Judgement
from agent_assist.settings import DEFAULT_SCRIPT

GOOD = LineQuality(4_100, "agent", 800, 4_000, -20.0, -60.0, 40.0, 0.0)
RUDE = "有什么事你快点说你必须自己去营业厅"
NOISY = replace(GOOD, noise_dbfs=-25.0, snr_db=5.0)
BROKEN = replace(GOOD, dropout_rate=1.6, gap_ms=500)
CLIPPED = replace(GOOD, level_dbfs=-3.0, clipped_ratio=0.05)


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(read_pack(DEFAULT_SCRIPT))


def judged(workshop: Workshop, quality: LineQuality, text: str = RUDE) -> dict[str, Finding]:
    desk = workshop.phrases.script.default_desk
    judgement = Judgement(workshop.phrases, CallContext(desk=desk))
    said: list[Event] = [
        CallStarted(0, "x", desk, "1086", "小周", "", ("agent", "customer")),
        Utterance(4_000, 0, "agent", 800, 4_000, text),
        quality,
        CallEnded(9_000, "customer"),
    ]
    events = [e for event in said for e in judgement.feed(event)]
    return {e.rule_id: e for e in events if isinstance(e, Finding)}


def test_a_good_line_lets_wording_be_judged(workshop: Workshop) -> None:
    found = judged(workshop, GOOD)
    assert {found[r].verdict for r in ("word-nin", "word-greeting")} == {"breach"}


@pytest.mark.parametrize(
    ("quality", "reason"),
    [(NOISY, "噪声太大"), (BROKEN, "断断续续"), (CLIPPED, "过载失真")],
    ids=["noisy", "broken", "clipped"],
)
def test_a_poor_line_leaves_it_open_and_says_why(
    workshop: Workshop, quality: LineQuality, reason: str
) -> None:
    found = judged(workshop, quality)
    assert not any(f.verdict == "breach" for r, f in found.items() if r.startswith("word-"))
    for rule in ("word-nin", "word-greeting"):
        assert found[rule].verdict == "undetermined"
        assert reason in found[rule].evidence.reason


def test_the_customers_line_is_not_the_agents(workshop: Workshop) -> None:
    assert judged(workshop, replace(NOISY, channel="customer"))["word-nin"].verdict == "breach"


def test_what_was_heard_over_a_poor_line_still_counts_for_the_agent(workshop: Workshop) -> None:
    assert judged(workshop, NOISY, "您好中国移动很高兴为您服务")["word-greeting"].verdict == "met"
