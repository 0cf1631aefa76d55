"""Finds catalogue wordings in what was heard.

Three passes, each dearer and on fewer candidates: shared syllables (a bag, accents folded), then
rapidfuzz's partial ratio on the folded syllables, then the weighted alignment. What is found is
one best occurrence a wording; overlapping finds compete, and the winner keeps its margin over the
best loser of another meaning.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from agent_assist.core.alignment import Alignment, Pattern, align
from agent_assist.core.phonetics import SoundTable, folded
from agent_assist.core.text import SpokenText, spoken
from agent_assist.core.wording import Slot, Wording

MIN_SHARED = 0.34
"""Share of a wording's syllables that must occur in the talk at all."""
FOLDING = 0.25
"""How much less than the precise score the coarse share may be, at the very most."""
ALIGNED = 6
"""How many candidates are aligned precisely for each utterance and pass."""
COARSE = 24
"""How many candidates survive the first pass."""

CHANCE = 0.45
"""About the score that unrelated talk reaches."""

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


@dataclass(frozen=True, slots=True)
class Match:
    """A wording found in heard characters ``start`` to ``end``; ``owners`` say what it means."""

    wording: Wording
    owners: tuple[Hashable, ...]
    score: float
    margin: float
    start: int
    end: int
    alignment: Alignment
    literals: int

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
        self._exact_short = exact_short
        self._table = SoundTable()
        grouped: dict[tuple[str | Slot, ...], tuple[Wording, list[Hashable]]] = {}
        for owner, wording in entries:
            if not any(isinstance(piece, str) for piece in _key(wording)):
                continue
            _, owners = grouped.setdefault(_key(wording), (wording, []))
            if owner not in owners:
                owners.append(owner)
        in_order = [grouped[key] for key in sorted(grouped, key=repr)]
        self._owners = [tuple(owners) for _, owners in in_order]
        self._patterns = [Pattern.from_wording(wording, self._table) for wording, _ in in_order]
        self._folds: dict[str, int] = {}
        self._chunks = [self._chunks_of(pattern) for pattern in self._patterns]
        self._bags = self._bag_matrix()
        self._literals = np.array([p.literals for p in self._patterns], np.float32)

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, heard: SpokenText) -> list[Match]:
        """All wordings said in the text, not overlapping, in the order they were said."""
        candidates = self._candidates(heard, ALIGNED)
        if not any(share >= self._needed(i) - FOLDING for i, share in candidates):
            return []
        return _without_overlaps([m for m in self._aligned(heard, candidates) if self._passes(m)])

    def _needed(self, index: int) -> float:
        literals = self._patterns[index].literals
        return 1.0 if literals <= TOO_SHORT else threshold(literals)

    def _passes(self, match: Match) -> bool:
        if match.literals <= TOO_SHORT:
            return self._exact_short and match.score == 1.0
        return match.score >= threshold(match.literals)

    def best(self, heard: SpokenText, top: int) -> list[Match]:
        """The ``top`` most similar wordings, whether similar enough or not, best first."""
        return self._aligned(heard, self._candidates(heard, max(top, ALIGNED)))[:top]

    def _aligned(self, heard: SpokenText, candidates: list[tuple[int, float]]) -> list[Match]:
        """The candidates with score and margin, best first."""
        aligned = [(i, align(self._patterns[i], heard, self._table)) for i, _ in candidates]
        matches = [self._match(i, alignment, aligned) for i, alignment in aligned]
        return sorted(matches, key=_rank)

    def _match(
        self, index: int, alignment: Alignment, rivals: Sequence[tuple[int, Alignment]]
    ) -> Match:
        """A match with its margin: the score's lead over the best overlapping other meaning."""
        owners = self._owners[index]
        other = [
            rival.score
            for k, rival in rivals
            if k != index and not set(self._owners[k]) & set(owners) and _overlap(rival, alignment)
        ]
        return Match(
            self._patterns[index].wording,
            owners,
            alignment.score,
            round(alignment.score - max(other, default=0.0), 3),
            alignment.start,
            alignment.end,
            alignment,
            self._patterns[index].literals,
        )

    def _candidates(self, heard: SpokenText, count: int) -> list[tuple[int, float]]:
        """The most promising wordings, each with the share of it that was found coarsely."""
        codes = [self._folds[f] for f in map(folded, heard.syllables) if f in self._folds]
        if not codes:
            return []
        present, counts = np.unique(np.array(codes), return_counts=True)
        common = np.minimum(self._bags[:, present], counts.astype(np.uint8))
        shared = common.sum(axis=1, dtype=np.float32)
        share = shared / self._literals
        keep = np.flatnonzero(share >= MIN_SHARED)
        if len(keep) > COARSE:
            order = np.lexsort((keep, -shared[keep] * share[keep]))
            keep = keep[order[:COARSE]]
        talk = "".join(chr(self._folds.get(folded(s), 0) + 0x4E00) for s in heard.syllables)
        shares = [(int(i), self._coarse_share(int(i), talk)) for i in keep]
        shares.sort(key=lambda s: (-s[1] * s[1] * float(self._literals[s[0]]), s[0]))
        return shares[:count]

    def _coarse_share(self, index: int, talk: str) -> float:
        """Share of the wording's characters found, judged chunk by chunk between the slots."""
        score = 0.0
        for chunk in self._chunks[index]:
            short = len(chunk) > len(talk)
            ratio = fuzz.ratio(chunk, talk) if short else fuzz.partial_ratio(chunk, talk)
            score += ratio / 100 * len(chunk)
        return score / float(self._literals[index])

    def _chunks_of(self, pattern: Pattern) -> list[str]:
        chunks: list[str] = []
        for piece in pattern.wording.pieces:
            if isinstance(piece, str) and (text := spoken(piece)):
                ids = [
                    self._folds.setdefault(folded(s), len(self._folds) + 1) for s in text.syllables
                ]
                chunks.append("".join(chr(i + 0x4E00) for i in ids))
        return chunks

    def _bag_matrix(self) -> NDArray[np.uint8]:
        bags = np.zeros((len(self._patterns), len(self._folds) + 1), np.uint8)
        for row, chunks in zip(bags, self._chunks, strict=True):
            for char in "".join(chunks):
                row[ord(char) - 0x4E00] += 1
        return bags


@lru_cache(maxsize=512)
def matcher_of(
    entries: tuple[tuple[Hashable, Wording], ...], *, exact_short: bool = False
) -> Matcher:
    """The matcher over these entries; the same one every time, so that calls share it."""
    return Matcher(entries, exact_short=exact_short)


def _key(wording: Wording) -> tuple[str | Slot, ...]:
    """Same characters and slots, whatever the punctuation."""
    key: list[str | Slot] = []
    for piece in wording.pieces:
        if isinstance(piece, Slot):
            key.append(piece)
        elif chars := spoken(piece).chars:
            key.append(chars)
    return tuple(key)


def _rank(match: Match) -> tuple[float, float, int, str]:
    """The tie-break, in order: more said, better said, earlier, then by text."""
    return (-match.weight, -match.score, match.start, match.wording.text)


def _overlap(a: Alignment, b: Alignment) -> bool:
    """Whether two occurrences share more than half of the shorter one."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared * 2 > min(a.end - a.start, b.end - b.start)


def _without_overlaps(matches: list[Match]) -> list[Match]:
    kept: list[Match] = []
    for match in sorted(matches, key=_rank):
        if all(match.end <= k.start or match.start >= k.end for k in kept):
            kept.append(match)
    return sorted(kept, key=lambda m: m.start)
