"""Practice with sound: two channels are heard, the agent's own and the customer's spoken here.

The turn-taking follows audio time, so an agent's recording gives the same call every time, as
quickly as it can be heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.recorder import Recorder
from agent_assist.adapters.synthesis import VoiceError
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.engines import LoadedEngine
from agent_assist.apps.practice import Classroom, Practice, conclude, judge_call, print_lines
from agent_assist.apps.practice_book import PracticeBook
from agent_assist.apps.practice_text import length_ms
from agent_assist.apps.practice_voice import CustomerVoice, speak_lesson
from agent_assist.apps.replay import TextSink
from agent_assist.core.events import AudioGap, CallEnded, Channel, Event, HungUpBy
from agent_assist.core.framing import FRAME_MS, FRAME_SAMPLES, AudioFrame
from agent_assist.core.hearing import Hearing
from agent_assist.core.lesson import Customer, Lesson
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.ports import Expected, Recogniser, Samples
from agent_assist.errors import AgentAssistError
from agent_assist.modelling.digest import model_digest
from agent_assist.ui.lesson_text import opening_lines

AFTER_FILE_MS = 1_000
"""Of silence after a recording of the agent, in which its last words become known."""
GATE_MS = 250
"""How long a loudspeaker is still heard in the room."""
NO_VOICE = "没有语音引擎，客户的话只显示文字，客户一侧的规则无法判定：{}"
NO_MODEL = "没有识别模型，不识别内容，只按时间和静音判断：{}"
Item = AudioFrame | AudioGap


@dataclass(slots=True, eq=False)
class Conversation:
    """The agent's sound and the customer of a lesson, as one call that is heard.

    Without a ``voice`` only the agent is heard; ``tell`` is given every line as it is begun, with
    its sound if there is any. What is ``expected`` is read sooner. With ``gated`` the agent is not
    heard while the customer speaks.
    """

    customer: Customer
    voice: CustomerVoice | None
    model: LoadedEngine | None
    tell: Callable[[str, Samples | None], None]
    expected: Expected | None = None
    gated: bool = False
    hung_up_by: HungUpBy = "agent"
    """Who ended the call, when the agent's sound has ended."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        return ("agent", "customer") if self.voice else ("agent",)

    def hear(self, sound: Iterable[Item], recorder: Recorder) -> Iterator[Event]:
        """What is heard while the agent's ``sound`` lasts; the taker tells the customer of it."""
        hearing = self._hearing()
        duration_ms = 0
        by: HungUpBy | None = None
        try:
            for item in sound:
                if isinstance(item, AudioGap):
                    recorder.write(item)
                    yield item
                    continue
                by = self._act(item.start_ms)
                if by is not None:
                    break
                frame = self._with_customer(item)
                recorder.write(frame)
                yield from hearing.feed(frame)
                duration_ms = frame.end_ms
            by = by or self.hung_up_by
        finally:
            recorder.close(by or "unknown")
        yield from hearing.finish(duration_ms)
        yield CallEnded(duration_ms, by)

    def _hearing(self) -> Hearing:
        recognisers: dict[Channel, Recogniser | None] = {
            "agent": self.model.recogniser() if self.model else None
        }
        if self.voice:
            recognisers["customer"] = self.voice.known
        detectors = {channel: WebrtcDetector() for channel in self.channels}
        return Hearing(self.channels, recognisers, detectors, self.expected)

    def _act(self, now_ms: int) -> HungUpBy | None:
        """Let the customer do what is due; who ends the call, if anybody does."""
        due_ms = self.customer.due_ms
        if due_ms is None or due_ms > now_ms:
            return None
        line = self.customer.line
        if line is None:
            return self.customer.lesson.ends_by
        index = len(self.customer.spoken_at)
        if self.voice:
            self.tell(line.text, self.voice.clips[index])
            end_ms = now_ms + self.voice.begin(index)
        else:
            self.tell(line.text, None)
            end_ms = now_ms + length_ms(line.text)
        self.customer.speaks(now_ms, end_ms)
        return None

    def _with_customer(self, item: AudioFrame) -> AudioFrame:
        said = self.customer.spoken_at
        if self.gated and said and item.start_ms < said[-1][1] + GATE_MS:
            item = AudioFrame(item.start_ms, np.zeros_like(item.samples))
        if self.voice is None:
            return item
        return AudioFrame(item.start_ms, np.stack([item.samples[0], self.voice.next_frame()]))


def practise_recorded(practice: Practice, file: Path, out: TextIO) -> LessonResult:
    """One call against a recording of the agent's side; raises BadInputError."""
    sound = AudioFile(file)
    room = Classroom.open(practice)
    print_lines(opening_lines(room.lesson), out)
    model, facts = load_model(room, out)
    customer = Customer(room.lesson, understands=model is not None)
    voice = find_voice(room.lesson, out)
    timeline = TextSink(out, room.titles)
    book = PracticeBook(
        room.workshop, room.lessons, customer, practice.out, facts, ".wav", [timeline]
    )
    expected = room.workshop.phrases.expected
    conversation = Conversation(customer, voice, model, teller(out, voice), expected)
    recorder = book.recorder(room.lesson.meta, conversation.channels)
    heard = conversation.hear(recorded(sound, customer), recorder)
    judge_call(room, book, heard, conversation.channels)
    return conclude(room, book, out)


def recorded(sound: AudioFile, customer: Customer) -> Iterator[AudioFrame]:
    """The agent's channel of a recording, then silence until the customer has hung up, if he will.

    While he still has something to say, the end of the recording is the agent hanging up.
    """
    end_ms = 0
    for frame in sound:
        end_ms = frame.end_ms
        yield AudioFrame(frame.start_ms, frame.samples[:1])
    silence = np.zeros((1, FRAME_SAMPLES), np.int16)
    known_ms = end_ms + AFTER_FILE_MS
    while end_ms < known_ms or (customer.line is None and customer.due_ms is not None):
        yield AudioFrame(end_ms, silence)
        end_ms += FRAME_MS


def load_model(room: Classroom, out: TextIO) -> tuple[LoadedEngine | None, dict[str, str] | None]:
    """The recogniser's model with its name and digest; without one that is said."""
    try:
        model = room.workshop.model
    except (AgentAssistError, ImportError, OSError) as error:
        print_lines([NO_MODEL.format(error)], out)
        return None, None
    return model, {"name": model.path.name, "digest": model_digest(model.path)}


def find_voice(lesson: Lesson, out: TextIO) -> CustomerVoice | None:
    """The customer's voice; without one that is said."""
    try:
        return speak_lesson(lesson)
    except VoiceError as error:
        print_lines([NO_VOICE.format(error)], out)
        return None


def teller(out: TextIO, voice: CustomerVoice | None) -> Callable[[str, Samples | None], None]:
    """Shows a line that cannot be heard."""

    def tell(text: str, _clip: Samples | None) -> None:
        if voice is None:
            print_lines([f"客户　{text}"], out)

    return tell
