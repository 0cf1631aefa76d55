"""Which of many known sentences a heard one is.

Unlike matching, which looks for a wording inside any talk, the whole of what was heard is compared
with the whole of each sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from agent_assist.core.phonetics import sound_cost, split

GAP = 0.85
"""Cost of a syllable that was not said, or said too much: a little less than a wrong one."""
COMPARED = 40
"""How many sentences, the most alike by their initials and finals, are compared precisely."""

Syllables = tuple[str, ...]


def distance(one: Syllables, other: Syllables) -> float:
    """0 for the same sounds, 1 for nothing in common: the cheapest way from one to the other.

    Wrong syllables cost as much as they sound apart (`sound_cost`); the sum is divided by the mean
    length of the two.
    """
    steps = np.arange(len(other) + 1) * GAP
    row = steps
    for syllable in one:
        costs = np.array([sound_cost(syllable, heard) for heard in other])
        below = row + GAP
        below[1:] = np.minimum(below[1:], row[:-1] + costs)
        row = np.minimum.accumulate(below - steps) + steps
    return round(float(row[-1]) * 2 / max(1, len(one) + len(other)), 6)


class Sentences:
    """Sentences by their syllables; those that sound the same are one."""

    def __init__(self, sentences: Iterable[Syllables]) -> None:
        self._sentences = sorted(set(sentences))
        self._parts = [_parts(sentence) for sentence in self._sentences]

    def nearest(self, heard: Syllables) -> Syllables | None:
        """The one sentence most like what was heard; None when nothing was, or two are alike."""
        if not heard:
            return None
        alike = process.extract(
            _parts(heard),
            self._parts,
            scorer=Levenshtein.normalized_similarity,
            limit=COMPARED,
            processor=None,
        )
        apart = [(distance(self._sentences[i], heard), i) for _, _, i in alike]
        best = nsmallest(2, apart)
        if not best or (len(best) > 1 and best[0][0] == best[1][0]):
            return None
        return self._sentences[best[0][1]]

    def nearest_by_edits(self, heard: Syllables) -> Syllables | None:
        """Likewise, by the share of syllables to change, whatever they sound like."""
        if not heard:
            return None
        best = process.extract(
            heard,
            self._sentences,
            scorer=Levenshtein.normalized_distance,
            limit=2,
            processor=None,
        )
        if not best or (len(best) > 1 and best[0][1] == best[1][1]):
            return None
        return best[0][0]


def _parts(syllables: Syllables) -> Syllables:
    """Initials and finals one after the other."""
    return tuple(part for syllable in syllables for part in split(syllable) if part)
