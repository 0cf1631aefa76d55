"""Practice calls: the program is the customer, the agent answers, and a score closes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from agent_assist.apps.calls import TRANSCRIPT, Workshop
from agent_assist.apps.practice_book import PracticeBook
from agent_assist.apps.practice_lessons import find_lesson, lessons_of
from agent_assist.apps.practice_text import HANG_UP, TypedCall
from agent_assist.apps.replay import TextSink
from agent_assist.apps.run import run
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Channel, Event
from agent_assist.core.lesson import Customer, Lesson
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.pipeline import Judgement
from agent_assist.ui.lesson_text import closing_lines, list_lines, opening_lines

BOTH: tuple[Channel, ...] = ("agent", "customer")
TYPED_HELP = f"轮到你时输入要说的话。+5 开头：沉默五秒再说；空行：沉默；{HANG_UP}：挂机"
_MARK = "座席> "


@dataclass(frozen=True, slots=True)
class Practice:
    """Who practises what, and where it is kept."""

    script: Path
    model: Path
    out: Path
    case: str
    agent_id: str = ""
    agent_name: str = ""


@dataclass(frozen=True, slots=True)
class Classroom:
    """What a practice call needs: the script with its index, all lessons, and the one chosen."""

    workshop: Workshop
    lessons: list[Lesson]
    lesson: Lesson

    @classmethod
    def open(cls, practice: Practice) -> Classroom:
        """Raises BadInputError for a lesson that is not there."""
        pack = read_pack(practice.script)
        lessons = lessons_of(pack, practice.agent_id, practice.agent_name)
        lesson = find_lesson(lessons, practice.case)
        return cls(Workshop(pack, practice.model), lessons, lesson)

    @property
    def titles(self) -> dict[str, str]:
        """The situations' Chinese names."""
        return {s.id: s.title for s in self.workshop.phrases.script.situations.values()}


def list_lessons(script: Path, out: TextIO) -> None:
    """Print one line for each lesson."""
    print_lines(list_lines(lessons_of(read_pack(script))), out)


def practise_typed(practice: Practice, typed: TextIO, out: TextIO) -> LessonResult:
    """One call from typed lines: needs no sound and no model."""
    room = Classroom.open(practice)
    customer = Customer(room.lesson)
    book = PracticeBook(
        room.workshop,
        room.lessons,
        customer,
        practice.out,
        None,
        TRANSCRIPT,
        [TextSink(out, room.titles)],
    )
    print_lines([*opening_lines(room.lesson), TYPED_HELP], out)
    call = TypedCall(customer, _reader(typed, out))
    judge_call(room, book, call, BOTH)
    book.keep_transcript(room.lesson.meta)
    return conclude(room, book, out)


def judge_call(
    room: Classroom, book: PracticeBook, heard: Iterable[Event], channels: tuple[Channel, ...]
) -> None:
    """Judge what is heard of a call, event by event, so that its customer follows it."""
    meta = room.lesson.meta
    judgement = Judgement(room.workshop.phrases, room.workshop.context(meta, channels))
    with book(meta) as sink:
        run([meta.to_call_started(channels)], judgement, [sink])
        run(heard, judgement, [sink])


def conclude(room: Classroom, book: PracticeBook, out: TextIO) -> LessonResult:
    """Write the report and show how it went."""
    result, report = book.finish(room.lesson.meta)
    print_lines([*closing_lines(result), f"报告：{report}"], out)
    return result


def print_lines(lines: Iterable[str], out: TextIO) -> None:
    """Print and flush, so that nobody waits for a line."""
    for line in lines:
        print(line, file=out, flush=True)


def _reader(typed: TextIO, out: TextIO) -> Callable[[], str]:
    def read() -> str:
        if typed.isatty():
            print(_MARK, end="", file=out, flush=True)
        line = typed.readline()
        if not line:
            raise EOFError
        return line

    return read
