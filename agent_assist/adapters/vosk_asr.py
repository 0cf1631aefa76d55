"""Speech recognition by vosk, with any model directory in vosk's own format."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import soxr
import vosk

from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE, SAMPLES_PER_MS
from agent_assist.core.ports import Samples
from agent_assist.errors import ModelError

_REQUIRED = ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf")
_STATIC_GRAPH = ("graph/HCLG.fst", "graph/words.txt")
_LOOKAHEAD_GRAPH = ("graph/HCLr.fst", "graph/Gr.fst", "graph/disambig_tid.int")
_WORD_BOUNDARY = "graph/phones/word_boundary.int"
_IVECTOR = (
    "ivector/final.ie",
    "ivector/final.dubm",
    "ivector/final.mat",
    "ivector/global_cmvn.stats",
    "ivector/online_cmvn.conf",
    "ivector/splice.conf",
)
_RATE = re.compile(r"^\s*--sample-frequency\s*=\s*(\d+)", re.MULTILINE)
_NO_DITHER = re.compile(r"^\s*--dither\s*=\s*0(\.0*)?\s*$", re.MULTILINE)
_CHUNK = re.compile(r"^\s*--frames-per-chunk\s*=\s*(\d+)", re.MULTILINE)
DEFAULT_CHUNK = 20
SUBSAMPLING = 3
"""Chunks are made of so many frames, or a multiple."""
FRAME_MS = 10
_RIGHT_CONTEXT = b"<RightContext> \x04"
_NEXT_STEP = "copy the whole model directory again, or choose another model"
_UNKNOWN_WORDS = frozenset({"[unk]", "<unk>"})


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in memory; may serve any number of recognisers."""

    path: Path
    sample_rate: int
    engine: Any
    look_ahead_ms: int = 0
    chunk_ms: int = 0

    def recogniser(self) -> VoskRecogniser:
        """A recogniser of its own for one channel of one call."""
        try:
            return VoskRecogniser(self)
        except Exception:  # vosk raises nothing more precise
            raise ModelError(f"{self.path}: vosk cannot run this model; {_NEXT_STEP}") from None


def load_model(path: Path) -> LoadedModel:
    """Load a model directory; what is missing in it is named before vosk sees it."""
    _check_files(path)
    sample_rate = _read_rate(path / "conf/mfcc.conf")
    vosk.SetLogLevel(-1)
    try:
        with _without_dither(path) as directory:
            engine = vosk.Model(str(directory))
    except Exception:  # vosk raises nothing more precise
        raise ModelError(f"{path}: vosk cannot load this model; {_NEXT_STEP}") from None
    return LoadedModel(path, sample_rate, engine, *_reach_ms(path))


def _reach_ms(path: Path) -> tuple[int, int]:
    """How far is looked ahead at most, and the chunk in which is read: told by its own files."""
    network = (path / "am/final.mdl").read_bytes()
    told = network.rfind(_RIGHT_CONTEXT)
    if told < 0:
        return 0, 0
    at = told + len(_RIGHT_CONTEXT)
    right = int.from_bytes(network[at : at + 4], "little")
    conf = (path / "conf/model.conf").read_text(encoding="utf-8", errors="replace")
    chunk = _CHUNK.search(conf)
    frames = int(chunk.group(1)) if chunk else DEFAULT_CHUNK
    chunk_ms = -(-frames // SUBSAMPLING) * SUBSAMPLING * FRAME_MS
    return right * FRAME_MS + chunk_ms, chunk_ms


@contextmanager
def _without_dither(path: Path) -> Iterator[Path]:
    """The model with ``--dither=0`` in its configuration.

    Kaldi adds random noise to the sound by default, so the same call would not be heard the same
    way twice. The files themselves are only linked, and needed no longer once the model is loaded.
    """
    conf = (path / "conf/mfcc.conf").read_text(encoding="utf-8", errors="replace")
    if _NO_DITHER.search(conf):
        yield path
        return
    with TemporaryDirectory(prefix="agent-assist-model-") as directory:
        shadow = Path(directory) / "model"
        shutil.copytree(path.resolve(), shadow, copy_function=_link)
        patched = shadow / "conf/mfcc.conf"
        patched.unlink()
        kept = [line for line in conf.splitlines() if not line.strip().startswith("--dither")]
        patched.write_text("\n".join([*kept, "--dither=0", ""]), encoding="utf-8")
        yield shadow


def _link(source: str, target: str) -> None:
    try:
        Path(target).symlink_to(source)
    except OSError:  # a system or file system without links
        shutil.copyfile(source, target)


def _check_files(path: Path) -> None:
    if not path.is_dir():
        what = "is not a directory" if path.exists() else "does not exist"
        raise ModelError(f"{path}: {what}; give the directory of a vosk model (am, conf, graph)")
    lookahead = (path / "graph/HCLr.fst").exists()
    graph = _LOOKAHEAD_GRAPH if lookahead else _STATIC_GRAPH
    ivector = _IVECTOR if (path / "ivector").exists() else ()
    for name in (*_REQUIRED, *graph, _WORD_BOUNDARY, *ivector):
        file = path / name
        if not file.is_file():
            raise ModelError(f"{path}: {name} is missing; {_NEXT_STEP}")
        if not file.stat().st_size:
            raise ModelError(f"{path}: {name} is empty; {_NEXT_STEP}")


def _read_rate(conf: Path) -> int:
    """The model's own sample rate; Kaldi's default is 16 kHz."""
    found = _RATE.search(conf.read_text(encoding="utf-8", errors="replace"))
    rate = int(found.group(1)) if found else SAMPLE_RATE
    if rate not in (8_000, SAMPLE_RATE):
        raise ModelError(f"{conf}: sample frequency {rate} is neither 8000 nor 16000")
    return rate


class VoskRecogniser:
    """A `Recogniser`: one channel's ear of a loaded model.

    vosk counts time in samples of the model's rate since it was made, through any number of
    final results. The two origins are the beginning of the present segment, in milliseconds of
    what was fed here and in samples fed to vosk, so resampling cannot make word times drift.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._rate = model.sample_rate
        self._look_ahead_ms = model.look_ahead_ms
        self._chunk_ms = model.chunk_ms
        self._engine = vosk.KaldiRecognizer(model.engine, float(model.sample_rate))
        self._engine.SetWords(True)
        self._resampler = self._new_resampler()
        self._origin_ms = 0
        self._origin_engine = 0
        self._samples_fed = 0
        self._engine_samples_fed = 0

    @property
    def sample_rate(self) -> int:
        return self._rate

    @property
    def look_ahead_ms(self) -> int:
        return self._look_ahead_ms

    @property
    def chunk_ms(self) -> int:
        return self._chunk_ms

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        """Hear a block; words when vosk found the end of an utterance in it."""
        self._samples_fed += len(block)
        if not self._feed(self._resample(block, last=False)):
            return None
        return self._to_words(self._engine.Result())

    def partial(self) -> str:
        """The present reading; right after an endpoint vosk gives an object without it."""
        return _join(json.loads(self._engine.PartialResult()).get("partial", "").split())

    def finish(self) -> tuple[Word, ...]:
        """The words left; vosk and the resampler start anew with the next block."""
        words: tuple[Word, ...] = ()
        rest = self._resample(np.zeros(0, np.int16), last=True)
        if len(rest) and self._feed(rest):
            words = self._to_words(self._engine.Result())
        words += self._to_words(self._engine.FinalResult())
        self._resampler = self._new_resampler()
        self._origin_ms = self._samples_fed // SAMPLES_PER_MS
        self._origin_engine = self._engine_samples_fed
        return words

    def _new_resampler(self) -> soxr.ResampleStream | None:
        if self._rate == SAMPLE_RATE:
            return None
        return soxr.ResampleStream(SAMPLE_RATE, self._rate, 1, dtype="float32")

    def _resample(self, block: Samples, last: bool) -> Samples:
        if self._resampler is None:
            return block
        # as floats: on whole numbers soxr would add random noise to hide its rounding
        exact = self._resampler.resample_chunk(block.astype(np.float32), last=last)
        rounded: Samples = np.clip(np.rint(exact), -32768, 32767).astype(np.int16)
        return rounded

    def _feed(self, samples: Samples) -> bool:
        self._engine_samples_fed += len(samples)
        return bool(self._engine.AcceptWaveform(samples.tobytes()))

    def _to_words(self, result: str) -> tuple[Word, ...]:
        heard = json.loads(result).get("result", [])
        return tuple(
            Word(
                text=item["word"],
                start_ms=self._to_ms(item["start"]),
                end_ms=self._to_ms(item["end"]),
                confidence=round(min(1.0, max(0.0, item["conf"])), 4),
            )
            for item in heard
            if item["word"] not in _UNKNOWN_WORDS
        )

    def _to_ms(self, engine_seconds: float) -> int:
        in_segment = round(engine_seconds * 1000 - self._origin_engine * 1000 / self._rate)
        return self._origin_ms + max(0, in_segment)


def _join(words: list[str]) -> str:
    return "".join(word for word in words if word not in _UNKNOWN_WORDS)
