"""Reads a script pack from a folder: every file strictly, every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import ValidationError

from agent_assist.catalogue.digest import files_digest
from agent_assist.catalogue.homophone_data import HomophonesFile
from agent_assist.catalogue.knowledge_data import KnowledgeFile
from agent_assist.catalogue.lesson_data import LessonData
from agent_assist.catalogue.manual_data import ManualFile
from agent_assist.catalogue.meaning_data import EXAMPLES, LEARNT
from agent_assist.catalogue.meaning_data import read as read_meanings
from agent_assist.catalogue.models import (
    Data,
    DesksFile,
    ScriptFile,
    SituationData,
    SituationFile,
)
from agent_assist.catalogue.rule_data import CaseFile, RuleData
from agent_assist.catalogue.scoring_data import ScoringFile
from agent_assist.catalogue.taboo_data import TabooFile
from agent_assist.catalogue.talk_data import TalkFile
from agent_assist.core.meaning import NO_MEANINGS, Meanings
from agent_assist.errors import BadInputError, Problem, ScriptError
from agent_assist.strict_yaml import Document, KeyPath, load

Model = TypeVar("Model", bound=Data)


@dataclass(frozen=True, slots=True)
class Located(Generic[Model]):
    """Validated data with the document it came from, for complaints with a line."""

    data: Model
    document: Document
    path: KeyPath = ()

    def problem(self, message: str, *path: str | int) -> Problem:
        return Problem(self.document.file, self.document.line_of((*self.path, *path)), message)


@dataclass(slots=True)
class Pack:
    """The raw, validated contents of a script folder."""

    folder: Path
    digest: str
    script: Located[ScriptFile]
    desks: Located[DesksFile]
    taboo: Located[TabooFile]
    scoring: Located[ScoringFile]
    situations: dict[str, Located[SituationData]] = field(default_factory=dict)
    rules: dict[str, Located[RuleData]] = field(default_factory=dict)
    cases: dict[str, Located[CaseFile]] = field(default_factory=dict)
    manual: Located[ManualFile] | None = None
    knowledge: Located[KnowledgeFile] | None = None
    talk: Located[TalkFile] | None = None
    homophones: Located[HomophonesFile] | None = None
    lessons: dict[str, Located[LessonData]] = field(default_factory=dict)
    meanings: Meanings = NO_MEANINGS


def read_pack(folder: Path) -> Pack:
    """Read and validate a script folder; raises ScriptError with all problems, by file and line."""
    if not folder.is_dir():
        raise BadInputError(f"{folder}: not a script folder; name one that holds script.yaml")
    reader = PackReader(folder)
    script = reader.one("script.yaml", ScriptFile)
    if script:
        reader.share(script)
    desks = reader.one("desks.yaml", DesksFile)
    taboo = reader.one("taboo.yaml", TabooFile)
    scoring = reader.one("scoring.yaml", ScoringFile)
    situations = reader.situations()
    rules = {r.data.id: r for r in reader.many("rules", RuleData)}
    cases = {Path(c.document.file).stem: c for c in reader.many("cases", CaseFile)}
    lessons = {Path(e.document.file).stem: e for e in reader.many("lessons", LessonData)}
    manual = reader.one_if_there("manual.yaml", ManualFile)
    knowledge = reader.one_if_there("knowledge.yaml", KnowledgeFile)
    talk = reader.one_if_there("talk.yaml", TalkFile)
    homophones = reader.one_if_there("homophones.yaml", HomophonesFile)
    meanings = reader.meanings()
    if reader.problems or not (script and desks and taboo and scoring):
        raise ScriptError(reader.problems)
    return Pack(
        folder=folder,
        digest=digest_of(folder, reader.shared),
        script=script,
        desks=desks,
        taboo=taboo,
        scoring=scoring,
        situations=situations,
        rules=rules,
        cases=cases,
        manual=manual,
        knowledge=knowledge,
        talk=talk,
        homophones=homophones,
        lessons=lessons,
        meanings=meanings,
    )


def digest_of(folder: Path, shared: Mapping[str, Path] = MappingProxyType({})) -> str:
    """First 16 hex digits of SHA-256 over the names and bytes of all data files that judge calls.

    Cases, lessons and examples of meanings do not. ``shared`` are files of another pack by their
    names in this one.
    """
    files = [*folder.rglob("*.yaml"), *folder.glob(LEARNT)]
    own = {path.relative_to(folder).as_posix(): path for path in files}
    judging = {
        name: path
        for name, path in {**own, **shared}.items()
        if not name.startswith(("cases/", "lessons/", f"{EXAMPLES}/"))
    }
    return files_digest(judging)


class PackReader:
    """Reads files of one folder, keeping every problem."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: list[Problem] = []
        self.shared: dict[str, Path] = {}

    def share(self, script: Located[ScriptFile]) -> None:
        """From now on the files that the pack takes from another are its own."""
        extends = script.data.extends
        for i, name in enumerate(extends.files if extends else ()):
            assert extends
            path = self._folder / extends.pack / name
            if not path.is_file():
                message = f"'{name}' is no file of {extends.pack}"
                self.problems.append(script.problem(message, "extends", "files", i))
            elif (self._folder / name).exists():
                message = f"'{name}' is there in this pack too"
                self.problems.append(script.problem(message, "extends", "files", i))
            else:
                self.shared[name] = path

    def one_if_there(self, name: str, model: type[Model]) -> Located[Model] | None:
        """A file that a pack may leave out."""
        there = name in self.shared or (self._folder / name).exists()
        return self.one(name, model) if there else None

    def one(self, name: str, model: type[Model]) -> Located[Model] | None:
        path = self.shared.get(name, self._folder / name)
        if not path.is_file():
            self.problems.append(Problem(str(path), 1, "is missing; every script pack needs it"))
            return None
        return self._read(path, model)

    def meanings(self) -> Meanings:
        """What was learnt from examples, if anything."""
        path = self.shared.get(LEARNT, self._folder / LEARNT)
        if not path.exists():
            return NO_MEANINGS
        try:
            return read_meanings(path)
        except ValueError as error:
            self.problems.append(Problem(str(path), 1, str(error)))
            return NO_MEANINGS

    def many(self, name: str, model: type[Model]) -> Iterator[Located[Model]]:
        for path in self._files(name):
            located = self._read(path, model)
            if located is None:
                continue
            identifier = getattr(located.data, "id", path.stem)
            if identifier != path.stem:
                self.problems.append(
                    located.problem(f"id '{identifier}' differs from the file's name", "id")
                )
            yield located

    def situations(self) -> dict[str, Located[SituationData]]:
        found: dict[str, Located[SituationData]] = {}
        for path in self._files("phrases"):
            located = self._read(path, SituationFile)
            for i, data in enumerate(located.data.situations if located else []):
                assert located is not None
                each = Located(data, located.document, ("situations", i))
                if data.id in found:
                    self.problems.append(
                        each.problem(f"situation '{data.id}' is defined twice", "id")
                    )
                found[data.id] = each
        return found

    def _files(self, name: str) -> list[Path]:
        """The files of a folder: this pack's own, then those it shares."""
        own = sorted((self._folder / name).glob("*.yaml"))
        return own + [p for n, p in sorted(self.shared.items()) if n.startswith(f"{name}/")]

    def _read(self, path: Path, model: type[Model]) -> Located[Model] | None:
        try:
            document = load(path)
        except ScriptError as error:
            self.problems.extend(error.problems)
            return None
        try:
            return Located(model.model_validate(document.data), document)
        except ValidationError as error:
            self.problems.extend(_problems(error, document))
            return None


def _problems(error: ValidationError, document: Document) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        known = tuple(p for p in detail["loc"] if not _is_union_tag(p, detail["loc"], document))
        where = ".".join(str(p) for p in known) or "the file"
        message = detail["msg"].removeprefix("Value error, ")
        yield Problem(document.file, document.line_of(known), f"{where}: {message}")


def _is_union_tag(part: str | int, loc: tuple[str | int, ...], document: Document) -> bool:
    """pydantic puts the names of union branches into the path; they are no keys of the file."""
    keys = {key for path in document.lines for key in path}
    return isinstance(part, str) and part not in keys and part != loc[-1]
