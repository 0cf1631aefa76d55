"""The overlay's window beside another one that is typed into, under a real window manager.

Run with ``make test-window``. It needs Xvfb, a window manager and a Python that has pywebview with
its browser engine, which ``WINDOW_PYTHON`` names: mostly the system's own, for GTK comes with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ui.overlay_stage import HeldClock, desk_at, served

pytestmark = pytest.mark.window

ROOT = Path(__file__).parents[2]
PROGRAMS = ("Xvfb", "openbox", "xdotool")
PYTHON = os.environ.get("WINDOW_PYTHON", sys.executable)
PATIENCE_S = 60.0
WORK, OVERLAY = "work", "话术助手"

WORK_WINDOW = """
import gi
gi.require_version("Gtk", "3.0")
from gi.repository import Gtk
window, entry = Gtk.Window(title="work"), Gtk.Entry()
window.add(entry)
entry.connect("changed", lambda *_: print("typed", entry.get_text(), flush=True))
window.connect("focus-in-event", lambda *_: print("in", flush=True))
window.connect("focus-out-event", lambda *_: print("out", flush=True))
window.show_all()
Gtk.main()
"""
OVERLAY_WINDOW = """
import sys, threading
import webview
from agent_assist.adapters.web_window import show_window
create = webview.create_window
given = {"focus": True} if sys.argv[2] == "greedy" else {}
webview.create_window = lambda *a, **asked: create(*a, **{**asked, **given})
show_window(sys.argv[1], threading.Event())
"""


@dataclass
class Screen:
    """A display with a window manager, and a window to type into."""

    environment: dict[str, str]
    told: Path
    running: ExitStack

    def start(self, *command: str) -> None:
        with self.told.open("a") as out:
            process = subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=subprocess.DEVNULL
            )
        self.running.callback(process.wait, 30)
        self.running.callback(process.terminate)

    def ask(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(
            command, env=self.environment, check=False, capture_output=True, text=True
        ).stdout.strip()

    def lines(self) -> list[str]:
        return self.told.read_text("utf-8").splitlines()


@contextmanager
def display(folder: Path) -> Iterator[Screen]:
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1200x900x24"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with ExitStack() as running, os.fdopen(read) as number:
        running.callback(server.wait, 30)
        running.callback(server.terminate)
        environment = {
            **os.environ,
            "DISPLAY": f":{number.readline().strip()}",
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
        }
        yield Screen(environment, folder / "told.txt", running)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    has_window = subprocess.run([PYTHON, "-c", "import gi, webview"], check=False).returncode == 0
    if missing or not has_window:
        pytest.fail(f"missing: {missing or PYTHON + ' has no pywebview'}; use make test-window")
    with display(tmp_path) as screen:
        screen.start("openbox")
        screen.start(PYTHON, "-c", WORK_WINDOW)
        until(lambda: screen.ask("search", "--name", f"^{WORK}$") != "")
        screen.ask("search", "--name", f"^{WORK}$", "windowactivate", "--sync")
        until(lambda: "in" in screen.lines())
        yield screen


def until(reached: Callable[[], bool]) -> None:
    ends_s = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < ends_s, "waited in vain"
        threading.Event().wait(0.1)


def is_shown(screen: Screen) -> bool:
    return screen.ask("search", "--onlyvisible", "--name", OVERLAY) != ""


def test_the_overlay_takes_no_focus_when_it_appears_at_the_edge_and_when_it_changes(
    screen: Screen,
) -> None:
    desk = desk_at("demo", 9_000, HeldClock())
    typed = ""
    with served(desk) as address:
        screen.start(PYTHON, "-c", OVERLAY_WINDOW, address, "modest")
        for turn in range(200):
            if is_shown(screen) and desk.watched.is_set():
                break
            screen.ask("type", "abc"[turn % 3])
            typed += "abc"[turn % 3]
        else:
            pytest.fail("the overlay does not appear")
        for situation in ("dialect", "caller-silent", "hold-start") * 3:
            desk.choose_situation(situation)
            screen.ask("type", "x")
            typed += "x"
            assert screen.ask("getactivewindow", "getwindowname") == WORK
        until(lambda: f"typed {typed}" in screen.lines())
    assert "out" not in screen.lines()
    assert "X=780" in screen.ask("search", "--name", OVERLAY, "getwindowgeometry", "--shell")


def test_a_window_that_asks_for_the_focus_would_get_it(screen: Screen) -> None:
    """The test above can fail."""
    with served(desk_at("demo", 9_000, HeldClock())) as address:
        screen.start(PYTHON, "-c", OVERLAY_WINDOW, address, "greedy")
        until(lambda: "out" in screen.lines())
