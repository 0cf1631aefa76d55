"""Counts what wrong characters cost in the alignment: ``ERROR_COSTS`` of core.compliance.certainty.

``python -m benchmarks.error_costs`` spoils every character of ordinary talk as in
tests/core/compliance/test_noise.py and prints the share of each cost.
"""

from __future__ import annotations

import random
from collections import Counter

from agent_assist.core.alignment import EXTRA, MISSED
from agent_assist.core.phonetics import HOMOPHONE, sound_cost
from agent_assist.core.text import spoken
from benchmarks.accuracy import CALLS
from tests.core.compliance.test_noise import garbled

ROUNDS = 10


def main() -> None:
    chance = random.Random(0)
    costs: Counter[float] = Counter()
    lines = (CALLS / "benign" / "utterances.txt").read_text(encoding="utf-8").split()
    for line in lines * ROUNDS:
        for syllable, char in zip(spoken(line).syllables, spoken(line).chars, strict=True):
            costs[_cost(syllable, garbled(char, 1.0, chance))] += 1
    for cost, count in sorted(costs.items()):
        print(f"{cost:.2f} {count / costs.total():.3f}")


def _cost(syllable: str, heard: list[tuple[str, bool]]) -> float:
    if not heard:
        return MISSED
    if len(heard) > 1:
        return EXTRA
    (other,) = spoken(heard[0][0]).syllables
    return round(max(HOMOPHONE, sound_cost(syllable, other)), 2)


if __name__ == "__main__":
    main()
