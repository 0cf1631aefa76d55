"""`measure` of how the two sides talk: pace against pace, questions echoed, share of the talk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from agent_assist.core.compliance.asking import is_question
from agent_assist.core.compliance.attention import TO_ALL, Attention
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import ABSENCE_CONFIDENCE, Listener, is_fair
from agent_assist.core.compliance.measure import AtEnd, measured, verdict_for
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR
from agent_assist.core.events import Channel, Evidence, Finding
from agent_assist.core.rules import Measure, Rule
from agent_assist.core.script import Script
from agent_assist.core.text import DIGIT_CHARACTERS

LEAST_CHARS = 4
"""Shorter turns (好的, 嗯对) tell nothing about a pace."""
QUESTION_CHARS = 5
"""So long a turn of the customer can be echoed; a shorter one can hardly be avoided."""
ECHO = 70.0
"""Likeness (per cent) of a question's syllables to the best part of the turn that echoes it."""
ASKED_BACK = 65.0
"""Share (per cent) of the shorter one's syllables that a question asked back has in common."""
LEAST_COMMON = 0.5
"""Share of the shorter one's syllables without which neither can be."""
_LEFT_OUT = frozenset("我你您的了吗呢啊吧嘛呀就是想要请问一下那个") | DIGIT_CHARACTERS
"""What changes, or says nothing, when somebody repeats another's words."""


class _OfBoth(AtEnd):
    """A number of the two sides that is known when the call has ended."""

    def on_end(self, call: CallFacts) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        if not call.context.hears_customer:
            evidence = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        return self._decide(call)

    def _decide(self, call: CallFacts) -> list[Finding]:
        raise NotImplementedError

    def _give(self, value: float, turns: Sequence[SettledTurn]) -> list[Finding]:
        """The verdict on a number drawn from these turns."""
        start, end = turns[0].start_ms, max(t.end_ms for t in turns)
        evidence = measured(value, self._check.band, self._check.unit, start, end, None)
        verdict = verdict_for(value, self._check.band)
        if verdict == "breach" and not is_fair(t for t in turns if len(t.turn.text)):
            return [self._judge.give("undetermined", replace(evidence, reason=NOT_FAIR))]
        return [self._judge.give(verdict, evidence)]


class PaceRatioState(_OfBoth):
    """The agent's pace over the customer's; with ``what``, after that was asked over before.

    Asked ``times`` over, the talk after the last of these is held against all before.
    """

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        super().__init__(rule, check)
        self._asked = Listener(check.what, script, desk) if check.what else None
        self.attends = Attention(listening=(self._asked.attends,) if self._asked else ())
        self._asked_ms: int | None = None
        self._times = 0

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._asked and self._times < self._check.times and self._asked.hears(settled):
            self._times += 1
            if self._times == self._check.times:
                self._asked_ms = settled.start_ms
        return []

    def _decide(self, call: CallFacts) -> list[Finding]:
        agent = _long_turns(call, "agent")
        if self._asked:
            if self._asked_ms is None:
                return []
            above = [t for t in agent if t.start_ms > self._asked_ms]
            below = [t for t in agent if t.start_ms <= self._asked_ms]
        else:
            above, below = agent, _long_turns(call, "customer")
        least_ms = max(1.0, self._check.min_s * 1000)
        if _talk_ms(above) < least_ms or _talk_ms(below) < least_ms:
            return []
        return self._give(_pace(above) / _pace(below), sorted([*below, *above], key=_start))


class TalkShareState(_OfBoth):
    """The agent's share of all talk, from where the customer said ``what``."""

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        super().__init__(rule, check)
        assert check.what is not None
        self._what = Listener(check.what, script, desk)
        self.attends = Attention(listening=(self._what.attends,))
        self._from: int | None = None

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._from is None and settled.is_speech and self._what.hears(settled):
            self._from = len(call.turns) - 1
        return []

    def _decide(self, call: CallFacts) -> list[Finding]:
        if self._from is None:
            return []
        since = [t for t in call.turns[self._from :] if t.is_speech]
        total_ms = _talk_ms(since)
        if total_ms < max(1.0, self._check.min_s * 1000):
            return []
        agent_ms = _talk_ms([t for t in since if t.channel == "agent"])
        return self._give(100 * agent_ms / total_ms, since)


@dataclass(slots=True)
class _Question:
    """What the customer said, and the agent's turns that said it again."""

    asked: SettledTurn
    words: list[str]
    known: frozenset[str]
    echoes: list[SettledTurn] = field(default_factory=list)


class EchoState(_OfBoth):
    """How often the agent repeats one and the same clear question of the customer's.

    Numbers are to be repeated and do not count; nor does a question that the customer changed.
    """

    attends = TO_ALL

    def __init__(self, rule: Rule, check: Measure) -> None:
        super().__init__(rule, check)
        self._questions: list[_Question] = []

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        words = _content(settled)
        if settled.channel == "customer":
            self._ask(settled, words)
        else:
            for question in self._questions:
                if _echoes(question, words, settled):
                    question.echoes.append(settled)
        return []

    def _ask(self, settled: SettledTurn, words: list[str]) -> None:
        sure = settled.turn.utterance.confidence >= ABSENCE_CONFIDENCE
        clear = sure and not settled.is_foreign
        again = any(fuzz.ratio(q.words, words) >= ECHO for q in self._questions)
        if clear and not again and len(words) >= QUESTION_CHARS:
            self._questions.append(_Question(settled, words, frozenset(words)))

    def _decide(self, call: CallFacts) -> list[Finding]:
        if not self._questions:
            return []
        most = max(self._questions, key=lambda q: len(q.echoes))
        return self._give(len(most.echoes), [most.asked, *most.echoes])


def _echoes(question: _Question, words: list[str], settled: SettledTurn) -> bool:
    """Whether the agent says the customer's words again, in their order or asked back."""
    asked = question.words
    if len(words) < QUESTION_CHARS:
        return False
    known = map(question.known.__contains__, words)
    if sum(known) < LEAST_COMMON * min(len(asked), len(words)):
        return False
    if fuzz.partial_ratio(asked, words) >= ECHO:
        return True
    common = (Counter(asked) & Counter(words)).total()
    return is_question(settled) and 100 * common >= ASKED_BACK * min(len(asked), len(words))


def _content(settled: SettledTurn) -> list[str]:
    """The syllables of what was said, homophones alike."""
    text = settled.turn.text
    return [s for c, s in zip(text.chars, text.syllables, strict=True) if c not in _LEFT_OUT]


def _long_turns(call: CallFacts, channel: Channel) -> list[SettledTurn]:
    return [t for t in call.of(channel) if len(t.turn.text) >= LEAST_CHARS]


def _talk_ms(turns: Sequence[SettledTurn]) -> int:
    return sum(t.end_ms - t.start_ms for t in turns)


def _pace(turns: Sequence[SettledTurn]) -> float:
    return sum(len(t.turn.text) for t in turns) / _talk_ms(turns)


def _start(settled: SettledTurn) -> int:
    return settled.start_ms
