"""Program that compiles a lexicon and a grammar to a decoding graph; see ``graph``.

Usage: ``python -m agent_assist.modelling.graph_compiler LEXICON GRAMMAR HCLG``.  Prints the
numbers of states and arcs.  Never import this beside vosk.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import kaldifst

from agent_assist.modelling.graph import DISAMBIGUATION
from agent_assist.modelling.transitions import BLANK, SILENCE, ends_word, forward, self_loop


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


def main(lexicon: str, grammar: str, out: str) -> None:
    """Compile two text files."""
    texts = (Path(name).read_text(encoding="ascii") for name in (lexicon, grammar))
    print(*write_graph(compose(*texts), Path(out)))


if __name__ == "__main__":
    main(*sys.argv[1:])
