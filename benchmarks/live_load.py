"""Many calls at once in one server, beside what vosk alone could decode."""

from __future__ import annotations

import contextlib
import math
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_assist.core.framing import SAMPLE_RATE
from benchmarks.live_bare import bare_calls
from benchmarks.live_measure import (
    Shown,
    percentile,
    program,
    shown,
    until,
)
from benchmarks.run import Row

PACKET_MS = 60
PACKET = SAMPLE_RATE * PACKET_MS // 1000
HEADER = struct.Struct("!BBHQ")
SPREAD_S = 25.0
"""Calls begin spread over so long."""
MOST_MS = 700.0


@contextmanager
def server(out: Path, calls: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running ``agent-assist serve``, and its address."""
    command = [sys.executable, "-m", "agent_assist.cli", "serve", "--port", "0", "--out", str(out)]
    with subprocess.Popen(
        [*command, "--most-calls", str(2 * calls)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = next(line.split("：", 1)[1].strip() for line in process.stdout if "http" in line)
        threading.Thread(target=process.stdout.read, daemon=True).start()
        try:
            yield process, address
        finally:
            process.terminate()


@dataclass(frozen=True, slots=True)
class Used:
    """Cores that each program used while all calls were up, and the server's memory at its end.

    The server's first process comes first, then those that it started.
    """

    server: tuple[float, ...]
    callers: float
    page: float
    rss_mb: float


def load(calls: int, seconds: float) -> list[Row]:
    """So many calls, each followed by the next one; what counts is while all of them are up."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        with server(out, calls) as (process, address), program("live_page") as page:
            command = [address, str(calls), str(seconds)]
            with program("live_callers", *command) as callers:
                began_s = callers.await_first("began")["at_s"] + SPREAD_S
                told = 0

                def show(until_s: float) -> bool:
                    nonlocal told
                    started = callers.of("call")
                    for call in started[told:]:
                        page.say(f"{address}calls/{call['call_id']}/state")
                    told = len(started)
                    return callers.process.poll() is not None or time.monotonic() > until_s

                until(lambda: show(began_s), SPREAD_S + 60)
                serving = family(process.pid)
                pids = *serving, callers.process.pid, page.process.pid
                before = [cpu_s(pid) for pid in pids]
                until(lambda: show(began_s + seconds), seconds + 60)
                *cores, spoken, read = (
                    (cpu_s(pid) - was) / seconds for pid, was in zip(pids, before, strict=True)
                )
                used = Used(tuple(cores), spoken, read, sum(map(rss_mb, serving)))
                until(lambda: show(math.inf), 180)
                ended = callers.of("ended")
                zeros = {call["call_id"]: call["zero_s"] for call in callers.of("call")}
            logs = {i: out / f"{i}.events.jsonl" for i in zeros}
            found = shown(logs, zeros, page.told, (began_s, began_s + seconds))
    late = sorted(each["late_ms"] for each in ended)
    return _rows(calls, seconds, found, used, late)


def _rows(calls: int, seconds: float, found: Shown, used: Used, late: list[float]) -> list[Row]:
    prompts, flags = found.prompts_ms, found.deadlines_ms
    most = percentile(prompts, 95)
    bare = bare_calls()
    return [
        Row(
            f"{calls} calls at once for {seconds:.0f} s ({len(late)} calls, {len(prompts)} lines):"
            " end of speech to page, p50 / p95",
            f"{percentile(prompts, 50):.0f} / {most:.0f} ms",
            f"vosk alone on {os.cpu_count()} cores: {bare.all_sound:.0f} calls with their silence,"
            f" {bare.speech:.0f} without",
            f"≥ 40 calls, ≤ {MOST_MS:g} ms p95",
            calls >= 40 and most <= MOST_MS,
        ),
        Row(
            "Same time: cores used by server, callers, reader of the pages; server's memory",
            f"{' + '.join(f'{each:.2f}' for each in used.server)}"
            f" ({1000 * sum(used.server) / calls:.0f} ms a call and second),"
            f" {used.callers:.2f}, {used.page:.2f}; {used.rss_mb:.0f} MB",
        ),
        Row(
            f"Same time: deadline to flag ({len(flags)}), p50 / p95",
            f"{percentile(flags, 50):.0f} / {percentile(flags, 95):.0f} ms",
        ),
        Row(
            "Same run: packets sent late by the callers' own process, worst of a call, p95",
            f"{percentile(late, 95):.0f} ms",
        ),
    ]


def family(pid: int) -> list[int]:
    """A process and those that it started."""
    found = [pid]
    for path in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if path.name.isdigit() and int(_stat(int(path.name))[2]) == pid:
                found.append(int(path.name))
    return found


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    stat = _stat(pid)
    return (int(stat[12]) + int(stat[13])) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """What the system tells of a process, without its name."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    number, _, rest = text.partition(" (")
    return [number, *rest.rpartition(") ")[2].split()]


def rss_mb(pid: int) -> float:
    """Memory of a process; what it shares with others counts for each."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
