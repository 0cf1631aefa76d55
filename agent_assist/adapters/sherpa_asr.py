"""Speech recognition by sherpa-onnx, with any of its common model directories.

The engines used here hear a whole segment at once: blocks are kept until the segment ends, and the
partial reading is a fresh look at what is kept, taken at most twice a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import sherpa_onnx

from agent_assist.adapters.sherpa_files import is_whole_graph, read_metadata
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE, SAMPLES_PER_MS
from agent_assist.core.ports import Samples
from agent_assist.errors import ModelError

LOOK_EVERY, LOOK_SHARE = SAMPLE_RATE // 2, 8
"""Samples between two partial readings, and the part of a long segment that must be new."""
QUIET_AFTER, LONGEST = 20 * SAMPLE_RATE, 30 * SAMPLE_RATE
"""A segment is cut at a quiet block after the one, at any block after the other."""
QUIET_LEVEL = 100.0
TAIL = np.zeros(SAMPLE_RATE * 6 // 10, np.float32)
"""Silence after the end, without which the last word may be lost."""
CONFIDENCE = 0.75
"""What words get from an engine that tells none: enough to be believed, not to convict alone."""
LAST_TOKEN_MS = 240

_NEXT_STEP = "copy the whole model directory again, or choose another model"
_CTC_STEP = 4
"""Sub-sampling that the engine assumes of every model of the zipformer kind."""
_INITIAL = re.compile(r"[bpmfdtnlgkhjqxrzcs]h?")
_SPECIAL = re.compile(r"<[^>]*>|\[[^\]]*\]")
_SYMBOLS = ("<blk>", "<blank>", "<eps>")


@dataclass(frozen=True, slots=True)
class SherpaModel:
    """A model in memory; may serve any number of recognisers."""

    path: Path
    engine: Any
    words: dict[int, str]
    time_scale: float
    sample_scale: float

    @property
    def sample_rate(self) -> int:
        return SAMPLE_RATE

    def recogniser(self) -> SherpaRecogniser:
        """A recogniser of its own for one channel of one call."""
        return SherpaRecogniser(self)


def load_sherpa_model(path: Path) -> SherpaModel:
    """Load a directory with ``tokens.txt`` and ONNX networks; raises ModelError."""
    tokens = path / "tokens.txt"
    if not tokens.is_file():
        raise ModelError(f"{path}: tokens.txt is missing; {_NEXT_STEP}")
    kind, settings, metadata = _settings(path)
    _check_tokens(tokens, kind)  # the engine would end the whole program
    make: Callable[..., Any] = getattr(sherpa_onnx.OfflineRecognizer, f"from_{kind}")
    words = _read_words(path) if kind == "zipformer_ctc" else {}
    if words:
        settings["ctc_graph"] = str(path / "HLG.fst")
    try:
        engine = make(tokens=str(tokens), num_threads=1, **settings)
    except Exception:  # the engine raises nothing more precise
        raise ModelError(f"{path}: sherpa-onnx cannot load this model; {_NEXT_STEP}") from None
    step = int(metadata.get("subsampling_factor", _CTC_STEP)) if words else _CTC_STEP
    scale = float(metadata.get("sample_scale", 1)) if words else 1.0
    return SherpaModel(path, engine, words, step / _CTC_STEP, scale)


def _settings(path: Path) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The kind of model, what its maker must be told, and what the network says of itself."""
    encoder, decoder, joiner = (_network(path, n) for n in ("encoder", "decoder", "joiner"))
    if encoder and decoder and joiner:
        metadata = read_metadata(encoder)
        if "decode_chunk_len" in metadata or "streaming" in path.resolve().name:
            raise ModelError(f"{path}: a streaming model; take the non-streaming one of its kind")
        names = {"encoder": str(encoder), "decoder": str(decoder), "joiner": str(joiner)}
        return "transducer", names, metadata
    model = _network(path, "model") or next(iter(sorted(path.glob("*.onnx"))), None)
    if model is None:
        raise ModelError(f"{path}: has no ONNX network; {_NEXT_STEP}")
    metadata = read_metadata(model)
    kind = _kind(metadata, path.resolve().name)
    if kind is None or "decode_chunk_len" in metadata:
        told = metadata.get("model_type", "nothing")
        raise ModelError(
            f"{path}: this kind of network ({told}) is not supported; take a non-streaming"
            " transducer, paraformer, sense-voice, zipformer, wenet, nemo or telespeech CTC model"
        )
    where = "paraformer" if kind == "paraformer" else "model"
    return kind, {where: str(model)}, metadata


def _network(path: Path, name: str) -> Path | None:
    """The network of that name, the small (int8) one when there are several."""
    found = sorted(path.glob(f"{name}*.onnx"), key=lambda p: ("int8" not in p.name, p.name))
    return found[0] if found else None


def _kind(metadata: dict[str, str], folder: str) -> str | None:
    told = f"{metadata.get('model_type', '')} {folder}".lower()
    for sign, kind in (
        ("sense_voice", "sense_voice"),
        ("sense-voice", "sense_voice"),
        ("paraformer", "paraformer"),
        ("telespeech", "telespeech_ctc"),
        ("zipformer2_ctc", "zipformer_ctc"),
        ("zipformer-ctc", "zipformer_ctc"),
        ("wenet", "wenet_ctc"),
        ("encdecctc", "nemo_ctc"),
        ("nemo", "nemo_ctc"),
    ):
        if sign in told:
            return kind
    return None


def _check_tokens(tokens: Path, kind: str) -> None:
    try:
        rows = [line.split() for line in tokens.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"{tokens}: cannot be read; {_NEXT_STEP}") from None
    if not rows or any(not row or not row[-1].isdigit() for row in rows):
        raise ModelError(f"{tokens}: is no list of symbols and numbers; {_NEXT_STEP}")
    if kind.endswith("_ctc") and not any(row[0] in _SYMBOLS for row in rows):
        raise ModelError(f"{tokens}: has no blank symbol; {_NEXT_STEP}")


def _read_words(path: Path) -> dict[int, str]:
    """Words of a decoding graph by their numbers."""
    graph, words = path / "HLG.fst", path / "words.txt"
    if graph.is_file() != words.is_file():
        raise ModelError(f"{path}: HLG.fst and words.txt belong together; {_NEXT_STEP}")
    if not graph.is_file():
        return {}
    if not is_whole_graph(graph):  # the engine would end the whole program
        raise ModelError(f"{graph}: is damaged; {_NEXT_STEP}")
    try:
        rows = [line.split() for line in words.read_text(encoding="utf-8").splitlines()]
        return {int(number): word for word, number in rows}
    except (OSError, ValueError):
        raise ModelError(f"{words}: is no list of words and numbers; {_NEXT_STEP}") from None


class SherpaRecogniser:
    """A `Recogniser`: one channel's ear of a loaded model."""

    def __init__(self, model: SherpaModel) -> None:
        self._model = model
        self._kept: list[Samples] = []
        self._length = 0
        self._looked_at = 0
        self._reading = ""
        self._origin_ms = 0
        self._fed = 0

    @property
    def sample_rate(self) -> int:
        return self._model.sample_rate

    @property
    def look_ahead_ms(self) -> int:
        """Not known, so nothing is read sooner."""
        return 0

    @property
    def chunk_ms(self) -> int:
        return 0

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        """Keep a block; words only when the segment has grown too long to wait for its end."""
        self._kept.append(block)
        self._length += len(block)
        self._fed += len(block)
        if self._length < QUIET_AFTER:
            return None
        if self._length < LONGEST and float(np.abs(block).mean()) > QUIET_LEVEL:
            return None
        return self.finish()

    def partial(self) -> str:
        if self._length - self._looked_at >= max(LOOK_EVERY, self._length // LOOK_SHARE):
            self._looked_at = self._length
            self._reading = "".join(word.text for word in self._decode())
        return self._reading

    def finish(self) -> tuple[Word, ...]:
        """The words of what was kept; the next block begins a new segment."""
        words = tuple(self._decode()) if self._length else ()
        self._kept.clear()
        self._length = self._looked_at = 0
        self._reading = ""
        self._origin_ms = self._fed // SAMPLES_PER_MS
        return words

    def _decode(self) -> Iterator[Word]:
        stream = self._model.engine.create_stream()
        samples = np.concatenate(self._kept).astype(np.float32) * (
            self._model.sample_scale / 32768.0
        )
        stream.accept_waveform(SAMPLE_RATE, np.concatenate([samples, TAIL]))
        self._model.engine.decode_stream(stream)
        result = stream.result
        starts = [round(t * 1000 * self._model.time_scale) for t in result.timestamps]
        if self._model.words:
            texts = [self._model.words.get(number, "") for number in result.words]
            spans = spread(texts, list(result.tokens), starts)
        else:
            texts = [_SPECIAL.sub("", t).replace("▁", " ").strip() for t in result.tokens]
            spans = _until_next(starts)
        if len(spans) != len(texts):  # an engine without times: the whole segment each
            spans = [(0, self._length // SAMPLES_PER_MS)] * len(texts)
        sure = [CONFIDENCE] * len(texts)
        logs = getattr(result, "ys_log_probs", None)
        if logs is not None and not self._model.words and len(logs) == len(texts):
            sure = [float(np.exp(min(0.0, log))) for log in logs]
        for text, (start, end), confidence in zip(texts, spans, sure, strict=True):
            if text:
                yield Word(
                    text=text,
                    start_ms=self._origin_ms + start,
                    end_ms=self._origin_ms + end,
                    confidence=round(confidence, 4),
                )


def _until_next(starts: list[int]) -> list[tuple[int, int]]:
    nexts = [*starts[1:], starts[-1] + LAST_TOKEN_MS] if starts else []
    return [(a, max(a, min(b, a + 2 * LAST_TOKEN_MS))) for a, b in zip(starts, nexts, strict=True)]


def spread(texts: list[str], tokens: list[str], starts: list[int]) -> list[tuple[int, int]]:
    """Times of words from those of their initials and finals: a syllable is a character.

    When the count of syllables is not that of the characters, words share the time evenly.
    """
    if not tokens or len(starts) != len(tokens):
        return []
    syllables = [
        start for i, start in enumerate(starts) if not i or not _INITIAL.fullmatch(tokens[i - 1])
    ]
    characters = sum(map(len, texts))
    if len(syllables) != characters:
        grid = np.linspace(starts[0], starts[-1] + LAST_TOKEN_MS, max(1, characters) + 1)
        syllables = [round(float(at)) for at in grid[:-1]]
    ends = _until_next(syllables)
    spans, at = [], 0
    for text in texts:
        spans.append((ends[at][0], ends[at + len(text) - 1][1]))
        at += len(text)
    return spans
