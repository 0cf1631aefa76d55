"""`require` with ``first_question``: how the agent's first open question is put."""

from __future__ import annotations

import re
from collections import Counter

from agent_assist.core.compliance.attention import Attention
from agent_assist.core.compliance.circumstances import applies
from agent_assist.core.compliance.facts import CallFacts, SettledTurn
from agent_assist.core.compliance.listening import SURE_WORD, chars_of, is_spoilt
from agent_assist.core.compliance.shielding import within
from agent_assist.core.compliance.taboo_lexicon import lexicon
from agent_assist.core.compliance.verdicts import NOT_FAIR, Judge
from agent_assist.core.events import Evidence, Finding
from agent_assist.core.phonetics import sound_cost
from agent_assist.core.rules import Require, Rule
from agent_assist.core.text import spoken

_OPEN = re.compile(
    r"(什么|啥|多[少大久长远快]|哪|几[个号天月位点兆块元部张年次遍口台档岁层栋楼分秒级款条家]"
    r"|怎么|怎样|咋|谁|为何|贵姓|有没有)[^，。！？!?]{0,12}(?<!吗)[？?]"
)
_CLOSED = re.compile(r"(?<![对是好行以了楚白意便到见懂解])吗[？?]|[^楚白懂见到]{2}没有?[？?]")
"""Asks for something, unlike 对吗, 好吗, 可以吗, 清楚了吗, which confirm."""
_CHOICE = re.compile(r"(?<!是)(?<!，)还是[^，。！？!?]{1,12}(?<!吗)[？?]")
"""Asks which of two, unlike 还是 for 仍然."""
_OPEN_LAST = re.compile(r"(什么|多少|多大|多久|哪里|哪个|哪位|谁|贵姓|怎么称呼)[呢啊呀]?$")

_ASKED = re.compile(r"什么|啥|多少|哪|几|怎|谁|为何|贵姓|还是|有没有")
_ANY = re.compile(r"[？?]|请问|(吗|呢|多少|没有)$")
ALIKE = 0.3
"""Sounds no further apart than this are mistaken for each other."""
READ_WORD = 0.999
"""So sure is a transcript, no recogniser: what it does not hold was not said."""
HALF = "问"
"""What is left of 请问 where its first character was lost."""
SHORT = 4
"""What is no longer than this is an echo (什么？) rather than a question to the customer."""
NEVER_ECHO = "贵姓"
"""What nobody asks back, however short the turn: 您贵姓啊？"""


def asks(settled: SettledTurn) -> bool:
    """Whether the turn holds a question that yes or no does not answer."""
    text = settled.turn.text
    short = len(text) <= SHORT - ("吗" in text.chars) and NEVER_ECHO not in text.chars
    return not short and _asks(settled.turn.utterance.text)


def _asks(text: str) -> bool:
    asked = any(pattern.search(text) for pattern in (_OPEN, _CLOSED, _CHOICE))
    return asked or bool(_OPEN_LAST.search(text.strip("？?。 ")))


def is_question(settled: SettledTurn) -> bool:
    """Whether the turn asks the customer anything."""
    return asks(settled) or bool(_ANY.search(settled.turn.utterance.text.rstrip("。 ")))


def _says_back(settled: SettledTurn, call: CallFacts) -> bool:
    """Whether the turn is the customer's last words once more rather than a question to him.

    A question about what he named (哪个机场？) asks with a word that he did not use.
    """
    last = next((t for t in reversed(call.turns) if t.channel == "customer"), None)
    if last is None:
        return False
    own, his = settled.turn.text, last.turn.text
    common = (Counter(own.syllables) & Counter(his.syllables)).total()
    return 2 * common > len(own) and not set(_ASKED.findall(own.chars)) - set(
        _ASKED.findall(his.chars)
    )


def _stands(word: str, chars: str, here: set[int]) -> bool:
    """Whether the word is among the characters at any of these places."""
    return any(chars.startswith(word, i) for i in here)


class FirstQuestionState:
    """Exact words, in the turn of the first question that is no wording of the catalogue.

    Inside a wording of ``without`` a word is part of another: 麻烦 of 添麻烦 asks nobody. Only an
    open question is held against the agent; questions that confirm something (对吗) need
    no such word.
    """

    attends = Attention(every=("agent",))

    def __init__(self, rule: Rule, check: Require) -> None:
        self._judge = Judge(rule, check.message)
        self._check = check
        self._words = tuple(word for s in check.do for word in chars_of(s.words))
        self._others = tuple(word for s in check.do for word in chars_of(s.without))
        self._decided = False

    def on_turn(self, settled: SettledTurn, call: CallFacts) -> list[Finding]:
        if self._decided or settled.channel != "agent":
            return []
        chars = settled.turn.text.chars
        here = set(range(len(chars))) - within(chars, self._others)
        said = next((word for word in self._words if _stands(word, chars, here)), "")
        asked = asks(settled) or (said and _ANY.search(settled.turn.utterance.text))
        if not asked or not (said or self._is_own(settled, call)):
            return []
        if not said and _says_back(settled, call):
            return []
        if not applies(self._check.when, call):
            return []
        self._decided = True
        confidence = settled.turn.confidence(0, len(chars))
        sure = confidence >= SURE_WORD and not self._misheard(settled, call, confidence)
        evidence = Evidence(
            start_ms=settled.start_ms,
            end_ms=settled.end_ms,
            turn=settled.number,
            expected=said or self._words[0],
            heard=settled.turn.utterance.text,
            confidence=round(settled.turn.utterance.confidence, 3),
            reason="" if said or sure else NOT_FAIR,
        )
        if said:
            return [self._judge.give("met", evidence)]
        return [self._judge.give("breach" if sure else "undetermined", evidence)]

    def _is_own(self, settled: SettledTurn, call: CallFacts) -> bool:
        """Whether the question is the agent's own: neither prescribed nor forbidden."""
        prescribed = (spot.match.wording.text for spot in settled.spotted)
        plain = (
            text for text in prescribed if not any(w in spoken(text).chars for w in self._words)
        )
        return not any(map(_asks, plain)) and not lexicon(call.script).said(settled)

    def _misheard(self, settled: SettledTurn, call: CallFacts, confidence: float) -> bool:
        """Whether the word may have been lost: something sounds like it, or others were lost."""
        wanted = spoken(self._words[0]).syllables[0]
        alike = any(sound_cost(wanted, s) <= ALIKE for s in settled.turn.text.syllables)
        if confidence >= READ_WORD and not settled.noise:
            return HALF in settled.turn.text.chars
        return alike or is_spoilt(call)

    def on_end(self, call: CallFacts) -> list[Finding]:
        return []
