"""Every wording of a script pack, spoken by voices never heard in training: is it found?

``--list FILE`` writes one sentence for each wording, its gaps filled, for ``synthesise.py --each``.
With files of ``decode.py`` made of that speech it says for each condition how many wordings the
product's matcher finds in what was heard, and which it does not.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Hashable
from pathlib import Path

from rapidfuzz.distance import Levenshtein
from syllables import as_syllables, regroup

from agent_assist.catalogue.compiler import compile_pack
from agent_assist.catalogue.pack import Pack, read_pack
from agent_assist.core.matching import TOO_SHORT
from agent_assist.core.pipeline import Phrases
from agent_assist.core.text import spoken
from agent_assist.core.wording import Slot, Wording
from agent_assist.modelling.lexicon import Lexicon, han_only
from agent_assist.modelling.sentences import SAMPLES, spoken_figures


def sentences(pack: Pack) -> dict[str, set[Hashable]]:
    """What is said for each wording, and what it may mean (situation, step).

    Left out are those of one or two characters besides their gaps, which are not looked for in
    talk (`core.matching`), and those with letters, which the voice does not read.
    """
    chance = random.Random(0)
    examples = {name: p.example for name, p in pack.desks.data.placeholders.items()}
    found: dict[str, set[Hashable]] = defaultdict(set)
    for situation in compile_pack(pack).situations.values():
        for step in situation.steps:
            for wording in (step.say, *step.accept) if step.say else ():
                text = spoken_figures(_filled(wording, examples, chance))
                literal = "".join(piece for piece in wording.pieces if isinstance(piece, str))
                said_as_written = len(han_only(text)) == len(spoken(text))
                if said_as_written and len(spoken(literal)) > TOO_SHORT:
                    found[text].add((situation.id, step.n))
    return found


def _filled(wording: Wording, examples: dict[str, str], chance: random.Random) -> str:
    parts = []
    for piece in wording.pieces:
        if isinstance(piece, Slot):
            make = SAMPLES.get(piece.name)
            parts.append(make(chance) if make else examples[piece.name])
        else:
            parts.append(piece)
    return "".join(parts)


def score(decoded: list[Path], pack: Pack) -> dict[str, dict[str, float]]:
    """Condition → wordings, share found, share found when the right word stands there too."""
    meanings, lexicon = sentences(pack), Lexicon()
    matcher = Phrases.from_script(compile_pack(pack)).matcher
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
    for path in decoded:
        for text in path.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            if line["text"] not in meanings:
                continue
            heard = "".join(word["word"] for word in line["words"])
            owners = {o for match in matcher.find(spoken(heard)) for o in match.owners}
            said = regroup(tuple(line["units"]))
            total = sums[line["condition"]]
            total[0] += 1
            total[1] += bool(owners & meanings[line["text"]])
            words = " ".join(word["word"] for word in line["words"])
            total[2] += Levenshtein.distance(said, as_syllables(words, lexicon))
            total[3] += len(said)
            if not owners & meanings[line["text"]]:
                print(f"{line['condition']} not found: {line['text']} -> {heard}")
    return {
        condition: {
            "wordings": int(n),
            "found": round(found / n, 4),
            "syllable_error_rate": round(errors / count, 4),
        }
        for condition, (n, found, errors, count) in sums.items()
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="*")
    parser.add_argument("--scripts", type=Path, required=True, help="folder of a script pack")
    parser.add_argument("--list", type=Path, help="write the sentences to speak")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    pack = read_pack(args.scripts)
    if args.list:
        lines = sorted(sentences(pack))
        args.list.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{len(lines)} sentences")
    if args.decoded:
        figures = score(args.decoded, pack)
        print(json.dumps(figures, indent=1))
        if args.out:
            args.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
