"""`respond`: after one thing, another must follow in time or within a number of turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener, applies, is_fair
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Respond, Rule
from agent_assist.core.script import Script


class DeadlineState:
    """After the connection, the agent must have begun to speak within a time."""

    def __init__(self, rule: Rule, check: Respond) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._limit_ms = round((check.within_s or 0.0) * 1000)
        self._decided = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided or settled.channel != self._check.do.by or not settled.is_speech:
            return []
        return self._decide(settled.start_ms, settled, call)

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        ended = call.ended_at_ms or 0
        if self._decided or ended <= self._limit_ms:
            return []
        return self._decide(ended, None, call)

    def _decide(self, value_ms: int, settled: SettledTurn | None, call: CallFacts) -> list[Finding]:
        self._decided = True
        if not applies(self._check.when, call):
            return []
        late = value_ms > self._limit_ms
        evidence = Evidence(
            start_ms=0,
            end_ms=value_ms,
            turn=settled.number if settled else None,
            heard=settled.turn.utterance.text if settled else "",
            value=round(value_ms / 1000, 2),
            limit=self._check.within_s,
            unit="秒",
            reason="" if settled else "直到通话结束都没有讲话",
        )
        at_ms = self._limit_ms if late else value_ms
        return [self._judge.give("breach" if late else "met", evidence, at_ms=at_ms)]


@dataclass(slots=True)
class _Open:
    """A turn that waits for its response."""

    asked: SettledTurn
    turns_left: int
    answers: list[SettledTurn] = field(default_factory=list)


class FollowState:
    """After someone's words, the answer must come within a time or some turns."""

    def __init__(self, rule: Rule, check: Respond, script: Script, desk: str) -> None:
        assert not isinstance(check.after, str)
        self._judge = Judge(rule, check.message)
        self._check = check
        self._after = Listener(check.after, script, desk)
        self._do = Listener(check.do, script, desk)
        self._open: list[_Open] = []

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        findings = self._answer(settled) if settled.channel == self._do.selector.by else []
        if self._after.hears(settled):
            self._open.append(_Open(settled, self._check.within_turns or 10_000))
        return findings

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        limit = self._check.within_s
        if limit is None:
            return []
        late = [o for o in self._open if now_ms > o.asked.end_ms + limit * 1000]
        return [self._close(o, False) for o in late]

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._after.selector.by == "customer" and not call.context.hears_customer:
            evidence = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        return [self._close(o, False) for o in list(self._open)]

    def _answer(self, settled: SettledTurn) -> list[Finding]:
        if not len(settled.turn.text):
            return []
        findings: list[Finding] = []
        said = self._do.hears(settled) is not None
        for waiting in list(self._open):
            waiting.answers.append(settled)
            waiting.turns_left -= 1
            if said or waiting.turns_left <= 0:
                findings.append(self._close(waiting, said))
        return findings

    def _close(self, waiting: _Open, met: bool) -> Finding:
        self._open.remove(waiting)
        answers = waiting.answers
        fair = is_fair([waiting.asked, *answers])
        evidence = Evidence(
            start_ms=waiting.asked.start_ms,
            end_ms=(answers[-1] if answers else waiting.asked).end_ms,
            turn=waiting.asked.number,
            expected=self._do.expected,
            heard="".join(t.turn.utterance.text for t in answers),
            confidence=round(min((t.turn.utterance.confidence for t in answers), default=1.0), 3),
            reason="" if met or fair else NOT_FAIR,
        )
        if met:
            return self._judge.give("met", evidence)
        return self._judge.give("breach" if fair else "undetermined", evidence)
