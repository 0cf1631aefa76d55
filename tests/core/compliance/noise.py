"""A recogniser that errs: seeded substitutions, deletions and insertions of characters."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

from pypinyin import lazy_pinyin

from agent_assist.core.events import Utterance, Word
from agent_assist.core.phonetics import sound_cost
from agent_assist.core.text import spoken

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
            _confidence(right, chance) if honest else 1.0,
        )
        for i, (char, right) in enumerate(heard)
    )
    mean = sum(w.confidence for w in words) / len(words) if words else 0.0
    text = "".join(w.text for w in words)
    return replace(said, text=text, words=words, confidence=mean)


def _confidence(right: bool, chance: random.Random) -> float:
    return chance.uniform(0.7, 1.0) if right else chance.uniform(0.25, 0.85)
