"""`agent-assist learn`: what the meanings of a script pack are told by, from their examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from agent_assist.catalogue.meaning_data import (
    EXAMPLES,
    LEARNT,
    MeaningFile,
    examples_digest,
    save,
)
from agent_assist.catalogue.models import lines_of
from agent_assist.catalogue.pack import Located, PackReader
from agent_assist.catalogue.talk_data import TalkFile
from agent_assist.errors import BadInputError, Problem, ScriptError
from agent_assist.modelling.meanings import Examples, Learnt, learn

LEAST_SENTENCES = 20
"""Fewer examples of either kind teach nothing."""


def learn_pack(folder: Path) -> list[Learnt]:
    """Learn from ``meanings/*.yaml`` and write ``meanings.npz``; what each group is worth.

    Raises BadInputError where there are no examples, ScriptError for those that are no good.
    """
    if not (folder / EXAMPLES).is_dir():
        raise BadInputError(f"{folder}: has no folder {EXAMPLES}; examples are kept there")
    reader = PackReader(folder)
    files = {f.data.id: f for f in reader.many(EXAMPLES, MeaningFile)}
    talk = reader.one_if_there("talk.yaml", TalkFile)
    problems = [*reader.problems, *_problems(files)]
    if problems:
        raise ScriptError(problems)
    examples = [_examples(file.data) for file in files.values()]
    ordinary = talk.data.lines() if talk else ()
    digest = examples_digest(folder)
    meanings, worth = learn(examples, {"agent": ordinary, "customer": ()}, digest)
    save(meanings, folder / LEARNT)
    return worth


def table(worth: Sequence[Learnt]) -> Iterator[str]:
    """The report, a line each."""
    yield "意思                      判定起点   认出     误认"
    for group in worth:
        for name, found in group.found.items():
            yield f"{name:24}  {group.least:7.2f}  {found:6.1%}  {group.taken:6.1%}"


def _problems(files: dict[str, Located[MeaningFile]]) -> Iterator[Problem]:
    for file in files.values():
        for part in ("yes", "no"):
            count = len(lines_of(getattr(file.data, part) or ""))
            if count < LEAST_SENTENCES and (part == "no" or file.data.yes is not None):
                message = f"{count} sentences; at least {LEAST_SENTENCES} are needed"
                yield file.problem(message, part)
        both = set(lines_of(file.data.yes or "")) & set(lines_of(file.data.no))
        if both:
            yield file.problem(f"'{min(both)}' stands under yes, too", "no")
        others = [f.data for f in files.values() if _group(f.data) == _group(file.data)]
        if not any(other.yes for other in others):
            yield file.problem(f"no meaning of the group '{_group(file.data)}' has examples", "id")
        if any(other.by != file.data.by for other in others):
            yield file.problem(f"the group '{_group(file.data)}' is of both sides", "by")


def _examples(data: MeaningFile) -> Examples:
    yes, no = lines_of(data.yes or ""), lines_of(data.no)
    return Examples(data.id, data.title, data.by, _group(data), yes, no, data.alone)


def _group(data: MeaningFile) -> str:
    return data.group or data.id
