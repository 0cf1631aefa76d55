"""How many calls vosk alone could decode in real time on all cores, no product around it."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

import vosk

from agent_assist import settings
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE, Block, to_frames
from agent_assist.core.hearing import Hearing
from agent_assist.core.ports import Samples
from benchmarks.live_measure import recordings, sound_of
from benchmarks.run import BLOCK

RECORDINGS = 6


class Passed:
    """A `Recogniser` that keeps what it is given, as stretches of sound in blocks."""

    sample_rate = SAMPLE_RATE
    look_ahead_ms = 0
    chunk_ms = 0

    def __init__(self) -> None:
        self.stretches: list[list[Samples]] = []
        self._now: list[Samples] = []

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        self._now.append(block)
        return None

    def partial(self) -> str:
        return ""

    def finish(self) -> tuple[Word, ...]:
        self.stretches.append(self._now)
        self._now = []
        return ()


class Bare(NamedTuple):
    """Calls at once, given their whole sound, and given only what the product gives."""

    all_sound: float
    speech: float


def bare_calls() -> Bare:
    """Decode some of the example calls on all cores, both ways."""
    vosk.SetLogLevel(-1)
    model = load_model(settings.DEFAULT_MODEL)
    sounds = [sound_of(path) for path in recordings()[:RECORDINGS]]
    seconds = sum(sound.shape[1] for sound in sounds) / SAMPLE_RATE
    whole = [
        [[row[at : at + BLOCK] for at in range(0, len(row), BLOCK)]] for s in sounds for row in s
    ]
    speech = [stretches for sound in sounds for stretches in _passed(sound)]
    return Bare(*(seconds / _decoding_s(model, sides) for sides in (whole, speech)))


def _passed(sound: Block) -> list[list[list[Samples]]]:
    """What the product would have a recogniser hear of each side of a call."""
    agent, customer = Passed(), Passed()
    hearing = Hearing(
        ("agent", "customer"),
        {"agent": agent, "customer": customer},
        {"agent": WebrtcDetector(), "customer": WebrtcDetector()},
    )
    for frame in to_frames([sound], 2):
        hearing.feed(frame)
    hearing.finish(sound.shape[1] * 1000 // SAMPLE_RATE)
    return [agent.stretches, customer.stretches]


def _decoding_s(model: LoadedModel, sides: Sequence[list[list[Samples]]]) -> float:
    """How long all cores together take for so many sides of calls."""
    waiting = deque(sides)
    threads = [
        threading.Thread(target=_decode, args=(model, waiting)) for _ in range(os.cpu_count() or 1)
    ]
    began_s = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began_s


def _decode(model: LoadedModel, waiting: deque[list[list[Samples]]]) -> None:
    """Decode one side after the other, longer ones and shorter ones as they come."""
    while waiting:
        try:
            stretches = waiting.popleft()
        except IndexError:  # another thread took the last one
            return
        recogniser = vosk.KaldiRecognizer(model.engine, float(SAMPLE_RATE))
        recogniser.SetWords(True)
        for stretch in stretches:
            for block in stretch:
                if recogniser.AcceptWaveform(block.tobytes()):
                    recogniser.Result()
                else:
                    recogniser.PartialResult()
            recogniser.FinalResult()
