"""Kaldi-compatible MFCC features of augmented speech.

Command line: read synthetic and real speech, write one ``.npz`` with
``frames`` (total, 40) float16, ``lengths`` (n,), ``units`` (n,) strings.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import time
from dataclasses import dataclass
from functools import cache
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile as sf
from audio import RATE, Rng, Samples, augment, resample

from agent_assist.modelling.lexicon import Lexicon, syllables_to_units

Frames = npt.NDArray[np.float32]
BINS, FFT, WINDOW, SHIFT = 40, 512, 400, 160
WARPED_HZ = 4800.0
WARPS = (0.9, 0.94, 0.97, 1.0, 1.0, 1.03, 1.06, 1.1)


@cache
def _mel_filters(warp: float = 1.0, low: float = 20.0, high: float = 7600.0) -> Frames:
    """Triangular filters on the HTK mel scale, shape (BINS, FFT // 2 + 1).

    ``warp`` stretches the frequencies up to ``WARPED_HZ`` and bends back to ``high`` above, as
    vocal tract length perturbation does (Jaitly and Hinton, 2013).
    """

    def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(1127.0 * np.log1p(np.asarray(hertz, float) / 700.0))

    hertz = 700.0 * np.expm1(np.linspace(mel(low), mel(high), BINS + 2) / 1127.0)
    knee = WARPED_HZ * min(1.0, 1 / warp)
    above = high - (high - warp * knee) / (high - knee) * (high - hertz)
    edges = mel(np.where(hertz <= knee, hertz * warp, above))
    bins = mel(np.arange(FFT // 2 + 1) * RATE / FFT)
    rise = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    filters = np.maximum(np.minimum(rise, fall), 0)
    filters[:, -1] = 0.0
    return filters.astype(np.float32)


def _cepstral_matrix() -> Frames:
    """DCT with Kaldi's liftering of 22, shape (BINS, BINS)."""
    n = np.arange(BINS)
    dct = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * (n[None] + 0.5) * n[:, None])
    dct[0] = np.sqrt(1 / BINS)
    return (dct * (1 + 11 * np.sin(np.pi * n / 22))[:, None]).astype(np.float32)


_CEPSTRA = _cepstral_matrix()
_POVEY = ((0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / (WINDOW - 1))) ** 0.85).astype(
    np.float32
)


def mfcc(samples: Samples, warp: float = 1.0) -> Frames:
    """40 cepstra every 10 ms from samples in [-1, 1] at 16 kHz, shape (frames, 40).

    Same definition as conf/mfcc.conf: no energy, no dither, edges snipped.  ``warp`` other than 1
    makes the vocal tract shorter or longer.
    """
    x = np.pad(samples, (0, max(0, WINDOW - len(samples)))).astype(np.float32) * 32768
    frames = np.lib.stride_tricks.sliding_window_view(x, WINDOW)[::SHIFT].copy()
    frames -= frames.mean(1, keepdims=True)
    frames[:, 1:] -= 0.97 * frames[:, :-1].copy()
    frames[:, 0] *= 0.03
    power = np.abs(np.fft.rfft(frames * _POVEY, FFT)) ** 2
    logs = np.log(np.maximum(power @ _mel_filters(warp).T, np.finfo(np.float32).eps))
    return np.asarray(logs @ _CEPSTRA.T, np.float32)


@dataclass(frozen=True)
class Source:
    """One recording, its label, how often and how strongly to vary it."""

    path: Path
    units: str
    copies: int
    warp: tuple[float, float]


def synthetic_sources(folder: Path, copies: int) -> list[Source]:
    """Utterances of a synthesised folder."""
    lines = (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.endswith("}")]
    return [Source(folder / e["file"], e["units"], copies, (0.82, 1.22)) for e in entries]


def real_sources(
    folder: Path, split: str, copies: dict[str, int], without: str = ""
) -> list[Source]:
    """Real recordings of ``manifest.tsv`` whose transcript is purely Chinese, but one speaker's."""
    lexicon, found = Lexicon(), []
    with (folder / "manifest.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            text = row["transcript"]
            if row["split"] != split or not text or re.search(r"[A-Za-z0-9]", text):
                continue
            if row["speaker"] == without:
                continue
            units = syllables_to_units(lexicon.syllables(text)[0])
            source = Source(folder / row["path"], " ".join(units), copies[row["set"]], (0.86, 1.16))
            found.append(source)
    return found


def read(path: Path) -> tuple[Samples, int]:
    """First channel of a recording."""
    samples, rate = sf.read(path, dtype="float32", always_2d=True)
    return np.asarray(samples[:, 0], np.float32), int(rate)


def variations(job: tuple[int, int, Source]) -> list[npt.NDArray[np.float16]]:
    """Features of all copies of one source; ``job`` is (seed, index, source)."""
    seed, index, source = job
    rng: Rng = np.random.default_rng([seed, index])
    samples, rate = read(source.path)
    return [
        mfcc(augment(samples, rate, rng, source.warp), rng.choice(WARPS)).astype(np.float16)
        for _ in range(source.copies)
    ]


def plain(path: Path) -> Samples:
    """A recording at 16 kHz with its peak at 0.3."""
    samples, rate = read(path)
    samples = resample(samples, rate, RATE)
    return np.asarray(samples * (0.3 / max(1e-3, float(np.abs(samples).max()))), np.float32)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--copies", type=int, nargs="*", default=[], help="one per folder")
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--real-copies", default="aishell=4,dspspeech=1")
    parser.add_argument("--without", default="", help="leave this speaker out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    sources: list[Source] = []
    for folder, copies in zip(args.synthetic, args.copies, strict=True):
        sources += synthetic_sources(folder, copies)
    if args.real:
        pairs = (pair.split("=") for pair in args.real_copies.split(","))
        copies = {name: int(n) for name, n in pairs}
        sources += real_sources(args.real, "train", copies, args.without)
    sources = [source for source in sources if source.copies]
    start, frames, units = time.monotonic(), [], []
    jobs = [(args.seed, index, source) for index, source in enumerate(sources)]
    with Pool(args.jobs) as pool:
        for source, copies in zip(sources, pool.imap(variations, jobs, chunksize=16), strict=True):
            frames += copies
            units += [source.units] * len(copies)
    lengths = np.array([len(f) for f in frames])
    np.savez(args.out, frames=np.concatenate(frames), lengths=lengths, units=np.array(units))
    hours = lengths.sum() / 360000
    print(f"{len(units)} utterances, {hours:.2f} h, {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
