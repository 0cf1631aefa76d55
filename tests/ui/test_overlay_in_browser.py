"""The overlay as an agent meets it: a real server, a real browser, a call led by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from agent_assist.apps.desk import Desk
from agent_assist.core.call import CallMeta
from agent_assist.core.events import PartialHeard, Settled, VoiceStarted
from tests.packs import workshop
from tests.ui.overlay_stage import CALLER, HeldClock, HeldEar, desk_at, served
from tests.ui.test_review_in_browser import CONTRAST, browser

__all__ = ["browser"]

META = CallMeta("c-1", "general", "1086", "小周", "2026-05-12T10:20:00+08:00")
WIDTH, HEIGHT = 420, 740


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page; a script's error or a request to elsewhere fails the test."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_default_timeout(10_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda m: troubles.append(m.text) if "Content Security" in m.text else None,
    )
    page.on(
        "request",
        lambda r: (
            None if r.url.startswith(("http://127.0.0.1:", "data:")) else troubles.append(r.url)
        ),
    )
    yield page
    page.close()
    assert troubles == []


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A desk without an ear."""
    desk = Desk(workshop())
    yield desk
    desk.close()


def says(page: Page, text: str) -> None:
    """The line on the page is, or soon becomes, this text."""
    page.wait_for_function(
        "text => document.getElementById('say').textContent.includes(text)", arg=text
    )


def test_a_call_by_hand_from_the_page_alone(page: Page, desk: Desk) -> None:
    with served(desk) as address:
        page.goto(address)
        says(page, "等待来电")
        assert page.locator("[data-situation]:enabled").count() == 0
        page.get_by_label("席位").select_option("gotone")
        page.get_by_role("button", name="接通").click()
        says(page, "您好！全球通客户代表为您服务！")
        assert page.locator("#phase").inner_text() == "通话中"
        assert page.locator("#by-hand").is_visible()
        page.get_by_role("button", name="方言").click()
        says(page, "普通话")
        pressed = page.locator("#chips [aria-pressed=true]")
        assert pressed.inner_text().split() == ["4", "方言"]
        page.keyboard.press("1")
        says(page, "请问有什么可以帮助您吗")
        page.keyboard.press("n")
        says(page, "请问您能听到我的声音吗？")
        assert page.locator("#due-word").inner_text() in ("秒后说", "现在说")
        page.locator("#more summary").click()
        page.get_by_role("button", name="客户表示感谢").click()
        page.wait_for_selector("#more:not([open])")
        page.get_by_role("button", name="客户已挂机").click()
        says(page, "通话已结束")
        assert "客户挂机" in page.locator("#facts").inner_text()


def test_what_is_heard_is_ticked_off_and_keeps_the_focus_alone(page: Page) -> None:
    desk = Desk(workshop(), ear=HeldEar(), clock=HeldClock())
    with served(desk) as address:
        page.goto(address)
        desk.start_call(META, CALLER)
        says(page, "您好！中国移动")
        desk.feed(VoiceStarted(500, "agent"))
        desk.feed(PartialHeard(1000, "agent", "您好中国"))
        page.wait_for_function("() => document.querySelectorAll('#say .said').length === 5")
        said, unsaid = page.locator("#say .said").first, page.locator("#say span").last
        weight = "e => getComputedStyle(e).fontWeight"
        assert said.evaluate(weight) != unsaid.evaluate(weight)
        assert "138****0001" in page.locator("#facts").inner_text()
        assert page.evaluate("document.activeElement === document.body")
        assert page.locator("#say-aloud").inner_text() == "请说：您好！中国移动，很高兴为您服务！"
        desk.close()


def test_a_token_in_the_address_is_enough_for_the_page(page: Page, desk: Desk) -> None:
    with served(desk, token="k7f3-long-enough") as address:
        page.goto(f"{address}?token=k7f3-long-enough")
        assert page.url == address
        page.get_by_role("button", name="接通").click()
        says(page, "中国移动")


def test_flags_say_what_to_say_and_go(page: Page) -> None:
    clock = HeldClock()
    desk = desk_at("taboo-word", 10_000, clock)
    with served(desk) as address:
        page.goto(address)
        flag = page.locator(".flag")
        flag.wait_for()
        assert "不归我管" in flag.inner_text()
        assert "可以说" in flag.inner_text()
        clock.at_s = 18.5
        desk.feed(Settled(18_500))
        flag.wait_for(state="detached")
        desk.close()


def test_it_reconnects_when_the_server_is_back(page: Page, desk: Desk) -> None:
    with served(desk) as address:
        port = int(address.rstrip("/").rpartition(":")[2])
        page.goto(address)
        says(page, "等待来电")
        page.clock.install()
    page.clock.fast_forward(7000)
    page.wait_for_selector("#veil:not([hidden])")
    assert "连接中断" in page.locator("#veil").inner_text()
    desk.start_call(META)
    with served(desk, port):
        page.clock.resume()
        says(page, "您好！中国移动")
        page.wait_for_selector("#veil", state="hidden")


def test_a_refusal_is_told_on_the_page(page: Page, desk: Desk) -> None:
    with served(desk) as address:
        page.goto(address)
        says(page, "等待来电")
        page.route("**/calls", lambda route: route.abort())
        page.get_by_role("button", name="接通").click()
        page.wait_for_selector("#notice:not([hidden])")
        page.unroute("**/calls")
        desk.start_call(replace(META, call_id="c-2"))
        says(page, "您好")
        desk.end_call("agent")
        says(page, "通话已结束")


def test_every_size_and_both_colours_are_readable(page: Page) -> None:
    desk = desk_at("taboo-word", 10_000, HeldClock())
    with served(desk) as address:
        page.goto(address)
        page.locator(".flag").wait_for()
        for width in (320, 360, WIDTH, 900):
            page.set_viewport_size({"width": width, "height": HEIGHT})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.set_viewport_size({"width": 320, "height": HEIGHT})
        page.locator("#more summary").click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert page.evaluate(CONTRAST) == []
        desk.close()


def test_less_motion_counts_whole_seconds(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    desk = desk_at("silent-caller", 9300, HeldClock())
    with served(desk) as address:
        page.goto(address)
        page.wait_for_function("() => /^[12]$/.test(document.getElementById('left').textContent)")
        desk.close()
