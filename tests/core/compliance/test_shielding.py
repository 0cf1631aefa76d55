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


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("您是说营业员对您说了不归我管，对吗", "不归我管"),
        ("那位客服跟您讲过您找领导去是吗", "您找领导去"),
        ("他们向您说了自己想办法是不是", "自己想办法"),
        ("他们向您说了可以办不归我管", ""),
        ("您是说那边的人员讲了不会用就别用这样的话对吗", "不会用就别用"),
        ("我跟您说了不归我管", ""),
        ("我对您讲过多少遍了", ""),
        ("对您说明一下资费", ""),
        ("您说别人叫您土包子，那确实不对，我替他道歉。", "别人叫您土包子"),
        ("他骂您蠢货，这太不应该了，我会上报。", "蠢货"),
        ("您让我别问那么多，好的，我只核对一项。", "别问那么多"),
    ],
)
def test_what_others_told_the_customer_is_theirs(said: str, told: str) -> None:
    text = spoken(said)
    assert "".join(text.chars[i] for i in sorted(quoted(text))) == told


@pytest.mark.parametrize(
    "said", ["您说您傻不傻，真是的。", "您说怎么办，我不管。", "您自己说了算。"]
)
def test_asking_back_tells_nobody_elses_words(said: str) -> None:
    assert not quoted(spoken(said))
