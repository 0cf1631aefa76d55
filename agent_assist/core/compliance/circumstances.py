"""Under which circumstances of a call a check applies."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from agent_assist.core.compliance.certainty import NOISY
from agent_assist.core.compliance.facts import CallFacts
from agent_assist.core.compliance.listening import Listener
from agent_assist.core.rules import ALWAYS, Selector, When
from agent_assist.core.script import Script


def applies(when: When, call: CallFacts) -> bool:
    """Whether a check's circumstances hold; those of the call's end only once it has ended."""
    if when is ALWAYS:
        return True
    context = call.context
    return (
        (not when.calendar or bool(context.calendar & set(when.calendar)))
        and not context.calendar & set(when.not_calendar)
        and (not when.desks or context.desk in when.desks)
        and (not when.direction or context.direction in when.direction)
        and (not when.hung_up_by or call.hung_up_by in when.hung_up_by)
        and (when.customer_silent is None or when.customer_silent != call.customer_spoke)
        and (not when.entered or any(call.entered(s) for s in when.entered))
        and not (when.not_entered and call.entered_only(when.not_entered))
        and (
            not when.min_turns
            or sum(not turn.is_foreign for turn in call.of("agent")) >= when.min_turns
        )
        and not any(call.customer_said(word) for word in when.customer_never)
        and (not when.said or any(_heard_in(call, each) for each in when.said))
        and (not when.named_turns or len(call.named[1]) >= when.named_turns)
        and (not when.long_turn or call.longest_turn >= when.long_turn)
        and not (when.clear and any(turn.noise >= NOISY for turn in call.of("agent")))
    )


def listen_for(when: When, script: Script, desk: str) -> None:
    """Make ready for what circumstances rest on, with all else that is listened for."""
    for selector in when.said:
        _words_of(selector, script, desk)


def _heard_in(call: CallFacts, selector: Selector) -> bool:
    """Whether a line of the situations was spotted, or one of the words was surely said."""
    if any(call.entered(situation) for situation in selector.situations):
        return True
    listener = _words_of(selector, call.script, call.context.desk)
    return any(listener.surely_hears(turn) for turn in call.turns)


@lru_cache(maxsize=256)
def _words_of(selector: Selector, script: Script, desk: str) -> Listener:
    return Listener(replace(selector, situations=()), script, desk)
