"""`require`: a wording must be heard in the opening, the closing, or the call."""

from __future__ import annotations

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Found, Listener, applies, is_fair
from agent_assist.core.compliance.verdicts import NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Require, Rule
from agent_assist.core.script import Script

CLEARLY_ABSENT = 0.5
"""Below this score a wording was not said; from here to its threshold nobody can tell."""
LEAD = 0.05
"""How much better the wrong version must fit before it is held against the agent."""
CLOSING_TURNS = 3
"""The closing is at most this many last turns of the agent."""


class RequireState:
    def __init__(self, rule: Rule, check: Require, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._wanted = [Listener(s, script, desk) for s in check.do]
        self._instead = Listener(check.instead, script, desk) if check.instead else None
        self._decided = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._check.window != "opening" or self._decided:
            return []
        opening = self._opening(call)
        if settled.channel == "customer" and opening and settled.is_speech:
            return self._decide(call, opening, settled.start_ms)
        if settled.channel == "agent" and opening and opening[-1] is settled:
            found = self._best(opening)
            if found and found.passes and applies(self._check.when, call):
                return self._decide(call, opening, settled.end_ms)
        return []

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        if self._check.window != "opening" or self._decided:
            return []
        opening = self._opening(call)
        if opening and now_ms >= opening[0].start_ms + self._span_ms:
            return self._decide(call, opening, opening[-1].end_ms)
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._decided:
            return []
        turns = self._window(call)
        return self._decide(call, turns, turns[-1].end_ms if turns else call.ended_at_ms or 0)

    @property
    def _span_ms(self) -> int:
        return round(self._check.span_s * 1000)

    def _opening(self, call: CallFacts) -> list[SettledTurn]:
        """The agent's turns of the first span, up to the customer's first words after them."""
        turns: list[SettledTurn] = []
        for turn in call.turns:
            if turn.channel == "agent" and len(turn.turn.text):
                if turns and turn.start_ms > turns[0].start_ms + self._span_ms:
                    break
                turns.append(turn)
            elif turns and turn.channel == "customer" and turn.is_speech:
                break
        return turns

    def _window(self, call: CallFacts) -> list[SettledTurn]:
        if self._check.window == "opening":
            return self._opening(call)
        agent = [t for t in call.of("agent") if len(t.turn.text)]
        if self._check.window == "call":
            return agent
        return agent[-CLOSING_TURNS:]

    def _best(self, turns: list[SettledTurn]) -> Found | None:
        found = [f for listener in self._wanted if (f := listener.search(turns))]
        return max(found, key=lambda f: (f.passes, f.score), default=None)

    def _decide(self, call: CallFacts, turns: list[SettledTurn], at_ms: int) -> list[Finding]:
        self._decided = True
        if not applies(self._check.when, call):
            return []
        if not turns:
            return []
        best = self._best(turns)
        wrong = self._instead.search(turns) if self._instead else None
        if wrong and wrong.passes and wrong.score > (best.score if best else 0.0) + LEAD:
            evidence = wrong.evidence(expected=self._expected, reason="说的是另一种规范用语")
            return [self._judge.give("breach", evidence, at_ms=at_ms)]
        if best and best.passes:
            return [self._judge.give("met", best.evidence(), at_ms=at_ms)]
        return [self._absent(best, turns, at_ms)]

    def _absent(self, best: Found | None, turns: list[SettledTurn], at_ms: int) -> Finding:
        heard = "".join(t.turn.utterance.text for t in turns)
        score = best.score if best else 0.0
        fair = is_fair(turns)
        evidence = Evidence(
            start_ms=turns[0].start_ms,
            end_ms=turns[-1].end_ms,
            turn=turns[0].number,
            expected=self._expected,
            heard=heard,
            alignment=best.spotted.match.alignment.chars if best else (),
            score=score,
            margin=best.spotted.match.margin if best else None,
            confidence=round(min(t.turn.utterance.confidence for t in turns), 3),
            reason="" if fair else NOT_FAIR,
        )
        certain = fair and score < CLEARLY_ABSENT
        return self._judge.give("breach" if certain else "undetermined", evidence, at_ms=at_ms)

    @property
    def _expected(self) -> str:
        return next((listener.expected for listener in self._wanted if listener.expected), "")
