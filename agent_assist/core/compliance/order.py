"""`order`: the steps of a procedure must all have been said, in order, before something."""

from __future__ import annotations

from agent_assist.core.compliance.attention import Attention
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener, is_fair, step_listeners
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Order, Rule
from agent_assist.core.script import Script

MOSTLY = 0.8
"""A turn of which so much is a wording of the catalogue holds nothing else."""


class OrderState:
    def __init__(self, rule: Rule, check: Order, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._steps = step_listeners(check.situation, check.steps, script, desk)
        before = check.before
        self._before = None if before == "call_ended" else Listener(before, script, desk)
        self.attends = Attention(listening=(self._before.attends,) if self._before else ())
        self._decided = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._before is None or self._decided or not self._before.hears(settled):
            return []
        return self._decide(call, settled.start_ms)

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._before is not None or self._decided:
            return []
        return self._decide(call, call.ended_at_ms or 0)

    def _decide(self, call: CallFacts, at_ms: int) -> list[Finding]:
        heard = call.context.hears_customer or self._check.when.customer_silent is None
        if not heard or not applies(self._check.when, call):
            return self._unknown(call, at_ms)
        self._decided = True
        agent = [t for t in call.of("agent") if t.start_ms <= at_ms]
        said, missing = self._progress(agent)
        if not missing:
            return [self._judge.give("met", _evidence(agent, "", at_ms, ""), at_ms=at_ms)]
        expected = self._steps[missing[0]].expected
        if self._attempts(agent) >= len(self._check.steps):
            reason = "提示次数够了，但用语与规定不符，请人工复核"
        elif not is_fair(agent):
            reason = NOT_FAIR
        else:
            reason = f"已完成 {said} 步，缺第 {'、'.join(map(str, missing))} 步"
            evidence = _evidence(agent, expected, at_ms, reason)
            return [self._judge.give("breach", evidence, at_ms=at_ms)]
        evidence = _evidence(agent, expected, at_ms, reason)
        return [self._judge.give("undetermined", evidence, at_ms=at_ms)]

    def _unknown(self, call: CallFacts, at_ms: int) -> list[Finding]:
        """Say that nobody can tell when only who hung up, or the customer's side, is missing."""
        when = self._check.when
        if when.customer_silent and not call.context.hears_customer:
            reason = CUSTOMER_NOT_RECORDED
        elif when.customer_silent and not call.customer_spoke and call.hung_up_by == "unknown":
            reason = "不知道由谁挂机，无法判定"
        else:
            return []
        agent = list(call.of("agent"))
        if not self._progress(agent)[1] and agent:
            return [self._judge.give("met", _evidence(agent, "", at_ms, ""), at_ms=at_ms)]
        evidence = _evidence(agent, "", at_ms, reason)
        return [self._judge.give("undetermined", evidence, at_ms=at_ms)]

    def _attempts(self, agent: list[SettledTurn]) -> int:
        """How many turns after the greeting may have been the steps, in whatever words.

        Not the last one, if it is nothing but another wording of the catalogue: a goodbye.
        """
        tried = agent[1:]
        if not tried or any(step.hears(tried[-1]) for step in self._steps.values()):
            return len(tried)
        spotted = sum(spot.match.end - spot.match.start for spot in tried[-1].spotted)
        return len(tried) - (spotted >= MOSTLY * len(tried[-1].turn.text))

    def _progress(self, agent: list[SettledTurn]) -> tuple[int, list[int]]:
        """How many steps were said in order, and which are missing."""
        wanted = list(self._check.steps)
        for turn in agent:
            while wanted and self._steps[wanted[0]].hears(turn):
                wanted.pop(0)
        return len(self._check.steps) - len(wanted), wanted


def _evidence(agent: list[SettledTurn], expected: str, at_ms: int, reason: str) -> Evidence:
    if not agent:
        return Evidence(0, at_ms, expected=expected, reason=reason)
    last = agent[-1]
    return Evidence(
        start_ms=agent[0].start_ms,
        end_ms=last.end_ms,
        turn=last.number,
        expected=expected,
        heard=last.turn.utterance.text,
        reason=reason,
    )
