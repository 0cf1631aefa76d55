"""Where a call stands and which line is due next, told in conversations."""

from __future__ import annotations

import pytest

from agent_assist.core.events import (
    LineQuality,
    PartialHeard,
    PromptCleared,
    SituationEntered,
    SituationLeft,
)
from agent_assist.core.line_state import POOR_IN_A_ROW
from agent_assist.core.stillness import SILENCE_AFTER_GREETING_MS
from tests.conversations import (
    GREETING,
    Said,
    conversation,
    entered,
    judge,
    judged,
    prompts,
    shown_at,
    stages,
)
from tests.packs import script

HOLD: Said = ("agent", 10.0, 13.0, "请您稍候片刻，我帮您核实一下好吗？")
QUESTION: Said = ("customer", 4.5, 7.5, "你好，我这个月怎么扣了那么多钱")

# ── greeting ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("desk", "started_at", "situation", "line"),
    [
        (
            "general",
            "2026-05-12T10:00:00",
            "greet-general-desk",
            "您好！中国移动，很高兴为您服务！",
        ),
        ("gotone", "2026-05-12T10:00:00", "greet-gotone-desk", "您好！全球通客户代表为您服务！"),
        ("vip", "2026-05-12T10:00:00", "greet-vip-desk", "您好！全球通VIP客户代表小周为您服务！"),
        (
            "gotone",
            "2026-05-15T18:05:00",
            "greet-weekend-prefix",
            "您好！周末快乐！全球通客户代表为您服务！",
        ),
        (
            "general",
            "2026-10-01T10:00:00",
            "greet-holiday-prefix",
            "您好！节日快乐！中国移动，很高兴为您服务！",
        ),
    ],
)
def test_the_greeting_is_due_within_two_seconds_of_the_connection(
    desk: str, started_at: str, situation: str, line: str
) -> None:
    events = judged(GREETING, desk=desk, started_at=started_at)
    first = prompts(events)[0]
    assert (first.at_ms, first.due_ms, first.latency_ms) == (0, 2000, 0)
    assert (first.situation_id, first.step) == (situation, 1)
    assert first.text == line
    assert first.status == "seed"
    assert stages(events)[0] == "rapport"


def test_any_first_words_take_the_greeting_from_the_screen() -> None:
    events = judged(("agent", 0.5, 2.0, "喂，哪位啊，什么事情"), QUESTION)
    assert shown_at(events, 1999) is not None
    assert shown_at(events, 2100) is None


# ── silent caller ──────────────────────────────────────────────────────────────────────────────

SILENT: tuple[Said, ...] = (
    ("agent", 0.7, 4.0, "您好，中国移动，很高兴为您服务！"),
    ("agent", 6.1, 9.1, "您好，请问有什么可以帮助您吗？"),
    ("agent", 11.2, 13.8, "请问您能听到我的声音吗？"),
    ("agent", 16.0, 20.9, "很抱歉，我听不到您讲话，请您换一部电话再打来。"),
    ("agent", 23.0, 27.0, "幺零八六号感谢您对我们工作的支持，再见。"),
)


def test_a_silent_caller_brings_up_the_procedure_step_by_step() -> None:
    events = judged(*SILENT, hung_up_by="agent", ended_at_s=27.7)
    steps = [p for p in prompts(events) if p.situation_id == "caller-silent"]
    assert [(p.step, p.due_ms) for p in steps] == [
        (1, 4000 + SILENCE_AFTER_GREETING_MS),
        (2, 9100 + 2000),
        (3, 13800 + 2000),
        (4, None),
    ]
    assert steps[0].at_ms == 4000 + SILENCE_AFTER_GREETING_MS
    assert [p.text for p in steps] == [
        "您好，请问有什么可以帮助您吗？",
        "请问您能听到我的声音吗？",
        "很抱歉，我听不到您讲话，请您换一部电话再打来。",
        "1086号感谢您对我们工作的支持，再见",
    ]
    assert all(p.status == "seed" for p in steps)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_the_procedure_is_dropped_as_soon_as_the_customer_speaks(steps: int) -> None:
    spoken_ms = round(SILENT[steps][2] * 1000) + 2050
    speech: Said = ("customer", spoken_ms / 1000, spoken_ms / 1000 + 1, "今天天气不错")
    events = judged(*SILENT[: steps + 1], speech, ended_at_s=40)
    before = shown_at(events, spoken_ms - 1)
    assert before is not None
    assert before.situation_id == "caller-silent"
    left = [e for e in events if isinstance(e, SituationLeft)]
    assert [(e.at_ms, e.situation_id, e.cause) for e in left] == [
        (spoken_ms, "caller-silent", "customer_speaks")
    ]
    cleared = [e for e in events if isinstance(e, PromptCleared) and e.at_ms == spoken_ms]
    assert [(e.situation_id, e.cause) for e in cleared] == [("caller-silent", "customer_speaks")]
    assert all(e.situation_id != "caller-silent" for e in prompts(events) if e.at_ms >= spoken_ms)


def test_a_customer_who_spoke_is_no_silent_caller() -> None:
    events = judged(GREETING, QUESTION, ended_at_s=30)
    assert "caller-silent" not in entered(events)


def test_before_the_greeting_silence_means_nothing() -> None:
    assert "caller-silent" not in entered(judged(ended_at_s=30))


# ── hold ───────────────────────────────────────────────────────────────────────────────────────


def test_thanks_are_due_after_a_hold_and_gone_once_said() -> None:
    thanks: Said = ("agent", 20.0, 24.0, "感谢您的耐心等待，您这个月有一笔短信费")
    events = judged(GREETING, QUESTION, HOLD, thanks, ended_at_s=30)
    line = shown_at(events, 15_000)
    assert line is not None
    assert (line.situation_id, line.step) == ("hold-end", 1)
    assert line.text == "谢谢您耐心等候。"
    later = shown_at(events, 29_000)
    assert later is None or later.situation_id != "hold-end"


def test_a_hold_of_thirty_seconds_calls_for_a_revisit() -> None:
    events = judged(GREETING, QUESTION, HOLD, ended_at_s=60)
    revisits = [p for p in prompts(events) if p.situation_id == "hold-revisit"]
    assert [(p.at_ms, p.due_ms) for p in revisits] == [(43_000, 43_000)]


def test_a_second_revisit_is_due_after_the_first() -> None:
    revisit: Said = ("agent", 44.0, 48.0, "很抱歉还需要您等一下，我正在抓紧为您查询，马上就好。")
    events = judged(GREETING, QUESTION, HOLD, revisit, ended_at_s=100)
    revisits = [p.at_ms for p in prompts(events) if p.situation_id == "hold-revisit"]
    assert revisits == [43_000, 78_000]


def test_a_short_hold_needs_no_revisit() -> None:
    events = judged(GREETING, QUESTION, HOLD, ended_at_s=42.9)
    assert "hold-revisit" not in entered(events)


def test_talk_during_a_hold_starts_the_thirty_seconds_again() -> None:
    chat: Said = ("customer", 30.0, 31.0, "今天天气不错")
    events = judged(GREETING, QUESTION, HOLD, chat, ended_at_s=70)
    assert [p.at_ms for p in prompts(events) if p.situation_id == "hold-revisit"] == [61_000]


# ── numbers, closing ───────────────────────────────────────────────────────────────────────────


def test_a_number_given_is_to_be_read_back() -> None:
    number: Said = ("customer", 5.0, 9.0, "查话费，幺三八零零幺三八零零零")
    events = judged(GREETING, number, ended_at_s=12)
    line = shown_at(events, 9500)
    assert line is not None
    assert (line.situation_id, line.step) == ("repeat-number", 2)
    assert line.text == "跟您核对一下，您的号码是13800138000，对吗？"


def test_a_corrected_number_is_shown_anew() -> None:
    wrong: Said = ("customer", 5.0, 9.0, "一三八零零一三八零零零")
    right: Said = ("customer", 10.0, 14.0, "不对，是一三九零零一三八零零零")
    events = judged(GREETING, wrong, right, ended_at_s=20)
    line = shown_at(events, 15_000)
    assert line is not None
    assert "13900138000" in line.text


def test_the_closing_line_is_due_when_the_customer_needs_no_more() -> None:
    ask: Said = ("agent", 10.0, 12.0, "请问还有什么可以帮您？")
    no: Said = ("customer", 12.5, 13.3, "没有了。")
    events = judged(GREETING, QUESTION, ask, no, ended_at_s=20)
    assert shown_at(events, 12_100) is None
    line = shown_at(events, 14_000)
    assert line is not None
    assert line.situation_id == "close-normal"
    assert line.text == "1086号感谢您对我们工作的支持，再见"
    assert stages(events)[-1] == "follow-up"


def test_saying_no_in_the_middle_of_a_call_does_not_close_it() -> None:
    events = judged(GREETING, ("customer", 5.0, 6.0, "没有了。"), ended_at_s=10)
    assert "close-normal" not in entered(events)


# ── conditional steps ──────────────────────────────────────────────────────────────────────────


def test_a_conditional_step_waits_for_its_condition() -> None:
    dialect: Said = ("customer", 4.5, 6.0, "我想问哈啷个查话费嘛")
    asked: Said = ("agent", 7.0, 10.0, "很抱歉，请您放慢您讲话的速度或尽量使用普通话，好吗？")
    again: Said = ("customer", 11.0, 13.0, "要得嘛，啷个查嘛")
    events = judged(GREETING, dialect, asked, again, ended_at_s=20)
    line = shown_at(events, 6500)
    assert line is not None
    assert (line.situation_id, line.step) == ("dialect", 1)
    waiting = shown_at(events, 10_500)
    assert waiting is None or waiting.situation_id != "dialect"
    after = shown_at(events, 14_000)
    assert after is not None
    assert (after.situation_id, after.step) == ("dialect", 2)


def test_the_next_line_skips_advice_and_stops_at_a_condition() -> None:
    for situation in script().situations.values():
        for n in range(5):
            step = situation.next_line(n)
            if step:
                assert step.n > n
                assert step.say or step.is_card or not any(s.say for s in situation.steps)
                assert not step.conditional
            with_condition = situation.next_line(n, condition_holds=True)
            assert step is None or with_condition is step


# ── the line ───────────────────────────────────────────────────────────────────────────────────


def quality(at_ms: int, level_dbfs: float, snr_db: float) -> LineQuality:
    return LineQuality(at_ms, "customer", at_ms - 900, at_ms, level_dbfs, -70.0, snr_db, 0.0)


@pytest.mark.parametrize(
    ("level_dbfs", "snr_db", "situation"),
    [(-50.0, 20.0, "caller-faint-signal"), (-20.0, 3.0, "line-noise"), (-20.0, 30.0, None)],
)
def test_poor_sound_twice_in_a_row_proposes_what_to_say_about_it(
    level_dbfs: float, snr_db: float, situation: str | None
) -> None:
    meta, heard = conversation(GREETING, QUESTION, ended_at_s=40)
    told = [quality(at, level_dbfs, snr_db) for at in (10_000, 12_000)]
    events = judge(meta, [*heard[:-2], *told, *heard[-2:]])
    line = shown_at(events, 12_000)
    assert (line.situation_id if line else None) == situation
    known = {"caller-faint-signal", "line-noise"}
    assert known & set(entered(events)) == ({situation} if situation else set())


def test_good_sound_in_between_starts_the_count_again() -> None:
    meta, heard = conversation(GREETING, QUESTION, ended_at_s=40)
    told = [quality(10_000, -50, 20), quality(11_000, -20, 30), quality(12_000, -50, 20)]
    events = judge(meta, [*heard[:-2], *told, *heard[-2:]])
    assert POOR_IN_A_ROW == 2
    assert "caller-faint-signal" not in entered(events)


# ── cards that a cue called for ───────────────────────────────────────────────────────────────────

HELLO: Said = ("customer", 5.0, 5.6, "你好")


def test_a_greeting_alone_is_answered_and_one_before_a_request_is_not() -> None:
    alone = shown_at(judged(GREETING, HELLO, ended_at_s=10), 6000)
    assert alone is not None
    assert alone.situation_id == "customer-greets"
    request = judged(GREETING, QUESTION, ended_at_s=10)
    assert "customer-greets" not in {p.situation_id for p in prompts(request)}


def test_a_greeting_that_is_still_being_spoken_shows_nothing_yet() -> None:
    meta, heard = conversation(GREETING, QUESTION, ended_at_s=20)
    events = judge(meta, [*heard[:5], PartialHeard(4800, "customer", "你好"), *heard[5:]])
    assert "customer-greets" not in entered(events)


@pytest.mark.parametrize(
    "goes_on",
    [
        ("agent", 7.0, 9.0, "您想办理哪一项呢？"),
        ("agent", 7.0, 14.0, "这几天我们这边的活动比较多，我先跟您说一说有哪几种"),
        ("agent", 7.0, 9.0, "请您稍候，我帮您查询。"),
        ("customer", 7.0, 9.0, "我这个月怎么扣了那么多钱"),
    ],
    ids=["asks", "talks on", "says another line", "the customer goes on"],
)
def test_a_card_goes_when_the_call_has_moved_on(goes_on: Said) -> None:
    events = judged(GREETING, HELLO, goes_on, ended_at_s=20)
    before, after = shown_at(events, 6900), shown_at(events, 14_500)
    assert before is not None
    assert before.situation_id == "customer-greets"
    assert after is None or after.situation_id != "customer-greets"


def test_a_sign_of_listening_leaves_the_card() -> None:
    events = judged(GREETING, HELLO, ("agent", 7.0, 7.5, "嗯，好的"), ended_at_s=20)
    line = shown_at(events, 15_000)
    assert line is not None
    assert line.situation_id == "customer-greets"


def test_what_an_agent_left_is_told_with_its_cause() -> None:
    events = judged(GREETING, HELLO, ("agent", 7.0, 9.0, "您想办理哪一项呢？"), ended_at_s=20)
    left = [e for e in events if isinstance(e, SituationLeft)]
    assert [(e.situation_id, e.cause) for e in left] == [("customer-greets", "moved_on")]
    assert PromptCleared(9000, "customer-greets", 1, "moved_on") in events


@pytest.mark.parametrize(
    ("said", "situation", "text"),
    [
        ("您必须先到营业厅去", "say-can-you", "您能……吗？"),
        ("这个我们办不了的", "say-you-can", "您可以……"),
        ("我尽量帮您看看吧", "say-i-will", "我会……"),
    ],
)
def test_a_better_way_to_put_it_is_offered(said: str, situation: str, text: str) -> None:
    events = judged(GREETING, QUESTION, ("agent", 9.0, 11.0, said), ended_at_s=20)
    line = shown_at(events, 11_500)
    assert line is not None
    assert (line.situation_id, line.text) == (situation, text)


def test_a_no_to_a_closed_question_calls_for_an_open_one() -> None:
    asked: Said = ("agent", 9.0, 11.0, "是昨天开始断的吗")
    events = judged(GREETING, QUESTION, asked, ("customer", 12.0, 12.6, "不是"), ended_at_s=20)
    line = shown_at(events, 13_000)
    assert line is not None
    assert line.situation_id == "open-question"
    yes = judged(GREETING, QUESTION, asked, ("customer", 12.0, 12.6, "是的"), ended_at_s=20)
    assert "open-question" not in entered(yes)


def test_a_cue_counts_before_the_end_once_a_second_reading_has_it() -> None:
    said: Said = ("customer", 12.0, 15.0, "我跟你讲清楚我要投诉你们的营业厅")
    meta, heard = conversation(GREETING, QUESTION, said, ended_at_s=20)
    last = next(i for i, e in enumerate(heard) if e.at_ms == 15_000)
    readings = (
        PartialHeard(13_000, "customer", "我跟你讲清楚我要订机票"),
        PartialHeard(13_400, "customer", "我跟你讲清楚我要投诉"),
        PartialHeard(13_800, "customer", "我跟你讲清楚我要投诉你们"),
    )
    events = judge(meta, [*heard[:last], *readings, *heard[last:]])
    shown = [p.situation_id for p in prompts(events) if p.at_ms > 12_000]
    assert shown[:1] == ["complaint-soothe"]
    line = shown_at(events, 13_800)
    assert line is not None
    assert line.situation_id == "complaint-soothe"
    earlier = shown_at(events, 13_700)
    assert earlier is None or earlier.situation_id != "complaint-soothe"


def test_a_cue_told_while_it_was_spoken_is_no_mere_no() -> None:
    asked: Said = ("agent", 9.0, 11.0, "是昨天开始断的吗")
    said: Said = ("customer", 12.0, 13.0, "不是，我要投诉")
    meta, heard = conversation(GREETING, QUESTION, asked, said, ended_at_s=20)
    last = next(i for i, e in enumerate(heard) if e.at_ms == 13_000)
    readings = (
        PartialHeard(12_500, "customer", "不是"),
        PartialHeard(12_900, "customer", "不是我要投诉", whole=True),
    )
    events = judge(meta, [*heard[:last], *readings, *heard[last:]])
    line = shown_at(events, 13_500)
    assert line is not None
    assert line.situation_id == "complaint-soothe"


@pytest.mark.parametrize("earlier", ["", "零"])
def test_a_reading_that_comes_out_of_nothing_waits_for_the_end(earlier: str) -> None:
    said: Said = ("customer", 12.0, 13.0, "零零")
    meta, heard = conversation(GREETING, QUESTION, said, ended_at_s=20)
    last = next(i for i, e in enumerate(heard) if e.at_ms == 13_000)
    readings = [
        PartialHeard(12_500, "customer", earlier),
        PartialHeard(12_900, "customer", "没明白", whole=True),
    ]
    events = judge(meta, [*heard[:last], *readings, *heard[last:]])
    assert "customer-does-not-understand" not in entered(events)


def test_the_answer_to_the_last_question_need_not_have_begun_before() -> None:
    asked: Said = ("agent", 9.0, 11.0, "请问还有什么可以帮您？")
    meta, heard = conversation(GREETING, asked, ("customer", 12.0, 13.0, "没有了"), ended_at_s=20)
    last = next(i for i, e in enumerate(heard) if e.at_ms == 13_000)
    reading = PartialHeard(12_900, "customer", "没有了", whole=True)
    line = shown_at(judge(meta, [*heard[:last], reading, *heard[last:]]), 12_900)
    assert line is not None
    assert line.situation_id == "close-normal"


@pytest.mark.parametrize(("reply", "step"), [("是的", 2), ("没有啊", 3)])
def test_a_yes_or_no_chooses_the_step(reply: str, step: int) -> None:
    asked: Said = ("agent", 9.0, 13.0, "对不起！我听不清您的声音，请问您是否在使用免提呢？")
    events = judged(GREETING, QUESTION, asked, ("customer", 14.0, 14.6, reply), ended_at_s=20)
    line = shown_at(events, 15_000)
    assert line is not None
    assert (line.situation_id, line.step) == ("caller-speakerphone", step)


# ── the beginning and the end ─────────────────────────────────────────────────────────────────────


def test_a_customer_who_speaks_into_the_greeting_is_listened_to() -> None:
    events = judged(GREETING, ("customer", 2.0, 6.0, "我这个月怎么扣了那么多钱"), ended_at_s=20)
    line = shown_at(events, 2500)
    assert line is not None
    assert line.text == "（停下首问语，先听客户讲，听完再回应）"
    assert shown_at(events, 4500) is None


def test_the_night_has_a_greeting_of_its_own_on_the_general_desk() -> None:
    night = "2026-05-12T23:00:00"
    assert prompts(judged(GREETING, started_at=night))[0].situation_id == "greet-night"
    vip = judged(GREETING, desk="vip", started_at=night)
    assert prompts(vip)[0].situation_id == "greet-vip-desk"


def test_a_call_to_the_customer_has_no_greeting_of_the_desk() -> None:
    assert prompts(judged(direction="outbound", ended_at_s=3)) == []


def test_the_closing_of_a_holiday_wishes_well() -> None:
    ask: Said = ("agent", 10.0, 12.0, "请问还有什么可以帮您？")
    no: Said = ("customer", 12.5, 13.3, "没有了。")
    events = judged(GREETING, QUESTION, ask, no, started_at="2026-10-01T10:00:00", ended_at_s=20)
    line = shown_at(events, 14_000)
    assert line is not None
    assert line.situation_id == "close-festival"


@pytest.mark.parametrize(("by", "dropped"), [("network", True), ("customer", False)])
def test_a_dropped_call_is_told_at_its_end(by: str, dropped: bool) -> None:
    events = judged(GREETING, QUESTION, hung_up_by=by, ended_at_s=20)
    assert (SituationEntered(20_000, "dropped-call", "dropped") in events) == dropped
    assert shown_at(events, 30_000) is None


# ── shared wordings ────────────────────────────────────────────────────────────────────────────


def test_the_call_decides_what_a_shared_wording_means() -> None:
    closing = "幺零八六号感谢您对我们工作的支持，再见。"
    silent = judged(*SILENT, ended_at_s=27.7, hung_up_by="agent")
    normal = judged(
        GREETING,
        QUESTION,
        ("agent", 10.0, 12.0, "请问还有什么可以帮您？"),
        ("customer", 12.5, 13.3, "没有了。"),
        ("agent", 14.0, 18.0, closing),
    )
    assert "close-normal" not in entered(silent)
    assert entered(normal)[-1] == "close-normal"
