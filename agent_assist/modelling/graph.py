"""Decoding graphs: lexicon ∘ n-gram as text; ``graph_compiler`` makes the graph of it.

The compiler runs in a process of its own: it needs kaldifst, and kaldifst and vosk both
carry OpenFst, whose registers of options the dynamic linker merges into one although the
two were built with different string layouts. In one process that corrupts the heap.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from agent_assist.modelling.lexicon import Pronunciation
from agent_assist.modelling.transitions import PHONES, SILENCE, word_phones

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


def require_kaldifst() -> None:
    """Raise ModuleNotFoundError when kaldifst is not installed, without loading it."""
    if sys.modules.get("kaldifst", "unloaded") is None or not PathFinder.find_spec("kaldifst"):
        raise ModuleNotFoundError("No module named 'kaldifst'", name="kaldifst")


def run_compiler(program: str, *paths: Path) -> str:
    """Run a program of this package on files, in a process of its own; returns what it printed.

    The last of ``paths`` is what it writes.  Raises RuntimeError with its last words when it fails.
    """
    root = str(Path(__file__).parents[2])
    search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [sys.executable, "-m", f"{__package__}.{program}", *paths],
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"cannot build {paths[-1]}: {done.stderr.strip()[-500:]}")
    return done.stdout


def compile_graph(lexicon: str, grammar: str, path: Path) -> tuple[int, int]:
    """Write the graph of the two texts to ``path``; returns the numbers of states and arcs.

    Raises RuntimeError with the compiler's last words when it fails.
    """
    with tempfile.TemporaryDirectory(prefix="agent-assist-graph-") as folder:
        texts = [Path(folder) / "lexicon.txt", Path(folder) / "grammar.txt"]
        for file, text in zip(texts, (lexicon, grammar), strict=True):
            file.write_text(text, encoding="ascii")
        states, arcs = run_compiler("graph_compiler", *texts, path).split()[-2:]
    return int(states), int(arcs)
