"""Catalogue wordings in the running talk of one channel, across the recogniser's splits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from agent_assist.core.events import Utterance
from agent_assist.core.matching import Match, Matcher
from agent_assist.core.text import SpokenText, spoken

JOIN_GAP_MS = 1500
"""Utterances of a channel with at most this silence between them may share a wording."""
CLEARLY_BETTER = 0.03
"""A wording complete in itself by so much better a score is not swallowed by a joined one."""
JOIN_CHARS = 60
"""How much earlier talk is joined in front of a new utterance."""


@dataclass(frozen=True, slots=True)
class Turn:
    """An utterance with its normalised text and, for each character, its time and confidence."""

    utterance: Utterance
    text: SpokenText

    @classmethod
    def from_utterance(cls, utterance: Utterance) -> Turn:
        return cls(utterance, spoken(utterance.text))

    def span_ms(self, start: int, end: int) -> tuple[int, int]:
        """Time of characters ``start`` to ``end`` (exclusive), in call milliseconds.

        Never outside the utterance: its edges are measured, word times are the recogniser's guess.
        """
        said = self.utterance
        if not len(self.text):
            return said.start_ms, said.end_ms
        edges = (self._edge_ms(start), self._edge_ms(end))
        return min(max(edges[0], said.start_ms), said.end_ms), min(edges[1], said.end_ms)

    def _edge_ms(self, index: int) -> int:
        said = self.utterance
        if index <= 0:
            return said.start_ms
        if index >= len(self.text):
            return said.end_ms
        at = self.text.origin[index]
        for word in said.words:
            if at < len(word.text):
                share = at / len(word.text)
                return round(word.start_ms + (word.end_ms - word.start_ms) * share)
            at -= len(word.text)
        share = index / len(self.text)
        return round(said.start_ms + (said.end_ms - said.start_ms) * share)

    def confidence(self, start: int, end: int) -> float:
        """Least recogniser confidence among the words of characters ``start`` to ``end``."""
        if not self.utterance.words or start >= end:
            return self.utterance.confidence
        first, last = self.text.origin[start], self.text.origin[end - 1]
        at, least = 0, 1.0
        for word in self.utterance.words:
            if at <= last and at + len(word.text) > first:
                least = min(least, word.confidence)
            at += len(word.text)
        return least


@dataclass(frozen=True, slots=True)
class Spotted:
    """A match placed in the call; ``turn`` is the utterance in which it begins."""

    match: Match
    turn: int
    start_ms: int
    end_ms: int
    heard: str
    confidence: float


class PhraseSpotter:
    """Feeds one channel's utterances, in order, to a matcher."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher
        self._recent: list[Turn] = []
        self._last: list[tuple[int, Match]] = []

    def feed(self, turn: Turn) -> list[Spotted]:
        """What the new utterance completes: wordings inside it, or begun before it."""
        if not len(turn.text):
            return []
        self._forget(turn.utterance.start_ms)
        offset = sum(len(t.text) for t in self._recent)
        matches = self._matcher.find(turn.text)
        if self._recent:
            matches = self._with_joined(turn, offset, matches)
        else:
            matches = [_shifted(m, 0) for m in matches]
        turns = [*self._recent, turn]
        self._recent.append(turn)
        self._last = [(turn.utterance.turn, m) for m in matches]
        return [place(m, turns) for m in matches]

    def _with_joined(self, turn: Turn, offset: int, alone: list[Match]) -> list[Match]:
        """What is in the utterance alone, or straddles its start and beats what it covers.

        That is at least what the utterance begins with.
        """
        before = reduce(add, (t.text for t in self._recent))
        found = [_shifted(m, offset) for m in alone]
        first = alone[0] if alone and alone[0].start == 0 else None
        beaten = (first.score - CLEARLY_BETTER, first.weight) if first else (0.0, 0.0)
        straddling = self._matcher.find_across(before, turn.text, *beaten)
        for match in straddling:
            covered = [m for m in found if m.start < match.end]
            if any(m.score > match.score + CLEARLY_BETTER for m in covered):
                continue
            if match.weight > sum(m.weight for m in covered) + self._said_before(match, offset):
                found = [match, *(m for m in found if m not in covered)]
        return found

    def _said_before(self, match: Match, offset: int) -> float:
        """Weight of the previous utterance's matches that a straddling match would swallow."""
        if not self._recent:
            return 0.0
        length = len(self._recent[-1].text)
        last = [m for t, m in self._last if t == self._recent[-1].utterance.turn]
        base = offset - length
        return sum(
            m.weight for m in last if base + m.end > match.start and m.owners != match.owners
        )

    def _forget(self, start_ms: int) -> None:
        if self._recent and start_ms - self._recent[-1].utterance.end_ms > JOIN_GAP_MS:
            self._recent.clear()
        while self._recent and sum(len(t.text) for t in self._recent) > JOIN_CHARS:
            self._recent.pop(0)


def _shifted(match: Match, offset: int) -> Match:
    if not offset:
        return match
    start, end = match.start + offset, match.end + offset
    return replace(match, start=start, end=end, to_alignment=lambda: match.alignment)


def place(match: Match, turns: list[Turn]) -> Spotted:
    """Turn the match's character positions in the joined talk into turn, time and words."""
    heard: list[str] = []
    confidences: list[float] = []
    first: tuple[int, int] | None = None
    end_ms = 0
    at = 0
    for turn in turns:
        start, end = max(match.start - at, 0), min(match.end - at, len(turn.text))
        if start < end:
            start_ms, end_ms = turn.span_ms(start, end)
            first = first or (turn.utterance.turn, start_ms)
            heard.append(turn.text.given_span(start, end))
            confidences.append(turn.confidence(start, end))
        at += len(turn.text)
    assert first is not None
    return Spotted(match, first[0], first[1], end_ms, "".join(heard), min(confidences))
