"""Practice in a terminal: the list of lessons, what a lesson is about, and how it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from agent_assist.core.lesson import Lesson
from agent_assist.core.lesson_result import Exchange, LessonResult
from agent_assist.core.masking import mask
from agent_assist.ui.labels import DESKS, SEVERITIES, clock, measured

_INDENT = "  "


def list_lines(lessons: Iterable[Lesson]) -> Iterator[str]:
    """One line a lesson: id, title, and what is practised."""
    for lesson in lessons:
        yield f"{lesson.id:<24}{lesson.title}：{'；'.join(lesson.goals)}"


def opening_lines(lesson: Lesson) -> Iterator[str]:
    """What the agent should know before the call."""
    meta = lesson.meta
    yield f"── 练习 {lesson.id}　{lesson.title} ──"
    call = "外呼" if meta.direction == "outbound" else "呼入"
    yield f"{DESKS.get(meta.desk, meta.desk)}，{call}，{meta.started_at[:16].replace('T', ' ')}"
    if meta.customer_surname:
        yield f"客户：{meta.customer_surname}{meta.customer_title}"
    yield "要练的："
    for goal in lesson.goals:
        yield f"{_INDENT}· {goal}"


def closing_lines(result: LessonResult) -> Iterator[str]:
    """Score, what was missed, what to improve, and what to practise next."""
    card = result.scorecard
    total = "不适用（没有能判定的项目）" if card.total is None else f"{card.total:.1f} 分"
    fatal = f"（有致命项：{'、'.join(card.fatal)}）" if card.fatal else ""
    yield f"── 成绩 {result.lesson.title} ──"
    yield f"总分：{total}{fatal}"
    scores = [
        f"{part.section.title} {part.score:g}/{part.section.points:g}"
        for part in card.sections
        if part.score is not None
    ]
    if scores:
        yield f"分项：{'，'.join(scores)}"
    yield from _missed(result.exchanges)
    yield from _improvements(result)
    yield f"下一课：{_following(result)}"


def _missed(exchanges: Iterable[Exchange]) -> Iterator[str]:
    missed = [exchange for exchange in exchanges if exchange.missed]
    if missed:
        yield "没有说到的规定用语："
    for exchange in missed:
        answered = f"客户说「{mask(exchange.customer)}」之后" if exchange.customer else "接通之后"
        for line in exchange.missed:
            yield f"{_INDENT}{answered}，示范：{mask(line)}"
        yield f"{_INDENT}{_INDENT}你说的：{mask(exchange.said) or '（没有说）'}"


def _improvements(result: LessonResult) -> Iterator[str]:
    """Each broken rule once, the gravest kind as it came."""
    if not result.breaches:
        yield "没有违规。"
        return
    yield "要改进的："
    ordered = sorted(result.breaches, key=lambda finding: finding.rule_id)
    for _, group in groupby(ordered, key=lambda finding: finding.rule_id):
        findings = list(group)
        first = findings[0]
        fact = measured(first.evidence, first.verdict) or first.message
        times = "、".join(clock(f.evidence.start_ms) for f in findings)
        yield f"{_INDENT}✗ [{SEVERITIES[first.severity]}] {first.title}：{mask(fact)}（{times}）"
        if first.evidence.replacement:
            yield f"{_INDENT}{_INDENT}可以说：{mask(first.evidence.replacement)}"


def _following(result: LessonResult) -> str:
    following = result.following
    if following is None:
        return "全部课程已到最后一课"
    if following is result.lesson or following.id == result.lesson.id:
        return f"{following.id}　再练一次"
    return f"{following.id}　{following.title}"
