"""`forbid`: wordings the agent must not say."""

from __future__ import annotations

from functools import lru_cache

from agent_assist.core.compliance.attention import Attention, Listening
from agent_assist.core.compliance.certainty import (
    FORBIDDEN_ODDS,
    LEAST_ODDS,
    NOISY,
    certain,
    forbidden,
)
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import (
    FAIR_CONFIDENCE,
    SURE_WORD,
    Found,
    Listener,
    chars_of,
)
from agent_assist.core.compliance.meant import forbidden_meaning
from agent_assist.core.compliance.odds import is_weighed
from agent_assist.core.compliance.prescribed import prescribed
from agent_assist.core.compliance.shielding import habitat, may_be, quoted, within
from agent_assist.core.compliance.verdicts import Judge, not_fair, unbroken
from agent_assist.core.events import AlignedChar, Evidence, Finding
from agent_assist.core.rules import Forbid, Rule
from agent_assist.core.script import Script
from agent_assist.core.text import SpokenText, any_of

LEAST_CHARS = 3
"""Shorter words count only to the character: too many others are like them."""


SHORT_WORD, SIGNS = 3, "，。！？；、,.!?;…"
"""Words of so many characters do not reach across one of these."""

_any_of = lru_cache(maxsize=256)(any_of)


class ForbidState:
    """A fixed list of words, or a selector, in a window of the call."""

    def __init__(self, rule: Rule, check: Forbid, script: Script, desk: str) -> None:
        assert check.what is not None
        self._judge = Judge(rule, check.message)
        self._check = check
        self._listener = Listener(check.what, script, desk)
        meanings = Listening("agent", frozenset(), frozenset(), frozenset(check.meanings))
        self.attends = Attention(listening=(self._listener.attends, meanings))
        self._words = chars_of(check.what.words)
        self._any_word = _any_of(self._words)
        self._unless = chars_of(check.unless)
        self._habitat = habitat(script, self._check.replacement, self._words)
        self._broken = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if settled.channel != self._listener.selector.by or not len(settled.turn.text):
            return []
        if self._is_outside(call) or not applies(self._check.when, call):
            return []
        found = self._word(settled) if self._words else self._selected(settled)
        if not found and self._words and settled.noise >= NOISY:
            found = self._like_word(settled)
        found = found or forbidden_meaning(self._judge, self._check, settled)
        self._broken = self._broken or bool(found)
        return found

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._broken or not applies(self._check.when, call):
            return []
        return unbroken(self._judge, call)

    def _is_outside(self, call: CallFacts) -> bool:
        """Whether the turn just heard comes after the opening, where only that is looked at."""
        if self._check.window != "opening":
            return False
        return call.turns[-1] not in call.opening(round(self._check.span_s * 1000))

    def _word(self, settled: SettledTurn) -> list[Finding]:
        """Exact characters: a word of one or two syllables has too many sound-alikes."""
        text = settled.turn.text
        if not self._any_word.search(text.chars):
            return []
        shielded = within(text.chars, self._unless) | quoted(text) | self._misheard(settled)
        for chars in self._words:
            start = text.chars.find(chars)
            while start >= 0 and (
                shielded.issuperset(range(start, start + len(chars)))
                or _is_parted(text, start, len(chars))
                or self._is_by_chance(settled, chars, start)
            ):
                start = text.chars.find(chars, start + 1)
            if start >= 0:
                return [self._finding(settled, chars, start)]
        return []

    def _is_by_chance(self, settled: SettledTurn, word: str, start: int) -> bool:
        """Whether a single character stands, in noise, where no wording would have it."""
        if settled.noise < NOISY or len(word) > 1 or not self._habitat:
            return False
        chars = settled.turn.text.chars
        around = (chars[max(0, start - 1) : start + 1], chars[start : start + 2])
        return not all(pair in self._habitat for pair in around if len(pair) > 1)

    def _like_word(self, settled: SettledTurn) -> list[Finding]:
        """A longer word with some of its characters wrong, where many are."""
        spot = self._listener.hears(settled)
        enough = spot and spot.match.score >= forbidden(spot.match.literals, settled.noise)
        if not enough or is_weighed(settled):
            spot = self._listener.likely(settled, LEAST_ODDS if enough else FORBIDDEN_ODDS)
        if spot is None or spot.match.literals < LEAST_CHARS:
            return []
        if may_be(self._check.unless, spot.match, settled):
            return []
        rivals = (s for s in settled.spotted if s.match.score >= spot.match.score)
        here = set(range(spot.match.start, spot.match.end))
        if any(set(prescribed(rival, settled)) >= here for rival in rivals):
            return []
        sure = is_weighed(settled) or spot.match.score >= certain(spot.match.literals, 0.0)
        fair = sure and not settled.unfair
        evidence = Found(spot, True).evidence(
            reason="" if fair else not_fair([settled]),
            term=spot.match.wording.text,
            replacement=self._check.replacement,
        )
        return [self._judge.give("breach" if fair else "undetermined", evidence)]

    def _misheard(self, settled: SettledTurn) -> set[int]:
        """Where a catalogue wording prescribes something that is not even like the word."""
        like = set("".join((*self._words, self._check.replacement)))
        return {
            at
            for spot in settled.spotted
            for at, expected in prescribed(spot, settled).items()
            if expected not in like
        }

    def _finding(self, settled: SettledTurn, word: str, start: int) -> Finding:
        end = start + len(word)
        confidence = settled.turn.confidence(start, end)
        start_ms, end_ms = settled.turn.span_ms(start, end)
        sure = confidence >= SURE_WORD and not settled.unfair
        evidence = Evidence(
            start_ms=start_ms,
            end_ms=end_ms,
            turn=settled.number,
            heard=settled.turn.utterance.text,
            term=word,
            replacement=self._check.replacement,
            alignment=tuple(AlignedChar(c, c, "said") for c in word),
            score=1.0,
            confidence=round(confidence, 3),
            reason="" if sure else not_fair([settled]),
        )
        return self._judge.give("breach" if sure else "undetermined", evidence)

    def _selected(self, settled: SettledTurn) -> list[Finding]:
        spot = self._listener.hears(settled)
        if not spot:
            return []
        here = range(spot.match.start, spot.match.end)
        if within(settled.turn.text.chars, self._unless).issuperset(here):
            return []
        sure = spot.confidence >= FAIR_CONFIDENCE and not settled.unfair
        evidence = Found(spot, True).evidence(
            reason="" if sure else not_fair([settled]),
            term=spot.match.wording.text,
            replacement=self._check.replacement,
        )
        return [self._judge.give("breach" if sure else "undetermined", evidence)]


def _is_parted(text: SpokenText, start: int, length: int) -> bool:
    """Whether a sign stands within a short word: 视频，点这里 is not 频点."""
    given = text.given[text.origin[start] : text.origin[start + length - 1]]
    return length <= SHORT_WORD and any(sign in given for sign in SIGNS)
