"""`respond` with ``repeat``: a telephone number the customer dictated must be read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz

from agent_assist.core.compliance.attention import TO_ALL
from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.digits import (
    LEAST_DIGITS,
    LOST_IN_NOISE,
    NUMBER_DIGITS,
    SURE_DIGITS,
    SURE_SHARE,
    groups,
    is_mobile,
    likeness,
)
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import all_fair
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding, Verdict
from agent_assist.core.rules import Respond, Rule
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText, spoken

PIECE_GAP_MS = 6000
"""Longest pause between two groups of the same number."""
SAME_NUMBER = 0.8
SAME_IN_NOISE = 0.6
"""Share of digits in order from which two numbers are one, with a slip or a mishearing."""
HOTLINE = "10086"
HOTLINE_LIKENESS, HOTLINE_IN_NOISE = 80, 70
"""A group of digits so like the hotline's own number (in per cent) is no part of a read-back."""
PARTLY, PARTLY_IN_NOISE = 0.37, 0.45
"""From this share on the recogniser may have lost the rest: nobody can tell."""
_OTHER_NUMBERS = ("证件", "身份证", "密码", "验证码", "账号", "卡号", "工号", "订单", "流水号")
_PHONE = ("手机", "电话号", "号码是", "本机")
_CONFIRMED = ("对", "是的", "没错", "正确", "嗯对")


@dataclass(slots=True)
class _Number:
    """A dictated number that waits to be read back; ``turns`` counts the agent's since.

    ``noisy``: characters are heard wrong, so that sounds count.
    """

    asked: SettledTurn
    digits: str
    noisy: bool
    turns: int = 0
    best: float = 0.0
    answers: list[SettledTurn] = field(default_factory=list)


class ReadBackState:
    attends = TO_ALL

    def __init__(self, rule: Rule, check: Respond) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._within = check.within_turns or 3
        self._open: _Number | None = None
        self._done: list[str] = []
        self._piece, self._piece_end_ms = "", 0
        self._last_agent = spoken("")
        self._agent_spoke_last = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not len(settled.turn.text) or not applies(self._check.when, call):
            return []
        if settled.channel == "agent":
            findings = self._answer(settled)
            self._last_agent = settled.turn.text
        else:
            findings = self._confirm(settled) or self._listen(settled)
        self._agent_spoke_last = settled.channel == "agent"
        return findings

    def on_end(self, call: CallFacts) -> list[Finding]:
        if not call.context.hears_customer:
            evidence = Evidence(0, call.ended_at_ms or 0, reason=CUSTOMER_NOT_RECORDED)
            return [self._judge.give("undetermined", evidence)]
        if self._open is None:
            return []
        cut_off = not self._open.answers and call.hung_up_by != "agent"
        return [self._close("通话在座席回应之前结束" if cut_off else "")]

    def _listen(self, settled: SettledTurn) -> list[Finding]:
        """Take up a dictated number, in one go or in groups over several turns."""
        text, noisy = settled.turn.text, _is_blurred(settled.turn.text, settled.noise)
        asked_for = self._last_agent + text
        is_phone = _says(asked_for, _PHONE, noisy)
        if _says(asked_for, _OTHER_NUMBERS, noisy) and not is_phone:
            return []
        least = LEAST_DIGITS - LOST_IN_NOISE if is_phone and noisy else LEAST_DIGITS
        for piece in groups(text, noisy):
            joined = self._piece + piece
            pause = settled.start_ms - self._piece_end_ms
            if not self._piece or len(joined) > NUMBER_DIGITS or pause > PIECE_GAP_MS:
                joined = piece
            self._piece, self._piece_end_ms = joined, settled.end_ms
            if is_mobile(joined, least, noisy):
                return self._ask(joined, settled, noisy)
        return []

    def _ask(self, digits: str, settled: SettledTurn, noisy: bool) -> list[Finding]:
        least = _same_from(noisy)
        if any(likeness(digits, done) >= least for done in self._done):
            return []
        waiting = self._open
        if waiting and (
            digits.startswith(waiting.digits) or _is_same(digits, waiting.digits, least)
        ):
            self._open = _Number(waiting.asked, digits, noisy or waiting.noisy)
            return []
        findings = [self._close()] if waiting else []
        self._open = _Number(settled, digits, noisy)
        return findings

    def _answer(self, settled: SettledTurn) -> list[Finding]:
        waiting = self._open
        if waiting is None:
            return []
        if not self._agent_spoke_last or not waiting.answers:
            waiting.turns += 1
        if waiting.turns > self._within:
            return [self._close()]
        waiting.answers.append(settled)
        waiting.noisy |= _is_blurred(settled.turn.text, settled.noise)
        read_out = "".join(_read_out(answer, waiting.noisy) for answer in waiting.answers)
        waiting.best = likeness(waiting.digits, read_out)
        return [self._close()] if waiting.best >= 1.0 else []

    def _confirm(self, settled: SettledTurn) -> list[Finding]:
        """The customer's yes to a number read back with one slip: the slip was the recogniser's."""
        waiting = self._open
        if not waiting or not self._agent_spoke_last or waiting.best < _same_from(waiting.noisy):
            return []
        return [self._close(yes=True)] if settled.turn.text.chars.startswith(_CONFIRMED) else []

    def _close(self, reason: str = "", yes: bool = False) -> Finding:
        waiting, self._open = self._open, None
        assert waiting is not None
        answers = waiting.answers
        evidence = Evidence(
            start_ms=waiting.asked.start_ms,
            end_ms=(answers[-1] if answers else waiting.asked).end_ms,
            turn=waiting.asked.number,
            expected=waiting.digits,
            heard="".join(t.turn.utterance.text for t in answers),
            score=round(waiting.best, 3),
            confidence=round(min((t.turn.utterance.confidence for t in answers), default=1.0), 3),
            reason=reason,
        )
        if yes or waiting.best >= _same_from(waiting.noisy):
            self._done.append(waiting.digits)
        if yes or waiting.best >= 1.0:
            return self._judge.give("met", evidence)
        verdict: Verdict = "undetermined"
        if waiting.best >= (PARTLY_IN_NOISE if waiting.noisy else PARTLY):
            evidence = replace(evidence, reason="复述的号码与客户所报的不完全相同，请人工复核")
        elif not all_fair([waiting.asked, *answers]):
            evidence = replace(evidence, reason=NOT_FAIR)
        elif not reason:
            verdict = "breach"
        return self._judge.give(verdict, evidence)


def _is_blurred(text: SpokenText, noise: float) -> bool:
    """Whether sounds count: in noise, or where they alone make a number whole."""
    if noise >= NOISY:
        return True
    if sum(map(text.chars.count, DIGIT_CHARACTERS)) < SURE_SHARE * SURE_DIGITS:
        return False
    heard = max(map(len, groups(text)), default=0)
    whole = (g for g in groups(text, noisy=True) if len(g) > heard + 1)
    return any(is_mobile(number, SURE_DIGITS, noisy=True) for number in whole)


def _same_from(noisy: bool) -> float:
    """Likeness from which a number is one that was said before."""
    return SAME_IN_NOISE if noisy else SAME_NUMBER


def _read_out(answer: SettledTurn, noisy: bool) -> str:
    """The digits in an agent's turn, without the hotline's own."""
    least = HOTLINE_IN_NOISE if noisy else HOTLINE_LIKENESS
    return "".join(g for g in groups(answer.turn.text, noisy) if fuzz.ratio(g, HOTLINE) < least)


def _is_same(a: str, b: str, least: float) -> bool:
    return abs(len(a) - len(b)) <= 1 and likeness(a, b) >= least


def _says(text: SpokenText, words: tuple[str, ...], noisy: bool) -> bool:
    """Whether one of the words is there, to the character or, in noise, to the sound."""
    if any(word in text.chars for word in words):
        return True
    sounds = " ".join(("", *text.syllables, ""))
    return noisy and any(" ".join(("", *spoken(w).syllables, "")) in sounds for w in words)
