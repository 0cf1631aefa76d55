"""Flags and utterances as the overlay's page shows them: masked, with what to say instead."""

from __future__ import annotations

from typing import Any

from agent_assist.core.events import Finding, Utterance
from agent_assist.core.masking import mask, mask_reply
from agent_assist.ui.labels import CHANNELS, SEVERITIES, measured

FLAG_MS = 8_000
"""A flag fades after so much audio time."""


def flag_json(finding: Finding, since_ms: int) -> dict[str, Any]:
    """A breach that was flagged at ``since_ms``."""
    evidence = finding.evidence
    said = evidence.term or ""
    fact = measured(evidence, finding.verdict)
    return {
        "id": f"{finding.rule_id}:{finding.at_ms}",
        "title": finding.title,
        "severity": finding.severity,
        "severity_title": SEVERITIES[finding.severity],
        "message": mask(finding.message),
        "said": mask(said),
        "fact": fact,
        "instead": mask(evidence.replacement or ("" if said else evidence.expected)),
        "since_ms": since_ms,
        "until_ms": since_ms + FLAG_MS,
    }


def turns_json(turns: tuple[Utterance, ...]) -> list[dict[str, Any]]:
    """What was said last, masked; a customer's six digits are taken for a password."""
    return [
        {
            "turn": turn.turn,
            "channel": turn.channel,
            "who": CHANNELS[turn.channel],
            "text": mask_reply("密码" if turn.channel == "customer" else "", turn.text)
            or "（未能识别）",
        }
        for turn in sorted(turns, key=lambda t: (t.start_ms, t.turn))
    ]
