"""Selectors made ready: what a check looks for, found in settled talk with score and place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent_assist.core.alignment import Pattern, align
from agent_assist.core.compliance.attention import Listening
from agent_assist.core.compliance.certainty import (
    NOISY,
    SAID_ODDS,
    absent,
    certain,
    forbidden,
    said,
)
from agent_assist.core.compliance.earshot import earshot
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.hidden import hidden, joined
from agent_assist.core.compliance.odds import is_weighed, scales
from agent_assist.core.compliance.selected import numbered
from agent_assist.core.events import Evidence
from agent_assist.core.matching import Match
from agent_assist.core.rules import Selector
from agent_assist.core.scanning import Hit
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, place
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Wording

FAIR_CONFIDENCE = 0.55
"""Mean recogniser confidence below which wording is not held against an agent."""
HELD_CONFIDENCE = 0.7
"""The same for a forbidden wording that was heard: 傻子 was heard with 0.63 where 沙子 was read."""
ABSENCE_CONFIDENCE = 0.75
"""The same for saying that a wording is missing: it may be what was not understood."""
SURE_WORD = 0.92
"""Recogniser confidence from which a single word counts as heard right: of 1,778 spoken 您 three
were heard as 你, with up to 0.54 (0.91 by an earlier network), a spoken 你 of the example calls
with 0.926."""
OUTDONE = 0.2
"""How much better another situation's wording must fit to take a step's place."""


@dataclass(frozen=True, slots=True)
class Found:
    """A selector's best occurrence; ``passes`` tells whether it counts as heard."""

    spotted: Spotted
    passes: bool

    @property
    def score(self) -> float:
        return self.spotted.match.score

    @property
    def weight(self) -> float:
        """Characters heard beyond what chance gives."""
        return self.spotted.match.weight

    def evidence(
        self, *, expected: str = "", reason: str = "", term: str = "", replacement: str = ""
    ) -> Evidence:
        match = self.spotted.match
        return Evidence(
            start_ms=self.spotted.start_ms,
            end_ms=self.spotted.end_ms,
            turn=self.spotted.turn,
            expected=expected or match.wording.text,
            heard=self.spotted.heard,
            term=term,
            replacement=replacement,
            alignment=match.alignment.chars,
            score=match.score,
            margin=match.margin,
            confidence=round(self.spotted.confidence, 3),
            reason=reason,
        )


class Listener:
    """Looks for one selector in settled turns."""

    def __init__(self, selector: Selector, script: Script, desk: str) -> None:
        self.selector = selector
        self._by = selector.by
        self._ears = earshot(script, selector.by)
        self._scales = scales(script)
        wanted = numbered(selector, script, desk, self._ears)
        self._groups, self._wanted, self.expected = wanted
        self._numbers = frozenset(self._groups)
        self._situations = frozenset(selector.situations)
        self._meanings = frozenset(selector.meanings)
        self.attends = Listening(self._by, self._numbers, self._situations, self._meanings)
        self._without = chars_of(selector.without)

    def hears(self, settled: SettledTurn) -> Spotted | None:
        """The selector's occurrence in one turn, or one that the turn completes."""
        if settled.channel != self._by:
            return None
        return self._worded(settled) or self._meant(settled)

    def _meant(self, settled: SettledTurn) -> Spotted | None:
        """What means one of the selector's meanings, likelier than not."""
        named = self._meanings & settled.meant.keys()
        return max((settled.meant[n] for n in named), key=lambda s: s.match.score, default=None)

    def _worded(self, settled: SettledTurn) -> Spotted | None:
        """One of the selector's wordings."""
        hits = self._ears.heard(settled.turn.text, settled.noise).hits
        if self._numbers.isdisjoint(hits) and self._situations.isdisjoint(settled.situations):
            return None
        if self._is_excepted(settled):
            return None
        found = self._said(settled)
        if found and not self._outdone(found, settled):
            return found.spotted
        steps = self.selector.steps or (None,)
        spots = (settled.says(s, n) for s in self.selector.situations for n in steps)
        return next((spot for spot in spots if spot), None)

    def surely_hears(self, settled: SettledTurn) -> Spotted | None:
        """The same where it must have been said beyond doubt: an accusation rests on it."""
        if settled.channel != self._by:
            return None
        spot = self._worded(settled)
        if spot and spot.match.score >= certain(spot.match.literals, 0.0):
            return spot
        if spot and spot.match.situations & self._situations:
            return spot
        if settled.noise >= NOISY:
            return self.likely(settled, SAID_ODDS)
        meant = self._meant(settled)
        return meant if meant and is_held(meant) else None

    def likely(self, settled: SettledTurn, least: float) -> Spotted | None:
        """The likeliest wording, where in noise all else is so much less likely (`Scales.odds`)."""
        if not is_weighed(settled) or settled.channel != self._by or len(self._wanted) > 1:
            return None
        text, near = settled.turn.text, self._ears.near(settled.turn.text)
        hits = (near[number] for number in near.keys() & self._numbers)
        weighed = ((self._scales.odds(self._ears.match(text, hit), settled), hit) for hit in hits)
        odds, best = max(weighed, default=(0.0, None))
        if best is None or odds < least or self._is_excepted(settled):
            return None
        return self._ears.placed(settled.turn, best)

    def _said(self, settled: SettledTurn) -> Found | None:
        """The wording that was said in the turn, from what all rules listen for."""
        text = settled.turn.text
        hits = self._ears.heard(text, settled.noise).hits
        own = [hit for number, hit in hits.items() if number in self._groups]
        worst = self._worst(own, settled.noise)
        return worst and Found(self._ears.placed(settled.turn, worst), True)

    def _is_excepted(self, settled: SettledTurn) -> bool:
        text = settled.turn.text
        if any(word in text.chars for word in self._without):
            return True
        noise = settled.noise
        return noise >= NOISY and any(_says(word, text, noise) for word in self._without)

    def _outdone(self, found: Found, settled: SettledTurn) -> bool:
        """Whether a catalogue wording of another situation was heard better in the same place."""
        here = found.spotted
        return bool(self.selector.situations) and any(
            spot.match.score > found.score + OUTDONE
            and spot.start_ms < here.end_ms
            and here.start_ms < spot.end_ms
            for spot in settled.spotted
        )

    def seek(self) -> Listener:
        """Make ready to search: of all that is searched for, a talk is looked through once."""
        self._ears.seek(self._numbers)
        return self

    def search(self, turns: Sequence[SettledTurn]) -> Found | None:
        """The best occurrence over several turns of the channel, passing or not.

        With ``elements`` every group must be found; the worst group decides.
        """
        own = [t for t in turns if t.channel == self._by and not self._is_excepted(t)]
        together = joined(own)
        if together is None:
            return None
        turn_list, text = together
        noise = own[-1].noise
        worst = self._worst(self._ears.closest(text, self._numbers), noise)
        if worst is None or worst.end <= worst.start:
            return None
        passes = worst.score >= said(self._ears.literals(worst.number), noise)
        return Found(place(self._ears.match(text, worst), turn_list), passes)

    def lost(self, turns: Sequence[SettledTurn]) -> float:
        """Chance that the turns hold what is listened for, heard no better than they were."""
        own = [t for t in turns if t.channel == self._by and t.is_speech]
        own = [t for t in own if not self._is_excepted(t)]
        return hidden(self._ears, self._groups, own)

    def _worst(self, hits: Iterable[Hit], noise: float) -> Hit | None:
        """The best hit of the group that is heard worst; None if one has none."""
        best: dict[int, tuple[bool, float, Hit]] = {}
        for hit in hits:
            enough = hit.score >= said(self._ears.literals(hit.number), noise)
            for group in self._groups[hit.number]:
                if group not in best or (enough, hit.score) > best[group][:2]:
                    best[group] = (enough, hit.score, hit)
        if not best or best.keys() != self._wanted:
            return None
        return min(best.values(), key=lambda b: (b[0], b[1], b[2].start))[2]


def is_held(meant: Spotted) -> bool:
    """Whether a meaning is likely enough, and was heard well enough, to be held against anybody."""
    return meant.match.margin >= 0 and meant.confidence >= HELD_CONFIDENCE


def _says(word: str, text: SpokenText, noise: float) -> bool:
    """Whether a word of several characters is in the text, as far as it was heard."""
    pattern = _pattern(word)
    literals = pattern.literals
    return literals > 1 and align(pattern, text).score >= forbidden(literals, noise)


@lru_cache(maxsize=1024)
def chars_of(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words as they are found in talk."""
    return tuple(spoken(word).chars for word in words)


@lru_cache(maxsize=1024)
def _pattern(word: str) -> Pattern:
    return Pattern.from_wording(Wording((word,)))


def clearly_absent(match: Match, noise: float) -> bool:
    """Whether the wording was surely not said; from here to ``said`` nobody can tell."""
    return match.score < absent(match.literals, noise)


def step_listeners(
    situation: str, steps: tuple[int, ...], script: Script, desk: str
) -> dict[int, Listener]:
    """A listener for each step of a procedure."""
    return {n: Listener(Selector(situations=(situation,), steps=(n,)), script, desk) for n in steps}


def is_fair(turns: Iterable[SettledTurn], least: float = FAIR_CONFIDENCE) -> bool:
    """Whether the recogniser understood enough for wording to be judged."""
    known = list(turns)
    heard = [t.turn.utterance for t in known]
    if not heard or any(not u.text for u in heard) or any(t.unfair for t in known):
        return False
    length = sum(len(u.text) for u in heard)
    return sum(u.confidence * len(u.text) for u in heard) / length >= least


def mean_confidence(settled: SettledTurn, start: int, end: int) -> float:
    """Mean recogniser confidence over characters ``start`` to ``end`` (exclusive) of a turn."""
    each = [settled.turn.confidence(i, i + 1) for i in range(start, end)]
    return sum(each) / len(each) if each else settled.turn.utterance.confidence


def is_spoilt(call: CallFacts) -> bool:
    """Whether catalogue wordings of the agent came with wrong characters: one slip is enough.

    For rules that rest on a single word being absent, which the recogniser may have lost.
    """
    chars = (c for t in call.of("agent") for s in t.spotted for c in s.match.alignment.chars)
    return any(c.operation == "wrong" for c in chars)


def all_fair(turns: Iterable[SettledTurn]) -> bool:
    """Whether each turn was understood: for wording that may be missing from any of them."""
    return all(is_fair([turn], ABSENCE_CONFIDENCE) for turn in turns)
