"""What brings a situation up by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_assist.core.context import CallContext
from agent_assist.core.cues import can_hold, cue_matcher, first_with, spoken_phone
from agent_assist.core.text import spoken
from tests.packs import script


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("我的号码是一三八零零一三八零零零", "13800138000"),
        ("幺三九，一二三四，五六七八", "13912345678"),
        ("13800138000", "13800138000"),
        ("三十五元", ""),
        ("没有号码", ""),
        ("", ""),
    ],
)
def test_a_telephone_number_in_talk(text: str, phone: str) -> None:
    assert spoken_phone(spoken(text)) == phone


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("那个你好，我想查话费", "repeat-number"),
        ("啷个查嘛", "dialect"),
        ("我手机丢了", "identity-check-phone-suspend"),
        ("没有了，谢谢", "close-normal"),
    ],
)
def test_a_cue_of_the_customer(text: str, situation: str) -> None:
    found = cue_matcher(script(), "customer").find(spoken(text))
    assert situation in {o for m in found for o in m.owners}


def test_every_cue_is_found_when_said_alone() -> None:
    for channel in ("customer", "agent"):
        matcher = cue_matcher(script(), channel)
        for situation in script().situations.values():
            trigger = situation.trigger
            cues = trigger.customer_says if channel == "customer" else trigger.agent_says
            for cue in cues:
                found = matcher.find(spoken(cue.text))
                assert situation.id in {o for m in found for o in m.owners}, cue.text


def test_where_a_situation_can_hold() -> None:
    close = script().situations["close-normal"]
    assert can_hold(close, CallContext(), "closing")
    assert not can_hold(close, CallContext(), "connected")
    vip = script().situations["greet-vip-desk"]
    assert can_hold(vip, CallContext(desk="vip"), "connected")
    assert not can_hold(vip, CallContext(desk="general"), "connected")
    weekend = script().situations["greet-weekend-prefix"]
    assert can_hold(weekend, CallContext(calendar=frozenset({"weekend"})), "connected")
    assert not can_hold(weekend, CallContext(), "connected")
    assert not can_hold(vip, CallContext(desk="vip", direction="outbound"), "connected")
    assert not can_hold(replace(vip, category="window"), CallContext(desk="vip"), "connected")


def test_situations_by_their_trigger() -> None:
    def found(**trigger: str | bool) -> str | None:
        situation = first_with(script(), **trigger)
        return situation.id if situation else None

    assert found(phase="hold", timed=True) == "hold-revisit"
    assert found(phase="hold") == "hold-end"
    assert found(phase="answered") == "anything-else"
    assert found(line="faint") == "caller-faint-signal"
    assert found(line="noisy") == "line-noise"
    assert found(event="call_connected", line="silent") == "caller-silent"
    assert found(phase="nowhere") is None
