"""What every check shares: its life cycle and how a verdict is put."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from agent_assist.core.compliance.attention import Attention
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import is_fair
from agent_assist.core.events import Evidence, Finding, Severity, Verdict
from agent_assist.core.rules import Rule

CUSTOMER_NOT_RECORDED = "没有客户声道，无法判定"
NOT_FAIR = "录音或识别质量不足，无法判定"
POOR_LINE = {
    "noisy": "座席声道噪声太大，无法判定",
    "broken": "座席声道断断续续，无法判定",
    "clipped": "座席声道过载失真，无法判定",
}


class CheckState(Protocol):
    """A check in the course of one call. Facts come in order of time."""

    attends: Attention
    """What it is told of; it need not be told of other turns."""

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        """A turn was settled."""

    def on_end(self, call: CallFacts) -> list[Finding]:
        """The call ended (``call.ended_at_ms`` is set)."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Puts a rule's verdicts into words."""

    rule: Rule
    message: str

    def give(
        self,
        verdict: Verdict,
        evidence: Evidence,
        *,
        at_ms: int | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding; it is about the end of its evidence unless ``at_ms`` says otherwise."""
        return Finding(
            at_ms=evidence.end_ms if at_ms is None else at_ms,
            rule_id=self.rule.id,
            verdict=verdict,
            severity=severity or self.rule.severity,
            title=self.rule.title,
            message=self.message if verdict == "breach" else "",
            evidence=evidence,
        )


def not_fair(turns: Iterable[SettledTurn]) -> str:
    """Why wording in these turns cannot be judged: the line, where that was it."""
    return next((POOR_LINE[t.unfair] for t in turns if t.unfair), NOT_FAIR)


def unbroken(judge: Judge, call: CallFacts) -> list[Finding]:
    """The verdict on a call in which nothing forbidden was heard."""
    turns = [t for t in call.of("agent") if len(t.turn.text)]
    if not turns:
        return []
    fair = is_fair(turns)
    evidence = Evidence(turns[0].start_ms, turns[-1].end_ms, reason="" if fair else not_fair(turns))
    return [judge.give("met" if fair else "undetermined", evidence)]
