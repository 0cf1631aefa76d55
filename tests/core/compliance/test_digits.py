"""Telephone digits in talk that was heard well, or badly."""

from __future__ import annotations

import pytest

from agent_assist.core.compliance.digits import groups, is_mobile, likeness
from agent_assist.core.text import spoken


@pytest.mark.parametrize(
    ("text", "clear", "noisy"),
    [
        ("一遍13800001234对吗", ["13800001234"], ["13800001234"]),
        ("起三八零领零二", ["380", "02"], ["380002"]),
        ("要三器八幺而山四五六七八", ["81", "45678"], ["137812345678"]),
        ("号码是幺零零零组零零", ["1000", "00"], ["100000"]),
        ("每月三十八元的套餐下月一日生效", [], []),
        ("意思是一起", [], []),
        ("嗯一三八呃零零", ["13800"], ["13800"]),
    ],
)
def test_digits_are_found_by_character_or_by_sound(
    text: str, clear: list[str], noisy: list[str]
) -> None:
    assert groups(spoken(text)) == clear
    assert groups(spoken(text), noisy=True) == noisy


@pytest.mark.parametrize(
    ("digits", "clear", "noisy"),
    [
        ("13812345678", True, True),
        ("1380001", True, True),
        ("3812345678", False, True),
        ("10690012345", False, False),
        ("138000", False, False),
        ("1381234567890", False, True),
        ("138123456789012", False, False),
    ],
)
def test_a_number_may_lose_its_first_digit_only_in_noise(
    digits: str, clear: bool, noisy: bool
) -> None:
    assert is_mobile(digits) is clear
    assert is_mobile(digits, noisy=True) is noisy


def test_likeness_counts_digits_in_order() -> None:
    assert likeness("1381", "1381") == 1.0
    assert likeness("1381", "18") == 0.5
    assert likeness("", "18") == 0.0
