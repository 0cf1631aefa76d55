"""Harmless wordings and quotations."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.shielding import quoted, within
from agent_assist.core.text import spoken


def test_positions_inside_harmless_wordings() -> None:
    assert within("我听不清楚听不清楚", ("听不清楚",)) == set(range(1, 9))
    assert within("不清楚", ("听不清楚", "")) == set()


@pytest.mark.parametrize("text", ["“你好”", "「你好」", "《你好》", "‘你好’"])
def test_quotations(text: str) -> None:
    assert quoted(spoken(f"请听到{text}再按键")) == {3, 4}


def test_no_quotation() -> None:
    assert quoted(spoken("你好，请按键")) == set()
