"""A call's report, folded from its events: delete it, fold again, get the same report."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Channel,
    Event,
    Finding,
    HungUpBy,
    LineQuality,
    PhraseMatch,
    Prompt,
    PromptCleared,
    Severity,
    SituationEntered,
    SituationLeft,
    StageEntered,
    Utterance,
    Verdict,
)
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.core.voice_metrics import VoiceMetrics, measure_voice


@dataclass(frozen=True, slots=True)
class Stay:
    """A stretch of the call spent in a situation or a stage; ``cause`` says what began it."""

    name: str
    start_ms: int
    end_ms: int
    cause: str = ""


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """A prompt and how long it stood; ``cause`` says why it went (empty: another, or the end)."""

    prompt: Prompt
    until_ms: int
    cause: str


@dataclass(frozen=True, slots=True)
class VerdictCounts:
    """How many findings there are of each verdict, and how many breaches of each severity."""

    met: int
    breach: int
    undetermined: int
    breaches_by_severity: tuple[tuple[Severity, int], ...]


@dataclass(frozen=True, slots=True)
class CallReport:
    """Everything a reviewer reads about one call.

    ``header`` holds the log's header as sorted text pairs. ``complete`` is false when the log has
    no end of call. Times are milliseconds since the call was connected; ``matches``, ``findings``
    and ``prompts`` stand in the order of their moments.
    """

    call_id: str
    desk: str
    agent_id: str
    agent_name: str
    started_at: str
    channels: tuple[Channel, ...]
    duration_ms: int
    hung_up_by: HungUpBy
    complete: bool
    header: tuple[tuple[str, str], ...]
    counts: VerdictCounts
    utterances: tuple[Utterance, ...]
    matches: tuple[PhraseMatch, ...]
    prompts: tuple[ShownPrompt, ...]
    situations: tuple[Stay, ...]
    stages: tuple[Stay, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[AudioGap, ...]
    cards: tuple[KnowledgeOffered, ...]
    voice: VoiceMetrics


def fold(events: Iterable[Event], header: Mapping[str, object]) -> CallReport:
    """Fold a call's events, in log order, and its log header into a report."""
    log = tuple(events)
    started = next((e for e in log if isinstance(e, CallStarted)), None)
    ended = next((e for e in reversed(log) if isinstance(e, CallEnded)), None)
    duration_ms = ended.at_ms if ended else max((_reach_ms(e) for e in log), default=0)
    channels: tuple[Channel, ...] = started.channels if started else ("agent", "customer")
    findings = tuple(
        sorted((e for e in log if isinstance(e, Finding)), key=lambda finding: finding.at_ms)
    )
    return CallReport(
        call_id=started.call_id if started else "",
        desk=started.desk if started else "",
        agent_id=started.agent_id if started else "",
        agent_name=started.agent_name if started else "",
        started_at=started.started_at if started else "",
        channels=channels,
        duration_ms=duration_ms,
        hung_up_by=ended.hung_up_by if ended else "unknown",
        complete=ended is not None,
        header=tuple(sorted((key, _as_text(value)) for key, value in header.items())),
        counts=_count(findings),
        utterances=tuple(
            sorted((e for e in log if isinstance(e, Utterance)), key=lambda u: (u.start_ms, u.turn))
        ),
        matches=tuple(
            sorted((e for e in log if isinstance(e, PhraseMatch)), key=lambda m: m.start_ms)
        ),
        prompts=_prompts(log, duration_ms),
        situations=_situations(log, duration_ms),
        stages=_stages(log, duration_ms),
        findings=findings,
        gaps=tuple(e for e in log if isinstance(e, AudioGap)),
        cards=tuple(e for e in log if isinstance(e, KnowledgeOffered)),
        voice=measure_voice(log, channels, duration_ms),
    )


def _reach_ms(event: Event) -> int:
    end_ms = event.end_ms if isinstance(event, (Utterance, LineQuality, PhraseMatch)) else 0
    return max(event.at_ms, end_ms)


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _count(findings: tuple[Finding, ...]) -> VerdictCounts:
    def of(verdict: Verdict) -> int:
        return sum(finding.verdict == verdict for finding in findings)

    severities: tuple[Severity, ...] = ("fatal", "major", "minor", "info")
    breaches = [finding.severity for finding in findings if finding.verdict == "breach"]
    return VerdictCounts(
        met=of("met"),
        breach=of("breach"),
        undetermined=of("undetermined"),
        breaches_by_severity=tuple((s, breaches.count(s)) for s in severities if s in breaches),
    )


def _prompts(log: tuple[Event, ...], duration_ms: int) -> tuple[ShownPrompt, ...]:
    shown: list[ShownPrompt] = []
    standing: Prompt | None = None
    for event in log:
        if not isinstance(event, (Prompt, PromptCleared)):
            continue
        if standing is not None:
            cause = event.cause if isinstance(event, PromptCleared) else ""
            shown.append(ShownPrompt(standing, max(standing.at_ms, event.at_ms), cause))
        standing = event if isinstance(event, Prompt) else None
    if standing is not None:
        shown.append(ShownPrompt(standing, max(standing.at_ms, duration_ms), ""))
    return tuple(shown)


def _situations(log: tuple[Event, ...], duration_ms: int) -> tuple[Stay, ...]:
    """Stretches from entering to leaving; one that was never left gave way to the next entered."""
    entered: dict[str, SituationEntered] = {}
    stays: list[Stay] = []
    for event in log:
        if isinstance(event, SituationEntered):
            entered.setdefault(event.situation_id, event)
        elif isinstance(event, SituationLeft) and event.situation_id in entered:
            stays.append(_stay(entered.pop(event.situation_id), event.at_ms))
    starts = [e.at_ms for e in log if isinstance(e, SituationEntered)]
    for event in entered.values():
        next_ms = min((at_ms for at_ms in starts if at_ms > event.at_ms), default=duration_ms)
        stays.append(_stay(event, next_ms))
    return tuple(sorted(stays, key=lambda stay: stay.start_ms))


def _stay(entered: SituationEntered, end_ms: int) -> Stay:
    end_ms = max(entered.at_ms, end_ms)
    return Stay(entered.situation_id, entered.at_ms, end_ms, entered.cause)


def _stages(log: tuple[Event, ...], duration_ms: int) -> tuple[Stay, ...]:
    entered = [event for event in log if isinstance(event, StageEntered)]
    ends = [event.at_ms for event in entered[1:]] + [duration_ms]
    return tuple(
        Stay(event.stage, event.at_ms, max(event.at_ms, end_ms))
        for event, end_ms in zip(entered, ends, strict=False)
    )
