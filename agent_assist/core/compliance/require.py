"""`require`: a wording must be heard in the opening, the closing, or the call."""

from __future__ import annotations

from dataclasses import replace

from agent_assist.core.compliance.asking import is_question
from agent_assist.core.compliance.attention import TO_ALL, Attention
from agent_assist.core.compliance.certainty import LOST, LOST_CLOSING, UNHEARD, certain, noise_of
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Found, Listener, clearly_absent
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Require, Rule
from agent_assist.core.script import Script

LEAD = 0.05
"""How much better the wrong version must fit before it is held against the agent."""
EXPLAINS = 2.5
"""So many more characters must it explain that what was wanted cannot have been said instead."""
CLOSING_TURNS = 3
"""The closing is at most this many last turns of the agent, after his last question."""


def _closing(agent: list[SettledTurn]) -> list[SettledTurn]:
    """The agent's last turns, without what came before his last question: that went on."""
    last = agent[-CLOSING_TURNS:]
    asked = [i for i, turn in enumerate(last[:-1]) if is_question(turn)]
    return last[asked[-1] + 1 :] if asked else last


class RequireState:
    def __init__(self, rule: Rule, check: Require, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._wanted = [Listener(s, script, desk).seek() for s in check.do]
        self._instead = Listener(check.instead, script, desk).seek() if check.instead else None
        self.attends = self._attention()
        self._heard: Found | None = None
        self._decided = False

    def _attention(self) -> Attention:
        wanted = self._wanted if self._check.window == "call" else []
        return Attention(listening=tuple(each.attends for each in wanted))

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._heard is None:
            spots = (spot for each in self._wanted if (spot := each.hears(settled)))
            self._heard = next((Found(spot, True) for spot in spots), None)
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._decided:
            return []
        turns = self._window(call)
        return self._decide(call, turns, turns[-1].end_ms if turns else call.ended_at_ms or 0)

    @property
    def _span_ms(self) -> int:
        return round(self._check.span_s * 1000)

    def _window(self, call: CallFacts) -> list[SettledTurn]:
        if self._check.window == "opening":
            return call.opening(self._span_ms)
        agent = [t for t in call.of("agent") if len(t.turn.text)]
        return agent if self._check.window == "call" else _closing(agent)

    def _best(self, turns: list[SettledTurn]) -> Found | None:
        if self._heard:
            return self._heard
        found = [f for listener in self._wanted if (f := listener.search(turns))]
        return max(found, key=lambda f: (f.passes, f.score), default=None)

    def _decide(self, call: CallFacts, turns: list[SettledTurn], at_ms: int) -> list[Finding]:
        self._decided = True
        if not turns or not applies(self._check.when, call):
            return []
        best = self._best(turns)
        wrong = self._instead.search(turns) if self._instead else None
        if wrong and self._is_wrong(wrong, best):
            reason = "" if self._is_word(wrong) else "说的是另一种规范用语"
            evidence = wrong.evidence(expected=self._expected, reason=reason)
            explains = wrong.weight - (best.weight if best else 0.0)
            excuse = "" if explains >= EXPLAINS else self._excuse(call, turns)
            if excuse:
                evidence = replace(evidence, reason=excuse)
            return [self._judge.give("undetermined" if excuse else "breach", evidence, at_ms=at_ms)]
        if best and best.passes:
            return [self._judge.give("met", best.evidence(), at_ms=at_ms)]
        blame = self._check.blame
        if blame and not any(applies(when, call) for when in blame):
            return []
        return [self._absent(best, turns, at_ms, self._excuse(call, turns))]

    def _is_wrong(self, wrong: Found, best: Found | None) -> bool:
        """Whether the wrong version was heard, and better than what is wanted."""
        match = wrong.spotted.match
        if self._is_word(wrong) and match.score < certain(match.literals, 0.0):
            return False
        if best and best.passes and best.weight > wrong.weight:
            return False
        return wrong.passes and wrong.score > (best.score if best else 0.0) + LEAD

    def _is_word(self, wrong: Found) -> bool:
        """Whether the wrong version is one of the check's words, no wording of the catalogue."""
        instead = self._check.instead
        return instead is not None and wrong.spotted.match.wording.text in instead.words

    def _excuse(self, call: CallFacts, turns: list[SettledTurn]) -> str:
        """Why the agent may not be to blame that a wording is missing; empty if nothing is."""
        most = LOST_CLOSING if self._check.window == "closing" else LOST
        if any(each.lost(turns) > most for each in self._wanted):
            return not_fair(turns)
        last = next((t for t in reversed(call.turns) if t.is_speech), None)
        cut_off = call.hung_up_by == "network" or (last and last.channel == "customer")
        if self._check.window == "closing" and cut_off and call.hung_up_by != "agent":
            return "客户讲完即挂断，座席没有机会说结束语"
        return ""

    def _absent(
        self, best: Found | None, turns: list[SettledTurn], at_ms: int, excuse: str
    ) -> Finding:
        match = best.spotted.match if best else None
        evidence = Evidence(
            start_ms=turns[0].start_ms,
            end_ms=turns[-1].end_ms,
            turn=turns[0].number,
            expected=self._expected,
            heard="".join(t.turn.utterance.text for t in turns),
            alignment=match.alignment.chars if match else (),
            score=match.score if match else 0.0,
            margin=match.margin if match else None,
            confidence=round(min(t.turn.utterance.confidence for t in turns), 3),
            reason=excuse,
        )
        if not excuse and match and not clearly_absent(match, self._noise(turns)):
            evidence = replace(evidence, reason="与规范用语相近，但不完整，请人工复核")
        certain = not evidence.reason
        return self._judge.give("breach" if certain else "undetermined", evidence, at_ms=at_ms)

    def _noise(self, turns: list[SettledTurn]) -> float:
        """Share of characters heard wrong; in the opening nobody knows yet."""
        return UNHEARD if self._check.window == "opening" else noise_of(turns)

    @property
    def _expected(self) -> str:
        return next((listener.expected for listener in self._wanted if listener.expected), "")


class OpeningState(RequireState):
    """Decides when the wording was heard, the customer takes the word or the time is up."""

    def _attention(self) -> Attention:
        return TO_ALL

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided:
            return []
        opening = call.opening(self._span_ms)
        if opening and settled.ends_opening:
            return self._decide(call, opening, settled.start_ms)
        if opening and opening[-1] is settled:
            found = self._best(opening)
            if found and found.passes and applies(self._check.when, call):
                return self._decide(call, opening, settled.end_ms)
        return []

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        """Everything that started before ``now_ms`` is known."""
        if self._decided:
            return []
        opening = call.opening(self._span_ms)
        if opening and now_ms > opening[0].start_ms + self._span_ms:
            return self._decide(call, opening, opening[-1].end_ms)
        return []
