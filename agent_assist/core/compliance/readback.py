"""`respond` with ``repeat``: a telephone number the customer dictated must be read back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import all_fair, applies
from agent_assist.core.compliance.verdicts import CUSTOMER_NOT_RECORDED, NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding, Verdict
from agent_assist.core.rules import Respond, Rule
from agent_assist.core.text import DIGIT_CHARACTERS

NUMBER_DIGITS = 11
LEAST_DIGITS = 7
"""Digits of a number that is masked in the transcript: 138****0001."""
PIECE_DIGITS = 2
"""A number said in groups: shorter runs (一下, 三块) are no part of it."""
PIECE_GAP_MS = 6000
"""Longest pause between two groups of the same number."""
SAME_NUMBER = 0.8
"""Share of digits in order from which two numbers are one, with a slip or a mishearing."""
HOTLINE = "10086"
HOTLINE_LIKENESS = 80
"""A group of digits so like the hotline's own number (in per cent) is no part of a read-back."""
PARTLY = 0.37
"""From this share on the recogniser may have lost the rest: nobody can tell."""
_FILLERS = "嗯啊呃哦额"
_OTHER_NUMBERS = ("证件", "身份证", "密码", "验证码", "账号", "卡号", "工号", "订单", "流水号")
_PHONE = ("手机", "电话号", "号码是", "本机")
_CONFIRMED = ("对", "是的", "没错", "正确", "嗯对")
_VALUES = dict(zip("零幺一二三四五六七八九", "01123456789", strict=True))


@dataclass(slots=True)
class _Number:
    """A dictated number that waits to be read back; ``turns`` counts the agent's since."""

    asked: SettledTurn
    digits: str
    turns: int = 0
    best: float = 0.0
    answers: list[SettledTurn] = field(default_factory=list)


class ReadBackState:
    def __init__(self, rule: Rule, check: Respond) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._within = check.within_turns or 3
        self._open: _Number | None = None
        self._done: list[str] = []
        self._piece, self._piece_end_ms = "", 0
        self._last_agent = ""
        self._agent_spoke_last = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if not len(settled.turn.text) or not applies(self._check.when, call):
            return []
        if settled.channel == "agent":
            findings = self._answer(settled)
            self._last_agent = settled.turn.text.chars
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
        chars = settled.turn.text.chars
        asked_for = self._last_agent + chars
        if _says(asked_for, _OTHER_NUMBERS) and not _says(asked_for, _PHONE):
            return []
        for piece in _pieces(chars):
            joined = self._piece + piece
            pause = settled.start_ms - self._piece_end_ms
            if not self._piece or len(joined) > NUMBER_DIGITS or pause > PIECE_GAP_MS:
                joined = piece
            self._piece, self._piece_end_ms = joined, settled.end_ms
            if _is_mobile(joined):
                return self._ask(joined, settled)
        return []

    def _ask(self, digits: str, settled: SettledTurn) -> list[Finding]:
        if any(likeness(digits, done) >= SAME_NUMBER for done in self._done):
            return []
        waiting = self._open
        if waiting and (digits.startswith(waiting.digits) or _is_same(digits, waiting.digits)):
            self._open = _Number(waiting.asked, digits)
            return []
        findings = [self._close()] if waiting else []
        self._open = _Number(settled, digits)
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
        pieces = (p for t in waiting.answers for p in _pieces(t.turn.text.chars))
        said = "".join(p for p in pieces if fuzz.ratio(p, HOTLINE) < HOTLINE_LIKENESS)
        waiting.best = likeness(waiting.digits, said)
        return [self._close()] if waiting.best >= 1.0 else []

    def _confirm(self, settled: SettledTurn) -> list[Finding]:
        """The customer's yes to a number read back with one slip: the slip was the recogniser's."""
        waiting = self._open
        if not waiting or waiting.best < SAME_NUMBER or not self._agent_spoke_last:
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
        if waiting.best >= 1.0 or yes:
            self._done.append(waiting.digits)
            return self._judge.give("met", evidence)
        verdict: Verdict = "undetermined"
        if waiting.best >= PARTLY:
            evidence = replace(evidence, reason="复述的号码与客户所报的不完全相同，请人工复核")
        elif not all_fair([waiting.asked, *answers]):
            evidence = replace(evidence, reason=NOT_FAIR)
        elif not reason:
            verdict = "breach"
        return self._judge.give(verdict, evidence)


def likeness(wanted: str, said: str) -> float:
    """Share of the wanted digits found, in order, in what was said."""
    return LCSseq.similarity(wanted, said) / len(wanted) if wanted else 0.0


def _is_same(a: str, b: str) -> bool:
    return abs(len(a) - len(b)) <= 1 and likeness(a, b) >= SAME_NUMBER


def _is_mobile(digits: str) -> bool:
    """Mobile numbers begin with 13 to 19; masked ones show seven digits or more."""
    return LEAST_DIGITS <= len(digits) <= NUMBER_DIGITS and digits[0] == "1" and digits[1] > "2"


def _pieces(chars: str) -> list[str]:
    """Runs of spoken digits, hesitations between them dropped, as Arabic digits."""
    runs, run = [], ""
    for char in [*chars, " "]:
        if char in DIGIT_CHARACTERS:
            run += _VALUES[char]
        elif char not in _FILLERS:
            runs.append(run)
            run = ""
    return [r for r in runs if len(r) >= PIECE_DIGITS]


def _says(chars: str, words: tuple[str, ...]) -> bool:
    return any(word in chars for word in words)
