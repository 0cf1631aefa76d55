"""Logs on disk: whole lines at any moment, whatever happens to the program or the disk."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from agent_assist.adapters.event_log import LogWriter, load_log, read_log
from agent_assist.core.events import Event, PartialHeard, Settled, VoiceStarted
from agent_assist.errors import BadInputError

EVENTS: list[Event] = [
    VoiceStarted(320, "agent"),
    PartialHeard(400, "agent", "您\u2028好\x85\x0b\n啊"),
    Settled(500),
]


def written(path: Path) -> bytes:
    with LogWriter(path, {"call_id": "F20", "model": "小"}) as log:
        for event in EVENTS:
            log.write(event)
    return path.read_bytes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    raw = written(path)
    header = {"type": "header", "format": 1, "call_id": "F20", "model": "小"}
    assert raw.startswith('{"type":"header","format":1,"call_id":"F20","model":"小"}\n'.encode())
    assert raw.count(b"\n") == 4
    assert read_log(path) == (header, EVENTS)
    assert load_log(path).warning == ""


def test_every_line_is_there_at_once(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    with LogWriter(path, {}) as log:
        for i, event in enumerate(EVENTS):
            log.write(event)
            assert read_log(path)[1] == EVENTS[: i + 1]


def test_cut_off_last_line_is_left_out_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    raw = written(path)
    first, second = raw.index(b"\n") + 1, raw.index(b"\n", raw.index(b"\n") + 1) + 1
    for length in range(first + 1, len(raw)):
        path.write_bytes(raw[:length])
        log = load_log(path)
        assert log.events == EVENTS[: raw[:length].count(b"\n") - 1]
        assert bool(log.warning) == (raw[length - 1 : length] != b"\n")
    path.write_bytes(raw[: second + 4])
    assert load_log(path).warning == f"{path}:3: the last line is cut off and was left out"


def test_killed_program_loses_nothing_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    code = (
        "import os, pathlib, signal, sys\n"
        "from agent_assist.adapters.event_log import LogWriter\n"
        "from agent_assist.core.events import Settled\n"
        "log = LogWriter(pathlib.Path(sys.argv[1]), {})\n"
        "for i in range(100):\n"
        "    log.write(Settled(i))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code, path], cwd=root, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert read_log(path)[1] == [Settled(i) for i in range(100)]


def test_full_disk_keeps_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    log = LogWriter(path, {})
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, usual[1]))
        with pytest.raises(BadInputError, match="the disk is full; the log is kept up to its last"):
            for i in range(100):
                log.write(Settled(i))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, before)
        log.close()
    _, events, warning = load_log(path)
    assert events == [Settled(i) for i in range(len(events))]
    assert len(events) >= 4
    assert warning == ""


def test_device_without_space() -> None:
    with pytest.raises(BadInputError, match="/dev/full: the disk is full"):
        LogWriter(Path("/dev/full"), {})


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the log cannot be written: No such file"):
        LogWriter(tmp_path / "none" / "call.jsonl", {})


HEADER = '{"type":"header","format":1}\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "1: is not an event log: it has no header line"),
        ("{}", "1: is not an event log: it has no header line"),
        ("hello\n", "1: is not an event log: its first line is no header"),
        ('{"type":"settled","at_ms":1}\n', "1: is not an event log: its first line is no header"),
        ('{"type":"header","format":2}\n', "1: log format 2 is unknown; this version reads 1"),
        (HEADER + '{"type":"settled"}\n', "2: settled: field 'at_ms' is missing"),
        (HEADER + '{"type":"settled","at_ms":1}\n\n', "3: is not valid JSON"),
        (HEADER + '{"type":"x"}\n', "2: unknown event type 'x'"),
    ],
)
def test_faulty_logs_are_refused_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "call.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInputError) as caught:
        read_log(path)
    assert str(caught.value).startswith(f"{path}:{message}")


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "call.jsonl"
    path.write_bytes(HEADER.encode() + b"\xff\n")
    with pytest.raises(BadInputError, match=":2: is not UTF-8 text"):
        read_log(path)


def test_missing_log(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="the log cannot be read: No such file"):
        read_log(tmp_path / "none.jsonl")
