"""Wordings as people write them (jinja2 placeholders) to wordings as the core uses them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import jinja2
from jinja2 import nodes

from agent_assist.catalogue.models import PlaceholderData
from agent_assist.core.wording import Slot, Wording

_ENVIRONMENT = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined)


class TemplateError(ValueError):
    """A wording with a placeholder that cannot be used; the text says which and why."""


def compile_wording(text: str, placeholders: Mapping[str, PlaceholderData]) -> Wording:
    """Parse a wording; only plain, declared placeholders are allowed, no expressions."""
    return Wording(
        tuple(part if is_text else _slot(part, placeholders) for is_text, part in _parts(text))
    )


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[tuple[bool, str], ...]:
    if "{#" in text:
        raise TemplateError("only {{ name }} placeholders are allowed, no {# … #}")
    try:
        body = _ENVIRONMENT.parse(text).body
    except jinja2.TemplateSyntaxError as error:
        raise TemplateError(f"the placeholder syntax is broken ({error.message})") from None
    parts: list[tuple[bool, str]] = []
    for output in body:
        if not isinstance(output, nodes.Output):
            raise TemplateError("only {{ name }} placeholders are allowed, no {% … %}")
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append((True, node.data))
            elif isinstance(node, nodes.Name):
                parts.append((False, node.name))
            else:
                raise TemplateError("a placeholder is a plain name such as {{ agent_id }}")
    if any(is_text and ("{" in part or "}" in part) for is_text, part in parts):
        raise TemplateError("a single brace stands in the text; placeholders are {{ name }}")
    return tuple(parts)


def _slot(name: str, placeholders: Mapping[str, PlaceholderData]) -> Slot:
    declared = placeholders.get(name)
    if declared is None:
        raise TemplateError(f"placeholder '{name}' is not declared in desks.yaml")
    return Slot(
        name,
        declared.label,
        declared.kind,
        declared.min_syllables,
        declared.max_syllables,
        declared.fallback,
        declared.clock_minutes,
    )
