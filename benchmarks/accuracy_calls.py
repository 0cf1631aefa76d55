"""The calls that accuracy is measured on, in two halves, spoilt as a poor recogniser would.

The calls are those of tests/calls, whose breaches are written in them, and the cases of the script
pack. Thresholds and error costs are fitted on one half; the other tells what they are worth. Calls
of one family (the variants of d05, the cases of one rule) are in the same half.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import yaml

from agent_assist.apps.calls import Overrides, Workshop, find_calls, from_transcript
from agent_assist.apps.script_cases import read_case
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.compliance.inspector import Inspector
from agent_assist.core.context import CallContext
from agent_assist.core.events import Event, Finding, HungUpBy, Utterance
from agent_assist.core.script import Script
from agent_assist.core.spotting import PhraseSpotter, Turn
from agent_assist.settings import DEFAULT_SCRIPT, SCRIPTS
from tests.core.compliance.test_noise import misheard

CALLS = Path(__file__).parents[1] / "tests/calls"


@dataclass(frozen=True, slots=True)
class Known:
    """A call and the breaches it holds, by rule (all of them, or only those of ``only``)."""

    name: str
    context: CallContext
    said: tuple[Utterance, ...]
    ended_at_ms: int
    hung_up_by: HungUpBy
    breaches: Counter[str]
    only: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether nothing may be fitted on this call: decided by its family's name alone."""
        family = self.only or self.name.partition("-")[0]
        return bool(sha256(family.encode()).digest()[0] & 1)

    def spoilt(self, rate: float, seed: int, honest: bool) -> tuple[Utterance, ...]:
        """What was said with a share ``rate`` of its characters wrong, by call name and seed."""
        if not rate:
            return self.said
        chance = random.Random(f"{self.only} {self.name} {rate} {seed}")
        return tuple(misheard(u, rate, chance, honest) for u in self.said)


def known_calls(workshop: Workshop) -> list[Known]:
    """All of them, whole calls first."""
    return [*_calls(workshop), *_cases(workshop)]


def judged(workshop: Workshop, call: Known, said: tuple[Utterance, ...]) -> list[Finding]:
    """What the inspector finds in these words, spoken as in that call."""
    spotter = PhraseSpotter(workshop.phrases.matcher)
    script = workshop.phrases.script
    inspector = Inspector(_only(script, call.only) if call.only else script, call.context)
    for utterance in said:
        turn = Turn.from_utterance(utterance)
        by_agent = utterance.channel == "agent"
        inspector.hear(turn, tuple(spotter.feed(turn)) if by_agent else ())
    return inspector.end(call.ended_at_ms, call.hung_up_by)


@cache
def _only(script: Script, rule: str) -> Script:
    """The script with no other rule than this one."""
    return replace(script, rules=tuple(r for r in script.rules if r.id == rule))


def _calls(workshop: Workshop) -> Iterator[Known]:
    for path in find_calls(CALLS):
        if (SCRIPTS / path.parent.name).is_dir():
            continue  # judged by another pack
        call = workshop.open(path, Overrides())
        wanted = yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]
        yield Known(
            path.name.partition(".")[0],
            call.context,
            _utterances(call.events),
            call.meta.ended_at_ms or 0,
            call.meta.hung_up_by,
            Counter(w["rule"] for w in wanted),
        )


def _cases(workshop: Workshop) -> Iterator[Known]:
    """The cases of the rules, each for its own rule only."""
    for rule, located in read_pack(DEFAULT_SCRIPT).cases.items():
        for i, case in enumerate(located.data.cases):
            if case.aspect == "undetermined" or case.only_agent:
                continue
            meta, heard = read_case(case, located, i)
            yield Known(
                case.name,
                workshop.context(meta, ("agent", "customer")),
                _utterances(from_transcript(meta, heard)),
                meta.ended_at_ms or 0,
                meta.hung_up_by,
                Counter(rule for e in case.expect if e.verdict == "breach"),
                rule,
            )


def _utterances(events: Iterable[Event]) -> tuple[Utterance, ...]:
    return tuple(e for e in events if isinstance(e, Utterance))
