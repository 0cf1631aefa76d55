"""Calibration of word confidences."""

import json
import random
from pathlib import Path

import pytest

from agent_assist.modelling.confidence import (
    IDENTITY,
    Calibration,
    calibration_error,
    fit,
    read_calibration,
    reliability,
)


def overconfident(count: int = 4000) -> list[tuple[float, bool]]:
    """Words that are right less often than their confidence says."""
    rng = random.Random(5)
    return [(c, rng.random() < 0.6 * c) for c in (rng.random() for _ in range(count))]


def test_fit_brings_confidence_to_the_share_that_is_right() -> None:
    pairs = overconfident()
    found = fit(pairs)
    mapped = [(found(c), right) for c, right in pairs]
    assert calibration_error(pairs) > 0.15
    assert calibration_error(mapped) < 0.06


def test_the_map_rises_and_stays_within_bounds() -> None:
    found = fit(overconfident())
    values = [found(k / 50) for k in range(51)]
    assert values == sorted(values)
    assert 0 <= values[0] < values[-1] <= 1


@pytest.mark.parametrize("right", [True, False])
def test_one_sided_evidence_settles(right: bool) -> None:
    found = fit([(0.9, right)] * 50)
    assert found.slope > 0
    assert (found(0.9) > 0.9) is right


def test_reliability_counts_every_word() -> None:
    table = reliability([(0.05, False), (0.95, True), (1.0, True), (1.0, False)])
    assert [b.words for b in table] == [1, 3]
    assert table[1].right == pytest.approx(2 / 3)


def test_identity_changes_nothing() -> None:
    assert [IDENTITY(c) for c in (0.0, 0.3, 1.0, 1.2)] == [0.0, 0.3, 1.0, 1.0]


def test_a_model_without_a_map_keeps_its_confidences(tmp_path: Path) -> None:
    assert read_calibration(tmp_path) is IDENTITY


def write(folder: Path, entries: object) -> Path:
    (folder / "conf").mkdir()
    (folder / "conf" / "confidence.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def test_a_map_is_read(tmp_path: Path) -> None:
    found = read_calibration(write(tmp_path, {"slope": 0.5, "offset": -1, "words": 10}))
    assert found == Calibration(0.5, -1.0)


@pytest.mark.parametrize(
    "entries", [{}, [], {"slope": 0, "offset": 0}, {"slope": "x", "offset": 1}, {"slope": -1}]
)
def test_a_bad_map_is_refused(tmp_path: Path, entries: object) -> None:
    with pytest.raises(ValueError, match="confidence"):
        read_calibration(write(tmp_path, entries))
