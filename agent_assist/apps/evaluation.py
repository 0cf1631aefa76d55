"""How well a model hears: error rates and identification on recordings with transcripts."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rapidfuzz.distance import Levenshtein

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.telephone_line import VOICES, babble, through_telephone, white_noise
from agent_assist.apps.engines import LoadedEngine
from agent_assist.apps.listening import decode, in_silence, sound_of
from agent_assist.core.events import Word
from agent_assist.core.likeness import Sentences
from agent_assist.core.ports import Samples
from agent_assist.core.text import said_in_full, spoken
from agent_assist.errors import BadInputError

COLUMNS = ("path", "transcript", "split")
GROUPS = ("set", "speaker")
SNR_DB = 15.0
NOISES = ("white", "babble")

Noise = Literal["white", "babble"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line of a manifest; ``columns`` are all of its columns."""

    path: Path
    transcript: str
    split: str
    columns: dict[str, str]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is measured, and under which condition.

    ``noise`` None is the recording as it is; otherwise it goes through a telephone line with that
    noise 15 dB below the speech, one with steep edges if ``steep``. ``by`` are the columns whose
    values are measured each for itself.
    """

    noise: Noise | None = None
    seed: int = 1
    splits: tuple[str, ...] = ()
    by: tuple[str, ...] = GROUPS
    steep: bool = False

    @property
    def condition(self) -> str:
        if not self.noise:
            return "wide"
        return f"telephone{' with steep edges' if self.steep else ''}, {self.noise} noise"


def read_manifest(manifest: Path) -> list[Sample]:
    """Read a tab-separated manifest (columns path, transcript, split); paths are beside it."""
    try:
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{manifest}: cannot be read: {error}") from None
    if not rows:
        raise BadInputError(f"{manifest}:1: holds no line; columns are path, transcript, split")
    for column in COLUMNS:
        if column not in rows[0]:
            raise BadInputError(f"{manifest}:1: has no column '{column}'")
    for number, row in enumerate(rows, start=2):
        if any(row[c] is None for c in COLUMNS):
            raise BadInputError(f"{manifest}:{number}: has fewer columns than the first line")
    return [
        Sample(
            manifest.parent / row["path"],
            row["transcript"],
            row["split"],
            {name: value or "" for name, value in row.items() if isinstance(name, str)},
        )
        for row in rows
    ]


@dataclass(slots=True)
class Tally:
    """Counts of some recordings."""

    utterances: int = 0
    chars: int = 0
    char_errors: int = 0
    syllables: int = 0
    syllable_errors: int = 0
    identified: int = 0
    identified_by_edits: int = 0

    def to_plain(self) -> dict[str, Any]:
        """The figures that are told."""
        return {
            "utterances": self.utterances,
            "character_error_rate": round(self.char_errors / max(1, self.chars), 4),
            "syllable_error_rate": round(self.syllable_errors / max(1, self.syllables), 4),
            "identified": round(self.identified / max(1, self.utterances), 4),
            "identified_by_edits": round(self.identified_by_edits / max(1, self.utterances), 4),
        }


@dataclass(slots=True)
class _Split:
    whole: Tally = field(default_factory=Tally)
    groups: dict[str, dict[str, Tally]] = field(default_factory=dict)

    def tallies(self, columns: dict[str, str], by: Iterable[str]) -> list[Tally]:
        """Every tally that a recording with these columns counts in."""
        counted = [self.whole]
        for column in by:
            if columns.get(column):
                group = self.groups.setdefault(column, {})
                counted.append(group.setdefault(columns[column], Tally()))
        return counted


def evaluate(manifest: Path, model: LoadedEngine, trial: Trial) -> dict[str, dict[str, Any]]:
    """Error rates and identification for each split of a manifest, and for the groups in it.

    Returns for each split the condition, the utterances, the character and the toneless-syllable
    error rate, and the share of recordings whose heard syllables tell their own transcript among
    all transcripts of the manifest, once by how sounds are heard and once by counting edits
    (`core.likeness`; two equally good ones count against the model); under the name of each column
    of ``trial.by`` the same for its values.
    """
    samples = read_manifest(manifest)
    for name in set(trial.splits) - {sample.split for sample in samples}:
        raise BadInputError(f"{manifest}: has no split '{name}'")
    known = Sentences(said_in_full(spoken(sample.transcript)) for sample in samples)
    splits: dict[str, _Split] = {}
    for sample, heard in heard_of(samples, model, trial):
        split = splits.setdefault(sample.split, _Split())
        tallies = split.tallies(sample.columns, trial.by)
        _count(tallies, sample.transcript, heard, known)
    return {name: _to_plain(splits[name], trial) for name in sorted(splits)}


def heard_of(
    samples: Sequence[Sample], model: LoadedEngine, trial: Trial
) -> Iterator[tuple[Sample, str]]:
    """What the model hears of each recording of the splits asked for."""
    for number, sample in enumerate(samples):
        if not trial.splits or sample.split in trial.splits:
            yield sample, "".join(word.text for word in _words(samples, number, model, trial))


def _to_plain(split: _Split, trial: Trial) -> dict[str, Any]:
    groups = {
        column: {value: tally.to_plain() for value, tally in sorted(found.items())}
        for column, found in split.groups.items()
    }
    return {"condition": trial.condition, **split.whole.to_plain(), **groups}


def _count(tallies: list[Tally], transcript: str, heard: str, known: Sentences) -> None:
    truth, said = spoken(transcript), spoken(heard)
    syllables, heard_syllables = said_in_full(truth), said_in_full(said)
    char_errors = Levenshtein.distance(truth.chars, said.chars)
    syllable_errors = Levenshtein.distance(syllables, heard_syllables)
    identified = known.nearest(heard_syllables) == syllables
    by_edits = known.nearest_by_edits(heard_syllables) == syllables
    for tally in tallies:
        tally.utterances += 1
        tally.chars += len(truth)
        tally.char_errors += char_errors
        tally.syllables += len(syllables)
        tally.syllable_errors += syllable_errors
        tally.identified += identified
        tally.identified_by_edits += by_edits


def _words(
    samples: Sequence[Sample], number: int, model: LoadedEngine, trial: Trial
) -> Iterator[Word]:
    for channel in sound_of(AudioFile(samples[number].path)):
        sound = in_silence(channel)
        if trial.noise:
            seed = _seed(trial.seed, samples[number].path)
            noise = (
                white_noise(len(sound), seed)
                if trial.noise == "white"
                else babble(_others(samples, number, seed), len(sound), seed)
            )
            sound = through_telephone(sound, noise, SNR_DB, steep=trial.steep)
        yield from decode(sound, model)


def _others(samples: Sequence[Sample], number: int, seed: int) -> list[Samples]:
    """Other recordings of the manifest, as many as talk at once in babble."""
    chance = np.random.default_rng(seed)
    paths = sorted({sample.path for sample in samples} - {samples[number].path})
    chosen = chance.permutation(len(paths))[:VOICES]
    return [channel for at in chosen for channel in sound_of(AudioFile(paths[at]))[:1]]


def _seed(seed: int, path: Path) -> int:
    """A recording meets the same noise wherever in a manifest it stands."""
    return seed * 1_000_003 + zlib.crc32(path.name.encode())
