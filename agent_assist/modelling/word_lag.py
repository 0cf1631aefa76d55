"""How much late and early a model tells the times of words.

A model directory may hold ``conf/word_times.json``::

    {"start_late_ms": 88, "end_early_ms": 130, "words": 199}

The outputs of a network trained with CTC are spikes inside the sound: a word is told to begin
later and to end earlier than it does, by about the same every time.
"""

from __future__ import annotations

import json
from pathlib import Path

from agent_assist.core.correction import Lag

FILE = Path("conf") / "word_times.json"
LONGEST_MS = 500


def read_lag(model_dir: Path) -> Lag:
    """The lag of a model directory; none when it has no such file.

    Raises ValueError when the file is there and does not hold two numbers of milliseconds, 0 to
    ``LONGEST_MS``.
    """
    path = model_dir / FILE
    if not path.is_file():
        return Lag()
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        found = Lag(int(entries["start_late_ms"]), int(entries["end_early_ms"]))
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path}: holds no 'start_late_ms' and 'end_early_ms'") from None
    if not all(0 <= ms <= LONGEST_MS for ms in (found.start_late_ms, found.end_early_ms)):
        raise ValueError(f"{path}: both must be 0 to {LONGEST_MS} milliseconds")
    return found
