"""Which of many known sentences a heard one is.

Unlike matching, which looks for a wording inside any talk, the whole of what was heard is compared
with the whole of each sentence, as through a noisy channel (Kernighan, Church and Gale, 1990): how
probably each said syllable is heard as another one, is lost, or comes from nowhere.  How often
initials and finals are heard as others was counted (`confusions.txt`) on speakers that a network
was not trained with; where little was counted, sounds that are alike (`phonetics`) share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from agent_assist.core.phonetics import (
    FINAL_COSTS,
    FINALS,
    INITIAL_COSTS,
    INITIALS,
    sound_cost,
    split,
)

TABLE = Path(__file__).with_name("confusions.txt")
GAP = 0.85
"""Cost of a syllable that was not said, or said too much, when errors are counted: a little less
than a wrong one."""
PRIOR = 100.0
"""How many more sounds are thought to have been counted, heard as what they sound like."""
SHARPNESS = 4.0
"""How fast a confusion without counts becomes improbable with the cost of its sounds."""

Syllables = tuple[str, ...]
Counts = Mapping[tuple[str, str], int]
Costs = NDArray[np.float64]


def aligned(said: Syllables, heard: Syllables) -> list[tuple[str, str]]:
    """Pairs of a said and a heard syllable in order, one of them empty where one is alone.

    Wrong syllables cost as much as they sound apart (`sound_cost`).
    """
    costs = [[0.0, *accumulate(GAP for _ in heard)]]
    for i, syllable in enumerate(said):
        row = [costs[i][0] + GAP]
        for j, other in enumerate(heard):
            wrong = costs[i][j] + sound_cost(syllable, other)
            row.append(min(wrong, costs[i][j + 1] + GAP, row[j] + GAP))
        costs.append(row)
    pairs = []
    i, j = len(said), len(heard)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + sound_cost(said[i - 1], heard[j - 1]):
            i, j = i - 1, j - 1
            pairs.append((said[i], heard[j]))
        elif i and costs[i][j] == costs[i - 1][j] + GAP:
            i -= 1
            pairs.append((said[i], ""))
        else:
            j -= 1
            pairs.append(("", heard[j]))
    return pairs[::-1]


def count(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """How often each part of a syllable was heard as each: keys are (said, heard).

    Initials are written with a hyphen after them, finals with one before; the counts of lost
    syllables are under ("syllable", ""), of those from nowhere under ("", "syllable").
    """
    found: dict[tuple[str, str], int] = {}
    for said, heard in pairs:
        (initial, final), (other_initial, other_final) = split(said), split(heard)
        keys = [(f"{initial}-", f"{other_initial}-"), (f"-{final}", f"-{other_final}")]
        if not (said and heard):
            keys = [("syllable" if said else "", "syllable" if heard else "")]
        for key in keys:
            found[key] = found.get(key, 0) + 1
    return found


@dataclass(frozen=True, slots=True)
class NoisyChannel:
    """How a recogniser hears, as costs: negative logarithms of chances.

    ``initials`` and ``finals``, of shape (said, heard): of hearing one part as another, against
    hearing it by chance; ``heard`` is the cost of a syllable's not being lost.
    """

    initials: Costs
    finals: Costs
    heard: float
    lost: float
    extra: float

    @staticmethod
    def of(counts: Counts) -> NoisyChannel:
        """The channel with these counts (see `count`)."""
        lost, extra = counts.get(("syllable", ""), 0), counts.get(("", "syllable"), 0)
        said = sum(n for (part, _), n in counts.items() if part.endswith("-"))
        total = said + lost + 2
        return NoisyChannel(
            _costs([f"{i}-" for i in INITIALS], counts, INITIAL_COSTS),
            _costs([f"-{f}" for f in FINALS], counts, FINAL_COSTS),
            heard=-np.log((said + 1) / total),
            lost=-np.log((lost + 1) / total),
            extra=-np.log((extra + 1) / total),
        )


def _costs(parts: Sequence[str], counts: Counts, apart: NDArray[np.uint8]) -> Costs:
    """Costs of hearing each part as each, by counts and what a confusion costs in hundredths."""
    counted = np.array([[counts.get((a, b), 0) for b in parts] for a in parts], float)
    usual = counted.sum(0) + 1
    usual /= usual.sum()
    thought = usual * np.exp(-SHARPNESS / 100 * apart[:-1, :-1])
    thought /= thought.sum(1, keepdims=True)
    chances = (counted + PRIOR * thought) / (counted.sum(1, keepdims=True) + PRIOR)
    costs: Costs = np.log(usual) - np.log(chances)
    return costs


def counts_in(file: Path) -> dict[tuple[str, str], int]:
    """Counts as `confusions.txt` has them: said, heard and number between tabs."""
    rows = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {(said, heard): int(number) for said, heard, number in rows}


@cache
def _channel() -> NoisyChannel:
    return NoisyChannel.of(counts_in(TABLE))


class Sentences:
    """Sentences by their syllables; those that sound the same are one."""

    def __init__(self, sentences: Iterable[Syllables]) -> None:
        self._sentences = sorted(set(sentences))
        self._lengths = np.array([len(sentence) for sentence in self._sentences], int)
        self._parts = np.zeros((2, len(self._sentences), max(self._lengths, default=0)), int)
        for row, sentence in enumerate(self._sentences):
            self._parts[:, row, : len(sentence)] = _numbers(sentence)

    def nearest(self, heard: Syllables) -> Syllables | None:
        """The one sentence that what was heard tells best; None if nothing was heard, or two do."""
        if not heard or not self._sentences:
            return None
        costs = self._costs(heard)
        best = int(costs.argmin())
        if (costs <= costs[best] + 1e-9).sum() > 1:
            return None
        return self._sentences[best]

    def _costs(self, heard: Syllables) -> Costs:
        """What it costs to hear this where each sentence was said, shape (sentences,)."""
        channel = _channel()
        initials, finals = _numbers(heard)
        steps = np.arange(len(heard) + 1) * channel.extra
        row = np.tile(steps, (len(self._sentences), 1))
        costs = row[:, -1].copy()
        for at in range(self._parts.shape[2]):
            said = self._parts[:, :, at, None]
            here = channel.initials[said[0], initials] + channel.finals[said[1], finals]
            after = row + channel.lost
            after[:, 1:] = np.minimum(after[:, 1:], row[:, :-1] + here + channel.heard)
            row = np.minimum.accumulate(after - steps, axis=1) + steps
            costs = np.where(self._lengths == at + 1, row[:, -1], costs)
        return costs

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


def _numbers(syllables: Syllables) -> NDArray[np.int64]:
    """Numbers of initials and finals, shape (2, syllables); unknown finals count as none."""
    parts = [split(syllable) for syllable in syllables]
    initials = [INITIALS.index(initial) for initial, _ in parts]
    finals = [FINALS.index(final) if final in FINALS else 0 for _, final in parts]
    return np.array([initials, finals], int)
