"""The report lists the knowledge cards of the call and what is left to a reviewer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_assist.apps.replay import write_report
from agent_assist.core.events import Event
from agent_assist.core.forms import Form, Question
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.core.report import fold
from agent_assist.ui.review import render_report
from tests.packs import script

CARD = KnowledgeOffered(10_500, "ring", "彩铃<收费>", ("每月6元", "先查套餐"), "S003 三(一)3", 1)
FORM = Form(
    "recovery", "服务补救清单", "month", "S003", (Question("第一次就做对？", ("是", "否")),)
)


@pytest.fixture(scope="module")
def page(events: tuple[Event, ...]) -> str:
    return render_report(fold((*events[:9], CARD, *events[9:]), {}), None, None, forms=(FORM,))


def test_cards_are_listed_with_their_source_and_escaped(page: str) -> None:
    (section,) = re.findall(r'<section id="knowledge".*?</section>', page, re.S)
    assert "彩铃&lt;收费&gt;" in section
    assert section.index("每月6元") < section.index("先查套餐")
    assert "S003 三(一)3" in section
    assert "00:10.5" in section


def test_forms_ask_their_questions_with_answers_to_choose_from(page: str) -> None:
    (section,) = re.findall(r'<section id="forms".*?</section>', page, re.S)
    assert "服务补救清单" in section
    assert "每月，1 项" in section
    assert section.count('type="radio" name="form-1-1"') == 2


def test_a_call_without_cards_and_forms_has_neither_section(events: tuple[Event, ...]) -> None:
    page = render_report(fold(events, {}), None, None)
    assert 'id="knowledge"' not in page
    assert 'id="forms"' not in page


def test_the_packs_forms_come_into_a_calls_report(
    tmp_path: Path, events: tuple[Event, ...]
) -> None:
    write_report(tmp_path / "r.html", events, {}, script())
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    for title in ("听录音评定", "服务补救清单", "服务规范考核达标表"):
        assert title in page
    names = re.findall(r'type="radio" name="([^"]+)"', page)
    assert len(set(names)) == sum(len(form.questions) for form in script().forms)
