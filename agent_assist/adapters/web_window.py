"""The overlay as a window of its own, above all others, with pywebview where it is installed."""

from __future__ import annotations

from agent_assist.errors import BadInputError

WIDTH, HEIGHT = 420, 720


def show_window(address: str) -> None:
    """Show the page without a frame, on top, not taking the focus, moved by its head, until it is closed."""
    try:
        import webview  # noqa: PLC0415 - optional
    except ImportError:
        message = (
            "--window needs pywebview: pip install 'agent-assist[window]'; "
            f"or open {address} in a browser"
        )
        raise BadInputError(message) from None
    webview.create_window(
        "话术助手",
        address,
        width=WIDTH,
        height=HEIGHT,
        frameless=True,
        easy_drag=False,
        on_top=True,
        focus=False,
    )
    webview.start()
