"""Timed transcripts: a call as text, in ``NAME.call.yaml``, in place of its sound."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from agent_assist.adapters.call_meta import CallKeys, Seconds, StrictModel, read_keys
from agent_assist.core.call import CallMeta
from agent_assist.core.events import (
    CallEnded,
    Channel,
    Event,
    Settled,
    Utterance,
    VoiceEnded,
    VoiceStarted,
    Word,
)
from agent_assist.errors import Problem, ScriptError
from agent_assist.strict_yaml import Document

AFTER_LAST_TURN_MS = 1_000


class WordKeys(StrictModel):
    """One recognised word; lets a transcript carry how sure each word was."""

    text: Annotated[str, Field(max_length=200)]
    start_s: Seconds
    end_s: Seconds
    confidence: Annotated[float, Field(ge=0.0, le=1.0)]

    def to_word(self) -> Word:
        start_ms, end_ms = round(self.start_s * 1000), round(self.end_s * 1000)
        return Word(self.text, start_ms, end_ms, self.confidence)


class TurnKeys(StrictModel):
    start_s: Seconds
    end_s: Seconds
    speaker: Channel
    text: Annotated[str, Field(max_length=10_000)]
    confidence: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
    words: list[WordKeys] = Field(default_factory=list, max_length=5_000)

    @property
    def start_ms(self) -> int:
        return round(self.start_s * 1000)

    @property
    def end_ms(self) -> int:
        return round(self.end_s * 1000)


class TranscriptKeys(CallKeys):
    ended_at_s: Seconds | None = None
    turns: list[TurnKeys]


def read_transcript(path: Path) -> tuple[CallMeta, list[Event]]:
    """The call and everything heard in it, as a recogniser without fault would have told it."""
    return to_call(*read_keys(path, TranscriptKeys))


def to_call(keys: TranscriptKeys, document: Document) -> tuple[CallMeta, list[Event]]:
    """The same of keys that were read already; raises ScriptError for times that cannot be."""
    last_ms = max((turn.end_ms for turn in keys.turns), default=0)
    problems = list(_problems(keys, document))
    if problems:
        raise ScriptError(problems)
    if keys.ended_at_s is None:
        ended_at_ms = last_ms + AFTER_LAST_TURN_MS
    else:
        ended_at_ms = round(keys.ended_at_s * 1000)
    return keys.to_meta(ended_at_ms), list(_tell(_to_utterances(keys.turns), ended_at_ms))


def _problems(keys: TranscriptKeys, document: Document) -> Iterator[Problem]:
    for i, turn in enumerate(keys.turns):
        if turn.end_s < turn.start_s:
            line = document.line_of(("turns", i, "end_s"))
            yield Problem(document.file, line, f"turns[{i}]: end_s is before start_s")
        elif keys.ended_at_s is not None and turn.end_s > keys.ended_at_s:
            line = document.line_of(("turns", i, "end_s"))
            yield Problem(document.file, line, f"turns[{i}]: end_s is after ended_at_s")


def _to_utterances(turns: Sequence[TurnKeys]) -> list[Utterance]:
    """One utterance for each turn, in the order in which they ended."""
    utterances = [
        Utterance(
            at_ms=turn.end_ms,
            turn=i,
            channel=turn.speaker,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            text=turn.text,
            words=tuple(word.to_word() for word in turn.words),
            confidence=turn.confidence,
        )
        for i, turn in enumerate(turns)
    ]
    return sorted(utterances, key=lambda u: (u.end_ms, u.turn))


def _tell(utterances: list[Utterance], ended_at_ms: int) -> Iterator[Event]:
    """Voice, utterances and watermark in the order in which they would have become known."""
    voices = _voice_changes(utterances)
    times = sorted({event.at_ms for event in voices} | {u.end_ms for u in utterances})
    settled = voice = told = 0
    not_before = _least_start_from(utterances)
    for time in times:
        while voice < len(voices) and voices[voice].at_ms <= time:
            yield voices[voice]
            voice += 1
        while told < len(utterances) and utterances[told].end_ms <= time:
            yield utterances[told]
            told += 1
        if min(time, not_before[told]) > settled:
            settled = int(min(time, not_before[told]))
            yield Settled(settled)
    if ended_at_ms > settled:
        yield Settled(ended_at_ms)


def _least_start_from(utterances: list[Utterance]) -> list[float]:
    """For each position, the least start of the utterances from there on."""
    least = [float("inf")]
    for utterance in reversed(utterances):
        least.append(min(least[-1], utterance.start_ms))
    return least[::-1]


def _voice_changes(utterances: Iterable[Utterance]) -> list[VoiceStarted | VoiceEnded]:
    """Onsets and ends of voice on each channel; turns that touch or overlap are one voice."""
    changes: list[VoiceStarted | VoiceEnded] = []
    open_until: dict[Channel, int] = {}
    for turn in sorted(utterances, key=lambda u: (u.start_ms, u.end_ms)):
        channel, until = turn.channel, open_until.get(turn.channel)
        if until is not None and turn.start_ms <= until:
            open_until[channel] = max(until, turn.end_ms)
            continue
        if until is not None:
            changes.append(VoiceEnded(until, channel))
        changes.append(VoiceStarted(turn.start_ms, channel))
        open_until[channel] = turn.end_ms
    changes += [VoiceEnded(until, channel) for channel, until in open_until.items()]
    return sorted(changes, key=lambda change: change.at_ms)


def to_transcript(events: Iterable[Event], meta: CallMeta) -> str:
    """The timed transcript of a call that was heard, to be judged alone or kept as a case."""
    utterances: list[Utterance] = []
    ended_at_ms, hung_up_by = meta.ended_at_ms, meta.hung_up_by
    for event in events:
        if isinstance(event, Utterance):
            utterances.append(event)
        elif isinstance(event, CallEnded):
            ended_at_ms, hung_up_by = event.at_ms, event.hung_up_by
    lines = [
        f"call_id: {_quoted(meta.call_id)}",
        f"desk: {_quoted(meta.desk)}",
        f"agent: {{id: {_quoted(meta.agent_id)}, name: {_quoted(meta.agent_name)}}}",
        f"started_at: {_quoted(meta.started_at)}",
        f"hung_up_by: {hung_up_by}",
        f"direction: {meta.direction}",
        f"customer: {{surname: {_quoted(meta.customer_surname)},"
        f" title: {_quoted(meta.customer_title)}}}",
    ]
    if ended_at_ms is not None:
        lines.append(f"ended_at_s: {ended_at_ms / 1000:.3f}")
    lines.append("turns:" if utterances else "turns: []")
    lines += [_turn_line(u) for u in sorted(utterances, key=lambda u: u.turn)]
    return "\n".join([*lines, ""])


def _turn_line(utterance: Utterance) -> str:
    confidence = "" if utterance.confidence == 1.0 else f", confidence: {utterance.confidence:.4f}"
    listed = ", ".join(_word(word) for word in utterance.words)
    words = f", words: [{listed}]" if listed else ""
    return (
        f"  - {{start_s: {utterance.start_ms / 1000:.3f}, end_s: {utterance.end_ms / 1000:.3f},"
        f" speaker: {utterance.channel}, text: {_quoted(utterance.text)}{confidence}{words}}}"
    )


def _word(word: Word) -> str:
    return (
        f"{{text: {_quoted(word.text)}, start_s: {word.start_ms / 1000:.3f},"
        f" end_s: {word.end_ms / 1000:.3f}, confidence: {word.confidence:.4f}}}"
    )


def _quoted(text: str) -> str:
    """A double-quoted YAML string on one line; what cannot be printed is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else f"\\U{ord(char):08x}" for char in quoted)
