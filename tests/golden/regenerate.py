"""Writes the golden logs anew: ``make golden``, or ``python -m tests.golden.regenerate [NAME …]``.

Look at ``git diff tests/golden`` before committing: every changed line is a changed behaviour.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from agent_assist.core.codec import to_json
from agent_assist.core.events import PartialHeard, Settled
from tests.golden.known_calls import NAMES, Replayed, heard

FOLDER = Path(__file__).parent / "logs"


def golden_lines(replayed: Replayed) -> list[str]:
    """The log without partial readings and watermarks, which only swell it."""
    kept = [e for e in replayed.events if not isinstance(e, PartialHeard | Settled)]
    header = json.dumps(replayed.header, ensure_ascii=False, separators=(",", ":"))
    return [header, *(to_json(event) for event in kept)]


def golden_path(name: str) -> Path:
    return FOLDER / f"{name}.jsonl"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for wanted in sys.argv[1:] or NAMES:
        text = "\n".join(golden_lines(heard(wanted))) + "\n"
        golden_path(wanted).write_text(text, encoding="utf-8")
        print(golden_path(wanted))
