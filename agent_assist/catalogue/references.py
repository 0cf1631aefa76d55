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
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Selector):
                yield from ((name, item.steps) for name in item.situations)
                yield from ((name, ()) for name in item.triggers)
            elif isinstance(item, When):
                yield from ((name, ()) for name in (*item.entered, *item.not_entered))
                yield from _named(item)


def meanings_of(record: Check | When) -> set[str]:
    """Every meaning that a check's selectors and circumstances name."""
    found = set(record.meanings) if isinstance(record, Forbid) else set()
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Selector):
                found |= set(item.meanings)
            elif isinstance(item, When):
                found |= meanings_of(item)
    return found
