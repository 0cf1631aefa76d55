"""Decoding graphs: lexicon ∘ n-gram, determinised, expanded to transition ids.

The transducers are built in text form and compiled with kaldifst, which also
composes, determinises and minimises; no other tool is needed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import kaldifst

from agent_assist.modelling.lexicon import Pronunciation
from agent_assist.modelling.transitions import (
    BLANK,
    PHONES,
    SILENCE,
    ends_word,
    forward,
    self_loop,
    word_phones,
)

Entry = tuple[int, tuple[int, ...]]
DISAMBIGUATION = len(PHONES)  # label of #0; #1, #2 ... follow
SILENCE_COST = -math.log(0.5)


def disambiguated(pronunciations: Mapping[int, Sequence[Pronunciation]]) -> list[Entry]:
    """(word id, labels) for every reading, made unambiguous with #1, #2 ...

    A marker is added where a reading equals another one or starts another one.
    """
    entries = [(w, word_phones(p)) for w, found in pronunciations.items() for p in found]
    copies = Counter(phones for _, phones in entries)
    prefixes = {phones[:k] for _, phones in entries for k in range(1, len(phones))}
    seen: Counter[tuple[int, ...]] = Counter()
    result = []
    for word, phones in entries:
        if copies[phones] > 1 or phones in prefixes:
            seen[phones] += 1
            result.append((word, (*phones, DISAMBIGUATION + seen[phones])))
        else:
            result.append((word, phones))
    return result


def lexicon_text(entries: Sequence[Entry], word_zero: int) -> str:
    """Text form of L: optional silence before, between and after words.

    States: 0 start, 1 between words, 2 silence.  ``word_zero`` is the output
    label that passes back-off arcs of the language model through.
    """
    start, loop, silence, free = 0, 1, 2, 3
    lines = [f"{start} {state} 0 0 {SILENCE_COST:.4f}" for state in (loop, silence)]
    lines.append(f"{silence} {loop} {SILENCE} 0 0")
    for word, labels in entries:
        state, output = loop, word
        for label in labels[:-1]:
            lines.append(f"{state} {free} {label} {output} 0")
            state, output, free = free, 0, free + 1
        for target in (loop, silence):
            lines.append(f"{state} {target} {labels[-1]} {output} {SILENCE_COST:.4f}")
    lines.append(f"{loop} {loop} {DISAMBIGUATION} {word_zero} 0")
    lines.append(f"{loop} 0")
    return "\n".join(lines) + "\n"


def compose(lexicon: str, grammar: str) -> kaldifst.StdVectorFst:
    """L ∘ G over phones, determinised and minimised, markers still in place."""
    left, right = kaldifst.compile(lexicon), kaldifst.compile(grammar)
    kaldifst.arcsort(left, sort_type="olabel")
    kaldifst.arcsort(right, sort_type="ilabel")
    both = kaldifst.compose(left, right)
    kaldifst.determinize_star(both)
    kaldifst.minimize_encoded(both)
    return both


class Expansion:
    """Replaces phones by the states and transition ids of their topology.

    As Kaldi's word alignment expects (``--reorder``), the forward transition
    comes first and the self-loops after it.  Inside a word every phone may be
    followed by the blank; between words the optional silence plays that part.
    """

    def __init__(self, phones: kaldifst.StdVectorFst) -> None:
        self._lines: list[str] = []
        self._free: int = phones.num_states
        self._units: dict[tuple[int, int], int] = {}
        self._blanks: dict[int, int] = {}
        for state in range(phones.num_states):
            for arc in kaldifst.ArcIterator(phones, state):
                self._add(state, arc.ilabel, arc.olabel, arc.nextstate, arc.weight.value)
            final = phones.final(state).value
            if math.isfinite(final):
                self._lines.append(f"{state} {final:.4f}")
        start = f"{phones.start} "
        self._lines.sort(key=lambda line: not (line.startswith(start) and line.count(" ") > 1))

    def _state(self) -> int:
        self._free += 1
        return self._free - 1

    def _add(self, source: int, phone: int, word: int, target: int, cost: float) -> None:
        if phone == 0 or phone >= DISAMBIGUATION:
            self._lines.append(f"{source} {target} 0 {word} {cost:.4f}")
            return
        middle = self._unit(phone, target)
        self._lines.append(f"{source} {middle} {forward(phone)} {word} {cost:.4f}")

    def _unit(self, phone: int, target: int) -> int:
        """The state entered by ``phone`` on its way to ``target``."""
        if (phone, target) not in self._units:
            state = self._state()
            self._units[phone, target] = state
            self._lines.append(f"{state} {state} {self_loop(phone)} 0 0")
            self._lines.append(f"{state} {target} 0 0 0")
            if phone not in (SILENCE, BLANK) and not ends_word(phone):
                self._lines.append(f"{state} {self._blank(target)} {forward(BLANK)} 0 0")
        return self._units[phone, target]

    def _blank(self, target: int) -> int:
        """The state of a blank inside a word on its way to ``target``."""
        if target not in self._blanks:
            state = self._blanks[target] = self._state()
            self._lines.append(f"{state} {state} {self_loop(BLANK)} 0 0")
            self._lines.append(f"{state} {target} 0 0 0")
        return self._blanks[target]

    def text(self) -> str:
        """Text form of HCLG, start state first."""
        return "\n".join(self._lines) + "\n"


def write_graph(phones: kaldifst.StdVectorFst, path: Path) -> tuple[int, int]:
    """Expand and write a constant FST; returns the numbers of states and arcs."""
    graph = kaldifst.compile(Expansion(phones).text())
    kaldifst.connect(graph)
    kaldifst.arcsort(graph, sort_type="ilabel")
    arcs = sum(graph.num_arcs(state) for state in range(graph.num_states))
    if not kaldifst.StdConstFst(graph).write(str(path)):
        raise OSError(f"cannot write {path}")
    return int(graph.num_states), int(arcs)
