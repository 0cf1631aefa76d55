"""The overlay as a window of its own, above all others, with pywebview where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import threading

WIDTH, HEIGHT = 420, 740
HOW_TO_GET = "--window needs pywebview: pip install 'agent-assist[window]'"


def can_show() -> bool:
    """Whether a window can be shown here."""
    return importlib.util.find_spec("webview") is not None


def show_window(address: str, over: threading.Event) -> None:
    """Show the page without a frame, on top, at the right edge of the screen, until it is closed.

    It does not take the focus, neither when it appears nor when it changes.

    It closes when ``over`` is set, and sets it when it is closed. It is moved by its head, which is
    marked in the page as the region to drag. Call it from the main thread.
    """
    webview = importlib.import_module("webview")
    screen = webview.screens[0]
    window = webview.create_window(
        "话术助手",
        address,
        x=screen.x + screen.width - WIDTH,
        y=screen.y,
        width=WIDTH,
        height=HEIGHT,
        frameless=True,
        easy_drag=False,
        on_top=True,
        focus=False,
    )

    def close() -> None:
        over.wait()
        window.destroy()

    threading.Thread(target=close, name="window", daemon=True).start()
    webview.start()
    over.set()
