"""Numbers against bands."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.measure import measured, verdict_for
from agent_assist.core.rules import Band


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (99, "undetermined"),
        (100, "met"),
        (160, "met"),
        (160.1, "undetermined"),
        (400, "undetermined"),
        (400.1, "breach"),
        (59.9, "breach"),
        (60, "undetermined"),
    ],
)
def test_band_with_a_grey_zone(value: float, wanted: str) -> None:
    assert verdict_for(value, Band(100, 160, 60, 400)) == wanted


def test_band_without_a_grey_zone() -> None:
    assert verdict_for(10.0, Band(high=10.0)) == "met"
    assert verdict_for(10.01, Band(high=10.0)) == "breach"


def test_evidence_shows_the_limit_that_was_missed() -> None:
    band = Band(low=1.5, high=2.5)
    assert measured(1.0, band, "秒", 0, 1, None).limit == 1.5
    assert measured(3.0, band, "秒", 0, 1, None).limit == 2.5
