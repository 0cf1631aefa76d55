"""A shift at many times the speed: memory and the distance of event time to the clock stay."""

from __future__ import annotations

import tempfile
from pathlib import Path

from agent_assist.adapters.event_log import load_log
from agent_assist.core.events import AudioGap, Finding
from benchmarks.live_measure import program, recordings, sound_of, to_device_file
from benchmarks.run import Row

GROWTH_MB = 10.0
DRIFT_S = 0.5


def soak(hours: float, speed: float) -> list[Row]:
    """Play the example calls over and over for so many hours of the seat's clock."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        out.mkdir()
        chosen = recordings()
        files = [to_device_file(sound_of(p), folder / f"{p.stem}.f32") for p in chosen]
        pace = ["--speed", str(speed), "--seconds", str(hours * 3600), "--again"]
        with program("live_seat", *map(str, files), "--out", str(out), *pace) as played:
            played.process.wait()
        states = played.of("state")
        verdicts: dict[str, set[frozenset[tuple[str, str]]]] = {}
        gaps = 0
        logs = sorted(out.glob("*.events.jsonl"))
        for log in logs[:-1]:
            events = load_log(log).events
            gaps += sum(isinstance(event, AudioGap) for event in events)
            found = frozenset((e.rule_id, e.verdict) for e in events if isinstance(e, Finding))
            verdicts.setdefault(log.name.split("-", 1)[1], set()).add(found)
    settled = states[len(states) // 10 :]
    quarter = max(1, len(settled) // 4)
    early = sorted(state["rss_mb"] for state in settled[:quarter])[quarter // 2]
    late = sorted(state["rss_mb"] for state in settled[-quarter:])[quarter // 2]
    apart = [state["at_s"] - state["heard_s"] for state in settled]
    drift = sum(apart[-quarter:]) / quarter - sum(apart[:quarter]) / quarter
    shift = f"{states[-1]['at_s'] / 3600:.1f} h at {speed:g} ×"
    differing = sum(len(found) > 1 for found in verdicts.values())
    return [
        Row(
            f"Shift of {shift}, {len(logs)} calls: memory, first and last quarter",
            f"{early:.0f} → {late:.0f} MB",
            bar=f"grows by ≤ {GROWTH_MB:g} MB",
            kept=late - early <= GROWTH_MB,
        ),
        Row(
            "Same shift: event time against the clock, change from first to last quarter",
            f"{1000 * drift:+.0f} ms of {states[-1]['at_s']:.0f} s",
            bar=f"≤ {1000 * DRIFT_S:g} ms",
            kept=abs(drift) <= DRIFT_S,
        ),
        Row(
            "Same shift: recordings whose verdicts differed between their plays; gaps",
            f"{differing} of {len(verdicts)}; {gaps}",
            bar="0; 0",
            kept=not differing and not gaps,
        ),
    ]
