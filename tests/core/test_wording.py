"""Wordings filled for display: never a hole, never a leftover comma."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_assist.core.wording import Slot, Wording
from tests.packs import examples, lines, repeatable, script

SURNAME = Slot("surname", "客户姓氏", "name", 0, 2, "")
TITLE = Slot("title", "先生/女士", "title", 0, 2, "")
NUMBER = Slot("agent_id", "工号", "digits", 2, 6, None)
ORG = Slot("org", "其他单位", "text", 2, 12, "相关单位")


def test_people_see_the_label() -> None:
    assert Wording((NUMBER, "号为您服务")).text == "〈工号〉号为您服务"


@pytest.mark.parametrize(
    ("pieces", "values", "line"),
    [
        ((NUMBER, "号为您服务"), {"agent_id": "1086"}, "1086号为您服务"),
        ((NUMBER, "号为您服务"), {}, None),
        ((NUMBER, "号为您服务"), {"agent_id": ""}, None),
        ((SURNAME, TITLE, "，谢谢"), {"surname": "王", "title": "女士"}, "王女士，谢谢"),
        ((SURNAME, TITLE, "，谢谢"), {}, "谢谢"),
        (("您好，", SURNAME, TITLE, "，请讲"), {}, "您好，请讲"),
        (("您好！", SURNAME, "，请讲"), {}, "您好！请讲"),
        (("请联系", ORG, "。"), {}, "请联系相关单位。"),
        (("请联系", ORG, "。"), {"org": "铁路客服"}, "请联系铁路客服。"),
        (("没有位置",), {"org": "铁路客服"}, "没有位置"),
    ],
)
def test_filled(pieces: tuple[str | Slot, ...], values: dict[str, str], line: str | None) -> None:
    assert Wording(pieces).fill(values) == line


@repeatable
@given(st.sets(st.sampled_from(sorted(examples()))))
def test_no_line_of_the_catalogue_is_ever_shown_with_a_hole(known: set[str]) -> None:
    values = {name: examples()[name] for name in known}
    for situation in script().situations.values():
        for step in situation.steps:
            line = step.say.fill(values) if step.say else None
            if line is None:
                continue
            assert not re.search(r"[{}〈〉]", line), line
            assert not re.match(r"[，。！？、\s]", line), line
            assert not re.search(r"[，。！？、][，、]", line), line
            assert line.strip() == line


def test_every_line_can_be_shown_when_all_is_known() -> None:
    for situation_id, step, wording, line in lines(0):
        assert line, (situation_id, step)
        for piece in wording.pieces:
            if isinstance(piece, str) and len(piece) > 4:
                assert piece.strip("，。！？、") in line
