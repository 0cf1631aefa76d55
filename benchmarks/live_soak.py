"""A shift at many times the speed: memory and the distance of event time to the clock stay.

The devices wait where the computer is too slow; the speed that was kept is told.

Calls begin and end with their sound, so that all plays of a recording are the same call. What was
heard is recorded, and replayed.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent_assist import settings
from agent_assist.adapters.event_log import load_log
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.replay import Collector
from agent_assist.apps.run import run
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.codec import to_json
from agent_assist.core.events import AudioGap, CallEnded, Finding
from agent_assist.core.pipeline import Judgement
from benchmarks.live_measure import length_ms, program, recordings, sound_of, to_device_file
from benchmarks.run import Row

GROWTH_MB = 10.0
DRIFT_S = 0.5
MOST_APART_MS = 50
"""A block of the devices and a frame."""
EVENTS = ".events.jsonl"
Verdicts = frozenset[tuple[str, str]]


@dataclass(slots=True)
class Plays:
    """The logs of a shift: by recording, and those whose verdicts are not the most frequent."""

    logs: list[Path]
    of: dict[str, list[Path]] = field(default_factory=dict)
    differing: list[Path] = field(default_factory=list)
    ends_ms: dict[str, set[int]] = field(default_factory=dict)
    gaps: int = 0

    def __post_init__(self) -> None:
        found: dict[Path, Verdicts] = {}
        for log in self.logs:
            events = load_log(log).events
            self.gaps += sum(isinstance(event, AudioGap) for event in events)
            found[log] = frozenset((e.rule_id, e.verdict) for e in events if isinstance(e, Finding))
            name = log.name.split("-", 1)[1]
            self.of.setdefault(name, []).append(log)
            ends_ms = [event.at_ms for event in events if isinstance(event, CallEnded)]
            self.ends_ms.setdefault(name, set()).update(ends_ms)
        for logs in self.of.values():
            ((usual, _),) = Counter(found[log] for log in logs).most_common(1)
            self.differing += [log for log in logs if found[log] != usual]

    def apart_ms(self, lengths_ms: Mapping[str, int]) -> int:
        """How far a call's end by its events is from the end of its sound; the worst of all."""
        return max(
            abs(end_ms - lengths_ms[name.removesuffix(EVENTS)])
            for name, ends_ms in self.ends_ms.items()
            for end_ms in ends_ms
        )


def soak(hours: float, speed: float, keep: Path | None = None) -> list[Row]:
    """Play the example calls over and over for so many hours of the seat's clock.

    ``keep`` is where logs and recordings of plays with other verdicts go.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out, kept = folder / "out", folder / "kept"
        out.mkdir()
        kept.mkdir()
        files = [to_device_file(sound_of(p), folder / f"{p.stem}.f32") for p in recordings()]
        pace = ["--speed", str(speed), "--seconds", str(hours * 3600), "--again"]
        where = ["--out", str(out), "--record", str(kept)]
        with program("live_seat", *map(str, files), *where, *pace) as played:
            if played.process.wait():
                raise RuntimeError("the seat did not last")
        lengths_ms = {file.stem: length_ms(file) for file in files}
        plays = Plays(sorted(out.glob(f"*{EVENTS}"))[:-1])
        chosen = [*(logs[0] for logs in plays.of.values()), *plays.differing]
        workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT))
        unequal = sum(not replays(workshop, log, kept) for log in set(chosen))
        if keep:
            copy(plays.differing, kept, keep)
    apart_ms = plays.apart_ms(lengths_ms)
    return [
        *states_rows(speed, len(plays.logs), played.of("state")),
        Row(
            "Same shift: length of a call by its events against that of its sound, worst",
            f"{apart_ms} ms",
            bar=f"≤ {MOST_APART_MS} ms",
            kept=apart_ms <= MOST_APART_MS,
        ),
        Row(
            "Same shift: recordings whose verdicts differed between their plays; gaps",
            f"{len({log.name.split('-', 1)[1] for log in plays.differing})} of {len(plays.of)};"
            f" {plays.gaps}",
            bar="0; 0",
            kept=not plays.differing and not plays.gaps,
        ),
        Row(
            "Same shift: plays whose recording does not give the log again byte for byte",
            f"{unequal} of {len(set(chosen))} replayed",
            bar="0",
            kept=not unequal,
        ),
    ]


def states_rows(speed: float, calls: int, states: list[Any]) -> list[Row]:
    """Memory and drift, after a tenth of the shift."""
    last = states[-1]
    kept_speed = (last["at_s"] - states[0]["at_s"]) / (last["ran_s"] - states[0]["ran_s"])
    shift = f"{last['at_s'] / 3600:.1f} h at {kept_speed:.1f} × (of {speed:g})"
    settled = states[len(states) // 10 :]
    quarter = max(1, len(settled) // 4)
    early = sorted(state["rss_mb"] for state in settled[:quarter])[quarter // 2]
    late = sorted(state["rss_mb"] for state in settled[-quarter:])[quarter // 2]
    apart = [state["at_s"] - state["heard_s"] for state in settled]
    drift = sum(apart[-quarter:]) / quarter - sum(apart[:quarter]) / quarter
    return [
        Row(
            f"Shift of {shift}, {calls} calls: memory, first and last quarter",
            f"{early:.0f} → {late:.0f} MB",
            bar=f"grows by ≤ {GROWTH_MB:g} MB",
            kept=late - early <= GROWTH_MB,
        ),
        Row(
            "Same shift: event time against the clock: change from first to last quarter; at its"
            " end",
            f"{1000 * drift:+.1f} ms of {last['at_s']:.0f} s; {1000 * apart[-1]:.0f} ms behind",
            bar=f"≤ {1000 * DRIFT_S:g} ms",
            kept=abs(drift) <= DRIFT_S,
        ),
    ]


def replays(workshop: Workshop, log: Path, kept: Path) -> bool:
    """Whether the recording of a play gives its log again, but for the header."""
    call = workshop.open(kept / f"{log.name.removesuffix(EVENTS)}.wav", Overrides())
    again = Collector()
    run(call.events, Judgement(workshop.phrases, call.context), [again])
    return [to_json(event) for event in again.events] == log.read_text("utf-8").splitlines()[1:]


def copy(logs: Iterable[Path], kept: Path, target: Path) -> None:
    """Keep what is needed to see why a play had other verdicts."""
    target.mkdir(parents=True, exist_ok=True)
    for log in logs:
        shutil.copy(log, target)
        for path in kept.glob(f"{log.name.removesuffix(EVENTS)}.*"):
            shutil.copy(path, target)
