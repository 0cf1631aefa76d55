"""What a call tells for the placeholders of its lines."""

from __future__ import annotations

import pytest

from agent_assist.core.context import CallContext
from agent_assist.core.events import Channel, Utterance
from agent_assist.core.particulars import Particulars
from agent_assist.core.spotting import Turn
from tests.conversations import GREETING, judged, prompts
from tests.packs import script


def turn(text: str, channel: Channel = "customer") -> Turn:
    return Turn.from_utterance(Utterance(0, 0, channel, 0, 1000, text))


def told(*customer: str, agent: str = "", start_min: int | None = None) -> Particulars:
    """After the agent said something, and the customer these."""
    known = Particulars(script(), CallContext(start_min=start_min))
    if agent:
        known.hear_agent(turn(agent, "agent"))
    for text in customer:
        known.hear_customer(turn(text))
    return known


@pytest.mark.parametrize(
    ("text", "surname"),
    [
        ("我姓张", "张"),
        ("免贵姓王", "王"),
        ("我叫李明", "李"),
        ("我叫欧阳修", "欧阳"),
        ("我是陈女士", "陈"),
        ("我是老客户", ""),
        ("我是高中生", ""),
        ("我叫你们领导来", ""),
        ("上次是王女士接的电话", ""),
        ("问一下姓名怎么改", ""),
    ],
)
def test_a_surname_is_taken_where_it_is_told(text: str, surname: str) -> None:
    known = told(text)
    known.hear_agent(turn("先生，您好", "agent"))
    assert known.values.get("surname", "") == surname


def test_a_bare_name_answers_the_question_for_it_and_nothing_else() -> None:
    asked = told("李某。", agent="请问机主姓名？")
    asked.hear_agent(turn("李先生，请您稍候", "agent"))
    assert (asked.values["surname"], asked.values["title"]) == ("李", "先生")
    unasked = told("李某。", agent="请问您要查什么？")
    unasked.hear_agent(turn("李先生，请您稍候", "agent"))
    assert "surname" not in unasked.values


def test_a_surname_is_never_said_without_a_title() -> None:
    assert "surname" not in told("我姓张").values
    assert told("我姓张，张女士").values["title"] == "女士"
    asking = told("我姓张")
    asking.hear_agent(turn("请问机主是先生还是女士？", "agent"))
    assert "surname" not in asking.values


@pytest.mark.parametrize(
    ("text", "business", "key"),
    [
        ("我想查话费", "话费", "1"),
        ("开通来电显示", "来电显示", "2"),
        ("先查话费，再问宽带", "宽带", None),
        ("今天天气不错", None, None),
    ],
)
def test_a_business_is_known_by_its_words(text: str, business: str | None, key: str | None) -> None:
    values = told(text).values
    assert (values.get("business"), values.get("key")) == (business, key)


def test_a_key_goes_with_its_business() -> None:
    assert "key" not in told("查话费", "宽带断了").values


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("我没订彩铃，扣了六块。", "您没订彩铃，扣了六块"),
        ("你好，那个，我的网断了三天。", "您的网断了三天"),
        ("嗯。", None),
        ("你怎么这么慢", None),
        ("我的卡号是六二二二零二零二", None),
        ("王八蛋，我要退钱", None),
    ],
)
def test_the_customers_words_are_said_back_from_the_agents_side(
    text: str, quote: str | None
) -> None:
    assert told(text).values.get("paraphrase") == quote


@pytest.mark.parametrize(
    ("start_min", "at_ms", "by"),
    [(600, 0, "11:00"), (600, 330_000, "11:05"), (1439, 0, "次日00:59"), (None, 0, None)],
)
def test_the_time_to_reply_by_counts_from_now(
    start_min: int | None, at_ms: int, by: str | None
) -> None:
    known = told(start_min=start_min)
    step = script().situations["complaint-record"].step(3)
    assert step is not None
    known.tell_time(step, at_ms)
    assert known.values.get("ticket_by") == by


def test_lines_are_filled_from_the_call() -> None:
    events = judged(
        GREETING,
        ("customer", 5.0, 8.0, "我姓李，李先生，我想查话费"),
        ("agent", 9.0, 12.0, "请您稍候片刻，我帮您核实一下好吗？"),
        ("agent", 20.0, 24.0, "感谢您的耐心等待，您的余额是三十五元两角，月底扣费"),
    )
    texts = [p.text for p in prompts(events)]
    assert "李先生，谢谢您耐心等候。" in texts
    key = "建议您下次查询（办理）话费时，直接拨打10086，选择1号键就可以查询（办理）"
    assert key in texts
