"""How much likelier talk is, as it was heard, if a wording was said than if anything else was.

A score says how like a wording the talk is, not whether other talk is as like it. 机主形名 is one
character away from 机主啥名, and from 机主姓名 of the script; 爱新用不用 is far from all that
anybody would say but 爱用不用. So both are weighed, character by character: what an error makes of
a character of the wording, and what follows what in all that the script knows, errors included.
Where a line of the script was heard, what it prescribes is the likeliest other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import chain
from math import log

from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.prescribed import lines_in
from agent_assist.core.events import Operation
from agent_assist.core.matching import Match
from agent_assist.core.phonetics import ACCENT, folded, sound_cost
from agent_assist.core.rules import Check, Forbid, Measure, Order
from agent_assist.core.script import Script
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken
from agent_assist.core.wording import Wording

ALIKE, OTHER, LOST, ADDED = 0.43, 0.25, 0.15, 0.15
"""What becomes of a character heard wrong: one of like sound, another, none, one more."""
SOUNDS_SO, CHARACTERS = 6, 400
"""Among so many characters one of like sound is drawn, and any other."""
RARE = 3000
"""A character that the script does not know is one of so many."""
UNKNOWN = 0.1
"""How often it is one of those."""
TRUSTED = 5
"""After a character seen so often, what followed it counts as much as how common each one is."""
OFTEN = 5
"""What the script has the agent say is said so much oftener than all else."""
BESIDES = 3
"""The same for what agents say besides."""
LINE = 0.9
"""How surely a line that was heard stands where it was heard."""
DIGIT = "0"
"""Digits are one: a number is any."""
START = "^"
SURE = 0.9
"""Mean confidence of a turn from which its characters are weighed."""


def is_weighed(settled: SettledTurn) -> bool:
    """Whether the talk is noisy and the recogniser sure of it nevertheless.

    One that is not sure hears what is likeliest to it, not each character by itself.
    """
    return settled.noise >= NOISY and settled.turn.utterance.confidence >= SURE


class Talk:
    """Which characters, and which sounds, follow which, and which the one after, in a script's
    lines, its customers' words, what agents say besides and what it lists as harmless."""

    def __init__(self, script: Script) -> None:
        self._common: Counter[str] = Counter()
        self._after: dict[int, dict[str, dict[str, int]]] = {1: {}, 2: {}}
        self._before: dict[int, Counter[str]] = {1: Counter(), 2: Counter()}
        for given, times in _texts(script):
            text = spoken(given)
            chars = [START, START, *map(_kind, text.chars)]
            sounds = map(_sound, text.chars, text.syllables)
            for earlier, last, kind, sound in zip(
                chars, chars[1:], chars[2:], sounds, strict=False
            ):
                for back, before in ((1, last), (2, earlier)):
                    self._before[back][before] += times
                    after = self._after[back].setdefault(before, {})
                    for what in (kind, sound):
                        after[what] = after.get(what, 0) + times
                self._common[kind] += times
                self._common[sound] += times
        self._total = max(1, self._before[1].total())

    def chance(self, back: int, before: str, what: str) -> float:
        """How often a character or sound comes ``back`` places after a character (`START` where
        nothing does)."""
        known = (1.0 - UNKNOWN) * self._common[what] / self._total + UNKNOWN / RARE
        followed = self._after[back].get(before, {}).get(what, 0) + TRUSTED * known
        each = followed / (self._before[back][before] + TRUSTED)
        return each / 10 if what == DIGIT else each

    def otherwise(self, text: SpokenText, noise: float, lines: Mapping[int, str]) -> list[float]:
        """Chance of each character, whatever was said; `lines` as in `lines_in`.

        Where a character is likely to be wrong, the one before it tells more of the next.
        """
        chances: list[float] = []
        before, earlier, wrong = START, START, 0.0
        for at, (char, syllable) in enumerate(zip(text.chars, text.syllables, strict=True)):
            kind, sound = _kind(char), _sound(char, syllable)
            usual, alike = (
                (1.0 - wrong) * self.chance(1, before, what) + wrong * self.chance(2, earlier, what)
                for what in (kind, sound)
            )
            misheard = noise * (ALIKE * alike / SOUNDS_SO + (1.0 - ALIKE) / CHARACTERS)
            own = (1.0 - noise) * usual + misheard
            wrong = misheard / own
            if at in lines:
                own = LINE * _of_line(lines[at], char, noise) + (1.0 - LINE) * own
            chances.append(own)
            before, earlier = kind, before
        return chances


class Scales:
    """Weighs what was heard in a turn; the turn is looked at once."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._last: tuple[SettledTurn, list[float]] | None = None

    @cached_property
    def talk(self) -> Talk:
        """Counted when the first noisy turn asks for it, or ahead of calls that cannot wait."""
        return Talk(self._script)

    def odds(self, match: Match, settled: SettledTurn) -> float:
        """Natural logarithm of how much likelier the wording makes what was heard in its place."""
        became = _became(max(NOISY, settled.noise))
        said = sum(became.get(char.operation, 0.0) for char in match.alignment.chars)
        return said - sum(map(log, self._otherwise(settled)[match.start : match.end]))

    def _otherwise(self, settled: SettledTurn) -> list[float]:
        if self._last is None or self._last[0] is not settled:
            noise = max(NOISY, settled.noise)
            chances = self.talk.otherwise(settled.turn.text, noise, lines_in(settled))
            self._last = (settled, chances)
        return self._last[1]


@lru_cache(maxsize=8)
def scales(script: Script) -> Scales:
    """The one pair of scales of a script, for all rules and calls."""
    return Scales(script)


def _of_line(expected: str, heard: str, noise: float) -> float:
    if expected == heard:
        return 1.0 - noise
    alike = _alike(expected, heard)
    return noise * (ALIKE / SOUNDS_SO if alike else OTHER / CHARACTERS)


@lru_cache(maxsize=4096)
def _alike(one: str, other: str) -> bool:
    return sound_cost(spoken(one).syllables[0], spoken(other).syllables[0]) <= 2 * ACCENT


@lru_cache(maxsize=64)
def _became(noise: float) -> Mapping[Operation, float]:
    alike = log(noise * ALIKE / SOUNDS_SO)
    return {
        "said": log(1.0 - noise),
        "homophone": alike,
        "near": alike,
        "wrong": log(noise * OTHER / CHARACTERS),
        "missed": log(noise * LOST),
        "extra": log(noise * ADDED / CHARACTERS),
    }


def _kind(char: str) -> str:
    return DIGIT if char in DIGIT_CHARACTERS else char


def _sound(char: str, syllable: str) -> str:
    return DIGIT if char in DIGIT_CHARACTERS else folded(syllable)


def _texts(script: Script) -> Iterator[tuple[str, int]]:
    """All that the script has of what people say, but for what is forbidden, each with how often it
    is counted."""
    yield from ((text, BESIDES) for text in script.talk)
    for situation in script.situations.values():
        for step in situation.steps:
            if step.say:
                yield from ((piece, OFTEN) for piece in _pieces(step.say))
                yield from ((p, 1) for wording in step.accept for p in _pieces(wording))
        for wording in situation.trigger.customer_says:
            yield from ((piece, 1) for piece in _pieces(wording))
    for entry in script.taboo:
        yield from ((text, 1) for text in entry.except_in)
        yield from (
            (piece, 1) for piece in (_pieces(entry.replacement) if entry.replacement else ())
        )
    for rule in script.rules:
        for check in rule.checks:
            yield from ((text, 1) for text in _wanted(check))


def _wanted(check: Check) -> Iterator[str]:
    """The words that a check wants to hear, or takes for harmless."""
    if isinstance(check, Forbid):
        yield from check.unless
    elif isinstance(check, Measure):
        return
    else:
        wanted = check.first if isinstance(check, Order) else check.do
        for selector in wanted if isinstance(wanted, tuple) else (wanted,):
            yield from (*selector.words, *selector.without, *chain(*selector.elements))


def _pieces(wording: Wording) -> Iterator[str]:
    return (piece for piece in wording.pieces if isinstance(piece, str))
