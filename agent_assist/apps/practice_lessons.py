"""The lessons of a script pack: found by name or number, and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rapidfuzz import process

from agent_assist.catalogue.lesson_data import CueData, LessonData, to_awaited
from agent_assist.catalogue.models import PlaceholderData
from agent_assist.catalogue.pack import Located, Pack
from agent_assist.catalogue.templates import TemplateError
from agent_assist.core.lesson import Lesson
from agent_assist.core.script import Script
from agent_assist.errors import BadInputError, Problem

AGENT_ID, AGENT_NAME = "agent_id", "agent_name"
NEAR = 3


def lessons_of(pack: Pack, agent_id: str = "", agent_name: str = "") -> list[Lesson]:
    """Every lesson in order, for an agent; without a name it is the script's example agent."""
    placeholders = pack.desks.data.placeholders
    number = agent_id or _example(AGENT_ID, placeholders)
    name = agent_name or _example(AGENT_NAME, placeholders)
    return [
        each.data.to_lesson(identifier, number, name, placeholders)
        for identifier, each in sorted(pack.lessons.items())
    ]


def find_lesson(lessons: Sequence[Lesson], wanted: str) -> Lesson:
    """A lesson by its id, its number or the rest of its id; raises BadInputError with the nearest.

    ``1``, ``01``, ``query`` and ``01-query`` are the same lesson.
    """
    if not lessons:
        raise BadInputError("the script pack has no lessons; add lessons/NAME.yaml")
    for lesson in lessons:
        number, _, name = lesson.id.partition("-")
        same_number = wanted.isdecimal() and number.isdecimal() and int(wanted) == int(number)
        if wanted in {lesson.id, name} or same_number:
            return lesson
    known = [lesson.id for lesson in lessons]
    near = [found[0] for found in process.extract(wanted, known, limit=NEAR)]
    raise BadInputError(
        f"no lesson '{wanted}'; the nearest are {', '.join(near)};"
        " 'agent-assist practice --list' shows all"
    )


def lesson_problems(pack: Pack, script: Script) -> Iterator[Problem]:
    """What is wrong in lessons beyond their form: names that do not exist, places for nothing."""
    for identifier, located in pack.lessons.items():
        yield from _references(located, script)
        try:
            located.data.to_lesson(identifier, "1", "1", pack.desks.data.placeholders)
        except TemplateError as error:
            yield located.problem(str(error), "turns")


def _references(located: Located[LessonData], script: Script) -> Iterator[Problem]:
    data = located.data
    if data.desk not in script.desks:
        yield located.problem(f"there is no desk '{data.desk}'", "desk")
    rules = {rule.id for rule in script.rules}
    for i, rule_id in enumerate(data.trains):
        if rule_id not in rules:
            yield located.problem(f"there is no rule '{rule_id}'", "trains", i)
    for i, turn in enumerate(data.turns):
        yield from _cue(located, turn.when, script, ("turns", i))
    yield from _cue(located, data.ends.when, script, ("ends",))


def _cue(
    located: Located[LessonData], cue: CueData | None, script: Script, path: tuple[str | int, ...]
) -> Iterator[Problem]:
    for k, text in enumerate(cue.said if cue else ()):
        awaited = to_awaited(text)
        if awaited.words:
            continue
        situation = script.situations.get(awaited.situation_id)
        where = (*path, "when", "said", k)
        if situation is None:
            yield located.problem(f"there is no situation '{awaited.situation_id}'", *where)
        elif awaited.step is not None and situation.step(awaited.step) is None:
            yield located.problem(f"'{situation.id}' has no step {awaited.step}", *where)


def _example(name: str, placeholders: Mapping[str, PlaceholderData]) -> str:
    return placeholders[name].example if name in placeholders else ""
