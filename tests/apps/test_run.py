"""The one loop: every event, and all that follows from it, to every sink."""

from __future__ import annotations

from agent_assist.apps.replay import Collector
from agent_assist.apps.run import run
from agent_assist.core.pipeline import Judgement
from tests.conversations import GREETING, conversation, judge
from tests.packs import phrases, workshop


def test_every_sink_gets_everything_in_order() -> None:
    meta, heard = conversation(GREETING, ("customer", 4.5, 6.0, "你好，查话费"))
    one, other = Collector(), Collector()
    judgement = Judgement(phrases(), workshop().context(meta, ("agent", "customer")))
    run(iter(heard), judgement, [one, other])
    assert one.events == other.events == judge(meta, heard)


def test_a_call_without_sinks_is_judged_all_the_same() -> None:
    meta, heard = conversation(GREETING)
    run(heard, Judgement(phrases(), workshop().context(meta, ("agent", "customer"))), [])
