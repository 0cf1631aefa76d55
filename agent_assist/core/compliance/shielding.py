"""Parts of the talk that are not the agent's own words: harmless wordings and quotations."""

from __future__ import annotations

import re

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import matcher_over
from agent_assist.core.spotting import Spotted
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


def prescribed(spot: Spotted, settled: SettledTurn) -> dict[int, str]:
    """What a catalogue wording prescribes at which characters of the turn, its slots left out."""
    literal: dict[int, str] = {}
    for match in matcher_over(((0, spot.match.wording),)).best(settled.turn.text, top=1):
        at = match.start
        for char in match.alignment.chars:
            if char.heard:
                if char.expected:
                    literal[at] = char.expected
                at += 1
    return literal
