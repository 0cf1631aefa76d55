"""One seat in real time: how soon the page shows what follows, and what the call costs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.live_measure import (
    late_openings,
    percentile,
    program,
    recordings,
    shown,
    sound_of,
    to_device_file,
)
from benchmarks.run import Row


def seat(calls: int) -> list[Row]:
    """Play so many example calls, and then ten that are greeted late."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        out = folder / "out"
        out.mkdir()
        chosen = recordings()[:calls]
        files = [to_device_file(sound_of(p), folder / f"{p.stem}.f32") for p in chosen]
        files += late_openings(folder)
        with (
            program("live_page") as page,
            program("live_seat", *map(str, files), "--out", str(out)) as played,
        ):
            page.say(played.await_first("address")["address"] + "state")
            played.process.wait()
        calls_told = played.of("call")
        zeros = {call["call_id"]: call["zero_s"] for call in calls_told}
        logs = {i: out / f"{i}.events.jsonl" for i in zeros}
        found = shown(logs, zeros, page.told)
    computed = sorted(each["ms"] for each in played.of("computed"))
    states = played.of("state")
    first, last = states[0], states[-1]
    share = (last["cpu_s"] - first["cpu_s"]) / (last["at_s"] - first["at_s"])
    rss = max(state["rss_mb"] for state in states)
    prompts, flags = found.prompts_ms, found.deadlines_ms
    half, most = percentile(prompts, 50), percentile(prompts, 95)
    return [
        Row(
            f"From the end of speech to the line on the page ({len(prompts)} lines), p50 / p95",
            f"{half:.0f} / {most:.0f} ms",
            bar="≤ 250 / 500 ms",
            kept=half <= 250 and most <= 500,
        ),
        Row(
            "of which computing: the last frame taken until the line is known, p50 / p95",
            f"{percentile(computed, 50):.1f} / {percentile(computed, 95):.1f} ms",
            bar="≤ 20 ms p95",
            kept=percentile(computed, 95) <= 20,
        ),
        Row(
            f"From a deadline to its flag on the page ({len(flags)} calls), p50 / worst",
            f"{percentile(flags, 50):.0f} / {percentile(flags, 100):.0f} ms",
            bar="≤ 60 ms",
            kept=bool(flags) and flags[-1] <= 60,
        ),
        Row(
            f"One live call ({last['at_s'] - first['at_s']:.0f} s), share of one core",
            f"{100 * share:.1f} %",
            bar="≤ 5 %",
            kept=share <= 0.05,
        ),
        Row(
            "One live call, memory of the process", f"{rss:.0f} MB", bar="≤ 200 MB", kept=rss <= 200
        ),
    ]
