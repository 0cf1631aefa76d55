"""The overlay's window, with a stand-in for pywebview: closed by the program, or by the agent."""

from __future__ import annotations

import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from agent_assist.adapters.web_window import show_window


class Webview(ModuleType):
    """Runs until its window is destroyed, or as if it was closed at once."""

    def __init__(self, *, closed_at_once: bool) -> None:
        super().__init__("webview")
        self.gone = threading.Event()
        self.asked: dict[str, Any] = {}
        self.screens = [SimpleNamespace(x=1920, y=40, width=1280, height=800)]
        if closed_at_once:
            self.gone.set()

    def create_window(self, title: str, address: str, **asked: Any) -> Webview:
        self.asked = {"title": title, "address": address, **asked}
        return self

    def destroy(self) -> None:
        self.gone.set()

    def start(self) -> None:
        assert self.gone.wait(10)


@pytest.mark.parametrize("closed_at_once", [True, False])
def test_a_window_ends_with_the_program_and_the_program_with_the_window(
    closed_at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    webview, over = Webview(closed_at_once=closed_at_once), threading.Event()
    monkeypatch.setitem(sys.modules, "webview", webview)
    if not closed_at_once:
        over.set()
    show_window("http://127.0.0.1:1/", over)
    assert over.is_set()
    assert webview.asked["address"] == "http://127.0.0.1:1/"
    wanted = {"frameless": True, "on_top": True, "focus": False, "x": 2780, "y": 40}
    assert {name: webview.asked[name] for name in wanted} == wanted
