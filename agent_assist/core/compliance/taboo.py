"""`forbid` with ``taboo``: the lexicon of forbidden wordings, or some categories of it."""

from __future__ import annotations

from agent_assist.core.compliance.attention import Attention, Listening
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import HELD_CONFIDENCE, mean_confidence
from agent_assist.core.compliance.meant import forbidden_meaning
from agent_assist.core.compliance.shielding import may_be
from agent_assist.core.compliance.taboo_lexicon import lexicon
from agent_assist.core.compliance.verdicts import Judge, not_fair, unbroken
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.matching import Match
from agent_assist.core.rules import Forbid, Rule
from agent_assist.core.script import Script, Taboo
from agent_assist.core.wording import Wording

NOT_SURE = "与禁语相近，但不能肯定，请人工复核"


class TabooState:
    def __init__(self, rule: Rule, check: Forbid, script: Script) -> None:
        self._judge = Judge(rule, check.message)
        self._lexicon = lexicon(script)
        meanings = Listening("agent", frozenset(), frozenset(), frozenset(check.meanings))
        self.attends = Attention(listening=(self._lexicon.attends, meanings))
        self._check = check
        self._broken = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if settled.channel != "agent" or not len(settled.turn.text):
            return []
        findings = [
            self._finding(entry, match, settled, call)
            for entry, match in self._lexicon.said(settled)
            if self._covers(entry)
        ]
        if not any(finding.verdict == "breach" for finding in findings):
            findings = self._meaning(settled) or findings
        self._broken = self._broken or bool(findings)
        return findings

    def _meaning(self, settled: SettledTurn) -> list[Finding]:
        """What is as forbidden, in a turn with no wording that is another rule's business."""
        said = self._lexicon.said(settled)
        others = (match for entry, match in said if not self._covers(entry))
        if any(self._lexicon.is_held(match, settled) for match in others):
            return []
        return forbidden_meaning(self._judge, self._check, settled)

    def on_end(self, call: CallFacts) -> list[Finding]:
        return [] if self._broken else unbroken(self._judge, call)

    def _covers(self, entry: Taboo) -> bool:
        """Whether the entry is this rule's business; others belong to rules of their own."""
        only, other = self._check.categories, self._check.not_categories
        return entry.category not in other and (not only or entry.category in only)

    def _finding(
        self, entry: Taboo, match: Match, settled: SettledTurn, call: CallFacts
    ) -> Finding:
        text = settled.turn.text
        confidence = mean_confidence(settled, match.start, match.end)
        start_ms, end_ms = settled.turn.span_ms(match.start, match.end)
        clear = self._lexicon.is_held(match, settled) and not may_be(
            entry.except_in, match, settled
        )
        sure = clear and confidence >= HELD_CONFIDENCE and not settled.unfair
        evidence = Evidence(
            start_ms=start_ms,
            end_ms=end_ms,
            turn=settled.number,
            expected=entry.term,
            heard=text.given_span(match.start, match.end),
            term=entry.term,
            replacement=_replacement(entry, call),
            alignment=match.alignment.chars,
            score=match.score,
            margin=match.margin,
            confidence=round(confidence, 3),
            reason="" if sure else NOT_SURE if not clear else not_fair([settled]),
        )
        return self._judge.give(
            "breach" if sure else "undetermined", evidence, severity=entry.severity
        )


def _replacement(entry: Taboo, call: CallFacts) -> str:
    """The line to say instead, filled where the call's values allow, else with named gaps."""
    wording: Wording | None = entry.replacement
    return "" if wording is None else wording.fill(call.context.values) or wording.text
