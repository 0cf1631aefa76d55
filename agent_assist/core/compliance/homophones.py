"""Forbidden words that sound like usual ones: without tones nobody can tell 亲手 from 禽兽.

A transcript without confidences below one was written by somebody who knew the characters.
"""

from __future__ import annotations

from dataclasses import replace

from agent_assist.core.compliance.facts import CallFacts
from agent_assist.core.events import Finding


def with_homophones(finding: Finding, call: CallFacts) -> Finding:
    """The finding as it stands when the word held against the agent sounds like a usual one."""
    evidence = finding.evidence
    if finding.verdict != "breach" or not evidence.term:
        return finding
    alike = next(((w, u) for w, u in call.script.homophones.items() if w in evidence.term), None)
    if alike is None or not _is_recognised(call, evidence.turn):
        return finding
    reason = f"“{alike[0]}”与“{alike[1]}”同音，录音里分不清，请人工复核"
    return replace(
        finding,
        verdict="undetermined",
        message="",
        evidence=replace(evidence, reason=reason),
    )


def _is_recognised(call: CallFacts, number: int | None) -> bool:
    """Whether a recogniser, and no person, wrote the turn."""
    turns = (t.turn for t in reversed(call.turns) if t.number == number)
    return any(word.confidence < 1.0 for turn in turns for word in turn.utterance.words)
