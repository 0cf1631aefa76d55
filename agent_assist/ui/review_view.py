"""A report arranged for reading: labels, masked speech and evidence, ready for the template."""

from __future__ import annotations

import json
from collections.abc import Mapping

from agent_assist.core.events import Finding, PhraseMatch, Utterance
from agent_assist.core.masking import mask, mask_reply
from agent_assist.core.report import CallReport, ShownPrompt, Stay
from agent_assist.ui.labels import (
    CAUSES,
    PROMPT_STATUSES,
    PROVENANCE,
    SEVERITIES,
    STAGES,
    VERDICT_MARKS,
    VERDICTS,
    length,
    measured,
    percent,
)
from agent_assist.ui.review_rows import FindingView, MatchNote, PromptView, StayView, TurnView
from agent_assist.ui.transcript_marks import masked_cells, pieces_of

_UNSURE = 0.6
_REMEMBERED = 4
_IN_HEAD = {"type", "call_id", "desk", "agent_id", "agent_name", "started_at"}
_IN_HEAD |= {"direction", "customer_surname", "customer_title"}
_ALIKE = 0.5
_VERDICT_ORDER = ("breach", "undetermined", "met")


class ReviewView:
    """Views of one report; ``titles`` gives situations their Chinese names where known."""

    def __init__(self, report: CallReport, titles: Mapping[str, str]) -> None:
        self._report = report
        self._titles = titles
        self._masked = _masked_turns(report.utterances)
        self._by_turn = {turn.turn: turn for turn in report.utterances}

    def turns(self) -> tuple[TurnView, ...]:
        return tuple(self._turn(utterance) for utterance in self._report.utterances)

    def findings(self) -> tuple[FindingView, ...]:
        """Breaches first, then what could not be decided, then what was met; each in time order."""
        ordered = sorted(self._report.findings, key=lambda f: _VERDICT_ORDER.index(f.verdict))
        return tuple(self._finding(finding) for finding in ordered)

    def matches(self) -> tuple[MatchNote, ...]:
        return tuple(self._note(match) for match in self._report.matches)

    def prompts(self) -> tuple[PromptView, ...]:
        return tuple(self._prompt(shown) for shown in self._report.prompts)

    def course(self) -> tuple[StayView, ...]:
        stages = [
            _stay("stage", STAGES.get(stay.name, stay.name), stay) for stay in self._report.stages
        ]
        situations = [_stay("situation", self._name(s.name), s) for s in self._report.situations]
        return (*stages, *situations)

    def provenance(self) -> tuple[tuple[str, str], ...]:
        """The log's header without what the page's head says already."""
        return tuple(
            (PROVENANCE.get(name, name), _plain(value))
            for name, value in self._report.header
            if name not in _IN_HEAD and value != "null"
        )

    def _turn(self, utterance: Utterance) -> TurnView:
        matches = [m for m in self._report.matches if m.turn == utterance.turn]
        findings = [f for f in self._report.findings if f.evidence.turn == utterance.turn]
        evidence = [f.evidence for f in findings if f.verdict != "met" or not f.evidence.term]
        alignments = [m.alignment for m in matches]
        alignments += [e.alignment for e in evidence if not e.term and (e.score or 0) >= _ALIKE]
        terms = [e.term for e in evidence]
        masked = self._masked[utterance.turn]
        sure = utterance.confidence
        return TurnView(
            turn=utterance.turn,
            channel=utterance.channel,
            start_ms=utterance.start_ms,
            end_ms=utterance.end_ms,
            text=masked,
            pieces=pieces_of(utterance.text, masked, alignments, terms),
            matches=tuple(self._note(match) for match in matches),
            unsure=percent(sure) if utterance.text and sure < _UNSURE else "",
        )

    def _note(self, match: PhraseMatch) -> MatchNote:
        return MatchNote(
            start_ms=match.start_ms,
            end_ms=match.end_ms,
            channel=match.channel,
            name=f"{self._name(match.situation_id)} · {match.step}",
            sure=f"{percent(match.score)}，领先 {percent(match.margin)}",
            expected=mask(match.expected),
        )

    def _finding(self, finding: Finding) -> FindingView:
        evidence = finding.evidence
        literal = evidence.term and all(c.operation == "said" for c in evidence.alignment)
        return FindingView(
            verdict=finding.verdict,
            mark=VERDICT_MARKS[finding.verdict],
            verdict_label=VERDICTS[finding.verdict],
            severity=finding.severity,
            severity_label=SEVERITIES[finding.severity],
            rule_id=finding.rule_id,
            title=finding.title,
            message=self._hide(finding.message, evidence.turn),
            seek_ms=evidence.start_ms,
            turn=evidence.turn if evidence.turn in self._by_turn else None,
            expected=mask(evidence.expected),
            heard=self._hide(evidence.heard, evidence.turn),
            term=mask(evidence.term),
            replacement=mask(evidence.replacement),
            cells=() if literal else masked_cells(evidence.alignment, *self._both(evidence.turn)),
            facts=self._facts(finding),
        )

    def _facts(self, finding: Finding) -> tuple[tuple[str, str], ...]:
        evidence = finding.evidence
        shares = (
            ("匹配", evidence.score),
            ("领先", evidence.margin),
            ("置信度", evidence.confidence),
        )
        facts = [("测得", measured(evidence, finding.verdict))]
        facts += [(label, percent(share)) for label, share in shares if share is not None]
        facts.append(("原因", self._hide(evidence.reason, evidence.turn)))
        return tuple((label, value) for label, value in facts if value)

    def _prompt(self, shown: ShownPrompt) -> PromptView:
        prompt = shown.prompt
        return PromptView(
            at_ms=prompt.at_ms,
            until_ms=shown.until_ms,
            due_ms=prompt.due_ms,
            name=f"{self._name(prompt.situation_id)} · {prompt.step}",
            text=mask(prompt.text),
            status=prompt.status,
            status_label=PROMPT_STATUSES.get(prompt.status, prompt.status),
            latency=f"{prompt.latency_ms} 毫秒"
            if prompt.latency_ms < 1000
            else length(prompt.latency_ms),
        )

    def _name(self, situation_id: str) -> str:
        return self._titles.get(situation_id, situation_id)

    def _both(self, turn: int | None) -> tuple[str, str]:
        """A turn's text as heard and as displayed."""
        utterance = None if turn is None else self._by_turn.get(turn)
        return (utterance.text, self._masked[utterance.turn]) if utterance else ("", "")

    def _hide(self, words: str, turn: int | None) -> str:
        """Mask words; those quoted from a turn look as they do in that turn."""
        text, masked = self._both(turn)
        at = text.find(words) if words else -1
        if at >= 0:
            return masked[at : at + len(words)]
        for quoted in self._report.utterances:
            if self._masked[quoted.turn] != quoted.text:
                words = words.replace(quoted.text, self._masked[quoted.turn])
        return mask(words)


def _masked_turns(utterances: tuple[Utterance, ...]) -> dict[int, str]:
    """Each turn as displayed; a password may be given some turns after it was asked for."""
    texts = [utterance.text for utterance in utterances]
    return {
        turn.turn: mask_reply("。".join(texts[max(0, i - _REMEMBERED) : i]), turn.text)
        for i, turn in enumerate(utterances)
    }


def _plain(value: str) -> str:
    """A header value for reading: the parts of a JSON object side by side."""
    if not value.startswith("{"):
        return value
    try:
        parts = json.loads(value)
    except ValueError:
        return value
    return " · ".join(f"{name} {part}" for name, part in parts.items())


def _stay(kind: str, name: str, stay: Stay) -> StayView:
    return StayView(kind, name, CAUSES.get(stay.cause, stay.cause), stay.start_ms, stay.end_ms)
