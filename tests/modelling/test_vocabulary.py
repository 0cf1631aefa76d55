"""Words of sentences."""

import pytest

from agent_assist.modelling.lexicon import Lexicon
from agent_assist.modelling.vocabulary import Segmenter


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("全球通VIP客户", ["全球通", "VIP", "客户"]),
        ("ｖｉｐ", ["VIP"]),
        ("please hold the line", ["HOLD"]),
        ("Wi-Fi密码", ["WIFI", "密码"]),
        ("四G套餐", ["四", "G", "套餐"]),
        ("一三八零", ["一", "三", "八", "零"]),
        ("查询XYZ业务", ["查询", "X", "Y", "Z", "业务"]),
        ("李先生请讲", ["李", "先生", "请", "讲"]),
        ("黑色T恤", ["黑色", "T", "恤"]),
        ("ApplePay", ["APPLE", "PAY"]),
        ("查询NETWORKING业务", ["查询", "业务"]),
    ],
)
def test_words_in_letters_single_letters_and_digits_are_words(text: str, words: list[str]) -> None:
    assert Segmenter().words(text) == words


def test_every_letter_word_can_be_spoken() -> None:
    assert Lexicon().pronunciations("VIP")[0] == ("uei", "ai", "p", "i")
