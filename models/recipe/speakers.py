"""Many Mandarin speakers: the multi-speaker Tacotron 2 and MelGAN inside the package ``ttskit``.

A speaker is any name: the synthesiser was trained with the digits of the name's MD5 as the
speaker's vector (32 numbers in -0.7…0.8).  Of names it was not trained with, some give further
intelligible voices; ``speakers.txt`` lists the names that do (see README.md).

Run in the environment of requirements-speakers.txt.
"""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from pypinyin import Style, lazy_pinyin

Samples = npt.NDArray[np.float32]

RATE, HOP = 22050, 256
STOP = 0.8
"""Probability of the end of an utterance that ends it."""
SYLLABLE_S = (0.1, 0.45)
"""A syllable's mean length outside of this: the voice broke off or never ended."""
BACK, AHEAD, LEFT = 3, 4, 5
"""Steps of the attention back and ahead, and symbols left at the end, that are borne (a syllable
has 4 symbols)."""


class Unspoken(ValueError):
    """The synthesiser broke off, never ended, or left parts of the text out."""


@lru_cache(maxsize=1)
def _networks() -> tuple[Any, Any]:
    """The acoustic network and the vocoder; their pickles name modules beside them."""
    spec = find_spec("ttskit")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("ttskit is not installed: see requirements-speakers.txt")
    home = Path(spec.submodule_search_locations[0])
    sys.path.insert(0, str(home))
    torch.set_num_threads(1)
    files = ("mellotron.kuangdd-mspk.pt", "melgan.kuangdd.pt")
    acoustic, vocoder = (
        torch.load(home / "resource" / "model" / name, map_location="cpu", weights_only=False)
        for name in files
    )
    return acoustic.eval(), vocoder


def vector(speaker: str) -> torch.Tensor:
    """The speaker's vector, shape (1, 32)."""
    digits = hashlib.md5(speaker.encode(), usedforsecurity=False).hexdigest()
    return torch.tensor([[(int(digit, 16) - 7) / 10 for digit in digits]])


def _said(alignment: torch.Tensor) -> bool:
    """Whether the attention, shape (frames, symbols), went through the whole text in order."""
    places = alignment.argmax(1).numpy()
    steps = np.diff(places)
    whole = places[-1] >= alignment.shape[1] - LEFT
    return bool(whole and steps.min() >= -BACK and steps.max() <= AHEAD)


def speak(text: str, speaker: str, seed: int) -> tuple[Samples, int]:
    """Speak Chinese characters and pauses; ``seed`` varies how it is said.

    Returns samples in [-1, 1] and their rate in hertz.  Raises Unspoken.
    """
    from phkit.chinese import text_to_sequence  # noqa: PLC0415 - only in its own environment

    acoustic, vocoder = _networks()
    syllables = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
    symbols = text_to_sequence(" ".join(syllables) + " .", cleaner_names="pinyin")
    torch.manual_seed(seed)
    with torch.inference_mode():
        inputs = (torch.tensor([symbols]), 0, vector(speaker), None)
        _, spectrum, gates, alignment = acoustic.inference(inputs)
        ends = torch.sigmoid(gates[0].flatten()) > STOP
        frames = int(ends.int().argmax()) or len(ends)
        spoken = sum(s[0].isalpha() for s in syllables)
        if not SYLLABLE_S[0] < frames * HOP / RATE / max(1, spoken) < SYLLABLE_S[1]:
            raise Unspoken(text)
        if not _said(alignment[0][:frames]):
            raise Unspoken(text)
        samples = vocoder.inference(spectrum[:, :, :frames]).numpy() / 32768
    return samples.astype(np.float32), RATE
