"""Every wording that the rules of a script listen for, in one index: a turn is searched once.

Agents say the same lines in call after call: what was found in a text lately is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.alignment import Pattern, align
from agent_assist.core.compliance.certainty import NOISY, said_from
from agent_assist.core.events import Channel
from agent_assist.core.grid import Asked
from agent_assist.core.keeping import Kept
from agent_assist.core.matching import (
    KEPT_TEXTS,
    LIKELY_SHARED,
    MIN_SHARED,
    Match,
    key_of,
)
from agent_assist.core.scanning import Bar, Hit, Reach, Scanner
from agent_assist.core.script import Script
from agent_assist.core.spotting import Spotted, Turn, place
from agent_assist.core.text import SpokenText
from agent_assist.core.wording import Slot, Wording

SOMEWHAT = 0.68
"""Score from which it is worth weighing whether a wording was said."""
KEPT_REACHES = 8
"""What can have been said in so many texts is kept: a rule may ask for what is like them."""
KEPT_SEARCHES = 64
"""A rule asks more than once about the same stretch of talk: so many answers are kept."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What counts as said in a text, by number; matches are made when asked for."""

    hits: dict[int, Hit]
    matches: dict[Hit, Match] = field(default_factory=dict)


class Earshot:
    """The wordings listened for on one channel, by number; grows while rules are made ready."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str | Slot, ...], int] = {}
        self._patterns: list[Pattern] = []
        self._scanner = Scanner(())
        self._last: tuple[SpokenText, bool, Heard] | None = None
        self._last_placed: tuple[Turn, dict[Hit, Spotted]] | None = None
        self._barred = lru_cache(maxsize=2)(self._bar)
        self._reach = lru_cache(maxsize=KEPT_REACHES)(self._reached)
        self._searched = tuple(
            Kept(KEPT_TEXTS, partial(self._search, noisy)) for noisy in (False, True)
        )
        self._placed = lru_cache(maxsize=KEPT_TEXTS)(self._place)
        self._likened = lru_cache(maxsize=KEPT_SEARCHES)(self._liken)
        self._sought: frozenset[int] = frozenset()
        self._near = lru_cache(maxsize=KEPT_TEXTS)(self._look_around)

    def number(self, wording: Wording) -> int | None:
        """The wording's number; None if it has no literal characters."""
        key = key_of(wording)
        if not any(isinstance(piece, str) for piece in key):
            return None
        if key not in self._numbers:
            self._patterns.append(Pattern.from_wording(wording))
            self._numbers[key] = len(self._patterns) - 1
            self._last = None
            self._reach.cache_clear()
            for kept in self._searched:
                kept.clear()
            self._barred.cache_clear()
            self._near.cache_clear()
        return self._numbers[key]

    def __len__(self) -> int:
        return len(self._patterns)

    def heard(self, text: SpokenText, noise: float) -> Heard:
        """What counts as said in the text, where a share ``noise`` of characters is heard wrong."""
        noisy, last = noise >= NOISY, self._last
        if last is None or last[0] is not text or last[1] != noisy:
            self._last = last = (text, noisy, self._searched[noisy](text))
        return last[2]

    def foresee(self, texts: Iterable[SpokenText]) -> None:
        """Search many texts at once that will be asked for, as of talk without noise."""
        self._searched[False].foresee(texts)

    def _search(self, noisy: bool, texts: Sequence[SpokenText]) -> list[Heard]:
        scanner = self._made_ready()
        least, bar = self._barred(noisy)
        able = (np.flatnonzero(scanner.able(self._reach(text), bar)) for text in texts)
        scored = scanner.scan_each(list(map(Asked, texts, able)), least)
        return [Heard({hit.number: hit for hit in hits}) for hits in scored]

    def _reached(self, text: SpokenText) -> Reach:
        return self._made_ready().reach(text)

    def _bar(self, noisy: bool) -> tuple[NDArray[np.float32], Bar]:
        """The score from which each wording counts as said, and what it takes to reach it."""
        scanner = self._made_ready()
        least = said_from(scanner.literals, noisy)
        return least, scanner.bar(least, LIKELY_SHARED)

    def closest(self, text: SpokenText, numbers: frozenset[int]) -> tuple[Hit, ...]:
        """The best place of each of these wordings, said or not, if it has any likeness."""
        known = self._likened(text, self._sought if numbers <= self._sought else numbers)
        return tuple(known[number] for number in sorted(known.keys() & numbers))

    def seek(self, numbers: frozenset[int]) -> None:
        """Look for these wordings together whenever the closest of some of them is asked for."""
        self._sought |= numbers

    def _liken(self, text: SpokenText, numbers: frozenset[int]) -> Mapping[int, Hit]:
        scanner = self._made_ready()
        chosen = np.array(sorted(numbers), np.intp)
        shared = scanner.shared(self._reach(text), chosen) >= MIN_SHARED
        return {hit.number: hit for hit in scanner.score(text, chosen[shared])}

    def near(self, text: SpokenText) -> Mapping[int, Hit]:
        """The best place of each wording that the text is somewhat like, by number."""
        return self._near(text)

    def _look_around(self, text: SpokenText) -> Mapping[int, Hit]:
        scanner = self._made_ready()
        least = np.full(len(scanner.literals), SOMEWHAT, np.float32)
        bar = scanner.bar(least, LIKELY_SHARED)
        likely = np.flatnonzero(scanner.able(self._reach(text), bar))
        return {hit.number: hit for hit in scanner.scan(text, likely, least)}

    def places(self, text: SpokenText, best: Hit, least: float) -> tuple[Hit, ...]:
        """Every place where a wording reaches a score; ``best`` is its best one."""
        return self._placed(text, best, least)

    def _place(self, text: SpokenText, best: Hit, least: float) -> tuple[Hit, ...]:
        return tuple(self._made_ready().occurrences(text, best, least))

    def match(self, text: SpokenText, hit: Hit) -> Match:
        """The hit with what became of each character."""
        last = self._last
        kept = last[2].matches if last and last[0] is text else {}
        if hit not in kept:
            kept[hit] = self._matched(text, hit)
        return kept[hit]

    def placed(self, turn: Turn, hit: Hit) -> Spotted:
        """The hit in a turn with its time and words, once for all rules that it matters to."""
        last = self._last_placed
        if last is None or last[0] is not turn:
            self._last_placed = last = (turn, {})
        if hit not in last[1]:
            last[1][hit] = place(self.match(turn.text, hit), [turn])
        return last[1][hit]

    def _matched(self, text: SpokenText, hit: Hit) -> Match:
        pattern = self._patterns[hit.number]
        found = partial(align, pattern, text.until(hit.end))
        place = (hit.score, hit.score, hit.start, hit.end)
        return Match(pattern.wording, (), *place, pattern.literals, found)

    def literally(self, number: int) -> str:
        """The wording's characters, those of its slots left out."""
        pattern = self._patterns[number]
        return pattern.literal or "".join(e for e in pattern.elements if isinstance(e, str))

    def literals(self, number: int) -> int:
        return self._patterns[number].literals

    def make_ready(self) -> None:
        """Lay out what was numbered so far, so that no call has to."""
        self._made_ready()

    def _made_ready(self) -> Scanner:
        if len(self._scanner) != len(self._patterns):
            self._scanner = Scanner(self._patterns)
        return self._scanner


@lru_cache(maxsize=64)
def earshot(script: Script, channel: Channel) -> Earshot:
    """The one index of a script and channel, for all rules and calls."""
    return Earshot()
