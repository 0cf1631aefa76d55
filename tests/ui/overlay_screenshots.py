"""Pictures of the overlay for the documentation: ``python -m tests.ui.overlay_screenshots``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.ui.overlay_stage import HeldClock, desk_at, served
from tests.ui.test_review_in_browser import ARGUMENTS

TARGET = Path(__file__).parents[2] / "docs" / "screenshots"
SIZE = 420, 740
SHOTS: tuple[tuple[str, str, int, Literal["light", "dark"]], ...] = (
    ("greeting", "general-query", 1600, "light"),
    ("silent", "silent-caller", 9900, "light"),
    ("flag", "taboo-word", 10_200, "light"),
    ("flag-dark", "taboo-word", 10_200, "dark"),
    ("knowledge", "vip-desk", 22_000, "light"),
    ("stale", "silent-caller", 14_500, "light"),
)
"""Name, call, moment and colours of each picture."""


def take(
    browser: Browser, name: str, call: str, at_ms: int, scheme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(
        viewport={"width": SIZE[0], "height": SIZE[1]}, device_scale_factor=2, color_scheme=scheme
    )
    with served(desk_at(call, at_ms, HeldClock())) as address:
        page.goto(address)
        page.wait_for_selector(".say span")
        if name != "stale":
            page.screenshot(path=TARGET / f"overlay-{name}.png", animations="disabled")
    if name == "stale":
        page.wait_for_selector("#veil:not([hidden])", timeout=15_000)
        page.screenshot(path=TARGET / f"overlay-{name}.png", animations="disabled")
    page.close()


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for shot in SHOTS:
            take(browser, *shot)
        browser.close()


if __name__ == "__main__":
    main()
