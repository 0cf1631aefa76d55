"""`measure`: a number of the call held against a band."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent_assist.core.compliance.attention import TO_ALL, TO_NONE, Attention
from agent_assist.core.compliance.certainty import LOST_ANSWER, NOISY
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import BACK_CHANNEL_CHARS, CallFacts, SettledTurn
from agent_assist.core.compliance.listening import SURE_WORD, Listener, step_listeners
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding, Verdict
from agent_assist.core.rules import Band, Measure, Rule
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted

LISTENING_SIGNS = frozenset("嗯哦噢啊呀好的是对行没错明白了您请讲说")
"""An agent's utterance of only these characters is a sign of listening, not an interruption."""
EXCUSE_TURNS = 3
"""A hold announced in one of the last turns before a silence excuses it."""
NEAR_EXCUSE = 0.6
"""Likeness to an announcement that matters where the recogniser was unsure."""
BACK_MS = 2_000
"""An agent who talks again after so long a silence is back: the hold is over."""


def verdict_for(value: float, band: Band) -> Verdict:
    """met inside the band, breach beyond its breach limits, undetermined between the two."""
    if (band.low is None or value >= band.low) and (band.high is None or value <= band.high):
        return "met"
    low = band.breach_low if band.breach_low is not None else band.low
    high = band.breach_high if band.breach_high is not None else band.high
    too_low = low is not None and value < low
    too_high = high is not None and value > high
    return "breach" if too_low or too_high else "undetermined"


def measured(
    value: float, band: Band, unit: str, start_ms: int, end_ms: int, turn: int | None
) -> Evidence:
    """Evidence of a number; the limit shown is the one the value is nearest to violating."""
    limit = band.low if band.low is not None and value < band.low else band.high
    return Evidence(
        start_ms=start_ms,
        end_ms=end_ms,
        turn=turn,
        value=round(value, 2),
        limit=limit if limit is not None else band.low,
        unit=unit,
    )


class AtEnd:
    """A number that is known when the call has ended."""

    attends: Attention = TO_NONE

    def __init__(self, rule: Rule, check: Measure) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        return []


class SpeechRateState(AtEnd):
    """Characters a minute over all of the agent's recognised talk."""

    def on_end(self, call: CallFacts) -> list[Finding]:
        turns = [t for t in call.of("agent") if len(t.turn.text) and not t.is_foreign]
        talk_ms = sum(t.end_ms - t.start_ms for t in turns)
        if talk_ms < max(1.0, self._check.min_s * 1000):
            return []
        rate = sum(len(t.turn.text) for t in turns) * 60_000 / talk_ms
        band, unit = self._check.band, self._check.unit
        evidence = measured(rate, band, unit, turns[0].start_ms, turns[-1].end_ms, None)
        return [self._judge.give(verdict_for(rate, band), evidence)]


class SilenceState:
    """Stretches in which nobody speaks, between the first and the last word of the call."""

    attends = TO_ALL

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._excuses = [Listener(s, script, desk) for s in check.during or check.excuses]
        self._recent: list[Verdict | None] = []
        self._quiet_from_ms: int | None = None
        self._longest: Evidence | None = None
        self._excused: Evidence | None = None
        self._broken = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not settled.is_speech:
            return []
        findings = self._gap(settled, call) if self._quiet_from_ms is not None else []
        quiet_ms = settled.start_ms - (self._quiet_from_ms or 0)
        if settled.channel == "agent" and quiet_ms >= BACK_MS:
            self._recent = []
        self._recent = [*self._recent[1 - EXCUSE_TURNS :], self._excuse(settled)]
        self._quiet_from_ms = max(self._quiet_from_ms or 0, settled.end_ms)
        return findings

    def on_end(self, call: CallFacts) -> list[Finding]:
        if not call.context.hears_customer:
            reason = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", reason)]
        longest = self._longest or self._excused
        if self._broken or longest is None:
            return []
        if self._longest and verdict_for(longest.value or 0.0, self._check.band) != "met":
            return [self._judge.give("undetermined", longest)]
        return [self._judge.give("met", longest)]

    def _gap(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        start, end = self._quiet_from_ms or 0, settled.start_ms
        gap = (end - start) / 1000
        if gap <= 0:
            return []
        if self._check.during and "met" not in self._recent:
            return []
        band, unit = self._check.band, self._check.unit
        is_breach = verdict_for(gap, band) == "breach"
        is_excused = not self._check.during and "met" in self._recent
        is_longest = self._longest is None or gap > (self._longest.value or 0)
        if not (is_breach or is_excused or is_longest):
            return []
        evidence = measured(gap, band, unit, start, end, settled.number)
        if is_excused:
            self._excused = replace(evidence, reason="等待之前已说明")
            return []
        if is_longest:
            self._longest = evidence
        if not is_breach or not call.context.hears_customer:
            return []
        self._broken = True
        if "undetermined" in self._recent and not self._check.during:
            return [self._judge.give("undetermined", replace(evidence, reason=NOT_FAIR))]
        return [self._judge.give("breach", evidence)]

    def _excuse(self, settled: SettledTurn) -> Verdict | None:
        """met: silence was announced in this turn; undetermined: perhaps, it was heard badly."""
        if any(e.hears(settled) for e in self._excuses):
            return "met"
        if settled.noise >= NOISY and any(e.lost([settled]) > LOST_ANSWER for e in self._excuses):
            return "undetermined"
        if settled.turn.confidence(0, len(settled.turn.text)) >= SURE_WORD:
            return None
        found = (f for e in self._excuses if (f := e.search([settled])) and f.score >= NEAR_EXCUSE)
        unsure = any(f.spotted.confidence < SURE_WORD for f in found)
        return "undetermined" if unsure else None


class OverlapState:
    """The agent starting to talk, and going on, while the customer is speaking."""

    attends = TO_ALL

    def __init__(self, rule: Rule, check: Measure) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._customer: list[SettledTurn] = []
        self._count = 0

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if settled.channel == "customer":
            self._customer = [*self._customer[-4:], settled]
            return []
        overlap = self._overlap_s(settled)
        if overlap <= (self._check.band.high or 0.0) or _only_listens(settled):
            return []
        self._count += 1
        if self._count != self._check.times:
            return []
        start = settled.start_ms
        end = start + round(overlap * 1000)
        evidence = measured(overlap, self._check.band, self._check.unit, start, end, settled.number)
        return [self._judge.give("breach", evidence)]

    def on_end(self, call: CallFacts) -> list[Finding]:
        ended = call.ended_at_ms or 0
        if not call.context.hears_customer:
            evidence = Evidence(0, ended, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        if self._count >= self._check.times or not call.customer_spoke:
            return []
        evidence = Evidence(0, ended, value=self._count, limit=self._check.times, unit="次")
        return [self._judge.give("met", evidence)]

    def _overlap_s(self, settled: SettledTurn) -> float:
        """Longest time the agent's turn covers of a customer's turn that had begun before it."""
        return max(
            (
                (min(turn.end_ms, settled.end_ms) - settled.start_ms) / 1000
                for turn in self._customer
                if turn.start_ms < settled.start_ms
            ),
            default=0.0,
        )


def _only_listens(settled: SettledTurn) -> bool:
    """A sign of listening, or nothing that was recognised as words."""
    chars = settled.turn.text.chars
    return len(chars) <= BACK_CHANNEL_CHARS or LISTENING_SIGNS.issuperset(chars)


class StepPauseState:
    """Silence the agent leaves between the steps of a procedure while the customer is silent."""

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._steps = step_listeners(check.situation, check.steps, script, desk)
        said = tuple(each.attends for each in self._steps.values())
        self.attends = Attention(every=("customer",), listening=said)
        self._last: int | None = None
        self._quiet_from_ms: list[int] = []

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not settled.is_speech:
            return []
        if settled.channel == "customer":
            self._last, self._quiet_from_ms = None, []
            return []
        findings: list[Finding] = []
        for i, (step, spot) in enumerate(self._said(settled)):
            if self._follows(step) and applies(self._check.when, call):
                began_ms = spot.start_ms if i else min(spot.start_ms, settled.start_ms)
                findings.append(self._pause(began_ms, settled.number, call))
            self._last = step
            self._quiet_from_ms.append(spot.end_ms)
        return findings

    def on_end(self, call: CallFacts) -> list[Finding]:
        return []

    def _said(self, settled: SettledTurn) -> list[tuple[int, Spotted]]:
        """The steps said in the turn, in order of time; of two in one place the better."""
        heard = [(n, spot) for n, each in self._steps.items() if (spot := each.hears(settled))]
        heard.sort(key=lambda said: -said[1].match.score)
        kept: list[tuple[int, Spotted]] = []
        for n, spot in heard:
            if all(spot.end_ms <= k.start_ms or spot.start_ms >= k.end_ms for _, k in kept):
                kept.append((n, spot))
        return sorted(kept, key=lambda said: said[1].start_ms)

    def _follows(self, step: int) -> bool:
        steps = self._check.steps
        return self._last is not None and steps.index(step) == steps.index(self._last) + 1

    def _pause(self, end_ms: int, turn: int, call: CallFacts) -> Finding:
        ends_ms = (*self._quiet_from_ms, *_ends_ms(call))
        start_ms = max((ms for ms in ends_ms if ms <= end_ms), default=end_ms)
        pause = (end_ms - start_ms) / 1000
        evidence = measured(pause, self._check.band, self._check.unit, start_ms, end_ms, turn)
        if not call.context.hears_customer:
            return self._judge.give("undetermined", replace(evidence, reason=CUSTOMER_NOT_RECORDED))
        return self._judge.give(verdict_for(pause, self._check.band), evidence)


def _ends_ms(call: CallFacts) -> Iterator[int]:
    """When the agent fell silent, turn by turn, since the customer spoke last up to this turn."""
    for turn in reversed([t for t in call.turns[:-1] if t.is_speech]):
        if turn.channel == "customer":
            return
        yield turn.end_ms
