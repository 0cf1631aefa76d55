"""`order` with ``first``: something must have been said before something else."""

from __future__ import annotations

from itertools import dropwhile

from agent_assist.core.compliance.asking import is_question
from agent_assist.core.compliance.attention import Attention
from agent_assist.core.compliance.certainty import LOST_BEFORE
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Channel, Evidence, Finding
from agent_assist.core.rules import Order, Rule, Selector
from agent_assist.core.script import Script


class PrecedeState:
    """Waits for ``after``, then for ``first`` or ``before``, whichever comes first; decides once.

    What stands in the same turn as ``before`` counts as said in time, unless ``strictly``.
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
        self._late = False
        """Whether it was said, but after what it should have come before."""
        self._decided = False
        each = (*self._first, *(x for x in (self._after, self._before) if x))
        self.attends = Attention(self._every(), tuple(listener.attends for listener in each))

    def _every(self) -> tuple[Channel, ...]:
        """Whose every turn matters: the customer's until he takes the word, and any question."""
        takes: tuple[Channel, ...] = () if self._after else ("customer",)
        asks = self._before is not None and self._before.selector.question
        return (*takes, self._before.selector.by) if self._before and asks else takes

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided or not len(settled.turn.text):
            return []
        if self._begun is None and self._begins(settled):
            self._begun = settled
        if self._begun is None and not self._check.ever:
            return []
        said_ms = [spot.start_ms for first in self._first if (spot := first.hears(settled))]
        before_ms = self._before_ms(settled) if self._begun else None
        after = before_ms is not None and min(said_ms, default=before_ms) > before_ms
        self._late = self._check.strictly and after
        if said_ms and not self._late:
            self._said = settled
        if before_ms is None:
            return []
        return self._decide(call, settled, settled.end_ms)

    def on_end(self, call: CallFacts) -> list[Finding]:
        if self._decided or self._before or self._begun is None:
            return []
        return self._decide(call, None, call.ended_at_ms or 0)

    def _since(self, call: CallFacts) -> list[SettledTurn]:
        """The turns in which it may have been said."""
        begun = self._begun
        turns = call.turns if self._check.ever else dropwhile(lambda t: t is not begun, call.turns)
        return [turn for turn in turns if len(turn.turn.text)]

    def _is_lost(self, since: list[SettledTurn]) -> bool:
        """Whether it may have been said in time, and not been heard."""
        return any(first.lost(since) > LOST_BEFORE for first in self._first)

    def _before_ms(self, settled: SettledTurn) -> int | None:
        """When that is heard now which must not come first."""
        if self._before is None:
            return None
        if spot := self._before.surely_hears(settled):
            return spot.start_ms
        wanted = self._before.selector
        asked = wanted.question and settled.channel == wanted.by and is_question(settled)
        if not asked or any(word in settled.turn.text.chars for word in wanted.without):
            return None
        return settled.start_ms

    def _begins(self, settled: SettledTurn) -> bool:
        if self._after:
            return self._after.surely_hears(settled) is not None
        return settled.ends_opening

    def _decide(self, call: CallFacts, settled: SettledTurn | None, at_ms: int) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        self._decided = True
        assert self._begun is not None
        since = self._since(call)
        last = next((t for t in reversed(since) if t.channel == "agent"), self._begun)
        shown = self._said or settled or last
        unclear = not self._said and not self._late and self._is_lost(since)
        evidence = Evidence(
            start_ms=shown.start_ms,
            end_ms=max(at_ms, shown.start_ms),
            turn=shown.number,
            expected="" if self._said else next((f.expected for f in self._first), ""),
            heard=shown.turn.utterance.text,
            reason=not_fair(since) if unclear else "",
        )
        if self._said:
            return [self._judge.give("met", evidence, at_ms=at_ms)]
        return [self._judge.give("undetermined" if unclear else "breach", evidence, at_ms=at_ms)]
