"""Personal numbers never survive masking; everything else does."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.masking import mask, mask_reply

CHINESE_DIGITS = "零一二三四五六七八九"
AROUND = st.text("我的是号码，。请 您好吗ab<>&", max_size=8)
GAPS = st.sampled_from(["", " ", "-", "  ", " - "])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的号码是13800000001谢谢", "我的号码是138****0001谢谢"),
        ("138 0000 0001", "138 **** 0001"),
        ("138-0000-0001", "138-****-0001"),
        ("+86 138 0000 0001", "+86 138 **** 0001"),
        ("10086 13800000001", "10086 138****0001"),
        ("010-12345678", "010-****5678"),
        ("座机是82345678", "座机是82****78"),
        ("11010119900307123X", "110***********123X"),
        ("110101900307123", "110********7123"),
        ("卡号6222021234567890123", "卡号622************0123"),
        ("一三八零零零零零零零一", "一三八＊＊＊＊零零零一"),
        ("幺 三 八 零 零 幺 三 八 零 零 零", "幺 三 八 ＊ ＊ ＊ ＊ 八 零 零 零"),
        ("工号是13800000001", "工号是138****0001"),
        ("密码是123456", "密码是******"),
        ("服务密码 一二三四五六", "服务密码 ＊＊＊＊＊＊"),
        ("密码一共是六位，您输入123456", "密码一共是六位，您输入******"),
        ("123456是我的密码", "******是我的密码"),
    ],
)
def test_personal_numbers_are_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "138****0001",
        "一三八＊＊＊＊零零零一",
        "请拨打10086或者10088",
        "余额1234567元",
        "扣了1234567.89元",
        "套餐三十八元，流量二十个G",
        "2026-11-21 20:08:11",
        "8点30分到20点",
        "我是1086号客户代表",
        "工号10086001",
        "我是12345678号话务员",
        "密码改好了，一共123456元",
        "验证码是六位数字",
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text) == text


def test_a_reply_to_a_password_question_is_a_password() -> None:
    assert mask_reply("请您输入六位服务密码。", "一二三四五六") == "＊＊＊＊＊＊"
    assert mask_reply("请您输入服务密码", "是123456") == "是******"
    assert mask_reply("您的流量是多少", "123456") == "123456"
    assert mask_reply("请您输入服务密码", "好的，13800000001") == "好的，138****0001"


@given(st.text() | st.text("0123456789零一二三幺两 -*＊Xx密码工号元.", max_size=40))
def test_a_mask_keeps_the_length_and_is_its_own_mask(text: str) -> None:
    masked = mask(text)
    assert len(masked) == len(text)
    assert all(b in (a, "*", "＊") for a, b in zip(text, masked, strict=True))
    assert mask(masked) == masked


@given(AROUND, st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), GAPS, GAPS, AROUND)
def test_no_mobile_number_survives(before: str, number: str, g1: str, g2: str, after: str) -> None:
    for digits in (number, "".join(CHINESE_DIGITS[int(digit)] for digit in number)):
        spoken = digits[:3] + g1 + digits[3:7] + g2 + digits[7:]
        masked = mask(before + spoken + after)[len(before) :][: len(spoken)]
        kept = re.sub(r"[\s\-*＊]", "", masked)
        assert kept == digits[:3] + digits[7:]


@given(AROUND.filter(lambda t: t[-1:] not in "ab"), st.integers(7, 24), st.data(), AROUND)
def test_at_most_seven_digits_of_a_long_number_show(
    before: str, count: int, data: st.DataObject, after: str
) -> None:
    digits = data.draw(st.text("23456789", min_size=count, max_size=count))
    shown = mask(before + digits + after)[len(before) :][:count]
    assert sum(char.isdigit() for char in shown) <= 7
    assert "*" in shown
