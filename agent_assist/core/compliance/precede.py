"""`order` with ``first``: something must have been said before something else."""

from __future__ import annotations

from agent_assist.core.compliance.certainty import LOST_BEFORE, forbidden
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener, applies
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.rules import Order, Rule, Selector
from agent_assist.core.script import Script


class PrecedeState:
    """Waits for ``after``, then for ``first`` or ``before``, whichever comes first; decides once.

    What stands in the same turn as ``before`` counts as said in time.
    """

    def __init__(self, rule: Rule, check: Order, script: Script, desk: str) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._first = [Listener(s, script, desk) for s in check.first]
        self._after = Listener(check.after, script, desk) if check.after else None
        before = check.before
        self._before = Listener(before, script, desk) if isinstance(before, Selector) else None
        self._begun: SettledTurn | None = None
        self._said: SettledTurn | None = None
        self._since: list[SettledTurn] = []
        self._decided = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided or not len(settled.turn.text):
            return []
        if self._begun is None and self._begins(settled):
            self._begun = settled
        if self._begun is None and not self._check.ever:
            return []
        self._since.append(settled)
        if any(first.hears(settled) for first in self._first):
            self._said = settled
        before = self._before and self._before.hears(settled)
        if not self._begun or not before:
            return []
        if before.match.score < forbidden(before.match.literals, settled.noise):
            return []
        return self._decide(call, settled, settled.end_ms)

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._decided or self._before or self._begun is None:
            return []
        return self._decide(call, None, call.ended_at_ms or 0)

    def _begins(self, settled: SettledTurn) -> bool:
        if self._after:
            return self._after.hears(settled) is not None
        return settled.ends_opening

    def _decide(self, call: CallFacts, settled: SettledTurn | None, at_ms: int) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        self._decided = True
        assert self._begun is not None
        last = next((t for t in reversed(self._since) if t.channel == "agent"), self._begun)
        shown = self._said or settled or last
        unclear = not self._said and any(f.lost(self._since) > LOST_BEFORE for f in self._first)
        evidence = Evidence(
            start_ms=shown.start_ms,
            end_ms=max(at_ms, shown.start_ms),
            turn=shown.number,
            expected="" if self._said else next((f.expected for f in self._first), ""),
            heard=shown.turn.utterance.text,
            reason=not_fair(self._since) if unclear else "",
        )
        if self._said:
            return [self._judge.give("met", evidence, at_ms=at_ms)]
        return [self._judge.give("undetermined" if unclear else "breach", evidence, at_ms=at_ms)]
