"""What lines of the script that were heard prescribe, character by character."""

from __future__ import annotations

from functools import lru_cache

from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.matching import Matcher
from agent_assist.core.spotting import Spotted
from agent_assist.core.wording import Wording


@lru_cache(maxsize=1024)
def matcher_over(entries: tuple[tuple[int, Wording], ...]) -> Matcher:
    """The index of these wordings, built once for all calls."""
    return Matcher(entries)


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


def lines_in(settled: SettledTurn) -> dict[int, str]:
    """What all the lines heard in a turn prescribe there, the ones that fit best last."""
    literal: dict[int, str] = {}
    for spot in sorted(settled.spotted, key=lambda spot: spot.match.score):
        literal |= prescribed(spot, settled)
    return literal
