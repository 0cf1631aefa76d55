"""What several stretches of speech show together and one alone cannot: echo, another language."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

from agent_assist.core.events import LineQuality

ECHO_MS = 450
ROOM_SNR_DB = 22.0
ROOM_MS = 800
"""Echo is judged in speech of this length at least: it needs some falls of level to show in."""
ROOMS = 6
ROOMS_MS = 3_000
ECHO_DOUBT_MS = 50
"""So much more than `ECHO_MS` is asked of one stretch, half of it of two, and so on."""
MOST_ECHO_MS = 900
MOST_SPEECH_MS = 4_000
"""One stretch counts for no more echo and no more speech than this."""

SQUARED = 0.18
"""Speech with flatter peaks was cut off, and what was cut off dies away as in a room."""
BROKEN_RATE = 0.3
CLIPPED = 0.01

TURNS = 8
TURNS_MS = 12_000
TURN_MS = 1_000
TURN_SNR_DB = 20.0
NO_ECHO_MS = 350
HARDLY_UNDERSTOOD = 0.5
HARDLY_CERTAIN = 0.1
FLUENT_PACE = 2.8
"""Who speaks another language speaks fluently; unclear or hesitating Mandarin is slower."""
LEAST = 2


def is_whole(quality: LineQuality) -> bool:
    """Whether a stretch of speech came through with no holes in it and its peaks as they were."""
    clipped = quality.clipped_ratio >= CLIPPED or quality.saturation >= SQUARED
    return quality.dropout_rate < BROKEN_RATE and not clipped


def tells_room(quality: LineQuality) -> bool:
    """Whether echo can be judged in a stretch of speech at all."""
    long = _length_ms(quality) >= ROOM_MS
    clear = quality.snr_db >= ROOM_SNR_DB and is_whole(quality)
    return bool(quality.reverb_ms) and long and clear


class Rooms:
    """The last stretches that tell about echo; each alone may be 100 ms wrong or more."""

    def __init__(self) -> None:
        self._last: deque[LineQuality] = deque(maxlen=ROOMS)

    def feed(self, quality: LineQuality) -> bool:
        """Take a stretch; whether they show an echo now, this one among them."""
        if not tells_room(quality):
            return False
        self._last.append(quality)
        spans = [min(_length_ms(q), MOST_SPEECH_MS) for q in self._last]
        echoing = sum(q.reverb_ms >= ECHO_MS for q in self._last)
        if echoing < LEAST or sum(spans) < ROOMS_MS or quality.reverb_ms < ECHO_MS:
            return False
        echo_ms = _mean([min(q.reverb_ms, MOST_ECHO_MS) for q in self._last], spans)
        return echo_ms >= ECHO_MS + ECHO_DOUBT_MS / len(spans)


class Turns:
    """The last stretches of clear speech; whether they are Mandarin.

    Whoever speaks it, unclearly or with an accent, says a word now and then that is recognised for
    certain. Clear, fluent speech with next to none of them, little understood besides, is another
    language, or a dialect that is as far from Mandarin as one.
    """

    def __init__(self) -> None:
        self._last: deque[LineQuality] = deque(maxlen=TURNS)

    def feed(self, quality: LineQuality) -> bool:
        """Take a stretch; whether they show another language now, this one among them."""
        clear = quality.snr_db >= TURN_SNR_DB and quality.reverb_ms < NO_ECHO_MS
        if _length_ms(quality) < TURN_MS or not clear or not is_whole(quality):
            return False
        self._last.append(quality)
        spans = [_length_ms(q) for q in self._last]
        if len(spans) < LEAST or sum(spans) < TURNS_MS:
            return False
        pace = _mean([q.pace for q in self._last], spans)
        understood = _mean([q.understood for q in self._last], spans)
        chars = [q.pace * span for q, span in zip(self._last, spans, strict=True)]
        fluent = min(quality.pace, pace) >= FLUENT_PACE
        unread = max(quality.understood, understood) < HARDLY_UNDERSTOOD
        return fluent and unread and _mean([q.certain for q in self._last], chars) < HARDLY_CERTAIN


def _length_ms(quality: LineQuality) -> int:
    return quality.end_ms - quality.start_ms


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)
