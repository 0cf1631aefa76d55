"""`respond`: after one thing, another must follow in time or within a number of turns."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_assist.core.compliance.attention import TO_ALL, Attention
from agent_assist.core.compliance.certainty import LOST_ANSWER, NOISY
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.digits import groups, likeness
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import SURE_WORD, Listener, chars_of
from agent_assist.core.compliance.measure import BACK_MS
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, Judge, not_fair
from agent_assist.core.events import Channel, Evidence, Finding, Overdue, Verdict
from agent_assist.core.rules import Respond, Rule
from agent_assist.core.script import Script

OTHER = 0.25
"""In noise, a number of which so small a share is the agent's own is another."""


class DeadlineState:
    """After the connection, the agent must have begun to speak within a time."""

    def __init__(self, rule: Rule, check: Respond) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._limit_ms = round((check.within_s or 0.0) * 1000)
        self.attends = Attention(every=(check.do.by,))
        self._decided = False

    def is_overdue(self, now_ms: int, call: CallFacts) -> bool:
        """Whether the time is up and nobody who should have has even made a sound."""
        voice_ms = call.voices_ms.get(self._check.do.by, now_ms + 1)
        late = now_ms >= self._limit_ms < voice_ms and applies(self._check.when, call)
        return late and not call.missing_ms(0, self._limit_ms, (self._check.do.by,))

    def to_overdue(self) -> Overdue:
        rule, message = self._judge.rule, self._judge.message
        return Overdue(self._limit_ms, rule.id, rule.severity, rule.title, message)

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided or settled.channel != self._check.do.by or not settled.is_speech:
            return []
        return self._decide(settled.start_ms, settled, call)

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


def _tells_own_id(settled: SettledTurn, call: CallFacts) -> bool:
    """Whether the agent's own number is told as one group of digits, in whatever words."""
    own = call.context.values.get("agent_id", "")
    return bool(own) and own in groups(settled.turn.text)


def _tells_other_id(settled: SettledTurn, call: CallFacts) -> bool:
    """Whether the agent clearly tells a number of as many digits as his own, and not his own."""
    own = call.context.values.get("agent_id", "")
    text = settled.turn.text
    if not own:
        return False
    if settled.noise >= NOISY:
        near = [d for d in groups(text, noisy=True) if abs(len(d) - len(own)) <= 1]
        return "号" in text.chars and bool(near) and max(likeness(own, d) for d in near) <= OTHER
    told = [digits for digits in groups(text) if len(digits) == len(own)]
    sure = settled.turn.confidence(0, len(text)) >= SURE_WORD
    return "工号" in text.chars and sure and bool(told) and own not in told


@dataclass(slots=True)
class _Open:
    """Something said that waits for its response; ``turns`` counts the answerer's since."""

    asked: SettledTurn
    turns: int = 0
    quiet_ms: int = 0
    answers: list[SettledTurn] = field(default_factory=list)


class FollowState:
    """After someone's words, the answer must come within a number of the answerer's turns.

    Utterances with nobody else between them are one turn. A call that ends before the turns are
    used up leaves the answer open, unless nothing can be missing any more.
    """

    attends = TO_ALL

    def __init__(self, rule: Rule, check: Respond, script: Script, desk: str) -> None:
        assert not isinstance(check.after, str)
        self._judge = Judge(rule, check.message)
        self._check = check
        self._after = Listener(check.after, script, desk)
        self._do = Listener(check.do, script, desk)
        self._instead = Listener(check.instead, script, desk) if check.instead else None
        self._within = check.within_turns or 1
        self._open: _Open | None = None
        self._quiet_from_ms = 0
        self._last: Channel | None = None

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not settled.is_speech or not applies(self._check.when, call):
            return []
        quiet = settled.start_ms - self._quiet_from_ms
        self._quiet_from_ms = max(self._quiet_from_ms, settled.end_ms)
        if self._open:
            self._open.quiet_ms = max(self._open.quiet_ms, quiet)
        is_answer = settled.channel == self._do.selector.by
        findings = self._answer(settled, quiet, call) if is_answer and self._open else []
        if self._open is None and self._after.surely_hears(settled):
            self._open = _Open(settled)
        self._last = settled.channel
        return findings

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._after.selector.by == "customer" and not call.context.hears_customer:
            evidence = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        if self._open is None or not self._open.answers:
            return []
        pause = self._check.after_pause_s is not None
        over = pause or any(answer.closes(call.script) for answer in self._open.answers)
        verdict: Verdict = "breach" if over or call.hung_up_by == "agent" else "undetermined"
        return [self._close(verdict, call)]

    def _answer(self, settled: SettledTurn, quiet: int, call: CallFacts) -> list[Finding]:
        waiting, pause = self._open, self._check.after_pause_s
        assert waiting is not None
        if not len(settled.turn.text):
            return []
        if pause is not None and waiting.quiet_ms < pause * 1000:
            if quiet >= BACK_MS and not self._after.hears(settled):
                self._open = None
            return []
        if self._last != settled.channel or not waiting.answers:
            waiting.turns += 1
        if waiting.turns > self._within:
            return [self._close("breach", call)]
        waiting.answers.append(settled)
        if self._check.own_id and _tells_other_id(settled, call):
            return [self._close("breach", call, heard=True)]
        own = self._check.own_id and _tells_own_id(settled, call)
        if own or (self._do.hears(settled) and not self._only_closes(settled, call.script)):
            return [self._close("met", call)]
        if self._instead and self._instead.hears(settled):
            return [self._close("breach", call, heard=True)]
        return []

    def _only_closes(self, settled: SettledTurn, script: Script) -> bool:
        """Whether the words stand in the closing line alone, which is said to everybody."""
        if settled.noise >= NOISY or not settled.situations.isdisjoint(
            self._do.selector.situations
        ):
            return False
        lines = settled.closing_lines(script)
        closing = {i for line in lines for i in range(line.start, line.end)}
        chars = settled.turn.text.chars
        besides = "".join(" " if i in closing else c for i, c in enumerate(chars))
        return bool(closing) and not any(w in besides for w in chars_of(self._do.selector.words))

    def _close(self, verdict: Verdict, call: CallFacts, *, heard: bool = False) -> Finding:
        """``heard``: the breach is what was said, not what is missing."""
        waiting, self._open = self._open, None
        assert waiting is not None
        answers = waiting.answers
        told = [each for each in answers if not self._only_closes(each, call.script)]
        unclear = verdict != "met" and not heard and self._do.lost(told) > LOST_ANSWER
        reason = not_fair(answers) if unclear else ""
        if verdict == "undetermined":
            reason = reason or "通话在座席讲完之前结束"
        evidence = Evidence(
            start_ms=waiting.asked.start_ms,
            end_ms=(answers[-1] if answers else waiting.asked).end_ms,
            turn=waiting.asked.number,
            expected=self._do.expected,
            heard="".join(t.turn.utterance.text for t in answers),
            confidence=round(min((t.turn.utterance.confidence for t in answers), default=1.0), 3),
            reason=reason,
        )
        return self._judge.give("undetermined" if reason else verdict, evidence)
