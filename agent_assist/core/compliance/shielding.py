"""Parts of the talk that are not the agent's own words: harmless wordings and quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import SURE_WORD
from agent_assist.core.compliance.prescribed import matcher_over
from agent_assist.core.matching import Match
from agent_assist.core.script import Script
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Wording

NEAR = 0.6
"""Likeness to a harmless wording that matters where the recogniser was unsure."""
LEAD = 0.1
"""So much better a forbidden wording must fit than a harmless one around it, in noise."""
_TOLD = re.compile(
    "(?<!我)[对跟和向]您[说讲][了过](.*?)(?:[对是]吗|是不是|对不对)|(?<!我)[说讲]了(.*?)这样的话"
)
"""What a customer was told by others, when an agent repeats it to ask whether it was so."""
_RETOLD = re.compile(
    "(?:您|你|他|她|有人|别人|人家|客户|同事|客服|师傅|网友|营业员)"
    "(?:刚才?|也|还|又|自己|们)?(?:说|骂|叫|喊|让|自嘲|提到|开玩笑说)"
    "(?:您|你|他|她|我们|公司|自己|我)?([^，。！？,!?]{1,12})[，。！,!].*?[^啊呀吧嘛呢的了，。！？,!?]{3}"
)
"""Words that somebody used, in a sentence that goes on: 您说别人叫您土包子，那确实不对."""
_RHETORICAL = re.compile(r"(.)不\1|谁|什么|怎么|哪|啥|了算")
"""您说您傻不傻 tells nobody's words but one's own."""
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|‘[^’]*’")


def within(chars: str, harmless: tuple[str, ...]) -> set[int]:
    """Positions inside a harmless wording."""
    inside: set[int] = set()
    for wording in harmless:
        at = chars.find(wording)
        while wording and at >= 0:
            inside.update(range(at, at + len(wording)))
            at = chars.find(wording, at + 1)
    return inside


@lru_cache(maxsize=256)
def quoted(text: SpokenText) -> frozenset[int]:
    """Positions of the words of others, in quotation marks or not, and of names of services."""
    spans = [found.span() for found in _QUOTED.finditer(text.given)]
    retold = (found for found in _RETOLD.finditer(text.given) if not _RHETORICAL.search(found[1]))
    spans += [found.span(1) for found in retold]
    others = (found.span(found.lastindex or 0) for found in _TOLD.finditer(text.chars))
    told = {i for span in others for i in range(*span)}
    return frozenset(told).union(
        i for i, at in enumerate(text.origin) for a, b in spans if a <= at < b
    )


def may_be(harmless: tuple[str, ...], match: Match, settled: SettledTurn) -> bool:
    """Whether a harmless wording around the one found fits about as well, or was heard badly."""
    index = matcher_over(tuple((0, Wording((wording,))) for wording in harmless))
    return any(
        near.start < match.end
        and match.start < near.end
        and near.score >= NEAR
        and (
            settled.turn.confidence(near.start, near.end) < SURE_WORD
            or (settled.noise >= NOISY and near.score > _least(match, near))
        )
        for near in index.best(settled.turn.text, top=3)
    )


def _least(match: Match, near: Match) -> float:
    """Score from which the harmless wording may have been said: more of it than they share."""
    shared = match.score * match.literals / near.literals
    is_longer = match.wording.text in near.wording.text
    return shared + LEAD if is_longer else match.score - LEAD


@lru_cache(maxsize=32)
def _lines(script: Script) -> str:
    """All that the script has the agent say, one line after the other."""
    parts = (piece for wording in _written(script) for piece in wording.pieces)
    return "|".join(spoken(part).chars if isinstance(part, str) else "" for part in parts)


def _written(script: Script) -> Iterator[Wording]:
    """The lines of a script and what counts as them."""
    for situation in script.situations.values():
        for step in situation.steps:
            if step.say:
                yield from (step.say, *step.accept)


def of_a_line(heard: str, script: Script) -> bool:
    """Whether what was heard stands in a line of the script, word for word."""
    return heard in _lines(script)


@lru_cache(maxsize=256)
def habitat(script: Script, right: str, wrong: tuple[str, ...]) -> frozenset[str]:
    """Where the script has ``right``, with each wrong character in its place: pairs of two."""
    lines = (
        "".join(piece for piece in wording.pieces if isinstance(piece, str))
        for wording in _written(script)
    )
    texts = [spoken(line).chars for line in lines] if len(right) == 1 else []
    pairs = {text[i : i + 2] for text in texts for i in range(len(text) - 1)}
    return frozenset(p.replace(right, w) for p in pairs if right in p for w in wrong if len(w) == 1)
