"""A stretch of sound given to the recogniser: its voice, its measures and its words."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_assist.core.activity import TICK_MS
from agent_assist.core.events import Word
from agent_assist.core.line_quality import Tick, speech_within


@dataclass(slots=True)
class Voice:
    """One run of voice; ``end_ms`` is None while it lasts."""

    onset_ms: int
    end_ms: int | None = None

    @property
    def length_ms(self) -> int:
        return 0 if self.end_ms is None else self.end_ms - self.onset_ms


@dataclass(slots=True)
class Segment:
    """An open segment. ``voices`` and ``words`` are those that no utterance was given for yet;
    ``looked`` is the reading that was last seen in a pause, ``judged`` the one of all words, and
    ``complete`` that it ended a known wording and all words are told."""

    part_start_ms: int
    voices: list[Voice] = field(default_factory=list)
    voice_end_ms: int = 0
    ticks: list[Tick] = field(default_factory=list)
    words: tuple[Word, ...] = ()
    partial: str = ""
    looked: str | None = None
    judged: str | None = None
    complete: bool = False

    def end_voice(self, end_ms: int) -> None:
        """The last run of voice is over; it counts for nothing if all of it was given already."""
        self.voice_end_ms = end_ms
        last = self.voices[-1]
        last.end_ms = end_ms
        if end_ms <= last.onset_ms:
            self.voices.pop()

    def take_part(self, cut_ms: int) -> tuple[Voice, ...]:
        """Runs of voice that belong to the words so far; the rest stays for the next part.

        Voice that lasts is cut at that time, unless it began after the last word.
        """
        done, rest = self.voices, []
        if done and done[-1].end_ms is None:
            last = done[-1]
            if len(done) > 1 and self.words and last.onset_ms >= self.words[-1].end_ms:
                done, rest = done[:-1], [last]
            else:
                last.end_ms = max(last.onset_ms, cut_ms // TICK_MS * TICK_MS)
                rest = [Voice(last.end_ms)]
        self.voices = rest
        return tuple(voice for voice in done if voice.length_ms > 0)

    def without_noise(self, voice: Voice) -> Voice:
        """A run of voice from where speech begins in it; of no length if it was only noise.

        A word that was recognised before that moment shows that it was speech after all.
        """
        end_ms = voice.onset_ms + voice.length_ms
        first = speech_within(self.ticks_between(voice.onset_ms, end_ms))
        onset_ms = first.end_ms - TICK_MS if first else end_ms
        if any(word.start_ms < onset_ms and word.end_ms > voice.onset_ms for word in self.words):
            return voice
        return Voice(onset_ms, end_ms)

    def ticks_between(self, start_ms: int, end_ms: int) -> list[Tick]:
        return [tick for tick in self.ticks if start_ms < tick.end_ms <= end_ms]

    def begin_part(self, now_ms: int) -> None:
        """Forget what was given with an utterance."""
        self.words, self.partial, self.looked, self.part_start_ms = (), "", None, now_ms
        if self.voices:
            since_ms = self.voices[0].onset_ms
            self.ticks = [tick for tick in self.ticks if tick.end_ms > since_ms]
        else:
            self.ticks.clear()
