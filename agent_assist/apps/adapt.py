"""Fits the bundled model to a site: its own wordings and texts become the decoding graph."""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent_assist import __version__
from agent_assist.adapters.vosk_asr import load_model
from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.models import SituationData
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.errors import BadInputError, ModelError
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.package import GraphReport, build_graph
from agent_assist.modelling.package import ModelError as UnfitModelError
from agent_assist.modelling.sentences import expand, script_sentences, script_texts
from agent_assist.modelling.word_notes import WordNotes, read_site_pronunciations, word_notes

PROVENANCE = "adapted.json"
LONGEST_LINE = 500
MOST_LINES = 50_000
GENERAL_WORDS = 20_000
SHOWN = 12

WEIGHTS = {"line": 1.0, "customer": 0.8, "example": 0.6, "taboo": 0.25, "text": 1.0}
"""How often a sentence of each kind is taken to be said, relative to a mandated line."""
EXAMPLE_SHARE = 0.5
"""What a line with the script's own examples in it counts beside the line with sample values."""

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")

Weighted = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Adapted:
    """What was built, and from what."""

    out: Path
    graph: GraphReport
    notes: WordNotes
    graph_bytes: int

    def lines(self) -> Iterator[str]:
        """The report for a person."""
        graph, notes = self.graph, self.notes
        yield f"模型已生成：{self.out}（用 --model {self.out} 使用）"
        yield (
            f"解码图：{graph.words} 个词，{graph.states} 个状态，{graph.arcs} 条弧，"
            f"{self.graph_bytes / 1e6:.1f} MB，用时 {graph.seconds:.1f} 秒"
        )
        yield f"指纹：{graph.digest}"
        yield f"本地文本：{notes.words} 个不同的词，其中 {len(notes.added)} 个是新词"
        yield from _few("新词", notes.added)
        yield from _few("新词读音（自动推测）", [f"{w} {p}" for w, p in notes.guessed.items()])
        yield from _few("含多音字，请核对", [f"{w} {d}" for w, d in notes.doubtful.items()])
        yield from _few("同音词（按拼音无法区分）", ["＝".join(g) for g in notes.homophones])
        yield from _few("没有读音的字母，不能识别，可写进读音文件", notes.letters)
        yield from _few("没有读音的词", graph.unknown_words)
        if notes.guessed or notes.doubtful:
            yield "读音不对时，把“词 拼音 拼音”写进文件，用 --pronunciations 重新生成"
        yield f"完整清单：{self.out / PROVENANCE}"


def _few(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        rest = f" 等 {len(items)} 个" if len(items) > SHOWN else ""
        yield f"{title}：{'、'.join(items[:SHOWN])}{rest}"


def adapt(
    model: Path,
    script: Path,
    texts: Sequence[Path],
    pronunciations: Path | None,
    out: Path,
    general_words: int = GENERAL_WORDS,
) -> Adapted:
    """Build ``out`` from ``model``; it appears whole or not at all. Raises AgentAssistError."""
    _check_places(model, out)
    pack = read_pack(script)
    compile_pack(pack)
    own = {path: read_lines(path) for path in texts}
    readings = _pronunciations(pronunciations)
    sentences = [*pack_sentences(pack), *((t, WEIGHTS["text"]) for ls in own.values() for t in ls)]
    notes = word_notes((text for text, _ in sentences), _words_of(model), readings)
    staging = out.with_name(f".{out.name}.building")
    try:
        shutil.rmtree(staging, ignore_errors=True)
        graph = build_graph(model, sentences, staging, readings, general=general_words)
        for name in ("README.md", "LICENSE"):
            if (model / name).is_file():
                shutil.copyfile(model / name, staging / name)
        inputs = [path for path in (*texts, pronunciations) if path]
        record = _provenance(model, pack, inputs, graph, notes)
        (staging / PROVENANCE).write_text(
            json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
        load_model(staging)
        size = (staging / "graph/HCLG.fst").stat().st_size
        if out.exists():
            out.rmdir()
        staging.rename(out)
    except UnfitModelError:
        raise ModelError(
            f"{model}: this acoustic model has other units; only zh-small and what was adapted"
            " from it can be adapted"
        ) from None
    except RuntimeError as error:
        raise ModelError(f"{model}: {error}") from None
    except OSError as error:
        raise BadInputError(f"{out}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Adapted(out, graph, notes, size)


def _check_places(model: Path, out: Path) -> None:
    for name in ("am/final.mdl", "conf/model.conf", "graph/words.txt"):
        if not (model / name).is_file():
            raise ModelError(f"{model}: {name} is missing; give the directory of a model")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInputError(f"{out}: exists already; name a new directory")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"{out}: cannot be made: {error.strerror}") from None


def read_lines(path: Path) -> list[str]:
    """Sentences of a text file, one a line; lines that begin with # are remarks."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadInputError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from None
    lines = content.splitlines()
    if len(lines) > MOST_LINES:
        raise BadInputError(f"{path}: has {len(lines)} lines, more than {MOST_LINES}; shorten it")
    for number, text in enumerate(lines, 1):
        if len(text) > LONGEST_LINE:
            raise BadInputError(
                f"{path}:{number}: is longer than {LONGEST_LINE} characters;"
                " write one sentence a line"
            )
    return [text.strip() for text in lines if text.strip() and not text.startswith("#")]


def _pronunciations(path: Path | None) -> dict[str, list[tuple[str, ...]]]:
    if path is None:
        return {}
    try:
        return read_site_pronunciations(path)
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInputError(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except ValueError as error:
        raise BadInputError(str(error)) from None


def _words_of(model: Path) -> Iterator[str]:
    with (model / "graph/words.txt").open(encoding="utf-8") as file:
        yield from (line.split(" ", 1)[0] for line in file)


def pack_sentences(pack: Pack) -> list[Weighted]:
    """All wordings of a script, placeholders replaced by sample values and by their examples."""
    rng = random.Random(0)
    examples = {n: p.example for n, p in pack.desks.data.placeholders.items()}
    found = [*script_sentences(script_texts(pack.folder))]
    for text, weight in _wordings(pack):
        filled = _PLACEHOLDER.sub(lambda match: examples.get(match[1], "，"), text)
        if filled != text:
            found += expand(filled, weight * EXAMPLE_SHARE, rng)
    return found


def _wordings(pack: Pack) -> Iterator[Weighted]:
    for located in pack.situations.values():
        yield from _of_situation(located.data)
    for desk in pack.desks.data.desks.values():
        yield desk.brand_greeting, WEIGHTS["line"]
    for taboo in pack.taboo.data.taboo:
        for text in (taboo.phrase, *taboo.except_in):
            yield text, WEIGHTS["taboo"]
        for text in taboo.also:
            yield text, WEIGHTS["taboo"] / len(taboo.phrases)
        if taboo.replace:
            yield taboo.replace, WEIGHTS["example"]


def _of_situation(situation: SituationData) -> Iterator[Weighted]:
    for steps in (situation.steps, *(profile.steps for profile in situation.profiles)):
        for step in steps:
            yield from ((text, WEIGHTS["line"]) for text in (step.say or "", *step.accept) if text)
    trigger = situation.trigger
    yield from ((text, WEIGHTS["customer"]) for text in trigger.customer_says)
    yield from ((text, WEIGHTS["line"]) for text in trigger.agent_says)
    yield from ((text, WEIGHTS["example"]) for text in situation.must_match)


def _provenance(
    model: Path, pack: Pack, inputs: Iterable[Path], graph: GraphReport, notes: WordNotes
) -> dict[str, object]:
    script = pack.script.data
    return {
        "program": __version__,
        "digest": graph.digest,
        "base": {"name": model.resolve().name, "digest": model_digest(model)},
        "script": {"name": script.name, "version": script.version, "digest": pack.digest},
        "inputs": [
            {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
            for path in inputs
        ],
        "sentences": graph.sentences,
        "words": graph.words,
        "states": graph.states,
        "arcs": graph.arcs,
        "added": list(notes.added),
        "guessed": dict(notes.guessed),
        "doubtful": dict(notes.doubtful),
        "homophones": [list(group) for group in notes.homophones],
        "letters": list(notes.letters),
        "unknown_words": list(graph.unknown_words),
    }
