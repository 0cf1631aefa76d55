"""Building model directories for the recogniser.

``build_graph`` rebuilds the decoding graph of an existing acoustic model for a
site's own sentences; everything it needs comes with the Python packages.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_assist.modelling.confidence import FILE as CALIBRATION
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.graph import (
    compile_graph,
    disambiguated,
    lexicon_text,
    require_kaldifst,
)
from agent_assist.modelling.lexicon import Lexicon
from agent_assist.modelling.ngram import Mixture, NgramModel
from agent_assist.modelling.sentences import bundled_sentences
from agent_assist.modelling.transitions import fits, word_boundary
from agent_assist.modelling.vocabulary import (
    Segmenter,
    general_words,
    is_word,
    letter_words,
    syllable_words,
)
from agent_assist.modelling.word_lag import FILE as WORD_LAG

MODEL_CONF = """\
--min-active=20
--max-active=3000
--beam=10.0
--lattice-beam=4.0
--determinize-max-delay=3000
--frames-per-chunk=39
--acoustic-scale=1.0
--frame-subsampling-factor=3
--endpoint.silence-phones=1
--endpoint.rule2.min-trailing-silence=0.5
--endpoint.rule3.min-trailing-silence=0.75
--endpoint.rule4.min-trailing-silence=1.0
"""
MFCC_CONF = """\
--sample-frequency=16000
--use-energy=false
--num-mel-bins=40
--num-ceps=40
--low-freq=20
--high-freq=7600
--allow-upsample=true
--allow-downsample=true
--dither=0
"""

#: Words and their toneless pinyin readings.
Readings = Mapping[str, Sequence[tuple[str, ...]]]

log = logging.getLogger(__name__)
require_kaldifst()


class ModelError(ValueError):
    """An acoustic model that does not fit the graph builder."""


@dataclass(frozen=True)
class GraphReport:
    """What was built."""

    sentences: int
    words: int
    unknown_words: tuple[str, ...]
    states: int
    arcs: int
    seconds: float
    digest: str


def build_graph(
    model_dir: Path,
    sentences: Iterable[tuple[str, float]],
    out_dir: Path,
    extra_words: Readings | None = None,
    mixture: Mixture | None = None,
    general: int = 20000,
    bundled: bool = True,
) -> GraphReport:
    """Write ``out_dir``: the acoustic model of ``model_dir`` with a graph for ``sentences``.

    ``sentences`` are (text, weight) with numbers written out in Chinese
    characters; ``extra_words`` maps words to toneless pinyin readings that
    replace the automatic ones; ``general`` is the number of dictionary words
    known besides the sentences' own; ``bundled`` adds everyday customer and
    agent sentences, numbers and names.  Raises ModelError when the acoustic model
    has other phones, ValueError when no sentence holds a Chinese word.
    """
    started = time.monotonic()
    acoustic = (model_dir / "am" / "final.mdl").read_bytes()
    if not fits(acoustic):
        raise ModelError(f"{model_dir}: not an acoustic model with the expected units")
    lexicon = Lexicon(extra_words)
    segmenter = Segmenter(extra_words or ())
    everything = [*sentences, *(bundled_sentences() if bundled else ())]
    counted = [(segmenter.words(text), weight) for text, weight in everything]
    counted = [(words, weight) for words, weight in counted if words]
    if not any(is_word(word) for words, _ in counted for word in words):
        raise ValueError("no sentence holds a Chinese word")
    domain = {word for words, _ in counted for word in words} | set(extra_words or ())
    model = NgramModel(
        counted,
        general_words(lexicon, domain, general)
        | letter_words()
        | dict.fromkeys(extra_words or (), 1.0),
        syllable_words(lexicon),
        mixture or Mixture(),
    )
    readings = {word: lexicon.pronunciations(word) for word in model.words}
    unknown = tuple(word for word, found in readings.items() if not found)
    word_ids = {word: number for number, word in enumerate(model.words, 1)}
    _write_directory(out_dir, acoustic, model_dir, model.words)
    entries = disambiguated({word_ids[w]: readings[w] for w in model.words})
    zero = len(word_ids) + 1
    states, arcs = compile_graph(
        lexicon_text(entries, zero),
        model.acceptor(word_ids, zero),
        out_dir / "graph" / "HCLG.fst",
    )
    seconds = time.monotonic() - started
    log.info("graph of %d states and %d arcs in %.1f s", states, arcs, seconds)
    return GraphReport(
        len(counted), len(word_ids), unknown, states, arcs, seconds, model_digest(out_dir)
    )


def _write_directory(out_dir: Path, acoustic: bytes, source: Path, words: list[str]) -> None:
    """Everything but the graph itself."""
    for part in ("am", "conf", "graph/phones"):
        (out_dir / part).mkdir(parents=True, exist_ok=True)
    (out_dir / "am" / "final.mdl").write_bytes(acoustic)
    for name, default in (("model.conf", MODEL_CONF), ("mfcc.conf", MFCC_CONF)):
        target = out_dir / "conf" / name
        if (source / "conf" / name).exists():
            if source.resolve() != out_dir.resolve():
                shutil.copyfile(source / "conf" / name, target)
        else:
            target.write_text(default, encoding="ascii")
    for correction in (CALIBRATION, WORD_LAG):
        if (source / correction).exists() and source.resolve() != out_dir.resolve():
            shutil.copyfile(source / correction, out_dir / correction)
    symbols = ["<eps> 0", *(f"{word} {number}" for number, word in enumerate(words, 1))]
    (out_dir / "graph" / "words.txt").write_text("\n".join(symbols) + "\n", encoding="utf-8")
    boundary = out_dir / "graph" / "phones" / "word_boundary.int"
    boundary.write_text(word_boundary(), encoding="ascii")
