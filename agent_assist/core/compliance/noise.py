"""How many characters the recogniser gets wrong in a call, from the wordings heard in it.

What became of a wording's characters tells: a recogniser mostly hears what sounds alike; an agent
who says a line his own way replaces words. A wording is one or the other, so each share of errors
is as likely as it makes what was heard, or as his own words would; the estimate is their mean.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.events import AlignedChar, Operation

CLEAR = 0.5
"""How likely a call is thought to be heard without errors before anything was heard of it."""
LITTLE = 0.02
"""What was heard must speak for noise by at least so much, or the call is taken to be clear."""
OWN_WORDS = 0.15
"""How often a wording is said in words of the agent's own."""
MOST = 0.5
STEP = 0.05
"""The estimate is told in steps of so much, so that small changes change nothing."""
GOES_ON = 0.6
"""How often the next character of his own words is again another one than the line's."""
YOU = ("您", "你")
"""An agent who says the second instead of the first was heard right."""


class Kind(NamedTuple):
    """How often a character comes out so: when all is clear, how much oftener for each share of
    errors (`python -m benchmarks.error_costs`), and in words of the agent's own."""

    clear: float
    added: float
    own: float


ALIKE, WRONG, EXTRA = Kind(0.002, 0.43, 0.04), Kind(0.004, 0.38, 0.12), Kind(0.002, 0.16, 0.06)
KINDS: dict[Operation, Kind] = {"homophone": ALIKE, "near": ALIKE, "wrong": WRONG, "extra": EXTRA}
"""What is missing is not among them: it tells nothing, agents leave out whole words."""

Likely = NDArray[np.float64]
_SHARES = np.arange(round(MOST / STEP) + 1) * STEP
_NOISE: dict[Operation, Likely] = {
    "said": np.log(1.0 - sum(kind.clear + kind.added * _SHARES for kind in (ALIKE, WRONG))),
    **{operation: np.log(kind.clear + kind.added * _SHARES) for operation, kind in KINDS.items()},
}
_OWN: dict[Operation, float] = {
    "said": float(np.log(1.0 - ALIKE.own - WRONG.own)),
    **{operation: float(np.log(kind.own)) for operation, kind in KINDS.items()},
}
_OTHER: tuple[Operation, ...] = ("wrong", "extra")
_GOES_ON = {
    (before, after): float(np.log(GOES_ON)) - _OWN[after]
    for before, after in product((*_OTHER, "missed"), _OTHER)
}
_FIRST = np.log([CLEAR, *[(1.0 - CLEAR) / (len(_SHARES) - 1)] * (len(_SHARES) - 1)])


class NoiseGauge:
    """Follows one call; catalogue wordings of the agent show what became of each character."""

    def __init__(self) -> None:
        self._likely: Likely = _FIRST
        self._share = 0.0

    def told(self, settled: SettledTurn) -> SettledTurn:
        """The turn with the noise known by now: from wordings, or from its own confidence."""
        for spot in settled.spotted:
            self._learn(tuple(_became(char) for char in spot.match.alignment.chars))
        unsure = 1.0 - settled.turn.utterance.confidence if len(settled.turn.text) else 0.0
        share = min(MOST, max(self._share, unsure))
        noise = round(round(share / STEP) * STEP, 2)
        return settled if noise == settled.noise else replace(settled, noise=noise)

    def _learn(self, seen: tuple[Operation, ...]) -> None:
        self._likely = self._likely + _told_by(seen)
        weights = np.exp(self._likely - self._likely.max())
        weights /= weights.sum()
        self._share = float(weights @ _SHARES) if weights[0] < CLEAR - LITTLE else 0.0


@lru_cache(maxsize=512)
def _told_by(seen: tuple[Operation, ...]) -> Likely:
    """How likely each share of errors makes what became of a wording, the likeliest at 0."""
    counts = ((log, seen.count(operation)) for operation, log in _NOISE.items())
    noise = sum(log * count for log, count in counts if count)
    own = sum(_OWN.get(operation, 0.0) for operation in seen)
    own += sum(log for pair in pairwise(seen) if (log := _GOES_ON.get(pair)))
    each = np.logaddexp(noise + np.log(1.0 - OWN_WORDS), own + np.log(OWN_WORDS))
    likely: Likely = each - each.max()
    return likely


def _became(char: AlignedChar) -> Operation:
    return "said" if (char.expected, char.heard) == YOU else char.operation
