"""Readings in their context: the longest known word decides."""

from __future__ import annotations

import pytest

from agent_assist.core.readings import readings


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("", ""),
        ("银行", "yin hang"),
        ("行不行", "xing bu xing"),
        ("重新办理", "chong xin ban li"),
        ("重要", "zhong yao"),
        ("音乐会", "yin yue hui"),
        ("快乐", "kuai le"),
        ("一丘之貉吗", "yi qiu zhi he ma"),
        ("女", "nv"),
        ("你㍿", "ni ㍿"),
    ],
)
def test_a_text_is_read_word_by_word(text: str, syllables: str) -> None:
    assert readings().of(text) == syllables.split()


def test_the_longest_word_is_taken_first() -> None:
    table = readings()
    assert " 行" in table.words["银"]
    assert table.of("人民银行行长") == ["ren", "min", "yin", "hang", "hang", "zhang"]
