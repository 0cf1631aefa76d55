"""Practice by typing: the lessons' own lines break no rule, and a broken rule is told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from agent_assist.adapters.event_log import read_log
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.practice import Classroom, Practice, practise_typed
from agent_assist.apps.practice_lessons import find_lesson, lessons_of
from agent_assist.apps.practice_text import TypedSpeech, length_ms
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.core.events import CallEnded, Finding, Settled, Utterance
from agent_assist.core.lesson import Lesson
from agent_assist.core.lesson_result import LessonResult
from agent_assist.core.pipeline import Judgement
from agent_assist.settings import DEFAULT_MODEL, DEFAULT_SCRIPT
from tests.lessons import typed

PACK: Pack = read_pack(DEFAULT_SCRIPT)
LESSONS: list[Lesson] = lessons_of(PACK)


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop(PACK)


@pytest.fixture
def room(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The script is compiled once for all tests."""

    def open_room(practice: Practice) -> Classroom:
        lesson = find_lesson(LESSONS, practice.case)
        return Classroom(workshop, LESSONS, lesson)

    monkeypatch.setattr(Classroom, "open", open_room)


def practise(case: str, lines: str, out: Path) -> tuple[LessonResult, str]:
    shown = io.StringIO()
    practice = Practice(DEFAULT_SCRIPT, DEFAULT_MODEL, out, case)
    return practise_typed(practice, io.StringIO(lines), shown), shown.getvalue()


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lessons_own_lines_break_no_rule(lesson: Lesson, tmp_path: Path) -> None:
    result, shown = practise(lesson.id, typed(lesson), tmp_path)
    assert [f"{f.rule_id}: {f.message}" for f in result.breaches] == []
    assert result.scorecard.total == 100.0
    assert [exchange.missed for exchange in result.exchanges if exchange.missed] == []
    said = [line.text for line in lesson.customer_lines]
    _, events = read_log(tmp_path / f"{lesson.id}.events.jsonl")
    heard = [e for e in events if isinstance(e, Utterance)]
    assert [e.text for e in heard if e.channel == "customer"] == said
    [ended] = [e for e in events if isinstance(e, CallEnded)]
    assert ended.hung_up_by == lesson.ends_by
    assert f"成绩 {lesson.title}" in shown and "总分：100.0 分" in shown


@pytest.mark.usefixtures("room")
def test_what_was_typed_is_judged_again_alike(workshop: Workshop, tmp_path: Path) -> None:
    practise("18", typed(LESSONS[17]), tmp_path)
    _, events = read_log(tmp_path / "18-long-hold.events.jsonl")
    call = workshop.open(tmp_path / "18-long-hold.call.yaml", Overrides())
    judgement = Judgement(workshop.phrases, call.context)
    again = [e for heard in call.events for e in judgement.feed(heard)]

    def findings(log: list[object]) -> set[tuple[str, str, float | None]]:
        return {(e.rule_id, e.verdict, e.evidence.value) for e in log if isinstance(e, Finding)}

    assert findings(list(events)) == findings(list(again))


@pytest.mark.usefixtures("room")
def test_a_broken_rule_is_told_with_what_to_do(tmp_path: Path) -> None:
    mandated = "对不起，让您久等了，我将尽快帮您处理。"
    lines = typed(LESSONS[22]).replace(mandated, "喂，不好意思，我是新手啦。")
    result, shown = practise("23", lines, tmp_path)
    assert {f.rule_id for f in result.breaches} == {"taboo"}
    assert result.scorecard.total is not None and result.scorecard.total < 100
    assert "要改进的：" in shown and "✗ [" in shown and "可以说：" in shown
    assert f"示范：{mandated}" in shown and "你说的：喂，不好意思" in shown
    assert "下一课：23-slow　再练一次" in shown
    report = (tmp_path / "23-slow.report.html").read_text("utf-8")
    assert "练习：客户嫌慢" in report and "没有说到" in report


@pytest.mark.usefixtures("room")
def test_hanging_up_on_a_customer_is_fatal(tmp_path: Path) -> None:
    result, shown = practise("5", "您好！中国移动，很高兴为您服务！\n/挂机\n", tmp_path)
    assert result.scorecard.total == 0.0
    assert "有致命项：time-silence-no-early-hangup" in shown
    assert "没有说到的规定用语：" in shown and "结束  座席挂机" in shown


@pytest.mark.usefixtures("room")
def test_times_are_as_they_were_typed(tmp_path: Path) -> None:
    practise(
        "5", "+2.5 您好！中国移动，很高兴为您服务！\n\n+4\n请问您能听到我的声音吗？\n", tmp_path
    )
    _, events = read_log(tmp_path / "05-silent.events.jsonl")
    first, second = [e for e in events if isinstance(e, Utterance)]
    assert first.start_ms == 2_500
    assert second.start_ms == first.end_ms + 3_000 + 4_000 + 800
    assert "time-greet-2s" in {
        e.rule_id for e in events if isinstance(e, Finding) and e.verdict == "breach"
    }


@pytest.mark.usefixtures("room")
def test_no_call_is_overwritten(tmp_path: Path) -> None:
    for _ in range(2):
        practise("32", typed(LESSONS[31]), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [
        f"32-busy-customer{number}.{suffix}"
        for number in ("-2", "")
        for suffix in ("call.yaml", "events.jsonl", "report.html")
    ]


def test_speech_that_overlaps_is_told_in_the_order_it_becomes_known() -> None:
    speech = TypedSpeech()
    speech.say("agent", "请问还有什么可以帮您", 1_000)
    speech.say("customer", "喂", 1_500)
    events = list(speech.until(3_150))
    told = [e.at_ms for e in events if not isinstance(e, Settled)]
    assert told == sorted(told) and len(told) == 6
    assert events[-1] == Settled(3_150)
    speech.say("agent", "好的", 4_000)
    assert list(speech.until(4_200))[-1] == Settled(4_000), "what is being said is not known yet"


def test_a_text_takes_as_long_as_it_has_syllables() -> None:
    assert length_ms("对") == 400
    assert length_ms("10086") == 5 * 215
