"""What is shown of a lesson in a terminal."""

from __future__ import annotations

from agent_assist.core.call import CallMeta
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.lesson import Lesson, LineSound
from agent_assist.core.lesson_result import Exchange, LessonResult
from agent_assist.core.scoring import Scorecard, Section, SectionScore
from agent_assist.ui.lesson_text import closing_lines, list_lines, opening_lines

META = CallMeta(
    "01-a",
    desk="vip",
    started_at="2026-10-01T09:00:00+08:00",
    direction="outbound",
    customer_surname="王",
    customer_title="女士",
)
LESSON = Lesson("01-a", "查话费", ("问候", "致谢"), (), META, (), None, LineSound())


def result(*breaches: Finding, total: float | None = 91.5, missed: bool = False) -> LessonResult:
    section = Section("timing", "时限", 15.0, "procedure", ())
    scores = (SectionScore(section, 0.0, ()), SectionScore(section, None, ()))
    card = Scorecard("s", total, (), scores, {}, (), ())
    lines = ("我帮您重复一下：13800000001，对吗？",)
    turn = Exchange("是13800000001", lines, "", lines if missed else (), True)
    return LessonResult(LESSON, (turn,), breaches, card, LESSON if breaches else None)


def breach(rule: str, at_ms: int, replacement: str = "") -> Finding:
    evidence = Evidence(at_ms, at_ms + 100, replacement=replacement)
    return Finding(at_ms, rule, "breach", "major", f"规则{rule}", "说得不对", evidence)


def test_the_list_names_each_lesson() -> None:
    [line] = list_lines([LESSON])
    assert line.split() == ["01-a", "查话费：问候；致谢"]


def test_before_the_call_one_knows_who_where_and_what_for() -> None:
    text = "\n".join(opening_lines(LESSON))
    for part in ("01-a", "VIP专席，外呼，2026-10-01 09:00", "王女士", "· 问候", "· 致谢"):
        assert part in text


def test_a_good_call_is_told_in_few_lines() -> None:
    lines = list(closing_lines(result()))
    assert lines[1:] == [
        "总分：91.5 分",
        "分项：时限 0/15",
        "没有违规。",
        "下一课：全部课程已到最后一课",
    ]


def test_what_was_missed_and_broken_is_told_masked() -> None:
    text = "\n".join(
        closing_lines(result(breach("b", 4_000, "请稍候"), breach("b", 9_000), missed=True))
    )
    assert text.count("规则b") == 1 and "00:04.0、00:09.0" in text and "[严重]" in text
    assert "可以说：请稍候" in text and "再练一次" in text
    assert "你说的：（没有说）" in text
    assert "13800000001" not in text and "138****0001" in text


def test_nothing_judged_is_no_number() -> None:
    assert "总分：不适用（没有能判定的项目）" in list(closing_lines(result(total=None)))
