"""What somebody means, whatever the words: learnt from example sentences (`modelling.meanings`).

Lists of wordings find what was thought of; people say the same thing in many other ways.  Each
group of meanings that exclude each other has one softmax over characters and pairs of characters,
hashed into a table of fixed size (Weinberger et al., 2009), of a stretch of talk with its length
normalised, and a class for everything else.  You and you (你, 您) are the same here.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from agent_assist.core.events import Channel
from agent_assist.core.text import SpokenText

BUCKETS = 1 << 14
SHORTEST, LONGEST = 2, 26
"""Characters of a stretch that can be told a meaning of."""
LEAST_CLAUSES = 6
"""A long sentence is looked at in runs of clauses of at least so many characters."""
SLIDE, STEP = 22, 6
"""What goes on for longer without a pause is looked at in pieces of so many, so far apart."""
FIRST, LAST = 1, 2
"""Stand for the beginning and the end of a stretch, beside its edge characters."""
_SENTENCE = re.compile("[。！？!?；;…]")
_CLAUSE = re.compile("[，,、：:]")

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Meaning:
    """``group``: those of one group exclude each other. ``least``: probability from which it may
    be held against somebody; from one half on it counts in his favour."""

    name: str
    title: str
    by: Channel
    group: str
    least: float


@dataclass(frozen=True, slots=True)
class Meant:
    """A meaning of characters ``start`` to ``end`` (exclusive), with its probability."""

    meaning: Meaning
    probability: float
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class Meanings:
    """All meanings of a script pack.

    ``weights`` has a row for each bucket and a column for each class, ``scale`` and ``bias`` a
    value for each class: first those of ``known`` in order, then one for each group that stands
    for none of its meanings, in the order in which the groups first come.  ``digest`` names the
    examples they were learnt from.
    """

    known: tuple[Meaning, ...]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    digest: str
    columns: tuple[NDArray[np.intp], ...] = field(init=False)
    """The columns of each group, that of none of its meanings last."""

    def __post_init__(self) -> None:
        groups = list(dict.fromkeys(meaning.group for meaning in self.known))
        columns = tuple(
            np.array(
                [i for i, m in enumerate(self.known) if m.group == group] + [len(self.known) + k]
            )
            for k, group in enumerate(groups)
        )
        object.__setattr__(self, "columns", columns)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(meaning.name for meaning in self.known)

    def of(self, text: SpokenText, by: Channel, hidden: Collection[int] = ()) -> list[Meant]:
        """What was meant: of each group the likeliest stretch, if it is likelier than not.

        ``hidden`` are characters that are not the speaker's own words.
        """
        columns = [c for c in self.columns if self.known[c[0]].by == by]
        if not columns:
            return []
        stretches = [s for s in stretched(text) if not any(s[0] <= i < s[1] for i in hidden)]
        if not stretches:
            return []
        values = self._values(text, stretches)
        return [meant for c in columns if (meant := self._best(values, stretches, c))]

    def _values(
        self, text: SpokenText, stretches: Sequence[tuple[int, int]]
    ) -> NDArray[np.float32]:
        """Value of each class, shape (stretches, classes)."""
        single, double, first, last = features(text.chars)
        sums = [
            np.cumsum(np.vstack([self.weights[:1] * 0, self.weights[rows]]), 0, dtype=np.int32)
            for rows in (single, double)
        ]
        starts, ends = np.array(stretches).T
        total = sums[0][ends] - sums[0][starts] + sums[1][ends - 1] - sums[1][starts]
        total = total + self.weights[first[starts]] + self.weights[last[ends - 1]]
        norm = 1 / np.sqrt(2 * (ends - starts) + 1)
        return np.asarray(total * norm[:, None] * self.scale + self.bias, np.float32)

    def _best(
        self,
        values: NDArray[np.float32],
        stretches: Sequence[tuple[int, int]],
        columns: NDArray[np.intp],
    ) -> Meant | None:
        """The likeliest meaning of a group, with how likely any of it is."""
        own = values[:, columns]
        powers = np.exp(own - own.max(1, keepdims=True))
        none = powers[:, -1] / powers.sum(1)
        at = int(none.argmin())
        if none[at] >= 0.5:
            return None
        meaning = self.known[columns[int(own[at, :-1].argmax())]]
        return Meant(meaning, round(1 - float(none[at]), 4), *stretches[at])


NO_MEANINGS = Meanings(
    (),
    np.zeros((BUCKETS, 0), np.int8),
    np.zeros(0, np.float32),
    np.zeros(0, np.float32),
    "",
)


def features(chars: str) -> tuple[Rows, Rows, Rows, Rows]:
    """Buckets of characters, of pairs, and of each character as the first and the last one."""
    codes = np.array([ord(c) for c in chars.replace("你", "您")], np.int64)
    edge = np.zeros_like(codes)
    return (
        _bucket(edge, codes),
        _bucket(codes[:-1], codes[1:]),
        _bucket(edge + FIRST, codes),
        _bucket(codes, edge + LAST),
    )


def _bucket(a: Rows, b: Rows) -> Rows:
    mixed = (a * 2654435761 + b * 40503) & 0xFFFFFFFF
    return np.asarray((mixed ^ (mixed >> 15)) % BUCKETS, np.int64)


def stretched(text: SpokenText) -> list[tuple[int, int]]:
    """Stretches of a turn that may carry a meaning: sentences, runs of clauses of long ones, and
    pieces of what goes on without a pause; as (start, end) of characters."""
    found: list[tuple[int, int]] = []
    for start, end in _cut(text, 0, len(text), _SENTENCE):
        if end - start <= LONGEST:
            found.append((start, end))
            continue
        clauses = list(_cut(text, start, end, _CLAUSE))
        for i, (first, last) in enumerate(clauses):
            if last - first > LONGEST:
                found += [(at, min(at + SLIDE, last)) for at in range(first, last - STEP, STEP)]
            ends = (e for _, e in clauses[i:] if LEAST_CLAUSES <= e - first <= LONGEST)
            found += [(first, e) for e in ends]
    return [(start, end) for start, end in found if _is_chinese(text.chars[start:end])]


def _is_chinese(chars: str) -> bool:
    """Whether a stretch is long enough, and not mostly in letters."""
    return sum(not char.isascii() for char in chars) >= max(SHORTEST, len(chars) / 2)


def _cut(
    text: SpokenText, start: int, end: int, sign: re.Pattern[str]
) -> Iterator[tuple[int, int]]:
    """The stretch cut where a sign stands between two characters."""
    if start >= end:
        return
    begun = start
    for found in sign.finditer(text.given, text.origin[start], text.origin[end - 1]):
        at = bisect_left(text.origin, found.start(), start, end)
        if at > begun:
            yield begun, at
            begun = at
    yield begun, end
