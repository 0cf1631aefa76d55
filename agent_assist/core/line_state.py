"""What the customer's line is like, and when to propose a word about it.

Each utterance answers for each trouble: there it is, it is not there, or nobody can tell. Trouble
in two answers in a row is proposed, once, and again only after it was gone for two in a row.
Speech that is understood badly, but not so badly that one utterance could tell, is told by what
the customer said lately taken together.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

from agent_assist.core.events import LineQuality

Trouble = Literal["broken", "faint", "noisy", "speakerphone", "dialect"]
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
"""In the order in which they are proposed: each makes the ones after it hard to tell."""

LINES: Mapping[Trouble, str] = {
    "broken": "faint",
    "faint": "faint",
    "noisy": "noisy",
    "speakerphone": "speakerphone",
    "dialect": "dialect",
}
"""The kind of line of the catalogue's triggers; what is said of a weak signal fits a broken one."""

POOR_IN_A_ROW = 2
GOOD_IN_A_ROW = 2

FAINT_DBFS = -40.0
WEAK_DBFS = -35.0
WEAK_SNR_DB = 16.0
"""Below both at once speech is faint, too: a weak signal is low and near the noise."""
NOISY_SNR_DB = 10.0
BROKEN_RATE = 0.3
SPEAKERPHONE_MS = 460

CLEAR_SNR_DB = 15.0
"""From this distance on the noise is not what keeps speech from being understood."""
ROOM_SNR_DB = 22.0
ROOM_MS = 800
"""Echo is judged in speech of this length at least: it needs some falls of level to show in."""
LONG_MS = 2_500
NOT_UNDERSTOOD = 0.3
HARDLY_UNDERSTOOD = 0.45
"""From here on one stretch shows that there is no trouble; below, only several together tell."""
POOL = 5
POOL_MS = 8_000
POOL_SHORTEST_MS = 1_000
POOL_LEAST = 2
POOL_SNR_DB = 22.0
"""So many stretches of clear speech are looked at together, the last ones, and so much at least."""
FLUENT_PACE = 3.2
"""Who speaks another language speaks fluently; unclear or hesitating Mandarin is slower."""
SHORTEST_MS = 300
"""What is shorter says nothing about a line: a cough, a click."""

BEHIND_DB = 12.0
BEHIND_SNR_DB = 15.0
BEHIND_OF = 6
"""Speech so much quieter than the loudest of the last six, and not clear, is other people's."""

UNFAIR_SNR_DB = 8.0
UNFAIR_RATE = 1.0
UNFAIR_CLIPPED = 0.01
UNFAIR_SATURATION = 0.4


def answer(quality: LineQuality, trouble: Trouble) -> bool | None:
    """Whether a stretch of speech shows a trouble of the line; None where nobody can tell."""
    length_ms = quality.end_ms - quality.start_ms
    if length_ms < SHORTEST_MS:
        return None
    match trouble:
        case "broken":
            return quality.dropout_rate >= BROKEN_RATE
        case "faint":
            weak = quality.level_dbfs < WEAK_DBFS and quality.snr_db < WEAK_SNR_DB
            return weak or quality.level_dbfs < FAINT_DBFS
        case "noisy":
            return quality.snr_db < NOISY_SNR_DB
        case "speakerphone":
            tells = quality.reverb_ms and length_ms >= ROOM_MS and quality.snr_db >= ROOM_SNR_DB
            return quality.reverb_ms >= SPEAKERPHONE_MS if tells else None
        case "dialect":
            between = NOT_UNDERSTOOD <= quality.understood < HARDLY_UNDERSTOOD
            tells = length_ms >= LONG_MS and quality.snr_db >= CLEAR_SNR_DB and not between
            return quality.understood < NOT_UNDERSTOOD if tells else None


def troubles(quality: LineQuality) -> dict[Trouble, bool | None]:
    """Every trouble's answer; a trouble that explains a later one makes that one untellable."""
    answers: dict[Trouble, bool | None] = {}
    for trouble in TROUBLES:
        told = answer(quality, trouble)
        answers[trouble] = None if told and any(answers.values()) else told
    return answers


def unfair_because(quality: LineQuality) -> str:
    """Why wording heard in this stretch should be held against nobody; empty if it may be."""
    if quality.snr_db < UNFAIR_SNR_DB:
        return "noisy"
    if quality.dropout_rate >= UNFAIR_RATE:
        return "broken"
    clipped = quality.clipped_ratio >= UNFAIR_CLIPPED or quality.saturation >= UNFAIR_SATURATION
    return "clipped" if clipped else ""


class LineWatch:
    """Follows the customer's line through a call; tells when a situation is to be proposed."""

    def __init__(self) -> None:
        self._poor = dict.fromkeys(TROUBLES, 0)
        self._good = dict.fromkeys(TROUBLES, 0)
        self._told: set[str] = set()
        self._levels: deque[float] = deque(maxlen=BEHIND_OF)
        self._clear: deque[LineQuality] = deque(maxlen=POOL)

    def feed(self, quality: LineQuality) -> str | None:
        """The kind of line to say something about now, or None: most of the time."""
        self._levels.append(quality.level_dbfs)
        if self._is_behind(quality):
            return None
        answers = troubles(quality)
        if not any(answers.values()) and self._is_foreign(quality):
            answers["dialect"], self._poor["dialect"] = True, POOR_IN_A_ROW
        for trouble, there in answers.items():
            if there is not None:
                self._poor[trouble] = self._poor[trouble] + 1 if there else 0
                self._good[trouble] = 0 if there else self._good[trouble] + 1
        self._told = {line for line in self._told if not self._is_gone(line)}
        due = (t for t in TROUBLES if answers[t] and self._poor[t] >= POOR_IN_A_ROW)
        line = next((LINES[t] for t in due if LINES[t] not in self._told), None)
        if line is not None:
            self._told.add(line)
            self._poor = dict.fromkeys(TROUBLES, 0)
        return line

    def lasts(self, line: str) -> bool:
        """Whether the trouble went on after something was said about it."""
        return any(self._poor[t] >= POOR_IN_A_ROW for t in TROUBLES if LINES[t] == line)

    def _is_behind(self, quality: LineQuality) -> bool:
        """Whether it is somebody in the background, who tells nothing about the line."""
        quieter_db = max(self._levels) - quality.level_dbfs
        return quieter_db > BEHIND_DB and quality.snr_db < BEHIND_SNR_DB

    def _is_foreign(self, quality: LineQuality) -> bool:
        """Whether clear and fluent speech was hardly understood, now and lately taken together."""
        length_ms = quality.end_ms - quality.start_ms
        if length_ms < POOL_SHORTEST_MS or quality.snr_db < POOL_SNR_DB:
            return False
        self._clear.append(quality)
        spans = [q.end_ms - q.start_ms for q in self._clear]
        if len(spans) < POOL_LEAST or sum(spans) < POOL_MS:
            return False
        pace = _mean([q.pace for q in self._clear], spans)
        understood = _mean([q.understood for q in self._clear], spans)
        fluent = min(quality.pace, pace) >= FLUENT_PACE
        return fluent and max(quality.understood, understood) < HARDLY_UNDERSTOOD

    def _is_gone(self, line: str) -> bool:
        return all(self._good[t] >= GOOD_IN_A_ROW for t in TROUBLES if LINES[t] == line)


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / sum(weights)
