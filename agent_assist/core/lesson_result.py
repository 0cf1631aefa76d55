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


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn of the agent: ``customer`` is what he answered, empty at the beginning.

    ``expected`` are the example's lines, ``said`` is what was recognised. ``missed`` are the lines
    with a wording of the script that was not said; ``mandated`` is whether there are any with one.
    """

    customer: str
    expected: tuple[str, ...]
    said: str
    missed: tuple[str, ...]
    mandated: bool


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
            span_ms = (from_ms, to_ms)
            exchanges.append(_exchange(before, tuple(expected), _within(log, span_ms), matcher))
        if turn is not None:
            before, expected, count = turn.text, [], count + 1
    return tuple(exchanges)


def _within(
    log: tuple[Event, ...], span_ms: tuple[int | None, int | None]
) -> list[Utterance | PhraseMatch]:
    """What the agent said, and what it matched, that began in a span; without a start nothing."""
    from_ms, to_ms = span_ms
    return [
        e
        for e in log
        if isinstance(e, Utterance | PhraseMatch) and e.channel == "agent" and from_ms is not None
        if from_ms <= e.start_ms and (to_ms is None or e.start_ms < to_ms)
    ]


def _exchange(
    before: str,
    expected: tuple[str, ...],
    heard: list[Utterance | PhraseMatch],
    matcher: Matcher,
) -> Exchange:
    matches = [e for e in heard if isinstance(e, PhraseMatch)]
    steps = {(e.situation_id, e.step) for e in matches}
    others = {situation for e in matches for situation in e.also}
    wanted = {
        line: [
            {owner for owner in match.owners if isinstance(owner, tuple)}
            for match in matcher.find(spoken(line))
        ]
        for line in expected
    }
    missed = tuple(
        line
        for line, wordings in wanted.items()
        if not all(w & steps or {owner[0] for owner in w} & others for w in wordings)
    )
    said = "".join(e.text for e in heard if isinstance(e, Utterance))
    return Exchange(before, expected, said, missed, any(wanted.values()))


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
