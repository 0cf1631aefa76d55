"""What is found of the call scripts in talk that holds nothing of them.

``--list FILE --real FOLDER`` writes the transcripts of the training split without a wording, for
``synthesise.py --each``.  With files of ``decode.py`` it matches what was heard with the call
scripts as the product does, and judges it as calls of an agent.  What is also found in the true
text is no error of hearing.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from development import real_items

from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Finding
from agent_assist.core.pipeline import Judgement
from agent_assist.core.text import spoken
from agent_assist.modelling.confidence import Calibration, read_calibration

Line = dict[str, Any]
TURNS = 50
"""Utterances that are judged as one call."""
GAP_S = 2.0
SEVERE = ("major", "fatal")


def turns(lines: Sequence[Line], calibration: Calibration | None) -> Iterator[dict[str, Any]]:
    """Turns of a transcript: the true text, or with ``calibration`` the words as heard."""
    at = 1.0
    for line in lines:
        turn: dict[str, Any] = {"speaker": "agent", "text": line["text"]}
        if calibration:
            turn["words"] = [
                {
                    "text": word["word"],
                    "start_s": round(at + word["start"], 3),
                    "end_s": round(at + word["end"], 3),
                    "confidence": round(calibration(word["conf"]), 4),
                }
                for word in line["words"]
            ]
            turn["text"] = "".join(word["word"] for word in line["words"])
            sure = [word["confidence"] for word in turn["words"]]
            turn["confidence"] = round(sum(sure) / max(1, len(sure)), 4)
        yield {"start_s": at, "end_s": round(at + line["seconds"], 3), **turn}
        at = round(at + line["seconds"] + GAP_S, 3)


def severe_breaches(workshop: Workshop, said: Iterator[dict[str, Any]]) -> Counter[str]:
    """Rules of a severe kind that are broken in a call of these turns, with how often."""
    call = {"call_id": "ordinary", "agent": {"id": "1086"}, "turns": list(said)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ordinary.call.yaml"
        path.write_text(json.dumps(call, ensure_ascii=False), encoding="utf-8")
        opened = workshop.open(path, Overrides())
        judgement = Judgement(workshop.phrases, opened.context)
        found = [e for event in opened.events for e in judgement.feed(event)]
    return Counter(
        e.rule_id
        for e in found
        if isinstance(e, Finding) and e.verdict == "breach" and e.severity in SEVERE
    )


def false_finds(workshop: Workshop, lines: Sequence[Line]) -> int:
    """How many wordings are found in what was heard and not in what was said."""
    matcher, found = workshop.phrases.matcher, 0
    for line in lines:
        heard = "".join(word["word"] for word in line["words"])
        true = {match.wording for match in matcher.find(spoken(line["text"]))}
        for match in matcher.find(spoken(heard)):
            if match.wording not in true:
                found += 1
                print(f"{match.score:.2f} {match.owners[0]} {heard} <- {line['text']}")
    return found


def measured(workshop: Workshop, lines: Sequence[Line], calibration: Calibration) -> dict[str, Any]:
    """Minutes, false finds and false breaches of one kind of speech."""
    minutes = sum(line["seconds"] for line in lines) / 60
    false: Counter[str] = Counter()
    for start in range(0, len(lines), TURNS):
        part = lines[start : start + TURNS]
        heard = severe_breaches(workshop, turns(part, calibration))
        false += heard - severe_breaches(workshop, turns(part, None))
    found = false_finds(workshop, lines)
    return {
        "minutes": round(minutes, 1),
        "false_matches": found,
        "in_ten_minutes": round(10 * found / minutes, 2),
        "severe_breaches": dict(false),
    }


def write_list(real: Path, workshop: Workshop, out: Path) -> None:
    """The sentences of the training split without a wording of the call scripts."""
    texts = [item.text for item in real_items(real, "train", 0)]
    kept = [text for text in texts if not workshop.phrases.matcher.find(spoken(text))]
    out.write_text("\n".join(kept) + "\n", encoding="utf-8")
    print(f"{len(kept)} sentences")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoded", type=Path, nargs="*")
    parser.add_argument("--scripts", type=Path, required=True)
    parser.add_argument("--real", type=Path, help="folder with manifest.tsv")
    parser.add_argument("--list", type=Path, help="write the sentences to speak")
    parser.add_argument("--model", type=Path, help="whose confidences are corrected as it says")
    parser.add_argument("--out", type=Path, help="write the figures here")
    args = parser.parse_args()
    workshop = Workshop(read_pack(args.scripts))
    if args.list:
        write_list(args.real, workshop, args.list)
    kinds: dict[str, list[Line]] = defaultdict(list)
    texts = (path.read_text(encoding="utf-8").splitlines() for path in args.decoded)
    for text in itertools.chain.from_iterable(texts):
        line = json.loads(text)
        kinds[f"{line['condition']} {line['group']}"].append(line)
    if kinds:
        calibration = read_calibration(args.model)
        result = {name: measured(workshop, lines, calibration) for name, lines in kinds.items()}
        print(json.dumps(result, ensure_ascii=False, indent=1))
        if args.out:
            args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
