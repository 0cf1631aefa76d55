"""The bundled script pack, read and indexed once for all tests that need it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from hypothesis import HealthCheck, settings

from agent_assist.apps.calls import Workshop
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.core.pipeline import Phrases
from agent_assist.core.script import Script
from agent_assist.core.text import spoken
from agent_assist.core.wording import Wording
from agent_assist.settings import DEFAULT_SCRIPT

repeatable = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
"""For property tests of the gate: the same examples every time, on a machine of any speed."""


@lru_cache(maxsize=1)
def pack() -> Pack:
    return read_pack(DEFAULT_SCRIPT)


@lru_cache(maxsize=1)
def workshop() -> Workshop:
    return Workshop(pack())


def phrases() -> Phrases:
    return workshop().phrases


def script() -> Script:
    return phrases().script


@lru_cache(maxsize=1)
def examples() -> dict[str, str]:
    """A value for every placeholder of the pack."""
    return {name: data.example for name, data in pack().desks.data.placeholders.items()}


def literals(wording: Wording) -> str:
    """The wording's literal characters, without its slots."""
    return "".join(spoken(piece).chars for piece in wording.pieces if isinstance(piece, str))


def lines(least_literals: int) -> Iterator[tuple[str, int, Wording, str]]:
    """Situation, step, wording and spoken example of all wordings with enough literal text."""
    for situation in script().situations.values():
        for step in situation.steps:
            for wording in (step.say, *step.accept) if step.say else ():
                if len(literals(wording)) >= least_literals:
                    filled = wording.fill(examples())
                    assert filled is not None
                    yield situation.id, step.n, wording, filled
