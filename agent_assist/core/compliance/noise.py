"""How many characters the recogniser gets wrong in a call, from the wordings heard in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.events import Operation

REPLACED = 0.7
"""Share of errors that replace a character; the others drop or add one, as people do themselves."""
OWN_WORDS = 1.5
"""So many characters an agent may change of himself: not counted as errors."""
WEIGHT = 4.0
"""How many characters heard right are taken for granted before the first is heard."""
MOST = 0.5
STEP = 0.05
"""The estimate is told in steps of so much, so that small changes change nothing."""


class NoiseGauge:
    """Follows one call; catalogue wordings of the agent show what became of each character."""

    def __init__(self) -> None:
        self._seen: Counter[Operation] = Counter()

    def told(self, settled: SettledTurn) -> SettledTurn:
        """The turn with the noise known by now: from wordings, or from its own confidence."""
        for spot in settled.spotted:
            self._seen.update(char.operation for char in spot.match.alignment.chars)
        unsure = 1.0 - settled.turn.utterance.confidence if len(settled.turn.text) else 0.0
        share = min(MOST, max(self._share, unsure))
        return replace(settled, noise=round(round(share / STEP) * STEP, 2))

    @property
    def _share(self) -> float:
        seen = self._seen
        wrong = seen["homophone"] + max(0.0, seen["wrong"] + seen["near"] - OWN_WORDS)
        chars = seen.total() - seen["slot"] - seen["extra"]
        return wrong / REPLACED / (chars + WEIGHT)
