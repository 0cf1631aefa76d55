"""Selectors made ready: what a check looks for, found in settled talk with score and place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add

from agent_assist.core.compliance.certainty import NOISY, absent, lost, noise_of, said
from agent_assist.core.compliance.earshot import earshot
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.events import Evidence
from agent_assist.core.matching import MIN_SHARED, Match, Matcher
from agent_assist.core.rules import Selector, When
from agent_assist.core.scanning import Hit
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn, place
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Wording

FAIR_CONFIDENCE = 0.55
"""Mean recogniser confidence below which wording is not held against an agent."""
ABSENCE_CONFIDENCE = 0.75
"""The same for saying that a wording is missing: it may be what was not understood."""
SURE_WORD = 0.9
"""Recogniser confidence from which a single word counts as heard right: 您 of clear calls was
heard as 你 with up to 0.87, a spoken 你 with 0.94."""
UNHEARD = 0.5
"""A turn in which so many characters are wrong may have held anything."""
LONG = 4
"""Wordings of so many characters are told from all other talk, noise or not."""
OUTDONE = 0.2
"""How much better another situation's wording must fit to take a step's place."""


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
        self._ears = earshot(script, selector.by)
        wanted = _numbered(selector, script, desk)
        self._groups, self._wanted, self.expected = wanted
        self._numbers = frozenset(self._groups)
        self._situations = frozenset(selector.situations)
        self._without = tuple(spoken(word).chars for word in selector.without)

    def hears(self, settled: SettledTurn) -> Spotted | None:
        """The selector's occurrence in one turn, or one that the turn completes."""
        if settled.channel != self.selector.by:
            return None
        hits = self._ears.heard(settled.turn.text, settled.noise).hits
        if self._numbers.isdisjoint(hits) and not (settled.spotted and self._has_step_in(settled)):
            return None
        if self._is_excepted(settled):
            return None
        found = self._said(settled)
        if found and not self._outdone(found, settled):
            return found.spotted
        steps = self.selector.steps or (None,)
        spots = (settled.says(s, n) for s in self.selector.situations for n in steps)
        return next((spot for spot in spots if spot), None)

    def _has_step_in(self, settled: SettledTurn) -> bool:
        """Whether a wording of one of the selector's situations was spotted in the turn."""
        there = (spot.match.situations for spot in settled.spotted)
        return any(not self._situations.isdisjoint(each) for each in there)

    def _said(self, settled: SettledTurn) -> Found | None:
        """The wording that was said in the turn, from what all rules listen for."""
        text = settled.turn.text
        hits = self._ears.heard(text, settled.noise).hits
        own = [hit for number, hit in hits.items() if number in self._groups]
        worst = self._worst(own, settled.noise)
        return worst and Found(place(self._ears.match(text, worst), [settled.turn]), True)

    def _is_excepted(self, settled: SettledTurn) -> bool:
        text = settled.turn.text
        if any(word in text.chars for word in self._without):
            return True
        return settled.noise >= NOISY and any(_half(word, text) for word in self._without)

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
        own = [t for t in turns if t.channel == self.selector.by]
        joined = _joined(own)
        if joined is None:
            return None
        turn_list, text = joined
        noise = own[-1].noise
        worst = self._worst(self._ears.closest(text, self._numbers), noise)
        if worst is None or worst.end <= worst.start:
            return None
        passes = worst.score >= said(self._ears.literals(worst.number), noise)
        return Found(place(self._ears.match(text, worst), turn_list), passes)

    def lost(self, turns: Sequence[SettledTurn]) -> float:
        """Chance that the turns hold what is listened for and it was heard no better than it was.

        Of an element's short wordings any may have been said, so their mean counts; of its long
        ones, which nothing else resembles, the likeliest. Of all elements the least likely counts.
        """
        own = [t for t in turns if t.channel == self.selector.by and t.is_speech]
        if any(t.unfair or t.noise >= UNHEARD or not len(t.turn.text) for t in own):
            return 1.0
        joined = _joined(own)
        if joined is None or not self._groups:
            return 0.0
        noise = noise_of(own)
        scores = {h.number: h.score for h in self._ears.closest(joined[1], self._numbers)}
        short: dict[int, list[float]] = {group: [] for group in self._wanted}
        long = dict.fromkeys(self._wanted, 0.0)
        for number, groups in self._groups.items():
            literals = self._ears.literals(number)
            chance = lost(scores.get(number, MIN_SHARED), literals, noise)
            for group in groups:
                short[group].append(chance)
                if literals >= LONG:
                    long[group] = max(long[group], chance)
        return min(max(long[g], sum(each) / len(each)) for g, each in short.items() if each)

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


def _half(word: str, text: SpokenText) -> bool:
    """Whether half of a word's syllables are anywhere in the text."""
    wanted = spoken(word).syllables
    return sum(syllable in text.syllables for syllable in wanted) * 2 >= len(wanted)


def clearly_absent(match: Match) -> bool:
    """Whether the wording was surely not said; from here to ``said`` nobody can tell."""
    return match.score < absent(match.literals)


def step_listeners(
    situation: str, steps: tuple[int, ...], script: Script, desk: str
) -> dict[int, Listener]:
    """A listener for each step of a procedure."""
    return {n: Listener(Selector(situations=(situation,), steps=(n,)), script, desk) for n in steps}


@lru_cache(maxsize=4096)
def _numbered(
    selector: Selector, script: Script, desk: str
) -> tuple[Mapping[int, tuple[int, ...]], frozenset[int], str]:
    """The numbers of the selector's wordings with their groups, all groups, the first wording."""
    ears = earshot(script, selector.by)
    wordings = tuple(_wordings(selector, script, desk))
    groups: dict[int, tuple[int, ...]] = {}
    for group, wording in wordings:
        if (number := ears.number(wording)) is not None:
            groups[number] = (*groups.get(number, ()), group)
    return groups, frozenset(g for g, _ in wordings), wordings[0][1].text if wordings else ""


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
    return spoken_turns, reduce(add, (t.text for t in spoken_turns))


def applies(when: When, call: CallFacts) -> bool:
    """Whether a check's circumstances hold; those of the call's end only once it has ended."""
    context = call.context
    return (
        (not when.calendar or bool(context.calendar & set(when.calendar)))
        and not context.calendar & set(when.not_calendar)
        and (not when.desks or context.desk in when.desks)
        and (not when.direction or context.direction in when.direction)
        and (not when.hung_up_by or call.hung_up_by in when.hung_up_by)
        and (when.customer_silent is None or when.customer_silent != call.customer_spoke)
        and (not when.entered or any(call.entered(s) for s in when.entered))
        and not any(call.entered(s) for s in when.not_entered)
        and (not when.min_turns or sum(1 for _ in call.of("agent")) >= when.min_turns)
        and all(context.values.get(name) for name in when.known)
        and not any(call.customer_said(word) for word in when.customer_never)
    )


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
