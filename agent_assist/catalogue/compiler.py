"""Compiles a validated pack to the core's frozen Script; finds every dangling reference."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from agent_assist.catalogue.models import SituationData
from agent_assist.catalogue.models import Step as StepData
from agent_assist.catalogue.pack import Located, Pack, read_pack
from agent_assist.catalogue.references import meanings_of, situations_of
from agent_assist.catalogue.rule_data import RuleData
from agent_assist.catalogue.taboo_data import TabooData
from agent_assist.catalogue.templates import TemplateError, compile_wording
from agent_assist.core.knowledge import Card
from agent_assist.core.rules import Rule
from agent_assist.core.script import Business, Desk, Script, Situation, Step, Taboo, Trigger
from agent_assist.core.wording import Wording
from agent_assist.errors import Problem, ScriptError
from agent_assist.strict_yaml import KeyPath


def load_script(folder: Path) -> Script:
    """Read, validate and compile a script folder; raises ScriptError with every problem."""
    return compile_pack(read_pack(folder))


def compile_pack(pack: Pack) -> Script:
    """Compile a pack; raises ScriptError with every problem of its references and templates."""
    return _Compiler(pack).compile()


class _Compiler:
    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._problems: list[Problem] = []

    def compile(self) -> Script:
        pack = self._pack
        situations = {i: self._situation(located) for i, located in pack.situations.items()}
        self._check_desks()
        self._check_scoring()
        self._check_manual()
        cards = self._cards()
        rules = tuple(self._rule(located) for located in pack.rules.values())
        taboo = tuple(
            self._taboo(i, data, phrase)
            for i, data in enumerate(pack.taboo.data.taboo)
            for phrase in data.phrases
        )
        if self._problems:
            raise ScriptError(self._problems)
        return Script(
            name=pack.script.data.name,
            title=pack.script.data.title,
            version=pack.script.data.version,
            digest=pack.digest,
            default_desk=pack.desks.data.default_desk,
            cards=cards,
            talk=pack.talk.data.lines() if pack.talk else (),
            homophones=MappingProxyType(pack.homophones.data.homophones if pack.homophones else {}),
            meanings=pack.meanings,
            quick=tuple(pack.desks.data.quick.items()),
            forms=pack.manual.data.to_forms() if pack.manual else (),
            desks=MappingProxyType(
                {
                    str(i): Desk(i, d.title, d.greeting, d.brand_greeting, d.place)
                    for i, d in pack.desks.data.desks.items()
                }
            ),
            situations=MappingProxyType(situations),
            rules=rules,
            taboo=taboo,
            wishes=tuple(pack.desks.data.calendar.wishes),
            sheets=tuple(sheet.to_sheet() for sheet in pack.scoring.data.sheets),
            businesses=tuple(
                Business(b.name, tuple(b.words), b.key or "") for b in pack.desks.data.businesses
            ),
        )

    def _wording(self, text: str, located: Located[Any], *path: str | int) -> Wording:
        try:
            return compile_wording(text, self._pack.desks.data.placeholders)
        except TemplateError as error:
            self._problems.append(located.problem(str(error), *path))
            return Wording((text,))

    def _wordings(
        self, texts: Iterable[str], located: Located[Any], *path: str | int
    ) -> tuple[Wording, ...]:
        return tuple(self._wording(t, located, *path, i) for i, t in enumerate(texts))

    def _situation(self, located: Located[SituationData]) -> Situation:
        data = located.data
        for i, name in enumerate(data.then):
            if name not in self._pack.situations:
                self._problems.append(located.problem(f"'{name}' is no situation", "then", i))
        steps, path = self._chosen_steps(located)
        numbers = [s.n for s in steps]
        if numbers != sorted(set(numbers)):
            self._problems.append(located.problem("steps must be numbered upwards", *path))
        return Situation(
            id=data.id,
            title=data.title,
            category=data.category,
            stage=data.stage,
            trigger=self._trigger(located),
            steps=tuple(self._step(s, located, (*path, i)) for i, s in enumerate(steps)),
            aborts_when_customer_speaks=data.abort == "customer_speaks",
            enters=data.enters,
            then=tuple(data.then),
            deadline_ms=None if data.deadline_s is None else _ms(data.deadline_s),
        )

    def _chosen_steps(self, located: Located[SituationData]) -> tuple[list[StepData], KeyPath]:
        """The situation's own steps, or those of the profile chosen in script.yaml."""
        chosen = self._pack.script.data.profiles.get(located.data.id)
        if chosen is None:
            return located.data.steps, ("steps",)
        for i, profile in enumerate(located.data.profiles):
            if profile.name == chosen:
                return profile.steps, ("profiles", i, "steps")
        self._problems.append(
            self._pack.script.problem(f"'{located.data.id}' has no profile '{chosen}'", "profiles")
        )
        return located.data.steps, ("steps",)

    def _step(self, data: StepData, located: Located[SituationData], path: KeyPath) -> Step:
        pause = data.pause_before_s
        pauses = pause if isinstance(pause, list) else [pause, pause]
        say = None if data.say is None else self._wording(data.say, located, *path, "say")
        return Step(
            n=data.n,
            say=say,
            do=None if data.do is None else self._wording(data.do, located, *path, "do"),
            accept=self._wordings(data.accept, located, *path, "accept"),
            when=data.when,
            pause_ms=None if pauses[0] is None else (_ms(pauses[0]), _ms(pauses[1] or 0)),
            status=data.status,
            source=data.source,
        )

    def _trigger(self, located: Located[SituationData]) -> Trigger:
        data = located.data.trigger
        return Trigger(
            event=data.event,
            direction=data.direction,
            desks=tuple(data.desk or ()),
            calendar=data.calendar,
            line=data.line,
            phase=data.phase,
            after_ms=None if data.after_s is None else _ms(data.after_s),
            customer_says=self._wordings(data.customer_says, located, "trigger", "customer_says"),
            agent_says=self._wordings(data.agent_says, located, "trigger", "agent_says"),
            alone=data.alone,
            manual=data.manual,
        )

    def _check_desks(self) -> None:
        desks = self._pack.desks
        if desks.data.default_desk not in desks.data.desks:
            message = f"'{desks.data.default_desk}' is not among desks"
            self._problems.append(desks.problem(message, "default_desk"))
        for key, desk in desks.data.desks.items():
            if desk.greeting not in self._pack.situations:
                message = f"greeting '{desk.greeting}' is no situation"
                self._problems.append(desks.problem(message, "desks", key, "greeting"))
        for name in desks.data.quick:
            if name not in self._pack.situations:
                self._problems.append(desks.problem(f"'{name}' is no situation", "quick", name))
        calendar = desks.data.calendar
        if calendar.weekend_profile not in calendar.weekend_profiles:
            message = f"'{calendar.weekend_profile}' is not among weekend_profiles"
            self._problems.append(desks.problem(message, "calendar", "weekend_profile"))
        for name in self._pack.script.data.profiles:
            if name not in self._pack.situations:
                message = f"'{name}' is no situation"
                self._problems.append(self._pack.script.problem(message, "profiles", name))

    def _check_scoring(self) -> None:
        scoring = self._pack.scoring
        for i, sheet in enumerate(scoring.data.sheets):
            sections = {section.id for section in sheet.sections}
            named = [
                *(
                    (("sections", k), rule)
                    for k, section in enumerate(sheet.sections)
                    for rule in section.rules
                ),
                *((("bonus",), rule) for rule in sheet.bonus),
            ]
            for path, rule in named:
                if rule not in self._pack.rules:
                    message = f"'{rule}' is no rule"
                    self._problems.append(scoring.problem(message, "sheets", i, *path))
            for k, item in enumerate(sheet.manual):
                if item.section not in sections:
                    message = f"'{item.section}' is no section"
                    self._problems.append(scoring.problem(message, "sheets", i, "manual", k))

    def _check_manual(self) -> None:
        manual = self._pack.manual
        seen = set(self._pack.rules)
        if manual is None:
            return
        rules = [(("rules", i), rule.id) for i, rule in enumerate(manual.data.rules)]
        forms = [(("forms", i), form.id) for i, form in enumerate(manual.data.forms)]
        for path, name in (*rules, *forms):
            if name in seen:
                message = f"'{name}' is there already, as a rule or a manual item"
                self._problems.append(manual.problem(message, *path, "id"))
            seen.add(name)

    def _cards(self) -> tuple[Card, ...]:
        knowledge = self._pack.knowledge
        if knowledge is None:
            return ()
        self._problems += [knowledge.problem(m, *p) for p, m in knowledge.data.repeated()]
        return tuple(card.to_card() for card in knowledge.data.cards)

    def _rule(self, located: Located[RuleData]) -> Rule:
        data = located.data
        for i, check in enumerate(data.checks):
            for name, steps in situations_of(check):
                self._check_reference(located, ("checks", i), name, steps)
            for name in sorted(meanings_of(check) - self._pack.meanings.names):
                self._problems.append(located.problem(f"'{name}' is no meaning", "checks", i))
        return Rule(
            id=data.id,
            title=data.title,
            group=data.group,
            severity=data.severity,
            duty=data.duty,
            source=data.source,
            checks=tuple(data.checks),
        )

    def _check_reference(
        self, located: Located[RuleData], path: KeyPath, name: str, steps: tuple[int, ...]
    ) -> None:
        situation = self._pack.situations.get(name)
        if situation is None:
            self._problems.append(located.problem(f"'{name}' is no situation", *path))
            return
        known = {s.n for s in self._chosen_steps(situation)[0]}
        for step in steps:
            if step not in known:
                self._problems.append(located.problem(f"'{name}' has no step {step}", *path))

    def _taboo(self, index: int, data: TabooData, phrase: str) -> Taboo:
        located, path = self._pack.taboo, ("taboo", index)
        category = located.data.categories.get(data.category)
        if category is None:
            message = f"category '{data.category}' is not declared"
            self._problems.append(located.problem(message, *path, "category"))
        replace = data.replace
        return Taboo(
            name=data.phrase,
            wording=self._wording(phrase, located, *path, "phrase"),
            term=phrase,
            category=data.category,
            severity=data.severity or (category.severity if category else "minor"),
            whole_utterance=data.match == "whole_utterance",
            replacement=None
            if replace is None
            else self._wording(replace, located, *path, "replace"),
            except_in=tuple(data.except_in),
        )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
