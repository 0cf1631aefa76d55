"""Parts of the talk that are not the agent's own words: harmless wordings and quotations."""

from __future__ import annotations

import re

from agent_assist.core.text import SpokenText

_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|‘[^’]*’")


def within(chars: str, harmless: tuple[str, ...]) -> set[int]:
    """Positions inside a harmless wording."""
    inside: set[int] = set()
    for wording in harmless:
        at = chars.find(wording)
        while wording and at >= 0:
            inside.update(range(at, at + len(wording)))
            at = chars.find(wording, at + 1)
    return inside


def quoted(text: SpokenText) -> set[int]:
    """Positions inside quotation marks: the words of others, names of services."""
    spans = [found.span() for found in _QUOTED.finditer(text.given)]
    return {i for i, at in enumerate(text.origin) for a, b in spans if a <= at < b}
