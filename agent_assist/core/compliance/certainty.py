"""From which score a wording was said, and below which it was not, in talk heard so well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.matching import threshold

WORD_THRESHOLD = 0.96
"""A short word asked for by name counts when every character or a homophone of it was said."""
ABSENT, ABSENT_SHORT, ABSENT_LONG = 0.5, 0.7, 0.4
"""Below this score a wording was not said: generally, of three characters, of eight and more."""
LONGEST = 64
"""Longer wordings are judged as one of so many characters."""


def said_from(literals: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
    """``said`` for many wordings at once."""
    return _SAID[np.minimum(literals, LONGEST).astype(np.intp)]


def said(literals: int, noise: float) -> float:
    """Score at which a wording that a rule asks for by name counts as said."""
    return min(threshold(literals), WORD_THRESHOLD)


def absent(literals: int, noise: float) -> float:
    """Score below which it was surely not said; from here to ``said`` nobody can tell."""
    if literals == 3:
        return ABSENT_SHORT
    return ABSENT_LONG if literals >= 8 else ABSENT


_SAID = np.array([said(n, 0.0) for n in range(LONGEST + 1)], np.float32)
