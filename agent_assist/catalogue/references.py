"""What a rule's checks refer to by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from agent_assist.core.rules import Check, Forbid, Measure, Order, Selector, When


def situations_of(check: Check) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every situation a check names, with the steps it names of it."""
    if isinstance(check, Order) and check.situation:
        yield check.situation, check.steps
    yield from _named(check)
    if isinstance(check, Measure) and check.situation:
        yield check.situation, check.steps


def _named(record: Check | When) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The situations named by the selectors and circumstances of a check."""
    for part in _parts(record):
        if isinstance(part, Selector):
            yield from ((name, part.steps) for name in part.situations)
            yield from ((name, ()) for name in part.triggers)
        else:
            yield from ((name, ()) for name in (*part.entered, *part.not_entered))


def meanings_of(check: Check) -> set[str]:
    """Every meaning that a check names, itself or in its selectors and circumstances."""
    selectors = (part for part in _parts(check) if isinstance(part, Selector))
    own = check.meanings if isinstance(check, Forbid) else ()
    return {*own, *(name for selector in selectors for name in selector.meanings)}


def _parts(record: Check | When) -> Iterator[Selector | When]:
    """All selectors and circumstances of a check, those of its circumstances among them."""
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, (Selector, When)):
                yield item
            if isinstance(item, When):
                yield from _parts(item)
