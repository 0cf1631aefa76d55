"""Toneless syllables as the units of the model, for comparing what was heard with what was said."""

from __future__ import annotations

from agent_assist.modelling.lexicon import INITIALS, Lexicon, syllables_to_units

Syllables = tuple[tuple[str, ...], ...]


def as_syllables(text: str, lexicon: Lexicon) -> Syllables:
    """Toneless syllables of a text, each as its units; words are divided by spaces."""
    found: list[tuple[str, ...]] = []
    for word in text.split():
        for reading in lexicon.syllables(word)[:1]:
            found += [syllables_to_units([syllable]) for syllable in reading]
    return tuple(found)


def regroup(units: tuple[str, ...]) -> Syllables:
    """Group units to syllables: an initial belongs to the final after it."""
    groups: list[tuple[str, ...]] = []
    for unit in units:
        if groups and len(groups[-1]) == 1 and groups[-1][0] in INITIALS:
            groups[-1] = (groups[-1][0], unit)
        else:
            groups.append((unit,))
    return tuple(groups)
