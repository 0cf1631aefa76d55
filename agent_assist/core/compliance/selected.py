"""The wordings that a selector stands for, numbered in the index of all that is listened for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from agent_assist.core.compliance.earshot import Earshot
from agent_assist.core.rules import Selector
from agent_assist.core.script import Script
from agent_assist.core.wording import Wording


@lru_cache(maxsize=4096)
def numbered(
    selector: Selector, script: Script, desk: str, ears: Earshot
) -> tuple[Mapping[int, tuple[int, ...]], frozenset[int], str]:
    """The numbers that ``ears`` have for the selector's wordings, with their groups; all groups;
    the first wording."""
    wordings = tuple(_wordings(selector, script, desk))
    groups: dict[int, tuple[int, ...]] = {}
    for group, wording in wordings:
        if (number := ears.number(wording)) is not None:
            groups[number] = (*groups.get(number, ()), group)
    return groups, frozenset(g for g, _ in wordings), wordings[0][1].text if wordings else ""


def _wordings(selector: Selector, script: Script, desk: str) -> Iterable[tuple[int, Wording]]:
    """The selector's wordings, each with the number of the element it belongs to."""
    for words in (selector.words, *selector.elements):
        group = 0 if words is selector.words else selector.elements.index(words)
        yield from ((group, Wording((word,))) for word in words)
    if selector.wish:
        yield from ((0, Wording((wish,))) for wish in script.wishes)
    if selector.greeting:
        for each in script.desks.values():
            if (each.id == desk) == (selector.greeting == "own"):
                yield from ((0, w) for w in _step_wordings(script, each.greeting))
    for situation in selector.triggers:
        yield from ((0, w) for w in script.situations[situation].trigger.customer_says)
    for situation in selector.situations:
        yield from ((0, w) for w in _step_wordings(script, situation, selector.steps))


def _step_wordings(script: Script, situation: str, steps: tuple[int, ...] = ()) -> list[Wording]:
    found = script.situations[situation]
    wordings: list[Wording] = []
    for step in found.steps:
        if step.say and (not steps or step.n in steps):
            wordings += [step.say, *step.accept]
    return wordings
