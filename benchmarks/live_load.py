"""Many calls at once in one server process, beside what vosk alone could decode."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import vosk

from agent_assist import settings
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.ports import Samples
from benchmarks.live_measure import percentile, program, recordings, shown, sound_of, until
from benchmarks.run import Row, decode

PACKET_MS = 60
PACKET = SAMPLE_RATE * PACKET_MS // 1000
HEADER = struct.Struct("!BBHQ")
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


def load(calls: int, seconds: float) -> list[Row]:
    """So many calls, each followed by the next one, for so long."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        with server(out, calls) as (process, address), program("live_page") as page:
            command = [address, str(calls), str(seconds)]
            with program("live_callers", *command) as callers:
                began_s, used_s = time.monotonic(), cpu_s(process.pid)
                told = 0

                def settled() -> bool:
                    nonlocal told
                    started = callers.of("call")
                    for call in started[told:]:
                        page.say(f"{address}calls/{call['call_id']}/state")
                    told = len(started)
                    return callers.process.poll() is not None

                until(settled, seconds + 180)
                cores = (cpu_s(process.pid) - used_s) / (time.monotonic() - began_s)
                rss = rss_mb(process.pid)
                ended = callers.of("ended")
                zeros = {call["call_id"]: call["zero_s"] for call in callers.of("call")}
            logs = {i: out / f"{i}.events.jsonl" for i in zeros}
            found = shown(logs, zeros, page.told)
    prompts, flags = found.prompts_ms, found.deadlines_ms
    late = sorted(each["late_ms"] for each in ended)
    most = percentile(prompts, 95)
    bare = bare_calls()
    return [
        Row(
            f"{calls} calls at once for {seconds:.0f} s ({len(zeros)} calls, {len(prompts)} lines):"
            " end of speech to page, p50 / p95",
            f"{percentile(prompts, 50):.0f} / {most:.0f} ms",
            f"vosk alone decodes {bare:.0f} calls on {os.cpu_count()} cores",
            f"≥ 40 calls, ≤ {MOST_MS:g} ms p95",
            calls >= 40 and most <= MOST_MS,
        ),
        Row(
            "Same run: server's processor, memory",
            f"{cores:.2f} cores ({1000 * cores / calls:.0f} ms a call and second), {rss:.0f} MB",
        ),
        Row(
            f"Same run: deadline to flag ({len(flags)}), p50 / p95",
            f"{percentile(flags, 50):.0f} / {percentile(flags, 95):.0f} ms",
        ),
        Row(
            "Same run: packets sent late by the callers' own process, p95",
            f"{percentile(late, 95):.0f} ms",
        ),
    ]


def cpu_s(pid: int) -> float:
    """Processor time of a process so far."""
    after = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(after[11]) + int(after[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _decode_all(model: LoadedModel, rows: list[Samples]) -> None:
    for row in rows:
        decode(model, row)


def bare_calls() -> float:
    """Two-channel calls whose whole sound vosk alone could decode on all cores, in real time."""
    vosk.SetLogLevel(-1)
    model = load_model(settings.DEFAULT_MODEL)
    sound = [row for path in recordings()[:6] for row in sound_of(path)]
    seconds = sum(map(len, sound)) / SAMPLE_RATE
    cores = os.cpu_count() or 1
    parts = [sound[n::cores] for n in range(cores)]
    threads = [threading.Thread(target=_decode_all, args=(model, part)) for part in parts]
    began_s = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds / 2 / (time.monotonic() - began_s)
