"""The knowledge card on the overlay: below the next line, until it is closed, replaced or old."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser

from agent_assist.core.events import CallEnded, CallStarted, Event
from agent_assist.core.offer import KnowledgeOffered
from agent_assist.ui.overlay_card import CARD_MS
from agent_assist.ui.overlay_state import OverlayState, fold, passed
from tests.ui.overlay_stage import HeldClock, desk_at, served
from tests.ui.test_review_in_browser import CONTRAST, browser

__all__ = ["browser"]

STARTED = CallStarted(0, "c1", "general", "", "", "", ("agent", "customer"))
RING = KnowledgeOffered(4000, "ring", "彩铃收费", ("每月6元",), "S003", 1)
GOTONE = KnowledgeOffered(9000, "gotone", "全球通", ("我能",), "S003", 3)


def state(*events: Event) -> OverlayState:
    folded = OverlayState()
    for event in (STARTED, *events):
        folded = fold(folded, event)
    return folded


def card(state: OverlayState) -> Any:
    return state.to_json()["card"]


def test_the_card_offered_last_is_shown() -> None:
    assert card(state()) is None
    shown = {"id": "ring:4000", "title": "彩铃收费", "lines": ["每月6元"], "source": "S003"}
    assert card(state(RING)) == shown
    assert card(state(RING, GOTONE))["title"] == "全球通"


def test_it_goes_after_its_time_and_with_the_call() -> None:
    assert card(passed(state(RING), 4000 + CARD_MS - 1))
    assert card(passed(state(RING), 4000 + CARD_MS)) is None
    assert card(state(RING, CallEnded(6000, "customer"))) is None
    assert card(fold(state(RING), STARTED)) is None


def test_an_agent_sees_it_below_the_line_and_closes_it(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 420, "height": 740})
    page.set_default_timeout(10_000)
    with served(desk_at("vip-desk", 22_000, HeldClock())) as address:
        page.goto(address)
        shown = page.get_by_label("知识卡", exact=True)
        shown.wait_for()
        assert "机场候机服务" in shown.inner_text()
        line, box = page.locator(".line").bounding_box(), shown.bounding_box()
        assert line and box
        assert box["y"] >= line["y"] + line["height"]
        page.get_by_role("button", name="关闭知识卡").click()
        shown.wait_for(state="hidden")
        page.reload()
        shown.wait_for()
        page.keyboard.press("Escape")
        shown.wait_for(state="hidden")
    page.close()


def test_its_text_stands_out_from_its_ground(browser: Browser) -> None:
    page = browser.new_page(color_scheme="dark")
    with served(desk_at("vip-desk", 22_000, HeldClock())) as address:
        page.goto(address)
        page.get_by_label("知识卡", exact=True).wait_for()
        assert page.evaluate(CONTRAST) == []
    page.close()
