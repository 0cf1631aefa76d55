"""Selectors made ready: what a check looks for, found in settled talk with score and place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.events import Evidence
from agent_assist.core.matching import Match, Matcher, threshold
from agent_assist.core.rules import Selector, When
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn, place
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Wording

FAIR_CONFIDENCE = 0.55
"""Mean recogniser confidence below which wording is not held against an agent."""
ABSENCE_CONFIDENCE = 0.75
"""The same for saying that a wording is missing: it may be what was not understood."""
SURE_WORD = 0.8
"""Recogniser confidence from which a single word counts as heard right."""
WORD_THRESHOLD = 0.96
"""A short word asked for by name counts when every character or a homophone of it was said."""
ABSENT, ABSENT_SHORT, ABSENT_LONG = 0.5, 0.7, 0.4
"""Below this score a wording was not said: generally, of three characters, of eight and more."""
OUTDONE = 0.2
"""How much better another situation's wording must fit to take a step's place."""
GARBLED = 0.04
"""Share of wrong characters in known wordings that shows a recogniser in trouble."""


@lru_cache(maxsize=1024)
def matcher_over(entries: tuple[tuple[int, Wording], ...]) -> Matcher:
    """The index of these wordings, built once for all calls."""
    return Matcher(entries)


@dataclass(frozen=True, slots=True)
class Found:
    """A selector's best occurrence; ``passes`` tells whether it counts as heard."""

    spotted: Spotted
    passes: bool

    @property
    def score(self) -> float:
        return self.spotted.match.score

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
        wordings = tuple(_wordings(selector, script, desk))
        self._matcher = matcher_over(wordings)
        self._without = tuple(spoken(word).chars for word in selector.without)
        self._groups = sorted({group for group, _ in wordings})
        self.expected = wordings[0][1].text if wordings else ""

    def hears(self, settled: SettledTurn) -> Spotted | None:
        """The selector's occurrence in one turn, or one that the turn completes."""
        if settled.channel != self.selector.by or self._is_excepted(settled):
            return None
        found = self.search([settled])
        if found and found.passes and not self._outdone(found, settled):
            return found.spotted
        steps = self.selector.steps or (None,)
        spots = (settled.says(s, n) for s in self.selector.situations for n in steps)
        return next((spot for spot in spots if spot), None)

    def _is_excepted(self, settled: SettledTurn) -> bool:
        return any(word in settled.turn.text.chars for word in self._without)

    def _outdone(self, found: Found, settled: SettledTurn) -> bool:
        """Whether a catalogue wording of another situation was heard better in the same place."""
        here = found.spotted
        return bool(self.selector.situations) and any(
            spot.match.score > found.score + OUTDONE
            and spot.start_ms < here.end_ms
            and here.start_ms < spot.end_ms
            for spot in settled.spotted
        )

    def search(self, turns: Sequence[SettledTurn]) -> Found | None:
        """The best occurrence over several turns of the channel, passing or not.

        With ``elements`` every group must be found; the worst group decides.
        """
        best: dict[int, Match] = {}
        joined = _joined([t for t in turns if t.channel == self.selector.by])
        if joined is None:
            return None
        turn_list, text = joined
        for match in self._matcher.best(text, top=len(self._matcher)):
            for owner in match.owners:
                if isinstance(owner, int) and (
                    owner not in best or match.score > best[owner].score
                ):
                    best[owner] = match
        if not best or set(best) != set(self._groups):
            return None
        worst = min(best.values(), key=lambda m: (m.score - needed(m), m.start))
        passes = all(m.score >= needed(m) for m in best.values())
        return Found(place(worst, turn_list), passes)


def needed(match: Match) -> float:
    """Score at which a wording that a rule asks for by name counts as said."""
    return min(threshold(match.literals), WORD_THRESHOLD)


def clearly_absent(match: Match) -> bool:
    """Whether the wording was surely not said; from here to ``needed`` nobody can tell."""
    if match.literals == 3:
        return match.score < ABSENT_SHORT
    return match.score < (ABSENT_LONG if match.literals >= 8 else ABSENT)


def step_listeners(
    situation: str, steps: tuple[int, ...], script: Script, desk: str
) -> dict[int, Listener]:
    """A listener for each step of a procedure."""
    return {n: Listener(Selector(situations=(situation,), steps=(n,)), script, desk) for n in steps}


def _wordings(selector: Selector, script: Script, desk: str) -> Iterable[tuple[int, Wording]]:
    """The selector's wordings, each with the number of the element it belongs to."""
    for words in (selector.words, *selector.elements):
        group = 0 if words is selector.words else selector.elements.index(words)
        yield from ((group, Wording((word,))) for word in words)
    if selector.wish:
        yield from ((0, Wording((wish,))) for wish in script.wishes)
    if selector.greeting:
        for each in script.desks.values():
            if (each.id == desk) == (selector.greeting == "own"):
                yield from ((0, w) for w in _step_wordings(script, each.greeting))
    for situation in selector.triggers:
        yield from ((0, w) for w in script.situations[situation].trigger.customer_says)
    for situation in selector.situations:
        yield from ((0, w) for w in _step_wordings(script, situation, selector.steps))


def _step_wordings(script: Script, situation: str, steps: tuple[int, ...] = ()) -> list[Wording]:
    found = script.situations[situation]
    wordings: list[Wording] = []
    for step in found.steps:
        if step.say and (not steps or step.n in steps):
            wordings += [step.say, *step.accept]
    return wordings


def _joined(turns: Sequence[SettledTurn]) -> tuple[list[Turn], SpokenText] | None:
    spoken_turns = [t.turn for t in turns if len(t.turn.text)]
    if not spoken_turns:
        return None
    chars = "".join(t.text.chars for t in spoken_turns)
    syllables = tuple(s for t in spoken_turns for s in t.text.syllables)
    return spoken_turns, SpokenText(chars, chars, syllables, tuple(range(len(chars))))


def applies(when: When, call: CallFacts) -> bool:
    """Whether a check's circumstances hold; those of the call's end only once it has ended."""
    context = call.context
    return all(
        (
            not when.calendar or bool(context.calendar & set(when.calendar)),
            not context.calendar & set(when.not_calendar),
            not when.desks or context.desk in when.desks,
            not when.direction or context.direction in when.direction,
            not when.hung_up_by or call.hung_up_by in when.hung_up_by,
            when.customer_silent is None or when.customer_silent != call.customer_spoke,
            not when.entered or any(call.entered(s) for s in when.entered),
            not any(call.entered(s) for s in when.not_entered),
            sum(1 for _ in call.of("agent")) >= when.min_turns,
            all(context.values.get(name) for name in when.known),
            not any(call.customer_said(word) for word in when.customer_never),
        )
    )


def is_fair(turns: Iterable[SettledTurn], least: float = FAIR_CONFIDENCE) -> bool:
    """Whether the recogniser understood enough for wording to be judged."""
    heard = [t.turn.utterance for t in turns]
    if not heard or any(not u.text for u in heard):
        return False
    length = sum(len(u.text) for u in heard)
    return sum(u.confidence * len(u.text) for u in heard) / length >= least


def mean_confidence(settled: SettledTurn, start: int, end: int) -> float:
    """Mean recogniser confidence over characters ``start`` to ``end`` (exclusive) of a turn."""
    each = [settled.turn.confidence(i, i + 1) for i in range(start, end)]
    return sum(each) / len(each) if each else settled.turn.utterance.confidence


def is_garbled(turns: Iterable[SettledTurn]) -> bool:
    """Whether catalogue wordings in the turns came with wrong characters: others may be lost."""
    chars = [c for t in turns for spot in t.spotted for c in spot.match.alignment.chars]
    wrong = sum(c.operation == "wrong" for c in chars)
    return wrong > GARBLED * len(chars)


def is_spoilt(call: CallFacts) -> bool:
    """The same over all of the agent's talk so far, and stricter: one slip is enough.

    For rules that rest on a single word being absent, which the recogniser may have lost.
    """
    chars = (c for t in call.of("agent") for s in t.spotted for c in s.match.alignment.chars)
    return any(c.operation == "wrong" for c in chars)


def all_fair(turns: Iterable[SettledTurn]) -> bool:
    """Whether each turn was understood: for wording that may be missing from any of them."""
    return all(is_fair([turn], ABSENCE_CONFIDENCE) for turn in turns)
