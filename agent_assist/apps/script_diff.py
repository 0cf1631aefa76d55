"""Judges stored calls by two versions of a script pack and tells what comes out differently."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from agent_assist.apps.calls import Workshop
from agent_assist.apps.script_changes import Change, Reasons, changes_between
from agent_assist.apps.stored_calls import StoredCall, read_stored
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Event, Finding, PhraseMatch, SituationEntered, Utterance
from agent_assist.core.masking import mask
from agent_assist.core.pipeline import Judgement
from agent_assist.core.scoring import score
from agent_assist.errors import AgentAssistError

FEW = 40
"""So many calls are judged before other processes could be ready."""
BATCH = 20
"""So many calls are handed to a process at a time."""


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that is not the same any more; None on the side where there is none.

    ``heard`` is what was said there, masked; ``because`` are indexes of the pack's changes.
    """

    old: Finding | None
    new: Finding | None
    heard: str
    because: tuple[int, ...]

    @property
    def either(self) -> Finding:
        finding = self.new or self.old
        assert finding
        return finding

    @property
    def is_verdict(self) -> bool:
        """Whether more than the evidence changed; how severe it is matters to a breach only."""
        a, b = self.old, self.new
        if a is None or b is None or a.verdict != b.verdict:
            return True
        return a.verdict == "breach" and a.severity != b.severity


@dataclass(frozen=True, slots=True)
class SituationChange:
    """What was recognised as a situation, or brought one up; empty where there is none.

    Situations that were matched are written with their step: ``hold-start·1``.
    """

    at_ms: int
    old: str
    new: str
    cause: str
    heard: str
    because: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CallChanges:
    """One call, judged twice; scores in per cent, None where nothing could be judged."""

    path: str
    call_id: str
    findings: tuple[FindingChange, ...]
    situations: tuple[SituationChange, ...]
    old_score: float | None
    new_score: float | None

    @property
    def changed(self) -> bool:
        """Whether anything but evidence changed."""
        verdicts = any(finding.is_verdict for finding in self.findings)
        return verdicts or bool(self.situations) or self.old_score != self.new_score


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be judged, and why."""

    path: str
    why: str


class Comparison:
    """Two versions of a pack, ready to judge calls."""

    def __init__(self, old: Path, new: Path) -> None:
        self.folders = old, new
        packs = read_pack(old), read_pack(new)
        self.workshops = Workshop(packs[0]), Workshop(packs[1])
        self.changes: tuple[Change, ...] = changes_between(*packs)
        self._reasons = Reasons(self.changes, *packs)

    def judge(self, path: Path) -> CallChanges | Skipped:
        """Judge one stored call by both."""
        try:
            call = read_stored(path)
            old, new = (_judged(workshop, call) for workshop in self.workshops)
        except AgentAssistError as error:
            why = str(error).splitlines()[0]
            return Skipped(str(path), why if str(path) in why else f"{path}: {why}")
        cards = [
            score(workshop.phrases.script.sheets[0], events).total
            for workshop, events in zip(self.workshops, (old, new), strict=True)
        ]
        said = {e.turn: mask(e.text) for e in call.heard if isinstance(e, Utterance)}
        situations = tuple(self._situations(old, new, said))
        findings = tuple(self._findings(old, new, said, situations))
        return CallChanges(str(path), call.meta.call_id, findings, situations, *cards)

    def judge_all(self, paths: Iterable[Path], jobs: int) -> Iterator[CallChanges | Skipped]:
        """Judge many, in their order; on several cores if they are more than a few."""
        rest = iter(paths)
        first = list(islice(rest, FEW)) if jobs > 1 else []
        yield from map(self.judge, first)
        if jobs < 2 or (following := next(rest, None)) is None:
            yield from map(self.judge, rest)
            return
        context = get_context("spawn")
        with ProcessPoolExecutor(jobs, context, _prepare, self.folders) as pool:
            batches: deque[Future[list[CallChanges | Skipped]]] = deque()
            batch = [following, *islice(rest, BATCH - 1)]
            while batch:
                batches.append(pool.submit(_judge_batch, batch))
                if len(batches) > 2 * jobs:
                    yield from batches.popleft().result()
                batch = list(islice(rest, BATCH))
            while batches:
                yield from batches.popleft().result()

    def _findings(
        self,
        old: Sequence[Event],
        new: Sequence[Event],
        said: dict[int, str],
        situations: Sequence[SituationChange],
    ) -> Iterator[FindingChange]:
        before, after = ([e for e in log if isinstance(e, Finding)] for log in (old, new))
        moved = {name.split("·")[0] for s in situations for name in (s.old, s.new) if name}
        for was, now in sorted(_pairs(before, after), key=_moment):
            some = [finding for finding in (was, now) if finding]
            evidence = some[-1].evidence
            heard = mask(evidence.heard) or said.get(-1 if evidence.turn is None else evidence.turn)
            terms = {finding.evidence.term for finding in some} - {""}
            because = self._reasons.of(some[-1].rule_id, terms, moved)
            yield FindingChange(was, now, heard or "", because)

    def _situations(
        self, old: Sequence[Event], new: Sequence[Event], said: dict[int, str]
    ) -> Iterator[SituationChange]:
        before, after = (
            {(e.turn, e.start_ms): e for e in log if isinstance(e, PhraseMatch)}
            for log in (old, new)
        )
        for place in sorted(before.keys() | after.keys()):
            was, now = before.get(place), after.get(place)
            names = [f"{m.situation_id}·{m.step}" if m else "" for m in (was, now)]
            if names[0] != names[1]:
                ids = {match.situation_id for match in (was, now) if match}
                heard = next(mask(match.heard) for match in (now, was) if match)
                because = self._reasons.of_situations(ids)
                yield SituationChange(place[1], names[0], names[1], "", heard, because)
        entries = [
            {(e.at_ms, e.situation_id, e.cause) for e in log if isinstance(e, SituationEntered)}
            for log in (old, new)
        ]
        for at_ms, situation, cause in sorted(entries[0] ^ entries[1]):
            there = (at_ms, situation, cause) in entries[1]
            names = ["", situation] if there else [situation, ""]
            because = self._reasons.of_situations({situation})
            yield SituationChange(at_ms, names[0], names[1], cause, "", because)


def _judged(workshop: Workshop, call: StoredCall) -> list[Event]:
    context = workshop.context(call.meta, call.channels)
    workshop.phrases.foresee(call.heard)
    judgement = Judgement(workshop.phrases, context)
    return [e for event in call.heard for e in judgement.feed(event)]


def _pairs(
    old: list[Finding], new: list[Finding]
) -> Iterator[tuple[Finding | None, Finding | None]]:
    """Findings that differ, each beside the one of the same rule and occasion on the other side.

    The same occasion is the same turn or moment and forbidden word; a rule that speaks once in a
    call on both sides speaks of the same occasion wherever it found its evidence.
    """
    for rule_id in sorted({finding.rule_id for finding in (*old, *new)}):
        before, after = ([f for f in side if f.rule_id == rule_id] for side in (old, new))
        once = len(before) == len(after) == 1
        for was in before:
            same = [_says(finding) == _says(was) for finding in after]
            places = [once or _occasion(finding) == _occasion(was) for finding in after]
            if any(same):
                after.pop(same.index(True))
            elif any(places):
                yield was, after.pop(places.index(True))
            else:
                yield was, None
        for now in after:
            yield None, now


def _says(finding: Finding) -> Finding:
    """A finding without the moment at which it became certain."""
    return replace(finding, at_ms=0)


def _occasion(finding: Finding) -> tuple[object, str]:
    evidence = finding.evidence
    return evidence.start_ms if evidence.turn is None else (evidence.turn,), evidence.term


def _moment(pair: tuple[Finding | None, Finding | None]) -> tuple[int, str]:
    finding = pair[1] or pair[0]
    assert finding
    return finding.evidence.start_ms, finding.rule_id


_comparison: Comparison | None = None
"""A worker process's own."""


def _prepare(old: Path, new: Path) -> None:
    global _comparison  # noqa: PLW0603 - set once, when the process begins
    _comparison = Comparison(old, new)


def _judge_batch(paths: Sequence[Path]) -> list[CallChanges | Skipped]:
    assert _comparison
    return [_comparison.judge(path) for path in paths]
