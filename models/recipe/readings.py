"""Choose how the letters of each recording were said, and list the recordings for training.

A Latin letter has several readings in Chinese talk (L: ai lou, ai le, ai ou) and the transcript
tells none.  Of all combinations the one that the present network finds most probable is taken.
Writes ``OUT/manifest.jsonl`` as ``synthesise.py`` does, with absolute file names, of the
recordings with letters alone; those with a Latin word that has no reading are left out.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from cache import EXTRA
from development import condition
from features import mfcc, plain
from network import Network
from train import UNIT_IDS

from agent_assist.core.letters import latin_pieces
from agent_assist.modelling.lexicon import Lexicon, syllables_to_units

LONGEST_SPELLED = 4
"""Letters of a run that is not a word of the table, at most, for it to be taken as spelled."""

MOST = 256
"""Combinations weighed for one recording."""


def readings(text: str, lexicon: Lexicon) -> list[tuple[str, ...]]:
    """All unit sequences ``text`` may stand for, most usual first; none if a word is unknown."""
    if "[" in text:  # a mark for a noise
        return []
    choices: list[Sequence[tuple[str, ...]]] = []
    for part in re.findall("[A-Za-z]+|[\u4e00-\u9fff]+", text):
        if not part.isascii():
            choices.append(lexicon.syllables(part)[:1])
            continue
        pieces = latin_pieces(part.upper())
        if len(pieces) == len(part) > LONGEST_SPELLED:
            return []
        choices += [lexicon.syllables(piece) for piece in pieces]
    combinations = itertools.islice(itertools.product(*choices), MOST)
    return [syllables_to_units(itertools.chain(*syllables)) for syllables in combinations]


def most_probable(network: Network, path: Path, found: Sequence[tuple[str, ...]]) -> int:
    """Index of the unit sequence with the least CTC loss for a recording."""
    frames = mfcc(condition(plain(path), "wide", 0))
    hidden = network.body.lower(torch.from_numpy(frames)[None])
    logs = F.log_softmax(network(hidden).float(), 1).permute(2, 0, 1)
    steps = torch.tensor([min(len(logs), hidden.shape[1] - EXTRA)])
    losses = [
        F.ctc_loss(
            logs,
            torch.tensor([[UNIT_IDS[unit] for unit in units]]),
            steps,
            torch.tensor([len(units)]),
            reduction="sum",
        ).item()
        for units in found
    ]
    return losses.index(min(losses))


def recordings(real: Path | None, synthetic: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """Files with letters in their transcripts."""
    if real:
        with (real / "manifest.tsv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["split"] == "train":
                    yield real / row["path"], row["transcript"]
    for folder in synthetic:
        for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            yield folder / entry["file"], entry["text"]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--synthetic", type=Path, nargs="*", default=[])
    parser.add_argument("--init", type=Path, required=True, help="checkpoint of the network")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    network, lexicon, count = Network(5), Lexicon(), 0
    network.load_state_dict(torch.load(args.init, weights_only=True))
    network.eval()
    args.out.mkdir(parents=True, exist_ok=True)
    with (
        torch.inference_mode(),
        (args.out / "manifest.jsonl").open("w", encoding="utf-8") as manifest,
    ):
        for path, text in recordings(args.real, args.synthetic):
            found = readings(text, lexicon) if re.search("[A-Za-z]", text) else []
            if not found:
                continue
            units = found[most_probable(network, path, found) if len(found) > 1 else 0]
            entry = {"file": str(path.resolve()), "text": text, "units": " ".join(units)}
            manifest.write(json.dumps(entry, ensure_ascii=False) + "\n")
            count += 1
    print(f"{count} recordings")


if __name__ == "__main__":
    main()
