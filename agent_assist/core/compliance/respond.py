"""`respond`: after one thing, another must follow in time or within a number of turns."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rapidfuzz.distance import LCSseq

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener, applies, digit_runs, is_fair
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Respond, Rule
from agent_assist.core.script import Script

SAME_NUMBER = 0.8
"""Share of the digits that must come back, in order, for a number to count as read back."""
PARTLY = 0.3
"""From this share on the recogniser may have lost the rest: nobody can tell."""


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
        if settled.start_ms > self._limit_ms:
            return self._late(settled.start_ms, settled)
        self._decided = True
        evidence = self._evidence(settled.start_ms, settled)
        return [self._judge.give("met", evidence, at_ms=settled.start_ms)]

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        ended = call.ended_at_ms or 0
        if self._decided or ended <= self._limit_ms:
            return []
        return self._late(ended, None)

    def _late(self, value_ms: int, settled: SettledTurn | None) -> list[Finding]:
        self._decided = True
        evidence = self._evidence(value_ms, settled)
        return [self._judge.give("breach", evidence, at_ms=self._limit_ms)]

    def _evidence(self, value_ms: int, settled: SettledTurn | None) -> Evidence:
        return Evidence(
            start_ms=0,
            end_ms=value_ms,
            turn=settled.number if settled else None,
            heard=settled.turn.utterance.text if settled else "",
            value=round(value_ms / 1000, 2),
            limit=self._check.within_s,
            unit="秒",
            reason="" if settled else "直到通话结束都没有讲话",
        )


@dataclass(slots=True)
class _Open:
    """A customer's turn that waits for its response."""

    asked: SettledTurn
    digits: str
    turns_left: int
    answers: list[SettledTurn]
    best: float = 0.0


class FollowState:
    """After the customer's words (or a number), the agent must answer within some turns."""

    def __init__(self, rule: Rule, check: Respond, script: Script, desk: str) -> None:
        assert not isinstance(check.after, str)
        self._judge = Judge(rule, check.message)
        self._check = check
        self._after = None if check.after.phone else Listener(check.after, script, desk)
        self._do = None if check.repeat else Listener(check.do, script, desk)
        self._by = check.after.by
        self._open: list[_Open] = []
        self._done: list[str] = []

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        findings = self._answer(settled) if settled.channel == self._check.do.by else []
        if settled.channel == self._by:
            self._ask(settled)
        return findings

    def on_time(self, now_ms: int, call: CallFacts) -> list[Finding]:
        limit = self._check.within_s
        if limit is None:
            return []
        late = [o for o in self._open if now_ms > o.asked.end_ms + limit * 1000]
        return [self._close(o) for o in late]

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._by == "customer" and not call.context.hears_customer:
            evidence = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        return [self._close(o) for o in list(self._open)]

    def _ask(self, settled: SettledTurn) -> None:
        turns = self._check.within_turns or 10_000
        if self._after is not None:
            if self._after.hears(settled):
                self._open.append(_Open(settled, "", turns, []))
            return
        for start, end in digit_runs(settled.turn.text):
            digits = _digits(settled.turn.text.chars[start:end])
            known = any(_likeness(digits, d) >= SAME_NUMBER for d in self._done)
            if digits[0] == "1" and not known:
                self._open.append(_Open(settled, digits, turns, []))

    def _answer(self, settled: SettledTurn) -> list[Finding]:
        if not len(settled.turn.text):
            return []
        findings: list[Finding] = []
        for waiting in list(self._open):
            if settled.start_ms < waiting.asked.start_ms:
                continue
            waiting.answers.append(settled)
            waiting.turns_left -= 1
            waiting.best = max(waiting.best, self._likeness(waiting, settled))
            if waiting.best >= SAME_NUMBER or waiting.turns_left <= 0:
                findings.append(self._close(waiting))
        return findings

    def _likeness(self, waiting: _Open, settled: SettledTurn) -> float:
        if self._do is not None:
            return 1.0 if self._do.hears(settled) else 0.0
        said = "".join(t.turn.text.chars for t in waiting.answers)
        return _likeness(waiting.digits, _digits(said))

    def _close(self, waiting: _Open) -> Finding:
        self._open.remove(waiting)
        answers = waiting.answers
        last = answers[-1] if answers else waiting.asked
        evidence = Evidence(
            start_ms=waiting.asked.start_ms,
            end_ms=last.end_ms,
            turn=waiting.asked.number,
            expected=waiting.digits or self._do_text,
            heard="".join(t.turn.utterance.text for t in answers),
            score=round(waiting.best, 3),
            confidence=round(min((t.turn.utterance.confidence for t in answers), default=1.0), 3),
        )
        if waiting.best >= SAME_NUMBER:
            self._done.append(waiting.digits)
            return self._judge.give("met", evidence)
        if waiting.best < PARTLY and is_fair([waiting.asked, *answers]):
            return self._judge.give("breach", evidence)
        return self._judge.give("undetermined", replace(evidence, reason=NOT_FAIR))

    @property
    def _do_text(self) -> str:
        return self._do.expected if self._do else ""


def _digits(chars: str) -> str:
    values = dict(zip("零幺一二三四五六七八九", "01123456789", strict=True))
    return "".join(values[c] for c in chars if c in values)


def _likeness(wanted: str, said: str) -> float:
    """Share of the wanted digits found in order in what was said."""
    return LCSseq.similarity(wanted, said) / len(wanted) if wanted else 0.0
