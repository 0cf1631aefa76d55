"""The whole lexicon of forbidden wordings, looked for on the agent's channel."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from agent_assist.core.compliance.attention import Listening
from agent_assist.core.compliance.certainty import FORBIDDEN_ODDS, NOISY, certain
from agent_assist.core.compliance.earshot import Earshot, earshot
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import chars_of
from agent_assist.core.compliance.odds import is_weighed, scales
from agent_assist.core.compliance.prescribed import prescribed
from agent_assist.core.compliance.shielding import of_a_line, quoted, within
from agent_assist.core.matching import Match, threshold
from agent_assist.core.scanning import Hit
from agent_assist.core.script import Script, Taboo
from agent_assist.core.text import SpokenText, spoken

POSSIBLE_EXTRA = 0.08
"""How much more than a catalogue wording a forbidden one must resemble what was heard."""
EXACT_CHARS = 2
"""Words this short have sound-alikes in ordinary talk (喂喂 in 因为维护): only exact characters."""
LEAST_CHARS = 3
"""Shorter words are not weighed against what else may have been said."""
EXACT_VARIANT = 3
"""The same for other ways to say a thing."""
SHORT_VARIANT, LIKE_VARIANT = 5, 0.95
"""Up to this length they have to score so much: 要是打电话 is not 老是打电话."""
_ADDRESS = re.compile("^[^不]{0,3}(先生|女士|小姐)|[^不]{1,2}(先生|女士|小姐)$")
"""Calling somebody by name adds nothing to a refusal."""
_REFUSALS = re.compile(
    "(?:(?:这个?|那个?|您的?|我们?|也|真的?|确实|肯定|现在|暂时|目前|都|还是|就是)*"
    "(?:不行|不可以|不能|不成|没有?办法|没辙|[办做]不到|(?:不能|没法|无法|不给|不让)[一-鿿]{1,2}"
    "|[一-鿿]{0,1}[^错少忘误跑丢扣坏]不了|没有?这个(?:规定|业务|活动))[的了啊呀吧呢哦]?)+"
)
"""Refusals, one after another: 不行，解除不了的. What cannot go wrong (错不了) is none."""
LONGEST_REFUSAL = 24
"""Nobody refuses at greater length without a reason, and reading more of it would take long."""
_FILLERS = "嗯哦啊呀那喂哎唉吧了呢的嘛"
OTHER_WORDS = 2
"""So many characters of the same sound where most is heard right are likely other words: 您久等这份
礼品 is not 您就等着."""


class Lexicon:
    """All forbidden wordings of a script; every rule about some of them asks here."""

    def __init__(self, script: Script) -> None:
        self.entries = script.taboo
        self._script = script
        self._ears = earshot(script, "agent")
        numbers = (self._ears.number(entry.wording) for entry in script.taboo)
        self._numbers = {n: i for i, n in enumerate(numbers) if n is not None}
        self.attends = Listening("agent", frozenset(self._numbers), frozenset())
        self._last: tuple[SettledTurn, list[tuple[Taboo, Match]]] | None = None

    def said(self, settled: SettledTurn) -> list[tuple[Taboo, Match]]:
        """Forbidden wordings that stand for themselves, not overlapping, certain ones first.

        Of the ways to say one thing only the best is told.
        """
        if self._last is None or self._last[0] is not settled:
            self._last = (settled, self._find(settled))
        return self._last[1]

    def _find(self, settled: SettledTurn) -> list[tuple[Taboo, Match]]:
        taken: list[range] = []
        found: dict[str, tuple[Taboo, Match]] = {}
        for match in self._candidates(settled):
            here = range(match.start, match.end)
            entry = self.entries[_number(match)]
            if entry.name in found or any(_overlap(here, t) for t in taken):
                continue
            likely = self.is_likely(match, settled)
            if self._is_variant(match) and not (likely or _is_sure(match, settled)):
                continue
            if _is_said(entry, match, settled) and not self._is_of_a_line(match, settled):
                taken.append(range(len(settled.turn.text)) if entry.whole_utterance else here)
                found[entry.name] = (entry, match)
        return list(found.values())

    def _candidates(self, settled: SettledTurn) -> list[Match]:
        """Forbidden wordings that may have been said, certain ones first, then longest first.

        What the list has as its own phrases goes before other ways to say them.
        """
        text = settled.turn.text
        hits = self._ears.heard(text, settled.noise).hits
        places = [
            place
            for number in hits.keys() & self._numbers.keys()
            for place in self._ears.places(
                text, hits[number], _possible(self._ears.literals(number), settled.noise)
            )
        ]
        found = {(place.number, place.start) for place in places}
        if is_weighed(settled):
            near = self._ears.near(text)
            places += [
                hit
                for number in near.keys() & self._numbers.keys()
                if ((hit := near[number]).number, hit.start) not in found
                and self.is_likely(self._match(text, hit, []), settled)
            ]
        matches = [self._match(text, place, places) for place in places]
        return sorted(
            matches,
            key=lambda m: (
                not self.is_held(m, settled),
                self._is_variant(m),
                -m.weight,
                m.start,
                _number(m),
            ),
        )

    def is_held(self, match: Match, settled: SettledTurn) -> bool:
        """Whether the wording was said beyond doubt, or as good as."""
        enough = match.score >= certain(match.literals, settled.noise)
        if settled.noise < NOISY and _homophones(match) >= OTHER_WORDS:
            return False
        return enough or self.is_likely(match, settled)

    def is_likely(self, match: Match, settled: SettledTurn) -> bool:
        """Whether, in noise, anything else than the wording is much less likely."""
        if not is_weighed(settled) or match.literals < LEAST_CHARS:
            return False
        return scales(self._script).odds(match, settled) >= FORBIDDEN_ODDS

    def _is_of_a_line(self, match: Match, settled: SettledTurn) -> bool:
        """Whether what was heard is not quite the wording, and just so in a line of the script."""
        heard = settled.turn.text.chars[match.start : match.end]
        return match.score < 1.0 and of_a_line(heard, self._script)

    def _is_variant(self, match: Match) -> bool:
        entry = self.entries[_number(match)]
        return entry.term != entry.name

    def _match(self, text: SpokenText, place: Hit, places: list[Hit]) -> Match:
        """With its entry, and its lead over the best other reading of the same place."""
        rivals = (p.score for p in places if _share(p, place) and self._is_other(p, place))
        match = self._ears.match(text, place)
        lead = round(match.score - max(rivals, default=0.0), 3)
        return replace(match, owners=(self._numbers[place.number],), margin=lead)

    def _is_other(self, rival: Hit, place: Hit) -> bool:
        """Whether a wording says another thing: not the same in other words, more or fewer."""
        texts = self._ears.literally(rival.number), self._ears.literally(place.number)
        names = (self.entries[self._numbers[hit.number]].name for hit in (rival, place))
        return len(set(names)) > 1 and texts[0] not in texts[1] and texts[1] not in texts[0]


def lexicon(script: Script) -> Lexicon:
    """The one lexicon of a script, for all rules and calls."""
    return _lexicon(script, earshot(script, "agent"))


@lru_cache(maxsize=32)
def _lexicon(script: Script, _ears: Earshot) -> Lexicon:
    """Anew where its wordings are numbered anew."""
    return Lexicon(script)


def _number(match: Match) -> int:
    owner = match.owners[0]
    assert isinstance(owner, int)
    return owner


def _possible(literals: int, noise: float) -> float:
    return min(certain(literals, noise), threshold(literals) + POSSIBLE_EXTRA)


def _overlap(a: range, b: range) -> bool:
    return a.start < b.stop and b.start < a.stop


def _share(a: Hit, b: Hit) -> bool:
    return a.start < b.end and b.start < a.end


def _is_sure(match: Match, settled: SettledTurn) -> bool:
    """Whether another way to say a thing was heard clearly: there are many, and ordinary talk is
    like some of them."""
    if match.literals <= EXACT_VARIANT and match.score < 1.0:
        return False
    if match.literals <= SHORT_VARIANT:
        return match.score >= LIKE_VARIANT
    return settled.noise < NOISY or match.score >= certain(match.literals, 0.0)


def _is_said(entry: Taboo, match: Match, settled: SettledTurn) -> bool:
    """Whether the wording found stands for itself, not inside something harmless."""
    text = settled.turn.text
    here = range(match.start, match.end)
    if match.literals <= EXACT_CHARS and text.chars[here.start : here.stop] != _chars(entry.term):
        return False
    if entry.whole_utterance:
        spare = 1 if settled.noise >= NOISY else 0
        rest = _ADDRESS.sub("", text.chars)
        bare = len(rest.strip(_FILLERS)) <= match.literals + spare
        exact = match.literals >= EXACT_CHARS and match.score == 1.0
        return bare or (exact and _only_refuses(entry, rest))
    if within(text.chars, chars_of(entry.except_in)).issuperset(here):
        return False
    if 2 * len(quoted(text).intersection(here)) > len(here):
        return False
    spots = (s for s in settled.spotted if s.match.score >= match.score)
    return not any(set(prescribed(spot, settled)).issuperset(here) for spot in spots)


def _only_refuses(entry: Taboo, chars: str) -> bool:
    """Whether a refusal is followed, or led up to, by nothing but other refusals."""
    short = entry.category == "refusal" and len(chars) <= LONGEST_REFUSAL
    return short and _REFUSALS.fullmatch(chars) is not None


def _homophones(match: Match) -> int:
    return sum(char.operation == "homophone" for char in match.alignment.chars)


def _chars(text: str) -> str:
    return spoken(text).chars
