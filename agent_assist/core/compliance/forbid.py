"""`forbid`: wordings the agent must not say, and the lexicon of forbidden wordings."""

from __future__ import annotations

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import (
    FAIR_CONFIDENCE,
    Listener,
    applies,
    is_fair,
)
from agent_assist.core.compliance.verdicts import NOT_FAIR, Judge
from agent_assist.core.events import AlignedChar, Evidence, Finding, Verdict
from agent_assist.core.matching import Match, Matcher, threshold
from agent_assist.core.rules import Forbid, Rule
from agent_assist.core.script import Script, Taboo
from agent_assist.core.text import spoken

SURE_WORD = 0.7
"""Recogniser confidence needed to hold a single word against an agent."""
TABOO_EXTRA = 0.08
"""How much more than a catalogue wording a forbidden one must resemble what was heard."""
_FILLERS = "嗯哦啊呀那喂哎唉吧了呢的嘛"


class ForbidState:
    """A fixed list of words, or a selector, in a window of the call."""

    def __init__(self, rule: Rule, check: Forbid, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._listener = Listener(check.what, script, desk) if check.what else None
        self._words = check.what.words if check.what else ()
        self._unless = tuple(spoken(u).chars for u in check.unless)
        self._first_ms: int | None = None
        self._broken = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if settled.channel != "agent" or not len(settled.turn.text):
            return []
        if self._first_ms is None:
            self._first_ms = settled.start_ms
        late = settled.start_ms > self._first_ms + self._check.span_s * 1000
        if (self._check.window == "opening" and late) or not applies(self._check.when, call):
            return []
        found = self._word(settled) if self._words else self._selected(settled)
        self._broken = self._broken or bool(found)
        return found

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        turns = [t for t in call.of("agent") if len(t.turn.text)]
        if self._broken or not turns or not applies(self._check.when, call):
            return []
        return [_kept(self._judge, turns)]

    def _word(self, settled: SettledTurn) -> list[Finding]:
        """Exact characters: a word of one or two syllables has too many sound-alikes."""
        text = settled.turn.text
        shielded = _shielded(text.chars, self._unless)
        for word in self._words:
            chars = spoken(word).chars
            start = text.chars.find(chars)
            while start >= 0 and any(i in shielded for i in range(start, start + len(chars))):
                start = text.chars.find(chars, start + 1)
            if start >= 0:
                return [self._finding(settled, word, start, start + len(chars))]
        return []

    def _finding(self, settled: SettledTurn, word: str, start: int, end: int) -> Finding:
        confidence = settled.turn.confidence(start, end)
        start_ms, end_ms = settled.turn.span_ms(start, end)
        sure = confidence >= SURE_WORD
        evidence = Evidence(
            start_ms=start_ms,
            end_ms=end_ms,
            turn=settled.number,
            heard=settled.turn.utterance.text,
            term=word,
            replacement=self._check.replacement,
            alignment=tuple(AlignedChar(c, c, "said") for c in spoken(word).chars),
            score=1.0,
            confidence=round(confidence, 3),
            reason="" if sure else NOT_FAIR,
        )
        return self._judge.give("breach" if sure else "undetermined", evidence)

    def _selected(self, settled: SettledTurn) -> list[Finding]:
        spot = self._listener.hears(settled) if self._listener else None
        if not spot:
            return []
        evidence = Evidence(
            start_ms=spot.start_ms,
            end_ms=spot.end_ms,
            turn=settled.number,
            heard=spot.heard,
            term=spot.match.wording.text,
            replacement=self._check.replacement,
            alignment=spot.match.alignment.chars,
            score=spot.match.score,
            margin=spot.match.margin,
            confidence=round(spot.confidence, 3),
        )
        sure = spot.confidence >= FAIR_CONFIDENCE
        return [self._judge.give("breach" if sure else "undetermined", evidence)]


class TabooState:
    """The whole lexicon of forbidden wordings, on the agent's channel."""

    def __init__(self, rule: Rule, check: Forbid, script: Script) -> None:
        self._judge = Judge(rule, check.message)
        self._lexicon = script.taboo
        self._matcher = Matcher((i, t.wording) for i, t in enumerate(script.taboo))
        self._broken = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if settled.channel != "agent" or not len(settled.turn.text):
            return []
        findings: list[Finding] = []
        taken: list[tuple[int, int]] = []
        for match in self._matcher.best(settled.turn.text, top=6):
            entry = self._entry(match)
            if any(match.start < end and start < match.end for start, end in taken):
                continue
            if entry and self._is_said(entry, match, settled):
                taken.append((match.start, match.end))
                findings.append(self._finding(entry, match, settled))
        self._broken = self._broken or bool(findings)
        return findings

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        turns = [t for t in call.of("agent") if len(t.turn.text)]
        if self._broken or not turns:
            return []
        return [_kept(self._judge, turns)]

    def _entry(self, match: Match) -> Taboo | None:
        owner = match.owners[0]
        return self._lexicon[owner] if isinstance(owner, int) else None

    def _is_said(self, entry: Taboo, match: Match, settled: SettledTurn) -> bool:
        if match.score < min(0.96, threshold(match.literals) + TABOO_EXTRA):
            return False
        chars = settled.turn.text.chars
        if entry.whole_utterance:
            return len(chars.strip(_FILLERS)) <= match.literals
        shielded = _shielded(chars, tuple(spoken(e).chars for e in entry.except_in))
        if shielded.issuperset(range(match.start, match.end)):
            return False
        return not any(
            spot.start_ms <= settled.turn.span_ms(match.start, match.end)[0]
            and spot.end_ms >= settled.turn.span_ms(match.start, match.end)[1]
            and spot.match.score >= match.score
            for spot in settled.spotted
        )

    def _finding(self, entry: Taboo, match: Match, settled: SettledTurn) -> Finding:
        confidence = settled.turn.confidence(match.start, match.end)
        start_ms, end_ms = settled.turn.span_ms(match.start, match.end)
        sure = confidence >= FAIR_CONFIDENCE
        evidence = Evidence(
            start_ms=start_ms,
            end_ms=end_ms,
            turn=settled.number,
            heard=settled.turn.text.given_span(match.start, match.end),
            term=entry.term,
            replacement=entry.replacement.text if entry.replacement else "",
            alignment=match.alignment.chars,
            score=match.score,
            margin=match.margin,
            confidence=round(confidence, 3),
            reason="" if sure else NOT_FAIR,
        )
        verdict: Verdict = "breach" if sure else "undetermined"
        return self._judge.give(verdict, evidence, severity=entry.severity)


def _shielded(chars: str, harmless: tuple[str, ...]) -> set[int]:
    """Positions inside a harmless wording."""
    inside: set[int] = set()
    for wording in harmless:
        at = chars.find(wording)
        while wording and at >= 0:
            inside.update(range(at, at + len(wording)))
            at = chars.find(wording, at + 1)
    return inside


def _kept(judge: Judge, turns: list[SettledTurn]) -> Finding:
    """The verdict on a call in which nothing forbidden was heard."""
    fair = is_fair(turns)
    evidence = Evidence(turns[0].start_ms, turns[-1].end_ms, reason="" if fair else NOT_FAIR)
    return judge.give("met" if fair else "undetermined", evidence)
