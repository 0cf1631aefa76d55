"""`measure` of simple numbers: duration, how often, pause or time between sayings, hanging up."""

from __future__ import annotations

import re
from dataclasses import replace

from agent_assist.core.compliance.attention import TO_ALL, Attention
from agent_assist.core.compliance.certainty import LOST, NOISY
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import Listener, chars_of
from agent_assist.core.compliance.measure import AtEnd, measured, verdict_for
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.phonetics import sound_cost
from agent_assist.core.rules import Measure, Rule
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted
from agent_assist.core.text import spoken

END_NOT_HEARD = "没有听到办完的话"
LIKE_SURNAME = 0.3
"""Up to this cost a syllable may be the surname."""
_LEADS_IN = re.compile(
    r"(?:^|\W|好的?|是的?|对的?|行|嗯|哦|那|您好|谢谢您?|对不起|抱歉|不好意思|请问|[了吧呢啊吗])$"
)
"""After these a title has no name before it."""
LONGEST_NAME = 3
"""A title stands after so many characters of a name at most."""


class _Drawn(AtEnd):
    """A number that is known when the call has ended, and its verdict."""

    def _give(self, evidence: Evidence) -> list[Finding]:
        verdict = verdict_for(evidence.value or 0.0, self._check.band)
        return [self._judge.give(verdict, evidence)]


class DurationState(_Drawn):
    """How long the call was."""

    def on_end(self, call: CallFacts) -> list[Finding]:
        ended = call.ended_at_ms or 0
        if not applies(self._check.when, call):
            return []
        return self._give(
            measured(ended / 1000, self._check.band, self._check.unit, 0, ended, None)
        )


class HangupWaitState(_Drawn):
    """How long the agent waited, after the last word, before hanging up."""

    def on_end(self, call: CallFacts) -> list[Finding]:
        ended = call.ended_at_ms or 0
        last = max((t.end_ms for t in call.turns if t.is_speech), default=None)
        if last is None or not applies(self._check.when, call):
            return []
        if call.hung_up_by == "customer":
            return [self._judge.give("met", Evidence(last, ended, reason="客户先挂机"))]
        if call.hung_up_by != "agent":
            return []
        wait = max(0, ended - last) / 1000
        return self._give(
            measured(wait, self._check.band, self._check.unit, last, max(last, ended), None)
        )


class CountState(_Drawn):
    """In how many of the speaker's turns something is heard."""

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        super().__init__(rule, check)
        assert check.what is not None
        self._listener = Listener(check.what, script, desk)
        self.attends = Attention(listening=(self._listener.attends,))
        self._count = 0

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        self._count += self._listener.hears(settled) is not None
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        turns = [t for t in call.of(self._listener.selector.by) if len(t.turn.text)]
        if not turns or not applies(self._check.when, call):
            return []
        start, end = turns[0].start_ms, turns[-1].end_ms
        evidence = measured(self._count, self._check.band, self._check.unit, start, end, None)
        verdict = verdict_for(self._count, self._check.band)
        if verdict == "breach" and self._listener.lost(turns) > LOST:
            return [self._judge.give("undetermined", replace(evidence, reason=not_fair(turns)))]
        return [self._judge.give(verdict, evidence)]


class SurnameState(_Drawn):
    """In how many turns the agent addresses a customer who told his surname by it.

    Where it was known before the call, any form of address will do.
    """

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        super().__init__(rule, check)
        assert check.what is not None
        self._listener = Listener(check.what, script, desk)
        self._titles = chars_of(check.what.words)

    def on_end(self, call: CallFacts) -> list[Finding]:
        surname, turns = call.named
        if not surname or not turns or not applies(self._check.when, call):
            return []
        titled = [t for t in turns if self._listener.hears(t)]
        known = bool(call.context.values.get("surname"))
        count = sum(known or _is_called(surname, turn, self._titles) for turn in titled)
        start, end = turns[0].start_ms, turns[-1].end_ms
        evidence = measured(count, self._check.band, self._check.unit, start, end, None)
        verdict = verdict_for(count, self._check.band)
        lost = any(t.noise >= NOISY or _may_be_called(t, self._titles) for t in turns) or (
            not titled and self._listener.lost(turns) > LOST
        )
        if verdict == "breach" and lost:
            return [self._judge.give("undetermined", replace(evidence, reason=not_fair(turns)))]
        return [self._judge.give(verdict, evidence)]


def _is_called(surname: str, settled: SettledTurn, titles: tuple[str, ...]) -> bool:
    """Whether the surname, or what sounds like it, stands before a title, with a name between."""
    text, wanted = settled.turn.text, spoken(surname).syllables
    return any(
        sound_cost(wanted[0], syllable) <= LIKE_SURNAME
        for title in titles
        for found in re.finditer(title, text.chars)
        for syllable in text.syllables[max(0, found.start() - LONGEST_NAME) : found.start()]
    )


def _may_be_called(settled: SettledTurn, titles: tuple[str, ...]) -> bool:
    """Whether something stands before a title that may be a name heard wrong: 被先生 is 李先生."""
    text = settled.turn.text
    return any(
        not _LEADS_IN.search(text.given[: text.origin[found.start()]])
        for title in titles
        for found in re.finditer(title, text.chars)
    )


class PauseState:
    """The silence an agent leaves between two sayings, unless the customer speaks meanwhile."""

    attends = TO_ALL

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        assert check.what is not None and check.then is not None
        self._judge = Judge(rule, check.message)
        self._check = check
        self._what = Listener(check.what, script, desk)
        self._then = Listener(check.then, script, desk)
        self._said: Spotted | None = None
        self._quiet_from_ms = 0

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not settled.is_speech:
            return []
        if settled.channel != self._what.selector.by:
            return self._answered(settled)
        what, then = self._what.hears(settled), self._then.hears(settled)
        waiting, self._said = self._said, what
        quiet, self._quiet_from_ms = self._quiet_from_ms, settled.end_ms
        if what and then and then.start_ms >= what.end_ms:
            self._said = None
            return self._pause(what.end_ms, then.start_ms, settled)
        if waiting and then and not what:
            return self._pause(quiet, settled.start_ms, settled)
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        return []

    def _answered(self, settled: SettledTurn) -> list[Finding]:
        if self._said is None:
            return []
        said, self._said = self._said, None
        evidence = Evidence(said.start_ms, settled.end_ms, reason="客户已回答")
        return [self._judge.give("met", evidence)]

    def _pause(self, start_ms: int, end_ms: int, settled: SettledTurn) -> list[Finding]:
        pause = max(0, end_ms - start_ms) / 1000
        band, unit = self._check.band, self._check.unit
        evidence = measured(pause, band, unit, start_ms, max(start_ms, end_ms), settled.number)
        return [self._judge.give(verdict_for(pause, band), evidence)]


class SpanState(_Drawn):
    """The time something takes, from the words that begin it to those that tell its end."""

    def __init__(self, rule: Rule, check: Measure, script: Script, desk: str) -> None:
        super().__init__(rule, check)
        assert check.what is not None and check.then is not None
        self._what = Listener(check.what, script, desk)
        self._then = Listener(check.then, script, desk)
        self.attends = Attention(listening=(self._what.attends, self._then.attends))
        self._begun: Spotted | None = None

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not applies(self._check.when, call):
            return []
        begun, what, then = self._begun, self._what.hears(settled), self._then.hears(settled)
        if begun is None and what:
            begun = what
        if begun and then and then.start_ms >= begun.end_ms:
            self._begun = None
            return self._give(self._taken(begun.end_ms, then.start_ms, settled.number))
        self._begun = begun
        return []

    def on_end(self, call: CallFacts) -> list[Finding]:
        """Nobody told the end: a call that went on too long leaves it open."""
        if self._begun is None:
            return []
        evidence = self._taken(self._begun.end_ms, call.ended_at_ms or 0, self._begun.turn)
        if verdict_for(evidence.value or 0.0, self._check.band) == "met":
            return []
        return [self._judge.give("undetermined", replace(evidence, reason=END_NOT_HEARD))]

    def _taken(self, start_ms: int, end_ms: int, turn: int) -> Evidence:
        band, unit = self._check.band, self._check.unit
        return measured((end_ms - start_ms) / 1000, band, unit, start_ms, end_ms, turn)
