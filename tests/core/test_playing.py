"""Steps of a situation, what follows it, and what waits for the customer's answer."""

from __future__ import annotations

from tests.conversations import GREETING, Said, judged, prompts, shown_at, stages

COMPLAINT: Said = ("customer", 5.0, 7.0, "你们乱扣费，我要投诉")
SOOTHED: Said = ("agent", 8.0, 12.0, "非常理解您的心情，给您带来不便，非常抱歉。")
ASKED: Said = ("agent", 13.0, 16.0, "您能详细描述一下当时的情形吗？")
TOLD: Said = ("customer", 17.0, 20.0, "我没订彩铃，扣了六块。")


def line_at(events: list[object], at_ms: int) -> tuple[str, int, str] | None:
    shown = shown_at(events, at_ms)  # type: ignore[arg-type]
    return (shown.situation_id, shown.step, shown.text) if shown else None


def test_a_complaint_is_soothed_then_asked_about_then_said_back() -> None:
    events = judged(GREETING, COMPLAINT, SOOTHED, ASKED, TOLD, ended_at_s=30)
    soothe, openly, listen, back = (line_at([*events], t) for t in (7500, 12_500, 16_500, 21_000))
    assert soothe is not None
    assert soothe[:2] == ("complaint-soothe", 2)
    assert openly is not None
    assert openly[:2] == ("open-question", 1)
    assert listen is None
    assert back == ("paraphrase-need", 1, "跟您确认一下，您是说您没订彩铃，扣了六块，对吗？")


def test_a_complaint_recorded_tells_by_when_it_is_answered() -> None:
    recorded: Said = ("agent", 40.0, 46.0, "您反映的问题我已经为您登记，会在两小时内给您回复。")
    events = judged(GREETING, COMPLAINT, SOOTHED, recorded, ended_at_s=200)
    assert line_at([*events], 47_000) == (
        "complaint-record",
        3,
        "（登记回复任务：工单回复时限11:00，答复客户时限次日10:00）",
    )
    nameless = judged(GREETING, COMPLAINT, SOOTHED, recorded, started_at="")
    assert any("工单回复时限一小时之内" in p.text for p in prompts(nameless))


def test_the_next_question_waits_for_the_answer_to_the_last() -> None:
    first: Said = ("agent", 8.0, 10.0, "您平时主要用语音还是上网？")
    answer: Said = ("customer", 14.0, 15.0, "上网多一些")
    asks: Said = ("customer", 5.0, 7.0, "有没有便宜的套餐")
    events = judged(GREETING, asks, first, answer, ended_at_s=20)
    assert line_at([*events], 13_000) is None
    shown = line_at([*events], 15_500)
    assert shown is not None
    assert shown[:2] == ("spin-questions", 2)


def test_an_answer_after_a_hold_leads_to_the_key_and_then_to_anything_else() -> None:
    events = judged(
        GREETING,
        ("customer", 5.0, 7.0, "我想查一下话费还剩多少"),
        ("agent", 8.0, 11.0, "请您稍候，我帮您查询。"),
        ("agent", 18.0, 20.0, "感谢您的耐心等待。"),
        ("agent", 20.5, 24.0, "您现在的余额是三十五元两角"),
        ("agent", 25.0, 30.0, "建议您下次查询话费时，直接拨打10086，选择1号键就可以查询"),
        ended_at_s=40,
    )
    steps = [line_at([*events], t) for t in (12_000, 20_200, 24_500, 31_000)]
    assert [s[0] if s else None for s in steps] == [
        "hold-end",
        None,
        "self-service-referral",
        "anything-else",
    ]
    assert stages(events) == ["rapport", "diagnosis", "solution", "summary"]


def test_a_business_without_a_key_is_not_referred_to_it() -> None:
    events = judged(
        GREETING,
        ("customer", 5.0, 7.0, "我家宽带怎么那么慢"),
        ("agent", 8.0, 11.0, "请您稍候，我帮您查询。"),
        ("agent", 18.0, 24.0, "感谢您的耐心等待。您家的线路正在检修，下午三点恢复"),
        ended_at_s=40,
    )
    shown = line_at([*events], 25_000)
    assert shown is not None
    assert shown[0] == "anything-else"
