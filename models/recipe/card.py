"""Write the measured parts of a model card from the figures of ``release.sh``.

A part stands in the card between ``<!-- made by models/recipe/card.py: NAME -->`` and
``<!-- end -->``; everything else is written by people.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_assist.core.compliance.listening import SURE_WORD
from agent_assist.modelling.digest import model_digest

SPEECH = {
    "real aishell": "read sentences (AISHELL-1, two readers with other sentences in training; "
    "six of the fifty hold letters or English words)",
    "real dspspeech": "single words (DSPSpeech-20, speakers never heard)",
    "neural neural": "sentences of the call scripts, neural voice",
    "formant formant": "sentences of the call scripts, espeak-ng voices",
    "held-out held-out": "sentences, espeak-ng variants never heard in training",
}
CONDITIONS = ("wide", "telephone", "steep")
ORDINARY = {
    "wide aishell": "AISHELL-1, the training readers, wide",
    "wide ordinary": "the same texts by espeak-ng variants never heard in training, wide",
    "telephone ordinary": "part of these, telephone",
}
BAR = 30
MARK = r"<!-- made by models/recipe/card\.py: (\w+) -->"
Results = dict[str, Any]


def hearing(results: Results) -> str:
    """Error rates and identification, as `agent-assist evaluate` gives them."""
    rows = [
        f"| speech | recordings | {' | '.join(CONDITIONS)} |",
        f"|---|---|{'---|' * len(CONDITIONS)}",
    ]
    for key, title in SPEECH.items():
        folder, name = key.split()
        found = [results[f"hearing-{folder}-{c}"]["dev"]["set"][name] for c in CONDITIONS]
        figures = [
            f"{f['syllable_error_rate']:.3f} / {f['identified']:.3f} / "
            f"{f['identified_by_edits']:.3f}"
            for f in found
        ]
        rows.append(f"| {title} | {found[0]['utterances']} | {' | '.join(figures)} |")
    return "\n".join(rows)


def catalogue(results: Results) -> str:
    """The catalogue in unheard voices."""
    rows = ["| condition | wordings | found | syllable error |", "|---|---|---|---|"]
    for condition, found in results["catalogue"].items():
        rows.append(
            f"| {condition} | {found['wordings']} | {found['found']:.3f} "
            f"| {found['syllable_error_rate']:.3f} |"
        )
    return "\n".join(rows)


def ordinary(results: Results) -> str:
    """False finds in other talk."""
    rows = [
        "| speech | minutes | wordings found that were not said | in ten minutes "
        "| false breaches of severity major or fatal |",
        "|---|---|---|---|---|",
    ]
    for kind, title in ORDINARY.items():
        found = results["ordinary"][kind]
        severe = found["severe_breaches"]
        broken = ", ".join(f"{rule} {count}" for rule, count in sorted(severe.items())) or "none"
        rows.append(
            f"| {title} | {found['minutes']:.0f} | {found['false_matches']} "
            f"| {found['in_ten_minutes']:.2f} | {broken} |"
        )
    return "\n".join(rows)


def confidence(results: Results) -> str:
    """Calibration errors and the reliability diagram."""
    found = results["confidence"]
    rows = [
        "| expected calibration error, ten bins | number | as the engine tells | as it is told |",
        "|---|---|---|---|",
    ]
    for name, title in (("words", "words"), ("phrases", "wordings found (mean of their words)")):
        before, after = found[f"{name}_before"], found[name]
        rows.append(
            f"| {title} | {after['count']} | {before['error']:.3f} | {after['error']:.3f} |"
        )
    worst = sorted(found["groups"].items(), key=lambda group: -group[1]["error"])
    told = ", ".join(f"{name} {group['error']:.3f}" for name, group in worst)
    diagram = ["told   right  words"]
    for row in found["words"]["table"]:
        filled = round(row["right"] * BAR)
        bar = list("█" * filled + "·" * (BAR - filled))
        bar[min(BAR - 1, round(row["confidence"] * BAR))] = "|"
        diagram.append(
            f"{row['confidence']:.3f}  {row['right']:.3f} {row['words']:6}  {''.join(bar)}"
        )
    return (
        "\n".join(rows)
        + f"\n\nBy kind of speech, words: {told}.\n\nReliability of words: the bar is the share "
        "that is right, the stroke the confidence told.\n\n```\n" + "\n".join(diagram) + "\n```"
    )


def word_times(results: Results) -> str:
    """Lateness before and after the correction."""
    found = results["word_times"]
    rows = [
        "| edge | number | told by the network: median, 95 % within "
        "| corrected: median, 95 % within | within 120 ms |",
        "|---|---|---|---|---|",
    ]
    for edge in ("start", "end"):
        told, corrected = (found["all"][kind][edge] for kind in ("told", "corrected"))
        rows.append(
            f"| {edge} | {told['edges']} | {told['median_ms']} ms, {told['p95_ms']} ms "
            f"| {corrected['median_ms']} ms, {corrected['p95_ms']} ms | {corrected['near']:.3f} |"
        )
    lag = found["lag"]
    return "\n".join(rows) + (
        f"\n\nTaken off: starts {lag['start_late_ms']} ms, ends {lag['end_early_ms']} ms; two "
        "words with a shorter gap between them share it. The last word before a pause ends where "
        "the voice does. Fitted on half of the sentences, measured on the other half."
    )


def partials(results: Results) -> str:
    """How stable partial readings are."""
    rows = [
        "| speech | characters taken back per 100 said | without the last character |",
        "|---|---|---|",
    ]
    for name, found in results["partials"].items():
        if name != "all":
            rows.append(
                f"| {name} | {found['taken_back_per_100_said']:.1f} "
                f"| {found['without_last_per_100_said']:.1f} |"
            )
    return "\n".join(rows)


def pronouns(results: Results) -> str:
    """您 and 你."""
    rows = [f"| said | written | confidence {SURE_WORD:g} or more | less |", "|---|---|---|---|"]
    for said in "您你":
        for heard in ("您", "你", "other"):
            counts = [results["pronouns"].get(f"{said} {heard} {s}", 0) for s in ("sure", "unsure")]
            written = "another word" if heard == "other" else heard
            rows.append(f"| {said} | {written} | {counts[0]} | {counts[1]} |")
    return "\n".join(rows)


def facts(results: Results) -> str:
    """Size, load, memory and warnings."""
    found = results["facts"]
    return (
        f"Model `{found['digest']}`: {found['megabytes']:.1f} MB on disk, loaded in "
        f"{found['load_cpu_s']:.2f} s of one core, {found['resident_megabytes']} MB resident "
        f"added; {found['warnings']} warnings of Kaldi in all of the development speech."
    )


PARTS: dict[str, Callable[[Results], str]] = {
    part.__name__: part
    for part in (hearing, catalogue, ordinary, confidence, word_times, partials, pronouns, facts)
}


def rewritten(card: str, results: Results) -> str:
    """The card with every marked part made anew; ValueError when its parts are not those known."""
    marked_parts = set(re.findall(MARK, card))
    if marked_parts != PARTS.keys():
        raise ValueError(f"parts of the card: {sorted(marked_parts)}, known: {sorted(PARTS)}")

    def made(marked: re.Match[str]) -> str:
        return f"{marked[1]}\n{PARTS[marked[2]](results)}\n<!-- end -->"

    return re.sub(rf"({MARK})\n.*?<!-- end -->", made, card, flags=re.DOTALL)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    args = parser.parse_args()
    results = {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in args.results.glob("*.json")
    }
    results["facts"]["digest"] = model_digest(args.model)  # with its corrections, as it is shipped
    card = args.model / "README.md"
    card.write_text(rewritten(card.read_text(encoding="utf-8"), results), encoding="utf-8")
    print(f"{card}: {len(PARTS)} parts written")


if __name__ == "__main__":
    main()
