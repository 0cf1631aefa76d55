"""From a recogniser's word confidence to the share of such words that are right.

A model directory may hold ``conf/confidence.json``::

    {"slope": 0.8, "offset": -0.3, "words": 2100, "error_before": 0.2, "error_after": 0.03}

The calibrated confidence is ``1 / (1 + exp(-(slope * logit(c) + offset)))`` with the
recogniser's own c kept within ``EDGE`` of 0 and 1; the other entries say how many words it
was fitted on and the expected calibration error without and with it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EDGE = 0.005
FILE = Path("conf") / "confidence.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising map of confidences; the default leaves them as they are."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, confidence: float) -> float:
        """The calibrated confidence, 0 to 1."""
        if self == IDENTITY:
            return min(1.0, max(0.0, confidence))
        return _sigmoid(self.slope * _logit(confidence) + self.offset)


IDENTITY = Calibration()


def read_calibration(model_dir: Path) -> Calibration:
    """The map of a model directory; the identity when it has none.

    Raises ValueError when the file is there and is not two finite numbers with a positive slope.
    """
    path = model_dir / FILE
    if not path.is_file():
        return IDENTITY
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        found = Calibration(float(entries["slope"]), float(entries["offset"]))
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: not a calibration with 'slope' and 'offset'") from None
    if not (found.slope > 0 and math.isfinite(found.slope) and math.isfinite(found.offset)):
        raise ValueError(f"{path}: slope must be positive, both must be finite")
    return found


def fit(pairs: Sequence[tuple[float, bool]], rounds: int = 200) -> Calibration:
    """The map under which ``pairs`` of (confidence, was right) are most likely.

    Newton's method with a weak pull towards the identity, so that it always settles.
    """
    slope, offset, pull = 1.0, 0.0, 1.0
    inputs = [(_logit(c), float(right)) for c, right in pairs]
    for _ in range(rounds):
        g1, g2 = pull * (slope - 1), pull * offset
        h11 = h22 = pull
        h12 = 0.0
        for x, right in inputs:
            p = _sigmoid(slope * x + offset)
            g1, g2, w = g1 + (p - right) * x, g2 + p - right, p * (1 - p)
            h11, h12, h22 = h11 + w * x * x, h12 + w * x, h22 + w
        det = h11 * h22 - h12 * h12
        step1, step2 = (h22 * g1 - h12 * g2) / det, (h11 * g2 - h12 * g1) / det
        shorter = min(1.0, 1.0 / (abs(step1) + abs(step2) + 1e-12))
        slope, offset = max(0.05, slope - shorter * step1), offset - shorter * step2
        if abs(step1) + abs(step2) < 1e-9:
            break
    return Calibration(round(slope, 4), round(offset, 4))


@dataclass(frozen=True, slots=True)
class Bin:
    """Words of similar confidence: how many, mean confidence, share that is right."""

    words: int
    confidence: float
    right: float


def reliability(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> list[Bin]:
    """The reliability table; empty bins are left out."""
    groups: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for confidence, right in pairs:
        groups[min(bins - 1, int(confidence * bins))].append((confidence, right))
    return [
        Bin(len(g), math.fsum(c for c, _ in g) / len(g), sum(r for _, r in g) / len(g))
        for g in groups
        if g
    ]


def calibration_error(pairs: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error: mean gap between confidence and truth over all words."""
    table = reliability(pairs)
    return math.fsum(b.words * abs(b.confidence - b.right) for b in table) / max(1, len(pairs))


def _logit(confidence: float) -> float:
    inside = min(1 - EDGE, max(EDGE, confidence))
    return math.log(inside / (1 - inside))


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
