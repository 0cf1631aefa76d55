"""When a live call begins and ends, where no telephone system tells: from voice, or from a key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TextIO

from agent_assist.core.activity import ONSET_TICKS, TICK_MS
from agent_assist.core.events import (
    Channel,
    PartialHeard,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.framing import AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.core.ports import Recogniser, SpeechDetector

END_SILENCE_MS = 30_000
QUIET_BEFORE_MS = 1_000
"""Whoever speaks first must have been silent for so long: a call does not begin in mid-sentence."""
CUSTOMER_VOICE_MS = 300
AGENT_VOICE_MS = 1_000
"""Without a model an agent who speaks for so long is greeting."""
LEAD_MS = 500
"""A call is taken to have begun this long before the first voice."""
GREETINGS = ("您好", "你好", "中国移动")

Decision = Literal["start", "end"] | None


class AutoControl:
    """Decides from the stream's frames alone; a call that began is at ``began_ms``."""

    def __init__(
        self,
        channels: Sequence[Channel],
        detector: Callable[[], SpeechDetector],
        recogniser: Callable[[], Recogniser] | None = None,
    ) -> None:
        self._channels = tuple(channels)
        self._detector = detector
        self._recogniser = recogniser
        self._activity = Hearing(self._channels, {}, {c: detector() for c in self._channels})
        self._speaking: dict[Channel, int] = {}
        self._last_voice_ms: dict[Channel, int] = {}
        self._eager: dict[Channel, int] = {}
        self._words: Hearing | None = None
        self._words_zero_ms = 0
        self._call_from_ms: int | None = None
        self.began_ms = 0

    def feed(self, frame: AudioFrame, in_call: bool) -> Decision:
        """Take one frame; whether a call begins or ends with it."""
        self._follow(frame)
        if in_call:
            return self._in_call(frame.end_ms)
        if self._call_from_ms is not None:
            self._call_from_ms, self._words = None, None
            self._eager.clear()
        onset_ms = self._lasting("customer", frame.end_ms, CUSTOMER_VOICE_MS)
        if onset_ms is None:
            onset_ms = self._greeting_onset(frame)
        if onset_ms is None:
            return None
        self.began_ms = max(0, onset_ms - LEAD_MS)
        return "start"

    def _follow(self, frame: AudioFrame) -> None:
        """Who speaks, and since when; only voice after a pause may begin a call."""
        for event in self._activity.feed(frame):
            if isinstance(event, VoiceStarted):
                quiet_ms = event.at_ms - self._last_voice_ms.get(event.channel, -QUIET_BEFORE_MS)
                self._speaking[event.channel] = event.at_ms
                if quiet_ms >= QUIET_BEFORE_MS:
                    self._eager[event.channel] = event.at_ms
            elif isinstance(event, VoiceEnded):
                self._speaking.pop(event.channel, None)
                self._last_voice_ms[event.channel] = event.at_ms

    def _in_call(self, now_ms: int) -> Decision:
        if self._call_from_ms is None:
            self._call_from_ms = now_ms
        last_ms = max([self._call_from_ms, *self._last_voice_ms.values()])
        return "end" if not self._speaking and now_ms - last_ms >= END_SILENCE_MS else None

    def _lasting(self, channel: Channel, now_ms: int, least_ms: int) -> int | None:
        """The onset of voice that has gone on for so long, short pauses in it passed over."""
        onset_ms = self._eager.get(channel)
        if onset_ms is None or channel not in self._speaking:
            return None
        return onset_ms if now_ms - onset_ms >= least_ms + ONSET_TICKS * TICK_MS else None

    def _greeting_onset(self, frame: AudioFrame) -> int | None:
        """Where the agent began to greet; without a model, to speak at some length."""
        if self._recogniser is None:
            return self._lasting("agent", frame.end_ms, AGENT_VOICE_MS)
        if self._words is None:
            self._words = Hearing(
                ("agent",), {"agent": self._recogniser()}, {"agent": self._detector()}
            )
            self._words_zero_ms = frame.start_ms
        row = self._channels.index("agent")
        own = AudioFrame(frame.start_ms - self._words_zero_ms, frame.samples[row : row + 1])
        for event in self._words.feed(own):
            greets = isinstance(event, PartialHeard | Utterance) and any(
                greeting in event.text for greeting in GREETINGS
            )
            if greets:
                return self._eager.get("agent", frame.end_ms)
        return None


def follow_keys(
    keys: TextIO,
    toggle: Callable[[], None],
    choose: Callable[[int], None],
    leave: Callable[[], None],
) -> None:
    """Enter begins and ends a call, a digit picks a situation, q leaves.

    An input that ends changes nothing.
    """
    for line in keys:
        typed = line.strip().lower()
        if typed == "q":
            leave()
            return
        if typed.isdecimal():
            choose(int(typed))
        elif not typed:
            toggle()
