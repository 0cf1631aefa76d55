"""Every fact a call produces, as one closed union of frozen records.

All times are integer milliseconds of audio since the call was connected. ``at_ms`` is the moment
the event is about; a log's lines stand in the order in which the facts became known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent_assist.core.offer import KnowledgeOffered

Channel = Literal["agent", "customer"]
"""Which side of the call; agent is the left channel of a recording unless told otherwise."""

HungUpBy = Literal["agent", "customer", "network", "unknown"]
Severity = Literal["fatal", "major", "minor", "info"]
Verdict = Literal["met", "breach", "undetermined"]
Operation = Literal["said", "homophone", "near", "slot", "wrong", "missed", "extra"]


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; ``confidence`` is the recogniser's own, 0 to 1."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class AlignedChar:
    """An expected character against the one heard; empty ``expected``: extra, ``heard``: missed."""

    expected: str
    heard: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a verdict was given: what was expected, what was heard, where, and how sure.

    ``score`` and ``margin`` are 0 to 1; ``value``, in ``unit``, was held against ``limit``.
    """

    start_ms: int
    end_ms: int
    turn: int | None = None
    expected: str = ""
    heard: str = ""
    term: str = ""
    replacement: str = ""
    alignment: tuple[AlignedChar, ...] = ()
    score: float | None = None
    margin: float | None = None
    confidence: float | None = None
    value: float | None = None
    limit: float | None = None
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A call was connected; ``started_at`` is local wall time in ISO 8601, as data."""

    at_ms: int
    call_id: str
    desk: str
    agent_id: str
    agent_name: str
    started_at: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class VoiceStarted:
    """Speech began on a channel (onset at ``at_ms``, 10 ms resolution)."""

    at_ms: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class VoiceEnded:
    """Speech ended on a channel (its last voiced instant at ``at_ms``)."""

    at_ms: int
    channel: Channel


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """The present reading of an unfinished utterance; ``whole`` if all before a pause is read."""

    at_ms: int
    channel: Channel
    text: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """A settled stretch of speech, timed by its voice; ``text`` is empty when nothing was read."""

    at_ms: int
    turn: int
    channel: Channel
    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class LineQuality:
    """Measured quality of one stretch of speech: levels in dBFS, ratio of clipped samples.

    ``dropout_rate`` is holes a second, ``gap_ms`` all of them together; ``reverb_ms`` is 0 where it
    could not be measured. ``saturation`` and ``understood`` are 0 to 1: peaks that stand at the
    same limit, and the sense that the recogniser made of it (1 when there was none). ``pace`` is
    how many characters it understood in a second of voice, ``certain`` the share of them in words
    that it is certain of.
    """

    at_ms: int
    channel: Channel
    start_ms: int
    end_ms: int
    level_dbfs: float
    noise_dbfs: float
    snr_db: float
    clipped_ratio: float
    dropout_rate: float = 0.0
    gap_ms: int = 0
    reverb_ms: int = 0
    saturation: float = 0.0
    understood: float = 1.0
    pace: float = 0.0
    certain: float = 0.0


@dataclass(frozen=True, slots=True)
class AudioGap:
    """Audio that should have come and did not, ``duration_ms`` long, replaced by silence."""

    at_ms: int
    channel: Channel
    duration_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """All utterances that started before ``at_ms`` are known: verdicts may be given up to here."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Listened:
    """Told every half second of sound: every voice that began until ``at_ms`` was told."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Overdue:
    """A deadline of a rule passed with nothing heard; the verdict follows with the words."""

    at_ms: int
    rule_id: str
    severity: Severity
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class PhraseMatch:
    """A catalogue wording was spoken; ``also`` lists other situations with the same wording."""

    at_ms: int
    situation_id: str
    step: int
    score: float
    margin: float
    turn: int
    start_ms: int
    end_ms: int
    channel: Channel
    expected: str
    heard: str
    alignment: tuple[AlignedChar, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SituationChosen:
    """The agent picked a situation by hand; its line that is due, picked again, counts as said."""

    at_ms: int
    situation_id: str


@dataclass(frozen=True, slots=True)
class SituationEntered:
    """The call is in a situation; ``cause`` is what showed it (state, customer, agent, line)."""

    at_ms: int
    situation_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class SituationLeft:
    """A situation is over: its procedure was finished or its abort condition came true."""

    at_ms: int
    situation_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class StageEntered:
    """The call moved to a stage of the six-stage service cycle."""

    at_ms: int
    stage: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The one next compliant line, due by ``due_ms`` if set; status seed marks a mandated one."""

    at_ms: int
    situation_id: str
    step: int
    text: str
    due_ms: int | None
    status: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class PromptCleared:
    """No line is due: the agent should listen."""

    at_ms: int
    situation_id: str
    step: int
    cause: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's verdict on one occasion, with its evidence."""

    at_ms: int
    rule_id: str
    verdict: Verdict
    severity: Severity
    title: str
    message: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The call ended at ``at_ms``."""

    at_ms: int
    hung_up_by: HungUpBy


Event = (
    CallStarted
    | VoiceStarted
    | VoiceEnded
    | PartialHeard
    | Utterance
    | LineQuality
    | AudioGap
    | Settled
    | Listened
    | Overdue
    | PhraseMatch
    | SituationChosen
    | SituationEntered
    | SituationLeft
    | StageEntered
    | Prompt
    | PromptCleared
    | KnowledgeOffered
    | Finding
    | CallEnded
)
