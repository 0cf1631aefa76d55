"""Every situation plays: it comes up in each way its trigger states, and its lines walk on."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

import pytest

from agent_assist.catalogue.compiler import load_script
from agent_assist.catalogue.reach import (
    LEAST_LITERALS,
    Tape,
    Way,
    comes_up,
    filled,
    play,
    unreachable,
    ways,
)
from agent_assist.core.context import CallContext
from agent_assist.core.events import PhraseMatch, Prompt, SituationChosen
from agent_assist.core.pipeline import Phrases
from agent_assist.core.script import Script, Situation, Trigger
from agent_assist.core.wording import Wording
from agent_assist.settings import SCRIPTS
from tests.packs import literals, script

SITUATIONS = list(script().situations)


@lru_cache(maxsize=1)
def catalogue() -> Phrases:
    """The catalogue alone: what comes up does not depend on rules."""
    return Phrases.from_script(replace(script(), rules=()))


def with_situation(situation: Situation) -> Script:
    situations = {**script().situations, situation.id: situation}
    return replace(script(), situations=MappingProxyType(situations))


@pytest.mark.parametrize("pack", sorted(p.parent.name for p in SCRIPTS.glob("*/script.yaml")))
def test_no_situation_of_a_bundled_pack_is_unreachable(pack: str) -> None:
    assert unreachable(load_script(SCRIPTS / pack)) == []


@pytest.mark.parametrize("situation_id", SITUATIONS)
def test_a_situation_comes_up_and_its_first_line_is_shown(situation_id: str) -> None:
    situation = script().situations[situation_id]
    tried = list(ways(script(), situation))
    assert tried
    for way in tried:
        assert comes_up(situation, way, play(catalogue(), way)), way.part


@pytest.mark.parametrize("situation_id", SITUATIONS)
def test_chosen_by_hand_it_is_walked_through_card_by_card(situation_id: str) -> None:
    """Picked again, a line counts as said: the agent can go through any situation unheard."""
    situation = script().situations[situation_id]
    tape = Tape()
    for i in range(len(situation.cards)):
        tape.put(SituationChosen(3000 + 4000 * i, situation_id))
    context = CallContext(channels=(), values={"agent_id": "1086"})
    followed = play(catalogue(), Way("manual", context, tuple(tape.events)))
    shown = [e.step for e in followed if isinstance(e, Prompt) and e.situation_id == situation_id]
    assert list(dict.fromkeys(shown)) == [step.n for step in situation.cards]


def spoken_steps(situation: Situation) -> list[tuple[int, str]]:
    """The lines of a situation that can be recognised, each as it might be said."""
    said: list[tuple[int, str]] = []
    for step in situation.steps:
        wordings: list[Wording] = [step.say, *step.accept] if step.say else []
        known = [w for w in wordings if len(literals(w)) >= LEAST_LITERALS]
        if known:
            said.append((step.n, filled(known[0], CallContext(values={"agent_id": "1086"}))))
    return said


@pytest.mark.parametrize(
    "situation_id", [s for s in SITUATIONS if spoken_steps(script().situations[s])]
)
def test_saying_its_lines_walks_through_its_steps(situation_id: str) -> None:
    situation = script().situations[situation_id]
    tape = Tape().put(SituationChosen(400, situation_id))
    for _, text in spoken_steps(situation):
        tape.say("agent", text)
        tape.now_ms += 3000
    outbound = situation.trigger.direction == "outbound"
    context = CallContext(
        direction="outbound" if outbound else "inbound",
        values={"agent_id": "1086", "brand_greeting": "中国移动，很高兴为您服务！"},
    )
    followed = play(catalogue(), Way("say", context, tuple(tape.events)))
    heard = [
        e.step for e in followed if isinstance(e, PhraseMatch) and e.situation_id == situation_id
    ]
    assert list(dict.fromkeys(heard)) == [n for n, _ in spoken_steps(situation)]


SILENT_CUE = (Wording(("……",)),)


@pytest.mark.parametrize(
    ("trigger", "way"),
    [
        (Trigger(customer_says=SILENT_CUE), "customer_says"),
        (Trigger(agent_says=SILENT_CUE), "agent_says"),
        (Trigger(phase="answered"), "phase"),
    ],
)
def test_a_way_that_leads_nowhere_is_told(trigger: Trigger, way: str) -> None:
    broken = replace(script().situations["dialect-understood"], trigger=trigger)
    lost = unreachable(with_situation(broken))
    assert [(u.situation_id, u.way) for u in lost] == [("dialect-understood", way)]


def test_a_situation_without_lines_or_ways_is_told() -> None:
    dumb = replace(
        script().situations["dialect-understood"], trigger=Trigger(event="no_such_event")
    )
    lost = unreachable(with_situation(dumb))
    assert [(u.situation_id, u.way) for u in lost] == [("dialect-understood", "anything")]
