"""The review page as a reviewer meets it: in a real browser, from a file, without a network."""

from __future__ import annotations

import base64
import io
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright

from agent_assist.core.events import Event
from agent_assist.core.report import fold
from agent_assist.ui.review import peaks_from, render_report

RATE = 4000
CALL_S = 88
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail(f"none of {', '.join(names)} is installed: run `make setup` first")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def review_file(events: tuple[Event, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    tone = 9000 * np.sin(np.arange(RATE * CALL_S) / 20)
    samples = np.stack([tone, tone / 3], axis=1).astype(np.int16)
    report = fold(events, {"script": "10086"})
    html = render_report(report, peaks_from(samples, RATE), _wav_uri(samples[:, 0]))
    path = tmp_path_factory.mktemp("review") / "report.html"
    path.write_text(html, encoding="utf-8")
    return path


@pytest.fixture
def review(browser: Browser, review_file: Path) -> Iterator[Page]:
    """The page, opened; any console message, error or outside request fails the test."""
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.set_default_timeout(5000)
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "request",
        lambda r: None if r.url.startswith(("file:", "data:")) else troubles.append(r.url),
    )
    page.goto(review_file.as_uri())
    yield page
    page.close()
    assert troubles == []


def _wav_uri(samples: NDArray[np.int16]) -> str:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return "data:audio/wav;base64," + base64.b64encode(buffer.getvalue()).decode()


def _is_at(page: Page, seconds: float) -> None:
    """The recording stands at (or, playing, just after) a moment."""
    page.wait_for_function(
        "s => { const a = document.querySelector('audio');"
        " return !a.seeking && a.currentTime >= s && a.currentTime < s + 4; }",
        arg=seconds,
    )


def test_a_finding_plays_its_moment(review: Page) -> None:
    review.locator(".card", has_text="taboo-dont-know").locator(".moment").click()
    _is_at(review, 61.5)
    review.wait_for_function("() => !document.querySelector('audio').paused")
    assert review.locator("tr[aria-current]").get_attribute("data-turn") == "9"
    assert float((review.locator("#playhead").get_attribute("x1") or "").rstrip("%")) > 69
    assert "我不知道" in review.locator("#caption").inner_text()


def test_the_playhead_moves_while_playing(review: Page) -> None:
    review.locator("tr[data-turn='1'] .moment").click()
    before = review.locator("#playhead").get_attribute("x1")
    review.wait_for_function(
        "x => document.getElementById('playhead').getAttribute('x1') !== x", arg=before
    )


def test_the_waveform_takes_clicks_and_keys(review: Page) -> None:
    review.locator(".picture svg[data-turn='12']").click()
    _is_at(review, 77.3)
    review.evaluate("document.querySelector('audio').pause()")
    slider = review.get_by_role("slider", name="播放位置")
    slider.focus()
    review.keyboard.press("Home")
    review.keyboard.press("Shift+ArrowRight")
    _is_at(review, 10)
    assert slider.get_attribute("aria-valuetext") == "00:10.0"
    review.keyboard.press("Space")
    review.wait_for_function("() => !document.querySelector('audio').paused")


def test_the_conversation_is_readable_and_masked(review: Page) -> None:
    rows = review.locator(".talk tbody tr")
    assert rows.count() == 16
    assert rows.nth(0).locator(".is-near").inner_text() == "你"
    assert rows.nth(6).locator("ins").get_attribute("title") == "漏说「正在」"
    assert "<script>alert('吵')</script>" in rows.nth(10).inner_text()
    assert "138****0001" in rows.nth(3).inner_text()


def test_a_finding_leads_to_its_turn(review: Page) -> None:
    review.locator(".card", has_text="taboo-dont-know").get_by_role("link", name="看对话").click()
    assert "我不知道" in review.locator(":target").inner_text()


def test_findings_can_be_filtered_from_the_keyboard(review: Page) -> None:
    review.get_by_role("button", name="无法判定 1").focus()
    review.keyboard.press("Enter")
    assert review.locator(".card:visible").count() == 1
    review.get_by_role("button", name="全部 8").press("Enter")
    assert review.locator(".card:visible").count() == 8


def test_narrow_screens_do_not_scroll_sideways(review: Page) -> None:
    for width in (320, 400, 768):
        for zoom in ("1×", "8×"):
            review.set_viewport_size({"width": width, "height": 800})
            review.get_by_role("button", name=zoom).click()
            assert review.evaluate("document.documentElement.scrollWidth") <= width


def test_print_is_light_and_has_no_controls(review: Page) -> None:
    review.emulate_media(color_scheme="dark", media="screen")
    dark = review.evaluate("getComputedStyle(document.body).backgroundColor")
    review.emulate_media(color_scheme="dark", media="print")
    assert review.evaluate("getComputedStyle(document.body).backgroundColor") != dark
    assert (
        review.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    )
    assert not review.locator(".player").is_visible()
    assert review.locator(".card:visible").count() == 8
    assert len(review.pdf(prefer_css_page_size=True)) > 10_000


def test_text_has_enough_contrast(review: Page) -> None:
    review.emulate_media(color_scheme="light")
    assert review.evaluate(CONTRAST) == []
    review.emulate_media(color_scheme="dark")
    assert review.evaluate(CONTRAST) == []


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *:not(svg, svg *, script)")) {
    const words = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!words || !element.checkVisibility()) continue;
    const behind = [];
    for (let e = element; e; e = e.parentElement) {
      behind.unshift(getComputedStyle(e).backgroundColor);
    }
    const back = over(behind);
    const ink = over([...behind, getComputedStyle(element).color]);
    const [low, high] = [light(back), light(ink)].sort((a, b) => a - b);
    const ratio = (high + 0.05) / (low + 0.05);
    if (ratio < 4.5) poor.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
