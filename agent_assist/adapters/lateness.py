"""How a device's count of samples stands to the clock, whatever the jitter.

A device's lateness is the moment a block arrives, less the sound given so far. Blocks can come
late but never early, so the least of some seconds is what counts. From it follows how much is
missing after sound was lost, and how far one device's count has drifted from another's.
"""

from __future__ import annotations

from collections import deque

BUCKET_S = 1.0
BUCKETS = 4
MISSING_S = 0.05
"""Lateness may grow by this much, for a whole second, before sound is taken to be lost."""


class Lateness:
    """The least lateness of the last seconds, from the least of each second."""

    def __init__(self, zero_s: float) -> None:
        self.base_s = zero_s
        self._least: deque[float] = deque(maxlen=BUCKETS)
        self._bucket_ends_s = zero_s + BUCKET_S
        self._bucket_s = float("inf")

    @property
    def is_sure(self) -> bool:
        return len(self._least) == BUCKETS

    def feed(self, at_s: float, late_s: float) -> float:
        """Take one arrival; how much sound turned out to be missing, in seconds."""
        self._bucket_s = min(self._bucket_s, late_s)
        if at_s < self._bucket_ends_s:
            return 0.0
        found, self._bucket_s = self._bucket_s, float("inf")
        self._bucket_ends_s = at_s + BUCKET_S
        missing_s = found - self.base_s if self._least else 0.0
        lost = missing_s > MISSING_S
        self._least.append(self.base_s if lost else found)
        self.base_s = min(self._least)
        return missing_s if lost else 0.0

    def shift(self, by_s: float) -> None:
        """The count was corrected: from now on everything is less late by so much."""
        self._least = deque((late - by_s for late in self._least), maxlen=BUCKETS)
        self.base_s -= by_s
        self._bucket_s -= by_s

    def begin_again(self, at_s: float) -> None:
        """What arrived before counts no more: the next seconds decide how the count stands."""
        self._bucket_s, self._bucket_ends_s = float("inf"), at_s + BUCKET_S
        self._least.clear()
