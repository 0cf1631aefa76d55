"""The bundled table of readings says what pypinyin says."""

from __future__ import annotations

import random

from pypinyin import lazy_pinyin
from pypinyin.constants import PHRASES_DICT

from agent_assist.core.readings import TABLE, readings
from agent_assist.modelling.reading_table import table


def test_the_table_is_up_to_date() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


def test_words_after_each_other_are_read_as_pypinyin_reads_them() -> None:
    chance = random.Random(1)
    words = sorted(PHRASES_DICT)
    for _ in range(500):
        text = "".join(chance.sample(words, 2))[chance.randrange(2) :]
        assert readings().of(text) == lazy_pinyin(text), text
