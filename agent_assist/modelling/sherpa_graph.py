"""Program that writes vosk's decoding graph as sherpa-onnx wants it; see ``sherpa_package``.

Usage: ``python -m agent_assist.modelling.sherpa_graph HCLG HLG``.  Never import this beside vosk.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass

import kaldifst

from agent_assist.modelling.transitions import output_of

EPSILON = 0


@dataclass(frozen=True, slots=True)
class Arc:
    """One arc of a graph in text form."""

    source: int
    target: int
    label: int
    word: int
    cost: float


class Relabelled:
    """A graph over transition ids as one over network outputs, numbered from 1.

    sherpa-onnx takes a word only from an arc that is a unit of speech. Homophones carry theirs on
    an arc without input after the last unit; it is moved back onto that unit's arc.
    """

    def __init__(self, graph: kaldifst.StdVectorFst) -> None:
        self._start: int = graph.start
        self._finals: dict[int, float] = {}
        self._out: dict[int, list[Arc]] = defaultdict(list)
        self._into: dict[int, list[Arc]] = defaultdict(list)
        self._free: int = graph.num_states
        for state in range(graph.num_states):
            final = graph.final(state).value
            if final != float("inf"):
                self._finals[state] = final
            for a in kaldifst.ArcIterator(graph, state):
                label = output_of(a.ilabel) + 1 if a.ilabel else EPSILON
                self._add(Arc(state, a.nextstate, label, a.olabel, a.weight.value))

    def _add(self, arc: Arc) -> None:
        self._out[arc.source].append(arc)
        self._into[arc.target].append(arc)

    def move_words_back(self) -> None:
        """Give every word on an arc without input to the units before it."""
        for state in list(self._out):
            for mark in [a for a in self._out[state] if a.word and a.label == EPSILON]:
                if all(self._move(before, mark) for before in list(self._into[state])):
                    self._out[state].remove(mark)

    def _move(self, joint: Arc, mark: Arc) -> bool:
        """A way of its own past ``joint``, the arc from a unit's state to ``mark``."""
        entering = [a for a in self._into[joint.source] if a.source != joint.source]
        looping = [a for a in self._out[joint.source] if a.target == joint.source]
        if joint.label != EPSILON or any(a.word or not a.label for a in entering):
            return False
        own = self._free
        self._free += 1
        for arc in looping:
            self._add(Arc(own, own, arc.label, arc.word, arc.cost))
        self._add(Arc(own, mark.target, EPSILON, 0, joint.cost + mark.cost))
        for arc in entering:
            self._add(Arc(arc.source, own, arc.label, mark.word, arc.cost))
        return True

    def to_fst(self) -> kaldifst.StdVectorFst:
        lines = [
            f"{a.source} {a.target} {a.label} {a.word} {a.cost:.4f}"
            for state in sorted(self._out, key=lambda s: (s != self._start, s))
            for a in self._out[state]
        ]
        lines += [f"{state} {cost:.4f}" for state, cost in self._finals.items()]
        graph = kaldifst.compile("\n".join(lines) + "\n")
        kaldifst.connect(graph)
        kaldifst.arcsort(graph, sort_type="ilabel")
        return graph


def main(source: str, target: str) -> None:
    """Read the graph at ``source`` and write the relabelled one to ``target``."""
    relabelled = Relabelled(kaldifst.StdVectorFst(kaldifst.StdConstFst.read(source)))
    relabelled.move_words_back()
    if not kaldifst.StdConstFst(relabelled.to_fst()).write(target):
        raise OSError(f"cannot write {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
