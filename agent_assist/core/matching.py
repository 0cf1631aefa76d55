"""Finds catalogue wordings in what was heard.

Each pass is dearer and on fewer wordings: what share of a wording's syllables occurs in the talk
and the score it can reach at most, then the weighted score of the likeliest at once, then the
alignment of those that count. What is found is one best occurrence a wording; overlapping finds
compete, and the winner keeps its margin over the best loser of another meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import Alignment, Pattern, align
from agent_assist.core.grid import Asked
from agent_assist.core.keeping import Kept
from agent_assist.core.scanning import Hit, Reach, Scanner
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Slot, Wording

MIN_SHARED = 0.34
"""Share of a wording's syllables that must occur in the talk at all, accents aside."""
LIKELY_SHARED = 0.45
"""The same where it must be good enough to count."""
LIKELIEST = 24
"""How many wordings are scored of those that may be good enough."""
RIVALS = 8
"""How many more of the likeliest wordings are scored, for the margin."""

CHANCE = 0.45
"""About the score that unrelated talk reaches."""

KEPT_TEXTS = 512
"""Agents say the same lines again and again: what was found in so many texts is kept."""
JOINED_TEXTS = 128
"""Of so many texts it is kept what can have been said in them: the next ones are joined to them."""

_THRESHOLDS = ((3, 0.95), (4, 0.8), (7, 0.72), (9, 0.66), (11, 0.6), (14, 0.57))
"""(up to this many literal characters, score needed): about 0.04 above the highest scores that
1,375 sentences of ordinary talk reach; see docs/accuracy.md."""
LONG_THRESHOLD = 0.53
TOO_SHORT = 2
"""Wordings of so few characters are too common to be matched, save exactly where asked for."""


def threshold(literals: int) -> float:
    """The score a wording needs to count as heard: short ones match ordinary talk easily."""
    for size, score in _THRESHOLDS:
        if literals <= size:
            return score
    return LONG_THRESHOLD


@dataclass(frozen=True)
class Match:
    """A wording found in heard characters ``start`` to ``end``; ``owners`` say what it means."""

    wording: Wording
    owners: tuple[Hashable, ...]
    score: float
    margin: float
    start: int
    end: int
    literals: int
    to_alignment: Callable[[], Alignment] = field(compare=False, repr=False)

    @cached_property
    def alignment(self) -> Alignment:
        """What became of each character, worked out when first asked for."""
        return self.to_alignment()

    @cached_property
    def situations(self) -> frozenset[str]:
        """The situations among its owners."""
        return frozenset(owner[0] for owner in self.owners if isinstance(owner, tuple))

    @property
    def weight(self) -> float:
        """How much was said beyond what chance gives: the rank between overlapping matches."""
        return (self.score - CHANCE) * self.literals


class Matcher:
    """An index over wordings; ``owners`` of the same wording are kept together, in given order.

    Wordings are numbered by their text, so that the catalogue's order decides nothing here. With
    ``exact_short`` wordings of one or two characters are found too, character for character.
    """

    def __init__(
        self, entries: Iterable[tuple[Hashable, Wording]], *, exact_short: bool = False
    ) -> None:
        grouped: dict[tuple[str | Slot, ...], tuple[Wording, list[Hashable]]] = {}
        for owner, wording in entries:
            if not any(isinstance(piece, str) for piece in key_of(wording)):
                continue
            _, owners = grouped.setdefault(key_of(wording), (wording, []))
            if owner not in owners:
                owners.append(owner)
        in_order = [grouped[key] for key in sorted(grouped, key=repr)]
        self._owners = [tuple(owners) for _, owners in in_order]
        self._meanings = [frozenset(owners) for owners in self._owners]
        self._patterns = [Pattern.from_wording(wording) for wording, _ in in_order]
        self._texts = [wording.text for wording, _ in in_order]
        self._scanner = Scanner(self._patterns)
        short = 1.0 if exact_short else np.inf
        self._least = np.array(
            [short if p.literals <= TOO_SHORT else threshold(p.literals) for p in self._patterns]
        )
        self._sharing = self._scanner.bar(self._least, MIN_SHARED).alike
        self._bar = self._scanner.bar(self._least, LIKELY_SHARED)
        self._kept = Kept(KEPT_TEXTS, self._find_each)
        self._reach = lru_cache(maxsize=JOINED_TEXTS)(self._scanner.reach)

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, heard: SpokenText) -> list[Match]:
        """All wordings said in the text, not overlapping, in the order they were said."""
        return list(self._kept(heard))

    def foresee(self, texts: Iterable[SpokenText]) -> None:
        """Find in many texts at once what will be asked for."""
        self._kept.foresee(texts)

    def _find_each(self, texts: Sequence[SpokenText]) -> list[tuple[Match, ...]]:
        reaches = [self._reach(heard) for heard in texts]
        likely = [np.flatnonzero(self._scanner.able(reach, self._bar)) for reach in reaches]
        chosen = [self._worth_scoring(*each) for each in zip(reaches, likely, strict=True)]
        scored = self._scanner.score_each(list(map(Asked, texts, chosen)))
        return [
            tuple(self._match(heard, hit, hits) for hit in self._said(hits))
            for heard, hits in zip(texts, scored, strict=True)
        ]

    def find_across(
        self, before: SpokenText, after: SpokenText, score: float = 0.0, weight: float = 0.0
    ) -> list[Match]:
        """The same in two texts taken together, of wordings that need something of both.

        Nothing, unless one of them can have this score and more than this weight.
        """
        parts = self._reach(before), self._reach(after)
        reach = self._scanner.either(*parts)
        likely = self._scanner.able(reach, self._bar)
        for part in parts:
            likely &= reach.alike > part.alike
        heard, some = before + after, np.flatnonzero(likely)
        if weight and not self._is_any(heard, reach, some, score, weight):
            return []
        hits = self._scanner.score(heard, self._worth_scoring(reach, some))
        said = [h for h in self._said(hits) if h.start < len(before) < h.end]
        return [self._match(heard, hit, hits) for hit in said]

    def _is_any(
        self,
        heard: SpokenText,
        reach: Reach,
        some: NDArray[np.intp],
        score: float,
        weight: float,
    ) -> bool:
        """Whether one of these can have this score and more than this weight."""
        least = np.maximum(score, CHANCE + weight / self._scanner.literals[some])
        able = self._scanner.most(reach, some) >= least
        some, least = some[able], least[able]
        return bool(len(some) and (self._scanner.bounds(heard, some) >= least).any())

    def _said(self, hits: Sequence[Hit]) -> list[Hit]:
        return _without_overlaps([h for h in hits if h.score >= self._least[h.number]], self._rank)

    def _worth_scoring(self, reach: Reach, likely: NDArray[np.intp]) -> NDArray[np.intp]:
        """The likeliest of these wordings, with some more that may be their rivals."""
        if not len(likely):
            return likely
        sharing = np.flatnonzero(reach.alike >= self._sharing)
        rivals = self._scanner.likeliest(reach, RIVALS, sharing)
        if len(likely) > LIKELIEST:
            likely = self._scanner.likeliest(reach, LIKELIEST, likely)
        return np.array(sorted({*likely.tolist(), *rivals.tolist()}), np.intp)

    def best(self, heard: SpokenText, top: int) -> list[Match]:
        """The ``top`` most similar wordings, whether similar enough or not, best first."""
        some = np.flatnonzero(self._scanner.reach(heard).alike >= self._sharing)
        hits = sorted(self._scanner.score(heard, some), key=self._rank)
        return [self._match(heard, hit, hits) for hit in hits[:top]]

    def _best_other(self, hit: Hit, rivals: Iterable[Hit]) -> float:
        """The score of the best overlapping one with another meaning."""
        meaning, best = self._meanings[hit.number], 0.0
        for rival in rivals:
            if rival.score > best and meaning.isdisjoint(self._meanings[rival.number]):
                best = rival.score if _overlap(rival, hit) else best
        return best

    def _match(self, heard: SpokenText, hit: Hit, rivals: Iterable[Hit]) -> Match:
        """A match with its margin: the score's lead over the best overlapping other meaning."""
        pattern = self._patterns[hit.number]
        return Match(
            pattern.wording,
            self._owners[hit.number],
            hit.score,
            round(hit.score - self._best_other(hit, rivals), 3),
            hit.start,
            hit.end,
            pattern.literals,
            partial(align, pattern, heard.until(hit.end)),
        )

    def _rank(self, hit: Hit) -> tuple[float, float, int, str]:
        """The tie-break, in order: more said, better said, earlier, then by text."""
        weight = (hit.score - CHANCE) * self._patterns[hit.number].literals
        return (-weight, -hit.score, hit.start, self._texts[hit.number])


@lru_cache(maxsize=512)
def matcher_of(
    entries: tuple[tuple[Hashable, Wording], ...], *, exact_short: bool = False
) -> Matcher:
    """The matcher over these entries; the same one every time, so that calls share it."""
    return Matcher(entries, exact_short=exact_short)


def key_of(wording: Wording) -> tuple[str | Slot, ...]:
    """Same characters and slots, whatever the punctuation."""
    key: list[str | Slot] = []
    for piece in wording.pieces:
        if isinstance(piece, Slot):
            key.append(piece)
        elif chars := spoken(piece).chars:
            key.append(chars)
    return tuple(key)


def _overlap(a: Hit, b: Hit) -> bool:
    """Whether two occurrences share more than half of the shorter one."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared * 2 > min(a.end - a.start, b.end - b.start)


def _without_overlaps(hits: list[Hit], rank: Callable[[Hit], Any]) -> list[Hit]:
    kept: list[Hit] = []
    for hit in sorted(hits, key=rank):
        if all(hit.end <= k.start or hit.start >= k.end for k in kept):
            kept.append(hit)
    return sorted(kept, key=lambda h: h.start)
