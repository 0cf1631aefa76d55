"""One calm line per event, for reading a call along in a terminal."""

from __future__ import annotations

from collections.abc import Mapping

from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Event,
    Finding,
    Overdue,
    PhraseMatch,
    Prompt,
    SituationEntered,
    StageEntered,
    Utterance,
)
from agent_assist.core.masking import mask, mask_reply
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.ui.labels import (
    CAUSES,
    CHANNELS,
    DESKS,
    HUNG_UP_BY,
    STAGES,
    VERDICT_MARKS,
    VERDICTS,
    clock,
    length,
    measured,
    percent,
)

_INDENT = " " * 6


def line_for(  # noqa: PLR0911 - one case per kind of event
    event: Event, titles: Mapping[str, str] | None = None
) -> str | None:
    """The line for an event; None for events that are no news to a reader.

    Speech is masked. Voice activity, partial readings, line quality and watermarks have no line.
    ``titles`` names situations by their id.
    """
    names = titles or {}
    match event:
        case CallStarted():
            desk = DESKS.get(event.desk, event.desk)
            return f"{clock(event.at_ms)}  接通  {event.call_id}  {desk}  {_agent(event)}".rstrip()
        case Utterance():
            return f"{clock(event.start_ms)}  {CHANNELS[event.channel]}  {_speech(event)}"
        case PhraseMatch():
            sure = f"{percent(event.score)} (领先 {percent(event.margin)})"
            name = names.get(event.situation_id) or _one_line(mask(event.expected))
            return f"{_INDENT}↳ 匹配 {event.situation_id}·{event.step} {name} {sure}"
        case SituationEntered():
            cause = CAUSES.get(event.cause, event.cause)
            name = names.get(event.situation_id, event.situation_id)
            return f"{_INDENT}· 情形 {name}" + (f"（{cause}）" if cause else "")
        case StageEntered():
            return f"{_INDENT}· 阶段 {STAGES.get(event.stage, event.stage)}"
        case Prompt():
            due = "" if event.due_ms is None else f"  限时 {clock(event.due_ms)}"
            return f"{_INDENT}▸ 提示 «{_one_line(mask(event.text))}»{due}"
        case Overdue():
            return f"{clock(event.at_ms)}  超时  {event.message}"
        case KnowledgeOffered():
            return f"{_INDENT}▤ 知识卡 {event.title}"
        case Finding():
            return f"{_INDENT}{_finding(event)}"
        case AudioGap():
            missing = f"{CHANNELS[event.channel]} {length(event.duration_ms)}"
            return f"{clock(event.at_ms)}  缺音  {missing}"
        case CallEnded():
            return f"{clock(event.at_ms)}  结束  {HUNG_UP_BY[event.hung_up_by]}"
        case _:
            return None


def _agent(started: CallStarted) -> str:
    return " ".join(part for part in (started.agent_name, started.agent_id) if part)


def _speech(utterance: Utterance) -> str:
    """A line knows no question, so a customer's six bare digits are taken for a password."""
    asked = "密码" if utterance.channel == "customer" else ""
    return _one_line(mask_reply(asked, utterance.text)) or "（未能识别）"


def _finding(finding: Finding) -> str:
    verdict = f"{VERDICT_MARKS[finding.verdict]} {VERDICTS[finding.verdict]}"
    fact = measured(finding.evidence, finding.verdict)
    if finding.verdict == "undetermined" and finding.evidence.reason:
        fact = finding.evidence.reason
    elif finding.verdict == "breach" and not fact:
        fact = finding.message
        if finding.evidence.term not in fact:
            fact = f"{fact}「{finding.evidence.term}」"
    fact = _one_line(mask(fact))
    return f"{verdict} {finding.rule_id} {finding.title}" + (f"：{fact}" if fact else "")


def _one_line(text: str) -> str:
    return " ".join(text.split())
