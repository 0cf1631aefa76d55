"""Where what is being said looks like the end of a known wording."""

from __future__ import annotations

import pytest

from agent_assist.core.events import Channel
from tests.packs import phrases

ASKED = "请问还有什么可以帮您"


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("agent", "您好中国移动很高兴"),
        ("agent", "您好中国移动很高兴为您服务"),
        ("agent", "请问您的号码是"),
        ("agent", "您当前余额为三十"),
        ("customer", "你好我想查话"),
        ("customer", "没有"),
        ("customer", "没有了"),
        ("customer", "我的号码是幺三八零零幺三八"),
    ],
)
def test_the_end_is_near(channel: Channel, text: str) -> None:
    assert phrases().expected.is_near(channel, text, "")


@pytest.mark.parametrize(
    ("channel", "text"),
    [
        ("agent", "您好中国"),
        ("agent", "今天下午我们去公园散步"),
        ("customer", "今天下午我们去公园散步"),
        ("customer", "没有了我就是随便问问而已"),
        ("customer", "幺三八零零"),
    ],
)
def test_talk_goes_on(channel: Channel, text: str) -> None:
    assert not phrases().expected.is_near(channel, text, ASKED)


def test_what_was_hardly_read_may_be_the_short_answer_to_a_question() -> None:
    expected = phrases().expected
    assert expected.is_near("customer", "", ASKED)
    assert expected.is_near("customer", "没", "请问您是本人吗")
    assert not expected.is_near("customer", "", "感谢您的来电")
    assert not expected.is_near("agent", "", ASKED)


@pytest.mark.parametrize(
    ("channel", "text", "complete"),
    [
        ("agent", "您好中国移动很高兴为您服务", True),
        ("agent", "您好中国移动很高兴为您服", False),
        ("agent", "请问您的号码是多少", True),
        ("agent", "您当前余额为三十五元", True),
        ("agent", "您当前余额为三十五元两", False),
        ("agent", "您当前余额为多少元", False),
        ("customer", "我要交三十五元", False),
        ("agent", "请问您的号码是多少我帮您", False),
        ("agent", "今天下午我们去公园散步", False),
        ("agent", "", False),
        ("customer", "你好查话费号码是幺三八零零幺三八零零零", True),
        ("customer", "幺三八零零幺三八", False),
        ("customer", "你好我想查话费", False),
    ],
)
def test_a_line_or_a_number_is_complete_with_its_last_character(
    channel: Channel, text: str, complete: bool
) -> None:
    assert phrases().expected.is_complete(channel, text) is complete
