"""What the customer's line is like, and when to propose a word about it.

Each utterance answers for each trouble: there it is, it is not there, or nobody can tell. Trouble
in two answers in a row is proposed, once, and again only after it was gone for two in a row.
Echo, and speech that is understood badly, but not so badly that one utterance could tell, are
proposed by what the customer said lately taken together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Literal, get_args

from agent_assist.core.events import LineQuality
from agent_assist.core.line_evidence import (
    BROKEN_RATE,
    CLIPPED,
    ECHO_MS,
    HARDLY_UNDERSTOOD,
    Rooms,
    Turns,
    is_whole,
    tells_room,
)

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
QUIET_LINE_DBFS = -51.0
"""Faint speech is told from speech in noise by what a line sounds like where nobody speaks."""
NOISY_SNR_DB = 12.0

CLEAR_SNR_DB = 15.0
"""From this distance on the noise is not what keeps speech from being understood."""
LONG_MS = 2_500
NOT_UNDERSTOOD = 0.3
SHORTEST_MS = 300
"""What is shorter says nothing about a line: a cough, a click."""

BEHIND_DB = 12.0
BEHIND_SNR_DB = 15.0
BEHIND_OF = 6
"""Speech so much quieter than the loudest of the last six, and not clear, is other people's."""
MURMUR_DBFS = -38.0
MURMUR_SNR_DB = 8.0
"""Speech below both is taken for other people's until six stretches were heard."""

UNFAIR_SNR_DB = 8.0
UNFAIR_RATE = 1.0
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
            faint = weak or quality.level_dbfs < FAINT_DBFS
            return None if faint and quality.noise_dbfs >= QUIET_LINE_DBFS else faint
        case "noisy":
            return quality.snr_db < NOISY_SNR_DB
        case "speakerphone":
            return quality.reverb_ms >= ECHO_MS if tells_room(quality) else None
        case "dialect":
            between = NOT_UNDERSTOOD <= quality.understood < HARDLY_UNDERSTOOD
            clear = quality.snr_db >= CLEAR_SNR_DB and is_whole(quality)
            tells = length_ms >= LONG_MS and clear and not between
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
    clipped = quality.clipped_ratio >= CLIPPED or quality.saturation >= UNFAIR_SATURATION
    return "clipped" if clipped else ""


class LineWatch:
    """Follows the customer's line through a call; tells when a situation is to be proposed."""

    def __init__(self) -> None:
        self._poor = dict.fromkeys(TROUBLES, 0)
        self._good = dict.fromkeys(TROUBLES, 0)
        self._told: set[str] = set()
        self._levels: deque[float] = deque(maxlen=BEHIND_OF)
        self._rooms = Rooms()
        self._turns = Turns()

    def feed(self, quality: LineQuality) -> str | None:
        """The kind of line to say something about now, or None: most of the time."""
        self._levels.append(quality.level_dbfs)
        if self._is_behind(quality):
            return None
        answers = troubles(quality)
        echoes = self._rooms.feed(quality)
        if not any(answers.values()) and self._turns.feed(quality):
            answers["dialect"], self._poor["dialect"] = True, POOR_IN_A_ROW
        for trouble, there in answers.items():
            if there is not None:
                self._poor[trouble] = self._poor[trouble] + 1 if there else 0
                self._good[trouble] = 0 if there else self._good[trouble] + 1
        self._told = {line for line in self._told if not self._is_gone(line)}
        due = (t for t in TROUBLES if answers[t] and self._lasts(t, echoes))
        line = next((LINES[t] for t in due if LINES[t] not in self._told), None)
        if line is not None:
            self._told.add(line)
            self._poor = dict.fromkeys(TROUBLES, 0)
            self._rooms, self._turns = Rooms(), Turns()
        return line

    def lasts(self, line: str) -> bool:
        """Whether the trouble went on after something was said about it."""
        return any(self._poor[t] >= POOR_IN_A_ROW for t in TROUBLES if LINES[t] == line)

    def _is_behind(self, quality: LineQuality) -> bool:
        """Whether it is somebody in the background, who tells nothing about the line."""
        quieter_db = max(self._levels) - quality.level_dbfs
        if quieter_db > BEHIND_DB and quality.snr_db < BEHIND_SNR_DB:
            return True
        murmured = quality.level_dbfs < MURMUR_DBFS and quality.snr_db < MURMUR_SNR_DB
        return murmured and len(self._levels) < BEHIND_OF

    def _lasts(self, trouble: Trouble, echoes: bool) -> bool:
        """Whether a trouble that is there now is there to stay."""
        return echoes if trouble == "speakerphone" else self._poor[trouble] >= POOR_IN_A_ROW

    def _is_gone(self, line: str) -> bool:
        return all(self._good[t] >= GOOD_IN_A_ROW for t in TROUBLES if LINES[t] == line)
