"""Placeholders in wordings: plain declared names, nothing else."""

from __future__ import annotations

import pytest

from agent_assist.catalogue.models import PlaceholderData
from agent_assist.catalogue.templates import TemplateError, compile_wording
from agent_assist.core.wording import Slot

DECLARED = {
    "agent_id": PlaceholderData(
        label="工号", kind="digits", min_syllables=2, max_syllables=6, example="1086"
    ),
    "surname": PlaceholderData(
        label="姓氏", kind="name", max_syllables=2, example="王", fallback=""
    ),
}


def test_pieces_in_spoken_order() -> None:
    wording = compile_wording("您好，{{ agent_id }}号为{{surname}}服务", DECLARED)
    assert wording.pieces == (
        "您好，",
        Slot("agent_id", "工号", "digits", 2, 6, None),
        "号为",
        Slot("surname", "姓氏", "name", 0, 2, ""),
        "服务",
    )
    assert wording.text == "您好，〈工号〉号为〈姓氏〉服务"


def test_an_unknown_value_without_fallback_is_never_shown() -> None:
    wording = compile_wording("{{ agent_id }}号为您服务", DECLARED)
    assert wording.fill({"surname": "王"}) is None
    assert wording.fill({"agent_id": "1086"}) == "1086号为您服务"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{{ nobody }}号", "'nobody' is not declared"),
        ("{{ agent_id + 1 }}", "a plain name"),
        ("{{ agent_id.x }}", "a plain name"),
        ("{{ agent_id['x'] }}", "a plain name"),
        ("{{ agent_id|upper }}", "a plain name"),
        ("{{ agent_id() }}", "a plain name"),
        ("{{ ''.__class__.__mro__ }}", "a plain name"),
        ("{{ 7 * 7 }}", "a plain name"),
        ("{{ 'x' if agent_id else 'y' }}", "a plain name"),
        ("{{ range(9) }}", "a plain name"),
        ("{% if agent_id %}您{% endif %}", "no {% … %}"),
        ("{% for x in agent_id %}您{% endfor %}", "no {% … %}"),
        ("{% set x = 1 %}您", "no {% … %}"),
        ("{% include 'other' %}", "no {% … %}"),
        ("{{ agent_id", "broken"),
        ("{{ }}", "broken"),
        ("{{ agent id }}", "broken"),
        ("{ agent_id }", "a single brace"),
        ("您好}}", "a single brace"),
        ("{{ agent_id }}}", "a single brace"),
    ],
)
def test_anything_but_a_plain_declared_name_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(TemplateError) as refused:
        compile_wording(text, DECLARED)
    assert complaint in str(refused.value)
    assert "\n" not in str(refused.value)


def test_text_without_placeholders_is_kept_as_it_is() -> None:
    assert compile_wording("您好，<b>&amp;</b>", DECLARED).pieces == ("您好，<b>&amp;</b>",)


def test_a_comment_is_no_way_to_hide_text() -> None:
    with pytest.raises(TemplateError):
        compile_wording("您好{# 内部说明 #}，请讲", DECLARED)
