"""How soon the page shows what follows from speech, and what live calls cost.

    python -m benchmarks.live seat                one seat: latency, deadlines, processor, memory
    python -m benchmarks.live load --calls 40     one server with many calls, beside vosk alone
    python -m benchmarks.live soak --hours 8      a shift at 20 times the speed (24 minutes)

Recorded calls are played in real time, by devices that only replace the sound card (`live_seat`)
or over WebSockets (`live_load`). A reader of the page in a process of its own says when each line
and flag arrived (`live_page`). Speech that calls for a line ends where its last word ends, or where
the voice of the utterance ends. Every run appends its table to LIVE.md.
"""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from agent_assist import settings
from agent_assist.modelling.digest import model_digest
from benchmarks.live_load import load
from benchmarks.live_one import seat
from benchmarks.live_soak import soak
from benchmarks.run import Row, machine

RESULTS = Path(__file__).parent / "LIVE.md"
HEAD = (
    "# Live calls\n\nAppended to by `make bench-live` and `python -m benchmarks.live`, which says"
    " what is measured and how. Newest last.\n"
)


def append(target: Path, what: str, where: str, rows: list[Row]) -> None:
    """Add a run's table."""
    text = target.read_text(encoding="utf-8") if target.exists() else HEAD
    model = f"{settings.DEFAULT_MODEL.name} {model_digest(settings.DEFAULT_MODEL)}"
    table = "| what | agent-assist | beside it | bar | kept |\n|---|---|---|---|---|\n"
    moment = f"{datetime.now():%Y-%m-%d %H:%M}"
    text += f"\n## {what}, {moment}\n\n{where}; model {model}\n\n{table}" + "\n".join(
        map(str, rows)
    )
    target.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("part", choices=["seat", "load", "soak"])
    parser.add_argument("--calls", type=int, help="seat: calls one after the other; load: at once")
    parser.add_argument("--seconds", type=float, default=120, help="load: how long")
    parser.add_argument("--hours", type=float, default=8, help="soak: on the seat's clock")
    parser.add_argument("--speed", type=float, default=20, help="soak: times real time")
    parser.add_argument("--keep", type=Path, help="soak: keep plays with other verdicts here")
    parser.add_argument("--note", default="", help="added to the table's head")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    where = machine() + (f"; {given.note}" if given.note else "")
    if given.part == "seat":
        rows = seat(given.calls or 20)
    elif given.part == "load":
        rows = load(given.calls or 40, given.seconds)
    else:
        rows = soak(given.hours, given.speed, given.keep)
    print(*rows, sep="\n")
    append(given.out, given.part, where, rows)
    return 0 if all(row.kept is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
