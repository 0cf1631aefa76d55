"""One channel of a call: when its voice is heard, what was understood, how good its line was.

A segment of sound opens at a voice onset, with a little sound from before it, and closes after half
a second without voice; where a known wording ends, as soon as the voice has ended.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator

from agent_assist.core.activity import (
    END_TICKS,
    ONSET_TICKS,
    TICK_MS,
    Loudness,
    VoiceActivity,
    VoiceChange,
)
from agent_assist.core.events import (
    Channel,
    Event,
    LineQuality,
    PartialHeard,
    Utterance,
    VoiceEnded,
    VoiceStarted,
    Word,
)
from agent_assist.core.feeding import Feeder
from agent_assist.core.line_quality import Tick, summarise, to_dbfs, to_reading
from agent_assist.core.ports import Expected, Recogniser, Samples, SpeechDetector
from agent_assist.core.segment import Segment, Voice

PRE_ROLL_MS = 300
CLOSE_AFTER_MS = 500
LOOK_AFTER_MS = 150
"""So long a pause may be the end of what is being said."""
LOOK_STEP_MS = 20
"""What is done about it is done in steps, each in a frame of its own."""
ENDPOINT_PART_MS = 8_000
"""From this length on an endpoint that the recogniser found divides; before, it is only a pause."""

LONG_PART_MS = 15_000
LONGEST_PART_MS = 20_000
SHORT_PAUSE_MS = 150
SHORTEST_UNHEARD_MS = 150
"""Voice shorter than this with nothing recognised in it is a click, not an utterance."""

CLOSING_SILENCE_MS = 600
ONSET_DELAY_MS = ONSET_TICKS * TICK_MS


class Ear:
    """Feed ticks in order, then finish once."""

    def __init__(
        self,
        channel: Channel,
        recogniser: Recogniser | None,
        detector: SpeechDetector,
        turns: Iterator[int],
        expected: Expected | None,
        begin_ms: int = 0,
    ) -> None:
        self.channel = channel
        self._feeder = Feeder(recogniser)
        self._recognises = recogniser is not None
        self._expected = expected
        self.after = ""
        """What the other side said last."""
        self._detector = detector
        self._turns = turns
        self._loudness = Loudness()
        self._activity = VoiceActivity(begin_ms)
        kept = PRE_ROLL_MS // TICK_MS + ONSET_TICKS
        self._recent: deque[Tick] = deque(maxlen=kept)
        self._segment: Segment | None = None
        self._spoke_until_ms = begin_ms - LOOK_AFTER_MS
        self._sound_end_ms: int | None = None

    @property
    def _now_ms(self) -> int:
        return self._activity.now_ms

    @property
    def _sound_ms(self) -> int:
        """Sound heard so far, without the padding of the last frame."""
        return self._now_ms if self._sound_end_ms is None else self._sound_end_ms

    @property
    def settled_ms(self) -> int:
        """No utterance that starts before this will be emitted any more."""
        if self._segment and self._segment.voices:
            return self._segment.voices[0].onset_ms
        return self._now_ms - ONSET_DELAY_MS

    @property
    def listened_ms(self) -> int:
        """Every voice that began before this was told."""
        return self._activity.listened_ms

    @property
    def due_ms(self) -> float:
        """Nothing but that somebody begins or ends to speak can be told by what comes before."""
        if not (segment := self._segment):
            return math.inf
        voiced_ms = self._activity.last_voiced_end_ms
        read_ms = self._now_ms + self._feeder.missing_ms
        look_ms = voiced_ms + LOOK_AFTER_MS
        if self._now_ms < look_ms:
            return min(look_ms, read_ms)
        if segment.complete:
            return voiced_ms + END_TICKS * TICK_MS
        if self._is_looking(segment):
            return self._now_ms + LOOK_STEP_MS - (self._now_ms - look_ms) % LOOK_STEP_MS
        ended_ms = voiced_ms if self._activity.active else segment.voice_end_ms
        return min(ended_ms + CLOSE_AFTER_MS, read_ms)

    def feed(self, samples: Samples, energy: float) -> Iterable[Event]:
        """Hear one tick, of that mean square."""
        speech = self._detector.is_speech(samples.tobytes())
        voiced = self._loudness.stands_out(to_dbfs(energy)) and speech
        change = self._activity.feed(voiced)
        tick = Tick(self._now_ms, energy, voiced, samples)
        self._recent.append(tick)
        if self._segment:
            self._push(self._segment, tick)
        return self._hear_on(change) if change or self._segment else ()

    def _hear_on(self, change: VoiceChange | None) -> Iterator[Event]:
        if change:
            yield self._follow(change)
        if self._segment:
            yield from self._listen(self._segment)

    def finish(self, end_ms: int) -> Iterator[Event]:
        """Close what is open; silence is added so that the last word is not lost."""
        self._sound_end_ms = end_ms
        change = self._activity.finish()
        if change:
            yield self._follow(change)
        if self._segment:
            yield from self._close(self._segment, CLOSING_SILENCE_MS)

    def _follow(self, change: VoiceChange) -> Event:
        """Keep the segment's voices in step with voice activity."""
        if change.kind == "onset":
            self._segment = self._segment or self._open(change.at_ms)
            self._segment.voices.append(Voice(change.at_ms))
            return VoiceStarted(change.at_ms, self.channel)
        assert self._segment, "voice can only end inside a segment"
        end_ms = min(change.at_ms, self._sound_ms)
        self._segment.end_voice(end_ms)
        return VoiceEnded(end_ms, self.channel)

    def _open(self, onset_ms: int) -> Segment:
        start_ms = max(0, onset_ms - PRE_ROLL_MS, self._spoke_until_ms + LOOK_AFTER_MS)
        segment = Segment(part_start_ms=start_ms)
        self._feeder.begin(start_ms)
        for tick in self._recent:
            if tick.end_ms > start_ms:
                self._push(segment, tick)
        return segment

    def _push(self, segment: Segment, tick: Tick) -> None:
        segment.ticks.append(tick)
        self._feeder.push(tick.samples)

    def _listen(self, segment: Segment) -> Iterator[Event]:
        """Feed whole blocks, then see whether the segment is over or the part too long."""
        pause_ms = self._now_ms - self._activity.last_voiced_end_ms
        if self._feeder.is_ahead and not pause_ms:
            self._feeder.resume(self._now_ms)
            segment.complete, segment.judged = False, None
        while (block := self._feeder.next_block()) is not None:
            endpoint = self._hear(segment, block)
            if endpoint and self._now_ms >= segment.part_start_ms + ENDPOINT_PART_MS:
                yield from self._emit(segment, cut_ms=segment.words[-1].end_ms)
            else:
                yield from self._tell_partial(segment)
        steps = pause_ms >= LOOK_AFTER_MS and not (pause_ms - LOOK_AFTER_MS) % LOOK_STEP_MS
        complete = segment.complete
        if steps:
            yield from self._look_ahead(segment)
        lasts_ms = self._now_ms - segment.voice_end_ms
        if not self._activity.active and (complete or lasts_ms >= CLOSE_AFTER_MS):
            yield from self._close(segment, silence_ms=0)
        elif self._too_long(self._now_ms - segment.part_start_ms):
            self._hear_out(segment)
            yield from self._emit(segment, cut_ms=self._now_ms)

    def _look_ahead(self, segment: Segment) -> Iterator[Event]:
        """In a pause: read to the end what may be a known wording."""
        expected, read = self._expected, segment.partial
        if expected and not self._feeder.is_ahead and segment.looked != read:
            segment.looked = read
            if expected.is_near(self.channel, read, self.after):
                self._feeder.go_ahead(self._now_ms - self._activity.last_voiced_end_ms)
        piece = self._feeder.next_piece()
        if piece is not None:
            self._hear(segment, piece)
            if self._feeder.knows_all:
                yield from self._tell_partial(segment, whole=True)
        elif self._feeder.is_ahead and expected and segment.judged != segment.partial:
            segment.judged = segment.partial
            segment.complete = expected.is_complete(self.channel, segment.partial)
            if segment.complete:
                self._hear_out(segment)

    def _is_looking(self, segment: Segment) -> bool:
        """Whether the next steps of this pause have something to do."""
        if not self._feeder.is_ahead:
            return segment.looked != segment.partial
        return not self._feeder.knows_all or segment.judged != segment.partial

    def _too_long(self, part_ms: int) -> bool:
        """A long part is cut in the next short pause, or at last wherever it stands."""
        pause_ms = self._now_ms - self._activity.last_voiced_end_ms
        return part_ms >= LONGEST_PART_MS or (
            part_ms >= LONG_PART_MS and pause_ms >= SHORT_PAUSE_MS
        )

    def _close(self, segment: Segment, silence_ms: int) -> Iterator[Event]:
        self._hear_out(segment, silence_ms)
        yield from self._emit(segment, cut_ms=segment.voice_end_ms)
        self._spoke_until_ms = segment.voice_end_ms
        self._segment = None

    def _hear(self, segment: Segment, block: Samples) -> bool:
        """Whether the recogniser itself found that an utterance ended with this block."""
        words = self._feeder.accept(block, self._sound_ms)
        segment.words += words or ()
        return bool(words)

    def _hear_out(self, segment: Segment, silence_ms: int = 0) -> None:
        """Hear what is left of the sound, and then some silence."""
        for block in (self._feeder.last_block(), self._feeder.silence(silence_ms)):
            if block is not None:
                self._hear(segment, block)
        segment.words += self._feeder.finish(self._sound_ms)

    def _tell_partial(self, segment: Segment, *, whole: bool = False) -> Iterator[Event]:
        text = _text(segment.words) + self._feeder.partial()
        if whole or text != segment.partial:
            segment.partial = text
            yield PartialHeard(self._now_ms, self.channel, text, whole)

    def _emit(self, segment: Segment, cut_ms: int) -> Iterator[Event]:
        """What was said since the last utterance, if there was voice for it.

        Voice that lasts is cut at ``cut_ms``, or where it was last heard if that is earlier.
        """
        taken = segment.take_part(min(cut_ms, self._activity.last_voiced_end_ms))
        spoken = [segment.without_noise(voice) for voice in taken]
        voices = [voice for voice in spoken if voice.length_ms]
        voiced_ms = sum(voice.length_ms for voice in voices)
        if voices and (segment.words or voiced_ms >= SHORTEST_UNHEARD_MS):
            last = voices[-1]
            span = voices[0].onset_ms, last.onset_ms + last.length_ms
            said = self._to_utterance(span, segment.words)
            yield self._measure_line(segment, said, voiced_ms)
            yield said
        segment.begin_part(self._now_ms)

    def _measure_line(self, segment: Segment, said: Utterance, voiced_ms: int) -> LineQuality:
        """The line's quality under an utterance, told before the utterance itself."""
        return summarise(
            segment.ticks,
            self._loudness.floor_dbfs,
            self.channel,
            (said.start_ms, said.end_ms),
            self._now_ms,
            to_reading(said.words, said.confidence, voiced_ms) if self._recognises else None,
        )

    def _to_utterance(self, span: tuple[int, int], words: tuple[Word, ...]) -> Utterance:
        return Utterance(
            at_ms=self._now_ms,
            turn=next(self._turns),
            channel=self.channel,
            start_ms=span[0],
            end_ms=span[1],
            text=_text(words),
            words=words,
            confidence=_confidence(words),
        )


def _text(words: tuple[Word, ...]) -> str:
    return "".join(word.text for word in words)


def _confidence(words: tuple[Word, ...]) -> float:
    """Mean confidence of the words, long ones counting more; 0 when nothing was understood."""
    length = len(_text(words))
    if not length:
        return 0.0
    return round(math.fsum(word.confidence * len(word.text) for word in words) / length, 4)
