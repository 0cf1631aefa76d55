"""What is meant in a turn, placed in the call; see `core.meaning`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType

from agent_assist.core.alignment import Alignment
from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import Found, is_held
from agent_assist.core.compliance.shielding import quoted
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Channel, Evidence, Finding
from agent_assist.core.matching import Match
from agent_assist.core.meaning import Meanings, Meant
from agent_assist.core.rules import Forbid
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, place
from agent_assist.core.text import SpokenText
from agent_assist.core.wording import Wording

HEARD = 0.16
"""No meaning is looked for where a greater share of characters is heard wrong; in a call without
any line of the script, nobody knows the share, and 0.15 is taken for it."""
LONG = 7
"""So many characters a forbidden stretch must have where nobody knows how well it was heard:
那就这样吧 is soon something else."""
MEANING = "（意思）"
"""Stands before what was meant, where a finding has the wording that was expected."""
NOTHING: Mapping[str, Spotted] = MappingProxyType({})


def meant_in(settled: SettledTurn, script: Script) -> Mapping[str, Spotted]:
    """The meanings of a turn that was heard well, by name; its quotations are others' words."""
    if settled.noise > HEARD or not len(settled.turn.text):
        return NOTHING
    found = _found(script.meanings, settled.turn.text, settled.channel)
    return {meant.meaning.name: place(_match(meant), [settled.turn]) for meant in found}


@lru_cache(maxsize=1024)
def _found(meanings: Meanings, text: SpokenText, by: Channel) -> list[Meant]:
    """Agents say the same lines in call after call; what others are told to have said is theirs."""
    return meanings.of(text, by, quoted(text) if by == "agent" else ())


def _match(meant: Meant) -> Match:
    meaning = meant.meaning
    sure = round(meant.probability - meaning.least, 4)
    span = (meant.start, meant.end, meant.end - meant.start)
    wording = Wording((MEANING + meaning.title,))
    return Match(
        wording,
        (),
        meant.probability,
        sure,
        *span,
        lambda: Alignment(meant.probability, meant.start, meant.end, ()),
    )


def forbidden_meaning(judge: Judge, check: Forbid, settled: SettledTurn) -> list[Finding]:
    """The likeliest of the check's forbidden meanings, if it is held against the agent."""
    named = settled.meant.keys() & set(check.meanings)
    spots = (settled.meant[name] for name in sorted(named))
    held = [s for s in spots if is_held(s) and (settled.noise < NOISY or s.match.literals >= LONG)]
    if not held:
        return []
    spot = max(held, key=lambda s: s.match.score)
    reason = not_fair([settled]) if settled.unfair else ""
    evidence = Found(spot, True).evidence(reason=reason, term=spot.heard)
    return [judge.give("undetermined" if reason else "breach", evidence)]


def told_once(findings: list[Finding], rules: Collection[str]) -> list[Finding]:
    """Findings of one turn, without the meaning of a stretch in which one of these rules holds a
    wording of its list against the agent: that says it better."""
    held = [f for f in findings if f.rule_id in rules and f.verdict == "breach"]
    listed = [f.evidence for f in held if not f.evidence.expected.startswith(MEANING)]
    if not listed or len(listed) == len(held):
        return findings
    return [f for f in findings if f not in held or not _is_said_by(f.evidence, listed)]


def _is_said_by(evidence: Evidence, listed: list[Evidence]) -> bool:
    return evidence.expected.startswith(MEANING) and any(
        e.start_ms < evidence.end_ms and evidence.start_ms < e.end_ms for e in listed
    )


@lru_cache(maxsize=32)
def forbidding(script: Script) -> frozenset[str]:
    """The rules that tell forbidden words by lists and by what they mean."""
    return frozenset(
        rule.id
        for rule in script.rules
        for check in rule.checks
        if isinstance(check, Forbid) and check.meanings
    )
