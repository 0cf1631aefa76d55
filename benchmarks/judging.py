"""What judging costs, from text alone: a call that nothing is known of yet, and call after call."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import cycle, islice
from pathlib import Path

from agent_assist import settings
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.run import run
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.pipeline import Judgement
from agent_assist.strict_yaml import load

CALLS = settings.AUDIO_FIXTURES / "calls"
MANY_CALLS = Path(__file__).parents[1] / "tests" / "independent"
CALL_S = 300.0
PAUSE_S = 1.0
"""Between two calls that are joined to one."""


class Nowhere:
    """A sink that keeps nothing."""

    def write(self, event: object) -> None:
        return None


def judge(workshop: Workshop, path: Path) -> None:
    call = workshop.open(path, Overrides())
    run(call.events, Judgement(workshop.phrases, call.context), [Nowhere()])


def judged_ms(workshop: Workshop, path: Path) -> float:
    """CPU time of opening and judging a transcript."""
    started = time.process_time()
    judge(workshop, path)
    return (time.process_time() - started) * 1000


def joined(paths: Iterable[Path], folder: Path) -> Iterator[tuple[Path, float]]:
    """Transcripts of five minutes or little more, with their seconds: calls one after the other."""
    lines: list[str] = []
    begin, number = 0.0, 0
    for path in paths:
        turns = load(path).data["turns"]
        for turn in turns:
            start, end = begin + turn["start_s"], begin + turn["end_s"]
            said = f"speaker: {turn['speaker']}, text: {json.dumps(turn['text'])}"
            lines.append(f"  - {{start_s: {start:.3f}, end_s: {end:.3f}, {said}}}")
        begin += max((turn["end_s"] for turn in turns), default=0.0) + PAUSE_S
        if begin >= CALL_S:
            file = folder / f"{number}.call.yaml"
            file.write_text("call_id: bench\nturns:\n" + "\n".join(lines) + "\n", encoding="utf-8")
            yield file, begin
            lines, begin, number = [], 0.0, number + 1


def cold_ms(rounds: int) -> float:
    """The best of so many rounds on one call, each with a script compiled anew, so that nothing is
    kept of the round before."""
    best = float("inf")
    with tempfile.TemporaryDirectory() as folder:
        ((file, _),) = islice(joined(cycle(sorted(CALLS.glob("*.call.yaml"))), Path(folder)), 1)
        for _ in range(rounds):
            best = min(best, judged_ms(Workshop(read_pack(settings.DEFAULT_SCRIPT)), file))
    return best


def steady_ms(workshop: Workshop) -> tuple[float, int]:
    """The mean of five minutes of many different calls, judged one after the other by one script,
    each once; and how many such calls there were."""
    paths = sorted(MANY_CALLS.rglob("*.call.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        calls = list(joined(paths, Path(folder)))
        spent = sum(judged_ms(workshop, file) for file, _ in calls)
    return spent * CALL_S / sum(seconds for _, seconds in calls), len(calls)
