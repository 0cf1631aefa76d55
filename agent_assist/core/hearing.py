"""Frames in, utterances out: who spoke when, what was understood, and how good the line was.

Silence is never decoded: each channel's `Ear` gives its recogniser segments with voice only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count

from agent_assist.core.activity import TICK_MS
from agent_assist.core.ear import Ear
from agent_assist.core.events import Channel, Event, Listened, Settled, Utterance
from agent_assist.core.framing import AudioFrame
from agent_assist.core.line_quality import TICK_SAMPLES, energies_of
from agent_assist.core.ports import Expected, Recogniser, SpeechDetector

SETTLED_STEP_MS = 20
LISTENED_STEP_MS = 500


class Hearing:
    """All channels of one call; feed frames in order, then finish once.

    ``expected`` tells where a known wording may end: it is read, and told, sooner. What somebody
    else heard before is not heard again: the first frame is at ``begin_ms``, the first utterance
    is number ``turn``.
    """

    def __init__(
        self,
        channels: Sequence[Channel],
        recognisers: Mapping[Channel, Recogniser | None],
        detectors: Mapping[Channel, SpeechDetector],
        expected: Expected | None = None,
        begin_ms: int = 0,
        turn: int = 0,
    ) -> None:
        turns = count(turn)
        self._ears = [
            Ear(c, recognisers.get(c), detectors[c], turns, expected, begin_ms) for c in channels
        ]
        self._settled_ms = begin_ms
        self._listened_ms = begin_ms

    @property
    def due_ms(self) -> float:
        """Nothing is lost by hearing what comes before this moment of the call not until then."""
        listened_ms = self._listened_ms + LISTENED_STEP_MS + TICK_MS
        return min(listened_ms, *[ear.due_ms for ear in self._ears])

    def feed(self, frame: AudioFrame) -> list[Event]:
        """Everything that became known with this frame."""
        if len(frame.samples) != len(self._ears):
            raise ValueError(f"a frame of {len(frame.samples)} channels, not {len(self._ears)}")
        ticks = frame.samples.reshape(len(self._ears), -1, TICK_SAMPLES)
        energies = energies_of(ticks).tolist()
        events: list[Event] = []
        for n in range(ticks.shape[1]):
            for ear, row, energy in zip(self._ears, ticks, energies, strict=True):
                for event in ear.feed(row[n], energy[n]):
                    events.append(event)
                    if isinstance(event, Utterance):
                        self._answers(event)
            events += self._marks(frame.start_ms + (n + 1) * TICK_MS)
        return events

    def _marks(self, now_ms: int) -> list[Event]:
        """How far everything is known, where that is further than was told."""
        marks: list[Event] = []
        due_ms = self._listened_ms + LISTENED_STEP_MS
        if now_ms > due_ms and min([ear.listened_ms for ear in self._ears]) > due_ms:
            self._listened_ms = due_ms
            marks.append(Listened(due_ms))
        settled = min([ear.settled_ms for ear in self._ears])
        if settled >= self._settled_ms + SETTLED_STEP_MS:
            self._settled_ms = settled
            marks.append(Settled(settled))
        return marks

    def _answers(self, said: Utterance) -> None:
        """What the others say next follows this."""
        for ear in self._ears:
            if ear.channel != said.channel:
                ear.after = said.text

    def finish(self, end_ms: int) -> list[Event]:
        """What was still open when the sound ended at ``end_ms``."""
        events: list[Event] = []
        for ear in self._ears:
            events += ear.finish(end_ms)
        if end_ms > self._settled_ms:
            self._settled_ms = end_ms
            events.append(Settled(end_ms))
        return events
