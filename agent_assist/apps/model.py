"""The models at hand: list, fetch, look at, and check them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from agent_assist import settings
from agent_assist.adapters.download import BadArchiveError, Expected, check, download, unpack
from agent_assist.apps.engines import is_sherpa, load_engine
from agent_assist.catalogue.manifest import ModelEntry, read_manifest
from agent_assist.core.events import Word
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.errors import AgentAssistError, BadInputError, ModelError
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.lexicon import UNITS
from agent_assist.modelling.transitions import fits

MANIFEST = settings.MODELS / "manifest.yaml"
MEBIBYTE = 1 << 20
UNPACKED_LIMIT = 12 << 30
"""Bytes that no speech model unpacks to."""
BLOCK = SAMPLE_RATE // 10


def models_home() -> Path:
    """Where fetched models are kept, unless a place is named."""
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local/share") / "agent-assist/models"


def find_model(name: str, manifest: Path = MANIFEST) -> Path:
    """The directory of a model given by directory, or by its name in the list."""
    folder = Path(name)
    if folder.is_dir():
        return folder
    entry = read_manifest(manifest).get(name)
    if entry is None:
        raise BadInputError(f"{name}: neither a directory nor a model of the list")
    if entry.bundled:
        return settings.MODELS / name
    if (models_home() / name).is_dir():
        return models_home() / name
    raise BadInputError(f"{name}: not fetched yet; agent-assist model fetch {name}")


def describe_all(manifest: Path = MANIFEST) -> Iterator[str]:
    """The models of the list, and those fetched."""
    for entry in read_manifest(manifest).values():
        folder = settings.MODELS / entry.name if entry.bundled else models_home() / entry.name
        state = "自带" if entry.bundled else "已下载" if folder.is_dir() else "可下载"
        size = f"，约 {entry.about_mb} MB" if entry.about_mb else ""
        yield f"{entry.name}［{state}］{entry.title}{size}，许可：{entry.licence}"
        if entry.url:
            sums = [n for n in ("md5", "sha256") if getattr(entry, n)]
            yield f"    {entry.url}（{'校验：' + '、'.join(sums) if sums else '没有可用的校验值'}）"
        if entry.note:
            yield f"    {entry.note}"


@dataclass(frozen=True, slots=True)
class Order:
    """A model to fetch: into which folder, from which archive at hand, with which digest."""

    name: str
    to: Path | None = None
    archive: Path | None = None
    sha256: str | None = None


def fetch(order: Order, screen: TextIO, manifest: Path = MANIFEST) -> Path:
    """Fetch, check and unpack a model of the list; returns its directory."""
    entry = read_manifest(manifest).get(order.name)
    if entry is None:
        known = "、".join(e.name for e in read_manifest(manifest).values() if e.url)
        raise BadInputError(f"{order.name}: not in the list; known are {known}")
    if not entry.url:
        raise BadInputError(f"{order.name}: is bundled, at {settings.MODELS / order.name}")
    home = order.to or models_home()
    target = home / order.name
    if target.exists():
        raise BadInputError(f"{target}: is there already; agent-assist model verify {target}")
    expected = _expected(entry, order.sha256)
    if order.archive:
        archive = _at_hand(order.archive, expected, home)
    else:
        archive = home / f"{order.name}.zip"
        if not archive.exists():
            download(entry.url, archive, expected, ProgressBar(order.name, screen))
    try:
        unpack(archive, target, UNPACKED_LIMIT)
    except BadArchiveError:
        if not order.archive:
            archive.unlink()
        raise
    try:
        _decode_silence(target)
    except ModelError:
        target.rename(target.with_name(f"{target.name}.unusable"))
        raise
    if not order.archive:
        archive.unlink()
    return target


def _expected(entry: ModelEntry, sha256: str | None) -> Expected:
    about = entry.about_mb * MEBIBYTE if entry.about_mb else None
    return Expected(entry.size_bytes, about, entry.md5, sha256 or entry.sha256)


def _at_hand(archive: Path, expected: Expected, home: Path) -> Path:
    try:
        check(archive, expected, str(archive), delete=False)
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"{error.filename}: cannot be used: {error.strerror}") from None
    return archive


class ProgressBar:
    """One line on a terminal, or a line every tenth part elsewhere."""

    def __init__(self, name: str, screen: TextIO) -> None:
        self._name, self._screen = name, screen
        self._told = -1

    def __call__(self, done: int, total: int | None) -> None:
        percent = 100 * done // total if total else None
        step = done // MEBIBYTE if percent is None else percent
        if not self._screen.isatty():
            step = step // 10
        if step == self._told:
            return
        self._told = step
        size = f"{done / MEBIBYTE:.1f} MB"
        if percent is None or total is None:
            text = f"{self._name}  {size}"
        else:
            bar = "█" * (percent // 5) + "░" * (20 - percent // 5)
            text = f"{self._name}  {bar} {percent:3d}%  {size} / {total / MEBIBYTE:.1f} MB"
        if self._screen.isatty():
            end = "\n" if done == total else ""
            self._screen.write(f"\r{text}{end}")
        else:
            self._screen.write(f"{text}\n")
        self._screen.flush()


@dataclass(frozen=True, slots=True)
class Card:
    """What a model directory is."""

    folder: Path
    engine: str
    digest: str
    size_bytes: int
    words: int | None
    adaptable: bool
    adapted: Mapping[str, object] | None

    def lines(self, sample_rate: int) -> Iterator[str]:
        """For a person."""
        yield f"模型：{self.folder.resolve().name}（{self.folder}）"
        yield f"引擎：{self.engine}，{sample_rate} Hz，{self.size_bytes / 1e6:.1f} MB"
        yield f"指纹：{self.digest}"
        if self.words is not None:
            yield f"词数：{self.words}"
        if self.adaptable:
            yield f"单元：{len(UNITS)} 个声母和韵母（不带声调）；可以用 model adapt 重建解码图"
        else:
            yield "不能用 model adapt 重建解码图（声学单元不是自带模型的）"
        if self.adapted:
            base, script = self.adapted["base"], self.adapted["script"]
            assert isinstance(base, dict) and isinstance(script, dict)
            yield (
                f"来历：由 {base['name']}（{base['digest']}）按话术 {script['name']} "
                f"{script['version']}（{script['digest']}）生成"
            )


def examine(folder: Path) -> Card:
    """Read a model directory without loading it; raises ModelError when it is none."""
    try:
        digest = model_digest(folder)
    except FileNotFoundError:
        raise ModelError(f"{folder}: no model directory (no am, conf, graph, no ONNX)") from None
    words = folder / ("tokens.txt" if is_sherpa(folder) else "graph/words.txt")
    acoustic = folder / "am/final.mdl"
    return Card(
        folder=folder,
        engine="sherpa-onnx" if is_sherpa(folder) else "vosk",
        digest=digest,
        size_bytes=sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()),
        words=_count_words(words),
        adaptable=acoustic.is_file() and _has_our_units(acoustic),
        adapted=_adapted(folder),
    )


def _has_our_units(acoustic: Path) -> bool:
    try:
        return fits(acoustic.read_bytes())
    except (ValueError, IndexError):  # another build of Kaldi's model
        return False


def _count_words(path: Path) -> int | None:
    if not path.is_file():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return sum(not line.startswith(("<", "#", "!")) for line in lines)


def _adapted(folder: Path) -> Mapping[str, object] | None:
    try:
        kept = json.loads((folder / "adapted.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(kept, dict) and {"base", "script", "digest"} <= kept.keys()
    return kept if whole else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked about a model."""

    works: bool
    text: str

    def __str__(self) -> str:
        return f"{'✓' if self.works else '✗'} {self.text}"


def verify(folder: Path) -> Sequence[Finding]:
    """Shape, digest, loading and decoding; the first thing that fails ends it."""
    found: list[Finding] = []
    try:
        card = examine(folder)
        found.append(Finding(True, f"目录完整：{card.engine}，{card.size_bytes / 1e6:.1f} MB"))
        found.append(_same_digest(card))
        rate, words = _decode_silence(folder)
        found.append(Finding(True, f"可以加载：{rate} Hz"))
        heard = f"（却听到：{words}）" if words else ""
        found.append(Finding(not words, f"可以解码一秒静音{heard}"))
    except AgentAssistError as error:
        found.append(Finding(False, str(error)))
    return found


def _same_digest(card: Card) -> Finding:
    if card.adapted and card.adapted["digest"] != card.digest:
        return Finding(False, f"指纹 {card.digest} 与生成时的 {card.adapted['digest']} 不同")
    return Finding(True, f"指纹 {card.digest}")


def _decode_silence(folder: Path) -> tuple[int, str]:
    """Load a model and let it hear one second of nothing; its rate and what it heard."""
    engine = load_engine(folder)
    recogniser = engine.recogniser()
    words: list[Word] = []
    for _ in range(SAMPLE_RATE // BLOCK):
        words += recogniser.accept(np.zeros(BLOCK, np.int16)) or ()
    words += recogniser.finish()
    return engine.sample_rate, "".join(word.text for word in words)
