"""Lints a script pack: what is valid by itself but wrong, weak or dead in the whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from agent_assist.apps.practice_lessons import lesson_problems
from agent_assist.apps.script_cases import read_case
from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.meaning_data import EXAMPLES, LEARNT, RELEARN, examples_digest
from agent_assist.catalogue.models import SituationData
from agent_assist.catalogue.pack import Located, Pack, read_pack
from agent_assist.catalogue.reach import unreachable
from agent_assist.core.matching import Match, threshold
from agent_assist.core.pipeline import Phrases
from agent_assist.core.script import Script
from agent_assist.core.text import spoken
from agent_assist.errors import Problem, ScriptError

LEAST_CASES = 4
ASPECTS = {"met", "breach", "boundary", "trap"}


def check(folder: Path) -> list[Problem]:
    """Every problem of a pack, sorted by file and line; empty when it is sound.

    Files that cannot be read hide what depends on them; all else is found at once.
    """
    try:
        pack = read_pack(folder)
    except ScriptError as error:
        return list(error.problems)
    problems = [*_cases_of_rules(pack), *_cases_that_are_no_calls(pack), *_meanings(pack)]
    try:
        script = compile_pack(pack)
    except ScriptError as error:
        problems += error.problems
    else:
        problems += _examples(pack, Phrases.from_script(script))
        problems += _reachability(pack, script)
        problems += _forbidden_in_wordings(pack, script)
        problems += lesson_problems(pack, script)
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.message))


def _meanings(pack: Pack) -> Iterator[Problem]:
    """What was learnt is of the examples as they are now, if the pack has any of its own."""
    there = (pack.folder / EXAMPLES).is_dir()
    if there and examples_digest(pack.folder) != pack.meanings.digest:
        message = f"is not what the examples in {EXAMPLES}/ teach; {RELEARN}"
        yield Problem(str(pack.folder / LEARNT), 1, message)


def _cases_of_rules(pack: Pack) -> Iterator[Problem]:
    """Every rule has cases for each aspect, every case file its rule."""
    for rule_id, rule in pack.rules.items():
        cases = pack.cases.get(rule_id)
        if cases is None:
            yield rule.problem(f"rule '{rule_id}' has no cases; add cases/{rule_id}.yaml")
            continue
        shown = {case.aspect for case in cases.data.cases}
        for aspect in sorted(ASPECTS - shown):
            yield cases.problem(f"no case shows the aspect '{aspect}'", "cases")
        if len(cases.data.cases) < LEAST_CASES:
            yield cases.problem(f"fewer than {LEAST_CASES} cases", "cases")
    for rule_id, cases in pack.cases.items():
        if rule_id not in pack.rules:
            yield cases.problem(f"there is no rule '{rule_id}' for these cases")


def _cases_that_are_no_calls(pack: Pack) -> Iterator[Problem]:
    """Calls of cases that could not be run."""
    for located in pack.cases.values():
        for i, case in enumerate(located.data.cases):
            try:
                read_case(case, located, i)
            except ScriptError as error:
                yield from error.problems


def _examples(pack: Pack, phrases: Phrases) -> Iterator[Problem]:
    """must_match examples are heard as their situation, must_not_match ones are not."""
    for situation_id, located in pack.situations.items():
        for i, text in enumerate(located.data.must_match):
            if situation_id not in _heard(phrases, text):
                best = phrases.matcher.best(spoken(text), top=1)
                found = f"; nearest is {_shown(best[0])}" if best else ""
                yield located.problem(f"'{text}' is not recognised as this{found}", "must_match", i)
        for i, text in enumerate(located.data.must_not_match):
            if situation_id in _heard(phrases, text):
                yield located.problem(f"'{text}' is recognised as this", "must_not_match", i)
        yield from _own_lines(located, phrases)


def _own_lines(located: Located[SituationData], phrases: Phrases) -> Iterator[Problem]:
    """A line that is shown must win over every other meaning when it is said as written."""
    for i, step in enumerate(located.data.steps):
        if step.say is None or "{{" in step.say or step.status == "seed":
            continue
        if located.data.id not in _heard(phrases, step.say):
            size = len(spoken(step.say).chars)
            if threshold(size) <= 1:
                message = f"'{step.say}' said as written is not recognised as this situation"
                yield located.problem(message, "steps", i, "say")


def _heard(phrases: Phrases, text: str) -> set[str]:
    owners = [o for match in phrases.matcher.find(spoken(text)) for o in match.owners]
    return {o[0] for o in owners if isinstance(o, tuple)}


def _shown(match: Match) -> str:
    return f"{match.owners[0]} at {match.score:.2f}"


def _reachability(pack: Pack, script: Script) -> Iterator[Problem]:
    """Every situation comes up in the ways that its trigger states, played as a minimal call."""
    for lost in unreachable(script):
        message = f"'{lost.situation_id}' does not come up by {lost.way}"
        yield pack.situations[lost.situation_id].problem(message, "trigger")


def _forbidden_in_wordings(pack: Pack, script: Script) -> Iterator[Problem]:
    """No line that is shown contains a forbidden wording."""
    for entry in script.taboo:
        term = spoken(entry.term).chars
        if entry.whole_utterance or not term or "{" in entry.term:
            continue
        harmless = [spoken(e).chars for e in entry.except_in]
        for located in pack.situations.values():
            for i, step in enumerate(located.data.steps):
                chars = spoken(step.say or "").chars
                for wording in harmless:
                    chars = chars.replace(wording, "")
                if term in chars:
                    message = f"the line contains the forbidden wording '{entry.term}'"
                    yield located.problem(message, "steps", i, "say")
