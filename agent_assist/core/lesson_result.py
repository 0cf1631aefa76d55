"""What became of a practice call: each turn's expected lines beside what was said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_assist.core.events import Event, Finding, PhraseMatch, Utterance
from agent_assist.core.lesson import AgentLine, Customer, Lesson
from agent_assist.core.matching import Matcher
from agent_assist.core.scoring import Scorecard
from agent_assist.core.text import spoken

ENOUGH = 80.0
"""From this score on, and without a breach, a lesson counts as learnt."""

Owner = tuple[str, int]
"""A situation and its step."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the agent: ``customer`` is what he answered, empty at the beginning.

    ``expected`` is the example's line, ``said`` what was recognised. ``done`` tells whether the
    script's wordings in the example were said; None when the example has none.
    """

    customer: str
    expected: str
    said: str
    done: bool | None


@dataclass(frozen=True, slots=True)
class LessonResult:
    """A practice call's outcome; ``breaches`` in the order of their moments."""

    lesson: Lesson
    exchanges: tuple[Exchange, ...]
    breaches: tuple[Finding, ...]
    scorecard: Scorecard
    following: Lesson | None

    @property
    def learnt(self) -> bool:
        total = self.scorecard.total
        return not self.breaches and total is not None and total >= ENOUGH


def fold_lesson(
    customer: Customer,
    events: Iterable[Event],
    matcher: Matcher,
    scorecard: Scorecard,
    lessons: Sequence[Lesson],
) -> LessonResult:
    """The outcome of a call with this customer; ``lessons`` are all, in their order."""
    log = tuple(events)
    lesson = customer.lesson
    breaches = tuple(e for e in log if isinstance(e, Finding) and e.verdict == "breach")
    result = LessonResult(lesson, _exchanges(customer, log, matcher), breaches, scorecard, None)
    following = _following(result, lessons)
    return LessonResult(lesson, result.exchanges, breaches, scorecard, following)


def _exchanges(
    customer: Customer, log: tuple[Event, ...], matcher: Matcher
) -> tuple[Exchange, ...]:
    """One for each run of the agent's lines between two of the customer's."""
    starts = [0, *(start_ms for start_ms, _ in customer.spoken_at)]
    exchanges: list[Exchange] = []
    before, expected, count = "", list[str](), 0
    for turn in (*customer.lesson.turns, None):
        if isinstance(turn, AgentLine):
            expected.append(turn.text)
            continue
        if expected:
            from_ms = starts[count] if count < len(starts) else None
            to_ms = starts[count + 1] if count + 1 < len(starts) else None
            exchanges.append(_exchange(before, "".join(expected), log, (from_ms, to_ms), matcher))
        if turn is not None:
            before, expected, count = turn.text, [], count + 1
    return tuple(exchanges)


def _exchange(
    before: str,
    expected: str,
    log: tuple[Event, ...],
    span_ms: tuple[int | None, int | None],
    matcher: Matcher,
) -> Exchange:
    from_ms, to_ms = span_ms

    def inside(start_ms: int) -> bool:
        return from_ms is not None and from_ms <= start_ms and (to_ms is None or start_ms < to_ms)

    said = [
        e for e in log if isinstance(e, Utterance) and e.channel == "agent" and inside(e.start_ms)
    ]
    matched = {
        situation
        for e in log
        if isinstance(e, PhraseMatch) and inside(e.start_ms)
        for situation in (e.situation_id, *e.also)
    }
    wanted = [
        {owner[0] for owner in match.owners if isinstance(owner, tuple)}
        for match in matcher.find(spoken(expected))
    ]
    done = all(owners & matched for owners in wanted) if wanted else None
    return Exchange(before, expected, "".join(e.text for e in said), done)


def _following(result: LessonResult, lessons: Sequence[Lesson]) -> Lesson | None:
    """Once more if it was not learnt, else one on what was broken elsewhere, else the next."""
    own = [lesson.id for lesson in lessons].index(result.lesson.id)
    if not result.learnt:
        broken = {finding.rule_id for finding in result.breaches}
        if broken and not broken & set(result.lesson.trains):
            others = (each for each in lessons if each is not lessons[own])
            return next((o for o in others if broken & set(o.trains)), result.lesson)
        return result.lesson
    return lessons[own + 1] if own + 1 < len(lessons) else None
