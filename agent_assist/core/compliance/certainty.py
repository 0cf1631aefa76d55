"""From which score a wording was said, and how likely a lost one scores so little.

A recogniser that gets a share ``noise`` of the characters wrong spoils each character of a wording
by itself; what an error costs in the alignment is distributed as ``ERROR_COSTS``. The score of a
wording of n characters that was said is then a sum of n draws, and the chance that it comes out as
low as it did says whether its absence can be believed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.matching import threshold

WORD_THRESHOLD = 0.96
"""A short word asked for by name counts when every character or a homophone of it was said."""
LONGEST = 40
"""Longer wordings are judged as one of so many characters."""
ABSENT_CLEAR = {3: 0.9, 7: 0.75, LONGEST: 0.62}
ABSENT_IN_NOISE = {3: 0.9, 7: 0.65, LONGEST: 0.45}
ABSENT_UNHEARD = {2: 0.5, 3: 0.7, 7: 0.5}
ABSENT_LONG = 0.4
"""Score below which a wording was not said, by characters: in talk that was heard without errors,
in noise (what was said may then have been lost, see `lost`), and where nobody knows of any."""
LOST = 0.1
"""An absence is believed if a wording that was said scores so little less often than this."""
LOST_CLOSING = 0.05
"""The same for the end of a call: a few words, of which many may be wrong."""
LOST_ANSWER = 0.05
"""The same for one answer: a few words, of which many may be wrong."""
LOST_BEFORE = 0.3
"""The same for what should have come before something that was heard: that it was heard at all,
without it, speaks against the agent."""
STEPS = 20
"""Costs and noise are told to a twentieth."""

UNHEARD = 0.5
"""Talk in which so many characters are wrong may have held anything."""
NOISY = 0.1
"""From this noise on a wording may come with errors that are the recogniser's."""
SAID_IN_NOISE = {3: 0.85, 4: 0.74, 5: 0.7, 6: 0.68, 7: 0.66, 8: 0.62, 9: 0.6}
"""Score needed then, by literal characters; others need what they need in clear talk."""
FORBIDDEN = {4: 0.9, 5: 0.8}
FORBIDDEN_LONG = 0.75
"""The same for what is held against an agent: up to so many characters, and more."""

FORBIDDEN_ODDS = 18.0
"""Odds (natural logarithm, `Scales.odds`) from which, in noise, a wording is held against an agent
that does not score so much: in spoilt calls three of four such wordings had been said."""
LEAST_ODDS = 8.0
"""The same for one that does score so much, but is most of a harmless line, too."""
SAID_ODDS = 20.0
"""The same for what only makes a rule look: what an answer is due to, a circumstance."""

CERTAIN = ((2, 1.0), (3, 0.96), (4, 0.92), (5, 0.9), (7, 0.88), (10, 0.84))
"""(up to this many characters, score needed to hold it against the agent in clear talk)"""
LONG_CERTAIN = 0.78

ERROR_COSTS = {0.05: 0.21, 0.15: 0.04, 0.2: 0.02, 0.3: 0.11, 0.5: 0.17, 0.6: 0.02, 1.0: 0.43}
"""Cost of a character heard wrong, with its share of the errors: `python -m benchmarks.error_costs`
counts them (homophones count as a twentieth)."""


def said_from(literals: NDArray[np.float32], noisy: bool) -> NDArray[np.float32]:
    """``said`` for many wordings at once, in talk that is ``NOISY`` or not."""
    return _table(noisy)[np.minimum(literals, LONGEST).astype(np.intp)]


def said(literals: int, noise: float) -> float:
    """Score at which a wording that a rule asks for by name counts as said."""
    return _scores(noise >= NOISY)[min(literals, LONGEST)]


def forbidden(literals: int, noise: float) -> float:
    """Score at which a wording held against an agent counts as said."""
    least = next((score for size, score in FORBIDDEN.items() if literals <= size), FORBIDDEN_LONG)
    return max(said(literals, noise), least if noise >= NOISY else 0.0)


def certain(literals: int, noise: float) -> float:
    """Score from which a wording counts as said beyond doubt, in talk heard so well."""
    clear = next((score for size, score in CERTAIN if literals <= size), LONG_CERTAIN)
    return min(clear, forbidden(literals, noise)) if noise >= NOISY else clear


@cache
def _table(noisy: bool) -> NDArray[np.float32]:
    clear = [min(threshold(n), WORD_THRESHOLD) for n in range(LONGEST + 1)]
    least = [min(score, SAID_IN_NOISE.get(n, score)) for n, score in enumerate(clear)]
    return np.array(least if noisy else clear, np.float32)


@cache
def _scores(noisy: bool) -> tuple[float, ...]:
    return tuple(_table(noisy).tolist())


def absent(literals: int, noise: float) -> float:
    """Score below which it was surely not said; from here to ``said`` nobody can tell."""
    table = ABSENT_CLEAR if not noise else ABSENT_IN_NOISE if noise < UNHEARD else ABSENT_UNHEARD
    return next((least for size, least in table.items() if literals <= size), ABSENT_LONG)


def lost(score: float, literals: int, noise: float) -> float:
    """Chance that a wording that was said scores no more than this."""
    cost = round((1.0 - score) * literals * STEPS)
    return float(_tail(min(literals, LONGEST), round(noise * STEPS))[cost])


@lru_cache(maxsize=1024)
def _tail(literals: int, noise: int) -> NDArray[np.float64]:
    """Chance of at least each cost (in twentieths) of so many characters."""
    one = np.zeros(STEPS + 1)
    share = noise / STEPS
    for cost, part in ERROR_COSTS.items():
        one[round(cost * STEPS)] += share * part
    one[0] += 1.0 - share
    total = np.ones(1)
    for _ in range(literals):
        total = np.convolve(total, one)
    return np.append(total[::-1].cumsum()[::-1], np.zeros(STEPS * LONGEST))


def noise_of(turns: Iterable[SettledTurn]) -> float:
    """Share of characters heard wrong in these turns."""
    sizes = [(t.noise, len(t.turn.text)) for t in turns]
    return sum(n * size for n, size in sizes) / max(1, sum(size for _, size in sizes))
