"""Lost sound: a verdict that rests on what was not heard is open where sound is missing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from agent_assist.core.compliance.facts import CallFacts
from agent_assist.core.events import Channel, Finding
from agent_assist.core.rules import Check, Forbid, Measure, Order, Require, Respond, Selector

BOTH: frozenset[Channel] = frozenset(("agent", "customer"))
TIMES = ("silence", "pause", "step_pause", "hangup_wait", "span", "overlap")
"""Measured in the stretch that their evidence shows; other numbers are of the whole call."""
UNTOUCHED = ("duration", "echo")
"""A call is as long as it is; an echo that was heard was heard."""


def gap_reason(missing_ms: int) -> str:
    """Why a verdict is open."""
    return f"录音有缺口（{missing_ms / 1000:.1f} 秒），无法判定"


def with_gaps(finding: Finding, check: Check, call: CallFacts, until_ms: int) -> Finding:
    """The finding as it stands when what is missing up to ``until_ms`` is taken into account."""
    if not _rests_on_absence(finding, check):
        return finding
    start_ms, end_ms = _window(finding, check, until_ms)
    missing_ms = call.missing_ms(start_ms, end_ms, _channels(check))
    if not missing_ms:
        return finding
    evidence = replace(finding.evidence, reason=gap_reason(missing_ms))
    return replace(finding, verdict="undetermined", message="", evidence=evidence)


def _rests_on_absence(finding: Finding, check: Check) -> bool:
    """Whether words or a voice in the missing sound could have changed the verdict."""
    if isinstance(check, Forbid):
        return finding.verdict == "met"
    if not isinstance(check, Measure):
        return finding.verdict == "breach"
    low, value = check.band.low, finding.evidence.value
    if value is None or check.of in UNTOUCHED:
        return False
    if check.of in {"count", "surname"}:
        few = low is not None and value < low
        return few if finding.verdict == "breach" else finding.verdict == "met" and low is None
    if finding.verdict == "met":
        return check.of in TIMES and low is not None
    return finding.verdict == "breach"


def _window(finding: Finding, check: Check, until_ms: int) -> tuple[int, int]:
    """Where what was not heard would have been."""
    evidence = finding.evidence
    if isinstance(check, Measure):
        return (evidence.start_ms, evidence.end_ms) if check.of in TIMES else (0, until_ms)
    if isinstance(check, Forbid) and check.window == "opening":
        return 0, min(until_ms, evidence.start_ms + round(check.span_s * 1000))
    if isinstance(check, Order | Forbid):
        return 0, until_ms
    if isinstance(check, Require):
        return (evidence.start_ms if check.window == "closing" else 0), until_ms
    if check.after == "call_connected":
        return 0, round((check.within_s or 0.0) * 1000)
    return evidence.start_ms, until_ms


def _channels(check: Check) -> Collection[Channel]:
    """Whose lost sound matters: who was to speak, and for silences and silent customers both."""
    silent = check.when.customer_silent or check.when.customer_never
    match check:
        case Measure(of="speech_rate") if not silent:
            return {"agent"}
        case Measure(of="count" | "surname", what=Selector(by=speaker)) if not silent:
            return {speaker}
        case Require() if not silent:
            return {wanted.by for wanted in check.do}
        case Order() if not silent:
            return {wanted.by for wanted in check.first} or {"agent"}
        case Forbid(what=what) if not silent:
            return {what.by if what else "agent"}
        case Respond(after_pause_s=None) if not silent:
            return {check.do.by}
    return BOTH
