"""Lessons are found by whatever names them, and what is wrong in them is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.apps.practice_lessons import find_lesson, lesson_problems, lessons_of
from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.core.lesson import Lesson
from agent_assist.errors import BadInputError
from agent_assist.settings import DEFAULT_SCRIPT
from tests.lessons import SHORT, pack_with_short_lesson


@pytest.fixture(scope="module")
def lessons() -> list[Lesson]:
    return lessons_of(read_pack(DEFAULT_SCRIPT))


def test_there_is_a_lesson_for_each_of_the_thirty_calls(lessons: list[Lesson]) -> None:
    numbers = [int(lesson.id.split("-")[0]) for lesson in lessons]
    assert numbers == list(range(1, len(lessons) + 1)) and len(lessons) >= 30
    assert len({lesson.title for lesson in lessons}) == len(lessons)


@pytest.mark.parametrize("wanted", ["1", "01", "query", "01-query"])
def test_a_lesson_has_several_names(lessons: list[Lesson], wanted: str) -> None:
    assert find_lesson(lessons, wanted).id == "01-query"


def test_an_unknown_lesson_names_the_nearest(lessons: list[Lesson]) -> None:
    with pytest.raises(BadInputError, match=r"no lesson 'complain'.*21-complaint.*--list"):
        find_lesson(lessons, "complain")


def test_a_pack_without_lessons_says_so() -> None:
    with pytest.raises(BadInputError, match="has no lessons"):
        find_lesson([], "1")


def problems(pack: Pack) -> list[str]:
    return [
        f"{Path(p.file).name}:{p.line}: {p.message}"
        for p in lesson_problems(pack, compile_pack(pack))
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("desk: general", "desk: night", "90-short.yaml:4: there is no desk 'night'"),
        ("[word-greeting]", "[word-x]", "90-short.yaml:3: there is no rule 'word-x'"),
        ("[anything-else]", "[no-such]", "90-short.yaml:11: there is no situation 'no-such'"),
        ("[anything-else]", "[hold-end.9]", "90-short.yaml:11: 'hold-end' has no step 9"),
        ("{{ agent_id }}", "{{ nobody }}", "placeholder 'nobody' is not declared"),
    ],
)
def test_names_that_do_not_exist_are_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    folder = pack_with_short_lesson(tmp_path)
    file = folder / "lessons" / "90-short.yaml"
    file.write_text(SHORT.replace(old, new), encoding="utf-8")
    [problem] = problems(read_pack(folder))
    assert told in problem


def test_lessons_do_not_change_what_calls_are_judged_by(tmp_path: Path) -> None:
    before = read_pack(DEFAULT_SCRIPT).digest
    assert read_pack(pack_with_short_lesson(tmp_path)).digest == before


def test_the_bundled_lessons_are_sound(tmp_path: Path) -> None:
    assert problems(read_pack(pack_with_short_lesson(tmp_path))) == []
