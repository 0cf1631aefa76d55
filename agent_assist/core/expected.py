"""Where what is being said looks like its end: of a line, a cue, a number, an amount of money."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from agent_assist.core.cues import cue_matcher
from agent_assist.core.events import Channel
from agent_assist.core.matching import TOO_SHORT, Match, Matcher
from agent_assist.core.replies import asks
from agent_assist.core.script import Script
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken
from agent_assist.core.wording import Slot, Wording

HELD_CHARS = 3
"""So many characters may have been said that are not yet read."""
SHORT_CHARS = 6
"""Beginnings of wordings up to this length are too short to be found by likeness."""
LEAST_ALIKE = 2
"""So many syllables at the end of a longer talk have to be those of a short wording."""
NUMBER_DIGITS = 11
NUMERALS = DIGIT_CHARACTERS | frozenset("十百千万")
MONEY = frozenset("元块角毛分")
QUESTION_WORDS = ("请问", "什么", "多少", "还有", "怎么", "哪")
KEPT_TEXTS = 64


class ExpectedWordings:
    """What a script's calls may bring, by channel; shared by all calls in threads."""

    def __init__(self, script: Script, lines: Matcher) -> None:
        said = [
            wording
            for situation in script.situations.values()
            for step in situation.steps
            if step.say
            for wording in (step.say, *step.accept)
        ]
        cues: dict[Channel, list[Wording]] = {
            "agent": [w for s in script.situations.values() for w in s.trigger.agent_says],
            "customer": [w for s in script.situations.values() for w in s.trigger.customer_says],
        }
        known = {"agent": said + cues["agent"], "customer": cues["customer"]}
        self._lines = lines
        self._agent_cues = cue_matcher(script, "agent")
        self._beginnings = {c: Matcher(_beginnings(w)) for c, w in known.items()}
        self._short = {c: frozenset(_short_beginnings(w)) for c, w in known.items()}
        self._is_near = lru_cache(maxsize=KEPT_TEXTS)(self._looks_near)
        self._is_complete = lru_cache(maxsize=KEPT_TEXTS)(self._looks_complete)

    def is_near(self, channel: Channel, text: str, after: str) -> bool:
        """Whether a known wording seems to end here, but for what was not yet read.

        What was hardly read at all may be the short answer to a question.
        """
        if len(spoken(text)) < LEAST_ALIKE:
            return channel == "customer" and _asks(after)
        return self._is_near(channel, text)

    def is_complete(self, channel: Channel, text: str) -> bool:
        """Whether the agent's line, cue or amount of money, or a telephone number, ends here."""
        return self._is_complete(channel, text)

    def _looks_near(self, channel: Channel, text: str) -> bool:
        heard = spoken(text)
        if _digits_at_end(heard) >= NUMBER_DIGITS - HELD_CHARS:
            return True
        if channel == "agent" and (heard.chars[-1] in NUMERALS or _ends_in_amount(heard)):
            return True
        short = self._short[channel]
        if any(heard.syllables[-n:] in short for n in range(LEAST_ALIKE, SHORT_CHARS + 1)):
            return True
        found = self._beginnings[channel].find(heard)
        return bool(found) and found[-1].end >= len(heard) - HELD_CHARS

    def _looks_complete(self, channel: Channel, text: str) -> bool:
        heard = spoken(text)
        if not len(heard):
            return False
        if _digits_at_end(heard) == NUMBER_DIGITS:
            return True
        if channel != "agent":
            return False
        if _ends_in_amount(heard):
            return True
        return _ends(self._lines.find(heard), heard) or _ends(self._agent_cues.find(heard), heard)


def _ends(found: list[Match], heard: SpokenText) -> bool:
    """Whether the last wording is said up to its last character, and nothing after it."""
    if not found or found[-1].end < len(heard):
        return False
    last = found[-1].alignment.chars[-1]
    return bool(last.expected and last.heard)


def _asks(text: str) -> bool:
    """Whether talk without punctuation asks something."""
    return asks(text) or any(word in text for word in QUESTION_WORDS)


def _digits_at_end(heard: SpokenText) -> int:
    """How many spoken digits the talk ends with."""
    others = (n for n, char in enumerate(reversed(heard.chars)) if char not in DIGIT_CHARACTERS)
    return next(others, len(heard))


def _ends_in_amount(heard: SpokenText) -> bool:
    """Whether the talk ends with so much money: what was asked for is answered."""
    return heard.chars[-1] in MONEY and heard.chars[-2:-1] in NUMERALS


def _beginnings(wordings: Iterable[Wording]) -> list[tuple[str, Wording]]:
    """Each wording without what may not have been read; what is too short then is left out."""
    found = []
    for wording in wordings:
        begun = _without_end(wording, HELD_CHARS)
        literal = "".join(piece for piece in begun.pieces if isinstance(piece, str))
        if len(spoken(literal)) > TOO_SHORT:
            found.append((wording.text, begun))
    return found


def _without_end(wording: Wording, chars: int) -> Wording:
    """A wording without its last characters; a slot that is reached counts as one."""
    pieces: list[str | Slot] = list(wording.pieces)
    while pieces and chars > 0:
        last = pieces.pop()
        if isinstance(last, Slot):
            chars -= 1
            continue
        text = spoken(last).chars
        if len(text) > chars:
            pieces.append(text[:-chars])
        chars -= len(text)
    while pieces and isinstance(pieces[-1], Slot):
        pieces.pop()
    return Wording(tuple(pieces))


def _short_beginnings(wordings: Iterable[Wording]) -> Iterable[tuple[str, ...]]:
    """The syllables of short wordings, whole and without what may not have been read."""
    for wording in wordings:
        syllables = spoken(wording.text).syllables if not wording.slots else ()
        if len(syllables) <= SHORT_CHARS:
            for held in range(HELD_CHARS + 1):
                begun = syllables[: len(syllables) - held]
                if len(begun) >= LEAST_ALIKE:
                    yield begun
