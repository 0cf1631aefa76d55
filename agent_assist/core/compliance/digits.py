"""Telephone digits in talk: said one by one or in groups, heard well or badly."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rapidfuzz.distance import LCSseq

from agent_assist.core.phonetics import sound_cost
from agent_assist.core.text import DIGIT_CHARACTERS, SpokenText

NUMBER_DIGITS = 11
LEAST_DIGITS = 7
"""Digits of a number that is masked in the transcript: 138****0001."""
GROUP_DIGITS = 2
"""A number said in groups: shorter runs (一下, 三块) are no part of it."""
LOST_IN_NOISE = 2
"""So many digits fewer are enough where digits get lost, if a telephone number was asked for."""
SURE_DIGITS = 9
"""Nothing else has so many, even if nothing but their sound says that they are digits."""
SURE_SHARE = 0.4
"""Share of a run's characters that must be digits as they are."""
ALIKE = 0.3
"""A syllable no further from a digit's may be that digit, heard wrong."""
_FILLERS = "嗯啊呃哦额"
_COUNTING = "十百千万"
_VALUES = dict(zip("零幺一二三四五六七八九", "01123456789", strict=True))
_SOUNDS = {
    "ling": "0", "yao": "1", "yi": "1", "er": "2", "san": "3", "si": "4",
    "wu": "5", "liu": "6", "qi": "7", "ba": "8", "jiu": "9",
}  # fmt: skip


def groups(text: SpokenText, noisy: bool = False) -> list[str]:
    """Runs of spoken digits, hesitations between them dropped, as Arabic digits.

    ``noisy``: characters that sound like digits count among digits, and single other ones between
    them are digits that were lost.
    """
    runs = _noisy_runs(text) if noisy else _clear_runs(text.chars)
    return [run for run in runs if len(run) >= GROUP_DIGITS]


def is_mobile(digits: str, least: int = LEAST_DIGITS, noisy: bool = False) -> bool:
    """Mobile numbers begin with 13 to 19; masked ones show seven digits or more.

    In noise the first may be lost, and others may be added.
    """
    most, begins = NUMBER_DIGITS, digits[:1] == "1" and digits[1:2] > "2"
    if noisy:
        most, begins = NUMBER_DIGITS + 2, begins or digits[:1] > "2"
    return least <= len(digits) <= most and begins


def likeness(wanted: str, said: str) -> float:
    """Share of the wanted digits found, in order, in what was said."""
    return LCSseq.similarity(wanted, said) / len(wanted) if wanted else 0.0


def _clear_runs(chars: str) -> Iterator[str]:
    run = ""
    for char in [*chars, " "]:
        if char in DIGIT_CHARACTERS:
            run += _VALUES[char]
        elif char not in _FILLERS:
            yield run
            run = ""


def _noisy_runs(text: SpokenText) -> Iterator[str]:
    """Runs in which no two characters one after the other are anything but digits."""
    run: list[tuple[str, bool]] = []
    for char, syllable in [*zip(text.chars, text.syllables, strict=True), *(("", ""),) * 2]:
        if char and char in _FILLERS:
            continue
        run.append((_VALUES.get(char) or _like(char, syllable), char in DIGIT_CHARACTERS))
        if not any(digit for digit, _ in run[-2:]):
            yield _believed(run)
            run = []


def _believed(run: list[tuple[str, bool]]) -> str:
    """The run's digits, if enough of it are digits beyond doubt; a lone one at an edge is none."""
    while len(run) > 2 and not _begins(run):
        run = run[1:]
    while len(run) > 2 and not (run[-1][0] and run[-2][0]):
        run = run[:-1]
    digits = "".join(digit for digit, _ in run)
    return digits if sum(sure for _, sure in run) >= len(run) * SURE_SHARE else ""


def _begins(run: list[tuple[str, bool]]) -> bool:
    """Whether a number begins here: 1 before 3 to 9, even with a gap, or two digits in a row."""
    (first, sure), (second, _), (third, _) = run[:3]
    return (bool(second) and (sure or first == "1")) or (first == "1" and third > "2")


@lru_cache(maxsize=4096)
def _like(char: str, syllable: str) -> str:
    """The digit a character sounds like; empty if none, or if it is counted with."""
    if not char or char in _COUNTING:
        return ""
    costs = {sound: sound_cost(sound, syllable) for sound in _SOUNDS}
    nearest = min(costs, key=costs.__getitem__)
    return _SOUNDS[nearest] if costs[nearest] <= ALIKE else ""
