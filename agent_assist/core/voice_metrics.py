"""How a call sounded: who spoke how much, how fast, how loud, and who waited or talked over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_assist.core.events import (
    Channel,
    Event,
    LineQuality,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)

PACE_WINDOW_MS = 10_000
SHORTEST_PACED_MS = 1_000
"""With less speech than this in a window no rate is given: a single syllable is not a pace."""

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ChannelVoice:
    """One side's voice: ``share`` of all talk time, levels in dBFS averaged over its speech."""

    channel: Channel
    talk_ms: int
    share: float
    level_dbfs: float | None
    noise_dbfs: float | None
    snr_db: float | None
    clipped_ratio: float | None


@dataclass(frozen=True, slots=True)
class PaceWindow:
    """The agent's speech rate in one window; None where too little was said to tell."""

    start_ms: int
    end_ms: int
    chars_per_min: float | None


@dataclass(frozen=True, slots=True)
class VoiceMetrics:
    """Measures over the whole call; ``agent_chars_per_min`` counts speaking time only."""

    channels: tuple[ChannelVoice, ...]
    mutual_silence_ms: int
    longest_silence_ms: int
    overlap_ms: int
    agent_chars_per_min: float | None
    agent_pace: tuple[PaceWindow, ...]


def measure_voice(
    log: Sequence[Event], channels: Sequence[Channel], duration_ms: int
) -> VoiceMetrics:
    """Measure the voices of a call that lasted ``duration_ms``."""
    talk = {channel: _talk(log, channel, duration_ms) for channel in channels}
    total_ms = sum(_length(spans) for spans in talk.values())
    anyone = _merged(span for spans in talk.values() for span in spans)
    silences = _complement(anyone, duration_ms)
    agent_turns = [e for e in log if isinstance(e, Utterance) and e.channel == "agent"]
    return VoiceMetrics(
        channels=tuple(_channel(log, channel, talk[channel], total_ms) for channel in talk),
        mutual_silence_ms=_length(silences),
        longest_silence_ms=max((end - start for start, end in silences), default=0),
        overlap_ms=total_ms - _length(anyone),
        agent_chars_per_min=_rate(agent_turns, 0, duration_ms),
        agent_pace=tuple(
            PaceWindow(start, min(start + PACE_WINDOW_MS, duration_ms), rate)
            for start in range(0, duration_ms, PACE_WINDOW_MS)
            for rate in [_rate(agent_turns, start, start + PACE_WINDOW_MS)]
        )
        if agent_turns
        else (),
    )


def count_chars(text: str) -> int:
    """Characters that are spoken: letters, digits and ideographs, no spaces or punctuation."""
    return sum(char.isalnum() for char in text)


def _channel(log: Sequence[Event], channel: Channel, talk: list[Span], total: int) -> ChannelVoice:
    measured = [e for e in log if isinstance(e, LineQuality) and e.channel == channel]

    def mean(values: list[float]) -> float | None:
        weights = [max(1, e.end_ms - e.start_ms) for e in measured]
        if not measured:
            return None
        return sum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)

    return ChannelVoice(
        channel=channel,
        talk_ms=_length(talk),
        share=_length(talk) / total if total else 0.0,
        level_dbfs=mean([e.level_dbfs for e in measured]),
        noise_dbfs=mean([e.noise_dbfs for e in measured]),
        snr_db=mean([e.snr_db for e in measured]),
        clipped_ratio=mean([e.clipped_ratio for e in measured]),
    )


def _talk(log: Sequence[Event], channel: Channel, duration_ms: int) -> list[Span]:
    """Voice activity of a channel; a call judged from text has utterances only."""
    spans: list[Span] = []
    began: int | None = None
    for event in log:
        if isinstance(event, VoiceStarted) and event.channel == channel:
            began = event.at_ms if began is None else began
        elif isinstance(event, VoiceEnded) and event.channel == channel and began is not None:
            spans.append((began, event.at_ms))
            began = None
    if began is not None:
        spans.append((began, duration_ms))
    if not spans:
        spans = [
            (e.start_ms, e.end_ms) for e in log if isinstance(e, Utterance) and e.channel == channel
        ]
    return _merged((min(a, duration_ms), min(b, duration_ms)) for a, b in spans)


def _rate(turns: Sequence[Utterance], start_ms: int, end_ms: int) -> float | None:
    """Characters per minute of speaking time; an utterance's characters spread evenly over it."""
    chars = 0.0
    spoken_ms = 0
    for turn in turns:
        inside_ms = min(end_ms, turn.end_ms) - max(start_ms, turn.start_ms)
        if inside_ms > 0 and turn.text:
            chars += count_chars(turn.text) * inside_ms / (turn.end_ms - turn.start_ms)
            spoken_ms += inside_ms
    return chars * 60_000 / spoken_ms if spoken_ms >= SHORTEST_PACED_MS else None


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _complement(spans: Sequence[Span], duration_ms: int) -> list[Span]:
    edges = [0, *(edge for span in spans for edge in span), duration_ms]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b > a]


def _length(spans: Sequence[Span]) -> int:
    return sum(end - start for start, end in spans)
