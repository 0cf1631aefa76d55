"""A poor recogniser must not turn compliant agents into offenders."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import yaml
from pypinyin import lazy_pinyin

from agent_assist.apps.calls import Overrides, Workshop, find_calls
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.call import CallMeta
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.events import Finding, Utterance, Word
from agent_assist.core.phonetics import sound_cost
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.core.text import spoken
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS

CALLS = Path(__file__).parents[2] / "calls"
ROUNDS = 2
BY_TURN = ("taboo", "word-nin")
"""Rules of which a call may break several turns: right ones must be told from wrong ones."""

COMMON = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下"
    "过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都"
    "两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重"
    "新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想"
    "已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知"
    "较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造"
    "百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白"
)


@cache
def _alike(syllable: str) -> tuple[str, ...]:
    """Characters that sound the same or nearly so."""
    sounds = {c: lazy_pinyin(c)[0] for c in COMMON}
    return tuple(c for c, s in sounds.items() if sound_cost(syllable, s) <= 0.3)


def garbled(text: str, rate: float, chance: random.Random) -> list[tuple[str, bool]]:
    """The characters as heard, each with whether it is right."""
    heard: list[tuple[str, bool]] = []
    given = spoken(text)
    for char, syllable in zip(given.chars, given.syllables, strict=True):
        if chance.random() >= rate:
            heard.append((char, True))
            continue
        kind = chance.random()
        if kind < 0.45:
            like = [c for c in _alike(syllable) if c != char]
            heard.append((chance.choice(like or list(COMMON)), False))
        elif kind < 0.7:
            heard.append((chance.choice(COMMON), False))
        elif kind < 0.85:
            heard += [(char, True), (chance.choice(COMMON), False)]
    return heard


def misheard(said: Utterance, rate: float, chance: random.Random, honest: bool) -> Utterance:
    """The utterance as a poor recogniser gives it.

    ``honest``: its confidence is lower where it erred; otherwise it is always sure of itself.
    """
    heard = garbled(said.text, rate, chance)
    step = (said.end_ms - said.start_ms) / max(1, len(heard))
    words = tuple(
        Word(
            char,
            round(said.start_ms + i * step),
            round(said.start_ms + (i + 1) * step),
            _confidence(right, rate, chance) if honest else 1.0,
        )
        for i, (char, right) in enumerate(heard)
    )
    mean = sum(w.confidence for w in words) / len(words) if words else 0.0
    text = "".join(w.text for w in words)
    return replace(said, text=text, words=words, confidence=mean)


def _confidence(right: bool, rate: float, chance: random.Random) -> float:
    """A calibrated one: of the characters told with confidence c, a share c is right."""
    return chance.betavariate(2 * (1 - rate) + right, 2 * rate + (not right))


@dataclass(frozen=True, slots=True)
class Call:
    meta: CallMeta
    context: CallContext
    said: tuple[Utterance, ...]
    expect: Counter[tuple[str, int | None]]


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(read_pack(DEFAULT_SCRIPT))


@pytest.fixture(scope="module")
def calls(workshop: Workshop) -> list[Call]:
    return list(_calls(workshop))


def _calls(workshop: Workshop) -> Iterator[Call]:
    for path in find_calls(CALLS):
        if (SCRIPTS / path.parent.name).is_dir():
            continue  # judged by another pack
        call = workshop.open(path, Overrides())
        said = tuple(e for e in call.events if isinstance(e, Utterance))
        wanted = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
        expect = Counter(_key(w["rule"], w.get("turn")) for w in wanted)
        yield Call(call.meta, call.context, said, expect)


def _key(rule: str, turn: int | None) -> tuple[str, int | None]:
    return rule, turn if rule in BY_TURN else None


def judged(workshop: Workshop, call: Call, said: tuple[Utterance, ...]) -> list[Finding]:
    spotter = PhraseSpotter(workshop.phrases.matcher)
    inspector = Inspector(workshop.phrases.script, call.context)
    for utterance in said:
        turn = Turn.from_utterance(utterance)
        by_agent = utterance.channel == "agent"
        inspector.hear(turn, tuple(spotter.feed(turn)) if by_agent else ())
    return inspector.end(call.meta.ended_at_ms or 0, call.meta.hung_up_by)


@pytest.mark.parametrize(
    ("rate", "honest", "recall"),
    [(0.1, True, 0.65), (0.2, True, 0.45), (0.3, True, 0.35), (0.1, False, 0.7), (0.2, False, 0.5)],
)
def test_nine_of_ten_accusations_are_right(
    workshop: Workshop, calls: list[Call], rate: float, honest: bool, recall: float
) -> None:
    right = given = wanted = 0
    for seed, call in enumerate(calls * ROUNDS):
        chance = random.Random(seed)
        said = tuple(misheard(u, rate, chance, honest) for u in call.said)
        breaches = [f for f in judged(workshop, call, said) if f.verdict == "breach"]
        found = Counter(_key(f.rule_id, f.evidence.turn) for f in breaches)
        right += (found & call.expect).total()
        given += found.total()
        wanted += call.expect.total()
    assert right >= 0.9 * given
    assert right >= recall * wanted
