"""How likely something was said that was not heard, because much was heard wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from math import prod
from operator import add

from agent_assist.core.compliance.certainty import UNHEARD, lost, noise_of
from agent_assist.core.compliance.earshot import Earshot
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.events import AlignedChar
from agent_assist.core.matching import MIN_SHARED
from agent_assist.core.spotting import Turn
from agent_assist.core.text import SpokenText

LONG = 4
"""Wordings of so many characters are told from all other talk, noise or not."""


def hidden(
    ears: Earshot, groups: Mapping[int, tuple[int, ...]], turns: Sequence[SettledTurn]
) -> float:
    """Chance that the turns hold one wording of each group, heard no better than they were.

    ``groups`` are those of each wording, by number. Of a group's short wordings any may have been
    said, so their mean counts; of its long ones, which nothing else resembles, the likeliest, as
    of those that stand in a line that was heard. Each group is lost by itself.
    """
    if any(t.unfair or t.noise >= UNHEARD or not len(t.turn.text) for t in turns):
        return 1.0
    together = joined(turns)
    if together is None or not groups:
        return 0.0
    noise = noise_of(turns)
    scores = {hit.number: hit.score for hit in ears.closest(together[1], frozenset(groups))}
    blurred = _blurred(ears, groups, turns)
    any_of: dict[int, list[float]] = {}
    likeliest: dict[int, float] = {}
    for number, own_groups in groups.items():
        literals = ears.literals(number)
        chance = lost(scores.get(number, MIN_SHARED), literals, noise)
        alone = 1.0 if number in blurred else chance if literals >= LONG else 0.0
        for group in own_groups:
            any_of.setdefault(group, []).append(chance)
            likeliest[group] = max(alone, likeliest.get(group, 0.0))
    return prod(max(likeliest[g], sum(each) / len(each)) for g, each in any_of.items())


def joined(turns: Sequence[SettledTurn]) -> tuple[list[Turn], SpokenText] | None:
    """The turns with words and all of their text; None if there are none."""
    spoken_turns = [t.turn for t in turns if len(t.turn.text)]
    if not spoken_turns:
        return None
    return spoken_turns, reduce(add, (t.text for t in spoken_turns))


def _blurred(ears: Earshot, numbers: Collection[int], turns: Sequence[SettledTurn]) -> set[int]:
    """The wordings that stand in a line of the script which was heard, not quite as written."""
    lines = [spot.match.alignment.chars for turn in turns for spot in turn.spotted]
    return {n for n in numbers for line in lines if _stands_in(ears.literally(n), line)}


def _stands_in(word: str, line: Sequence[AlignedChar]) -> bool:
    """Whether the line prescribes the word and something like it, or as long, was heard there."""
    prescribed = [char for char in line if char.expected]
    at = "".join(char.expected for char in prescribed).find(word)
    heard = [char.operation for char in prescribed[at : at + len(word)]] if at >= 0 else []
    resembles = any(operation in ("said", "homophone", "near") for operation in heard)
    return bool(heard) and (resembles or "missed" not in heard)
