"""The overlay's page: one HTML text that needs nothing besides its own server."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from agent_assist.core.script import Script
from agent_assist.ui.labels import DESKS, STAGES

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Group:
    """The situations of one stage, for the list of all."""

    title: str
    situations: tuple[tuple[str, str], ...]


def render_overlay(script: Script) -> tuple[str, str]:
    """The page and its Content-Security-Policy: its own script and style, its own server."""
    return render_page(
        "overlay",
        groups=list(_groups(script)),
        desks={id: DESKS.get(id, desk.title) for id, desk in script.desks.items()},
        default_desk=script.default_desk,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates are compiled once for all pages."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render_page(name: str, **values: object) -> tuple[str, str]:
    """A page of this name, with its script and style inside, and its Content-Security-Policy."""
    style = (_HERE / "static" / f"{name}.css").read_text(encoding="utf-8")
    code = (_HERE / "static" / f"{name}.js").read_text(encoding="utf-8")
    template = _environment().get_template(f"{name}.html.j2")
    html = template.render(style=Markup(style), script=Markup(code), **values)
    policy = (
        "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; "
        f"frame-ancestors 'none'; style-src {_digest(style)}; script-src {_digest(code)}"
    )
    return html, policy


def _groups(script: Script) -> Iterable[Group]:
    in_hall = any(desk.place == "hall" for desk in script.desks.values())
    for stage, title in STAGES.items():
        found = tuple(
            (s.id, s.title)
            for s in script.situations.values()
            if s.stage == stage
            and (in_hall or s.category != "window")
            and any(step.say for step in s.steps)
        )
        if found:
            yield Group(title, found)


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
