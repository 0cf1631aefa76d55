"""What is meant in a turn, placed in the call; see `core.meaning`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from agent_assist.core.alignment import Alignment
from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.facts import SettledTurn
from agent_assist.core.compliance.listening import Found, is_held
from agent_assist.core.compliance.shielding import quoted
from agent_assist.core.compliance.verdicts import Judge, not_fair
from agent_assist.core.events import Channel, Finding
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
    wording = Wording((f"（意思）{meaning.title}",))
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
