"""The command line as a person meets it: real processes, their output and exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import soundfile as sf

from agent_assist import __version__, settings

CALLS = settings.AUDIO_FIXTURES / "calls"
TRANSCRIPT = CALLS / "demo.call.yaml"
TELEPHONE = 8000


class Ended(NamedTuple):
    """What a finished command left behind."""

    status: int
    out: str
    err: str

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def agent_assist(*arguments: str | Path) -> Ended:
    command = [sys.executable, "-m", "agent_assist.cli", *map(str, arguments)]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    ended = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=300)
    said = Ended(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
    assert "Traceback" not in said.err
    return said


def write_wav(path: Path, channels: int, samples: int, rate: int = TELEPHONE) -> Path:
    sf.write(path, np.zeros((samples, channels), np.int16), rate)
    return path


def write_bad_recordings(folder: Path) -> list[tuple[Path, str]]:
    """Recordings that cannot be used, each with a word of the complaint about it."""
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("these are words\n" * 50, encoding="utf-8")
    sf.write(folder / "nan.wav", np.full((TELEPHONE, 1), np.nan, np.float32), 16_000, "FLOAT")
    return [
        (folder / "empty.wav", "it is empty"),
        (folder / "text.wav", "no sound file"),
        (folder / "nan.wav", "is not a number"),
        (write_wav(folder / "nothing.wav", 1, 0), "no sound"),
        (write_wav(folder / "one-sample.wav", 1, 1), "shorter than"),
        (write_wav(folder / "six-channels.wav", 6, TELEPHONE), "6 channels"),
    ]


def write_bad_transcripts(folder: Path) -> list[tuple[Path, str]]:
    """Transcripts that cannot be used, each with the place that is at fault."""
    texts = {
        "ambiguous": "call_id: x\nturns:\n  - {start_s: no}\n",
        "unclosed": "call_id: x\nturns: [\n",
        "desk": "call_id: x\ndesk: gold\nturns: []\n",
        "when": "call_id: x\nturns: []\nstarted_at: yesterday\n",
    }
    places = {"ambiguous": "3", "unclosed": "3", "desk": " desk 'gold' is not in", "when": "3"}
    for name, text in texts.items():
        (folder / f"{name}.call.yaml").write_text(text, encoding="utf-8")
    return [(folder / f"{n}.call.yaml", f"{n}.call.yaml:{at}") for n, at in places.items()]


def test_version_and_help_are_quick_answers() -> None:
    assert agent_assist("--version").out.strip() == __version__
    assert "replay" in agent_assist("--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("sing",),
        ("replay",),
        ("match", "--top", "0", "您好"),
    ],
)
def test_a_wrong_command_line_is_explained(arguments: Sequence[str | Path]) -> None:
    ended = agent_assist(*arguments)
    assert ended.status == 2
    assert "usage: agent-assist" in ended.err


def test_a_desk_that_the_script_lacks_is_refused_with_those_it_has() -> None:
    ended = agent_assist("replay", "--desk", "gold", TRANSCRIPT)
    assert ended.status == 2
    assert ended.err.strip().endswith("use one of vip, gotone, general")


def test_every_bad_file_gets_its_line_and_good_ones_are_still_replayed(tmp_path: Path) -> None:
    bad = [*write_bad_recordings(tmp_path), *write_bad_transcripts(tmp_path)]
    ended = agent_assist("replay", *(path for path, _ in bad), TRANSCRIPT)
    assert ended.status == 2
    lines = ended.err.splitlines()
    assert len(lines) == len(bad)
    for line, (path, complaint) in zip(lines, bad, strict=True):
        assert line.startswith(str(path))
        assert complaint in line
    assert "demo.call.yaml" in ended.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("replay", "nowhere.wav"), "nowhere.wav: no such file"),
        (("replay", "."), "holds no recording"),
        (("replay", "--started-at", "yesterday", TRANSCRIPT), "'yesterday' is no time"),
        (("replay", "--script", ".", TRANSCRIPT), "script.yaml:1: is missing"),
        (("replay", "--model", ".", CALLS / "demo.wav"), "am/final.mdl is missing"),
        (("transcribe", "--model", "nowhere", "x.wav"), "nowhere: does not exist"),
        (("match", "--phrases", "nowhere.txt", "您好"), "nowhere.txt: cannot be read"),
        (("evaluate", "nowhere.tsv"), "nowhere.tsv: cannot be read"),
        (("report", "nowhere.jsonl", "-o", "x.html"), "nowhere.jsonl: the log cannot be read"),
        (("report", TRANSCRIPT, "-o", "x.html"), "demo.call.yaml:1: "),
        (("test-scripts", "."), "script.yaml:1: is missing"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: Sequence[str | Path],
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.chdir(tmp_path)
    ended = agent_assist(*arguments)
    assert ended.status == 2
    assert any(complaint in line for line in ended.err.splitlines()), ended.err


def test_a_timeline_and_its_log_tell_the_same_call(tmp_path: Path) -> None:
    ended = agent_assist("replay", TRANSCRIPT, "--out", tmp_path)
    assert ended.status == 0
    assert "time-greet-2s" in ended.out
    log = (tmp_path / "demo.events.jsonl").read_text(encoding="utf-8")
    assert "demo.report.html" in ended.out
    assert agent_assist("replay", TRANSCRIPT, "--format", "jsonl").out == log
    page = tmp_path / "again.html"
    assert agent_assist("report", tmp_path / "demo.events.jsonl", "-o", page).status == 0
    assert page.read_bytes() == (tmp_path / "demo.report.html").read_bytes()


def test_json_lines_of_a_recording_are_the_same_twice(tmp_path: Path) -> None:
    start, rate = sf.read(CALLS / "vip-desk.wav", frames=TELEPHONE * 8, dtype="int16")
    recording = tmp_path / "opening.wav"
    sf.write(recording, start, rate)
    first = agent_assist("replay", recording, "--format", "jsonl", "--desk", "vip")
    assert first.status == 0
    header, *events = first.records()
    assert (header["type"], header["desk"]) == ("header", "vip")
    assert header["model"]["name"] == settings.DEFAULT_MODEL.name
    assert all(isinstance(event["at_ms"], int) and event["type"] for event in events)
    assert events[0]["type"] == "call_started"
    assert sum(event["type"] == "call_ended" for event in events) == 1
    assert any(event["type"] == "utterance" and event["text"] for event in events)
    again = agent_assist("replay", recording, "--format", "jsonl", "--desk", "vip")
    assert again.out == first.out


def test_unusual_but_sound_recordings_work(tmp_path: Path) -> None:
    studio = write_wav(tmp_path / "studio.wav", 2, 96_000, rate=96_000)
    silence = write_wav(tmp_path / "ten-minutes.flac", 2, 600 * TELEPHONE)
    ended = agent_assist("replay", studio, silence, "--format", "jsonl")
    assert ended.status == 0
    ends = [record["at_ms"] for record in ended.records() if record["type"] == "call_ended"]
    assert ends == [1_000, 600_000]


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    command = [sys.executable, "-m", "agent_assist.cli", "replay", str(TRANSCRIPT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_match_shows_the_nearest_wordings(tmp_path: Path) -> None:
    records = agent_assist("match", "请问机主姓名", "--top", "2").records()
    assert [record["id"] for record in records][:1] == ["ask-owner-name:1"]
    assert len(records) == 2
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("您好\n祝您周末愉快\n", encoding="utf-8")
    best = agent_assist("match", "--phrases", phrases, "祝您周末愉快").records()[0]
    assert (best["id"], best["score"]) == (2, 1.0)


def test_transcribe_gives_one_line_a_channel(tmp_path: Path) -> None:
    silence = write_wav(tmp_path / "silence.wav", 2, TELEPHONE)
    records = agent_assist("transcribe", silence).records()
    assert [record["channel"] for record in records] == ["agent", "customer"]


def test_the_bundled_script_is_sound() -> None:
    checked = agent_assist("check")
    assert checked.status == 0, checked.out
    tested = agent_assist("test-scripts")
    assert tested.status == 0, tested.out
    assert not tested.out.startswith("0 ")


def test_a_faulty_script_fails_its_check(tmp_path: Path) -> None:
    ended = agent_assist("check", tmp_path)
    assert ended.status == 1
    assert "script.yaml:1: is missing" in ended.out


def test_the_doctor_finds_this_checkout_sound() -> None:
    ended = agent_assist("doctor")
    assert ended.status == 0, ended.out
    assert "小结" in ended.out.splitlines()[-1]


def test_the_demonstration_writes_a_report(tmp_path: Path) -> None:
    ended = agent_assist("demo", "--out", tmp_path)
    assert ended.status == 0
    report = tmp_path / "demo.report.html"
    assert str(report) in ended.out
    assert "data:audio/wav" in report.read_text(encoding="utf-8")


def test_a_missing_file_among_several_does_not_stop_the_others(tmp_path: Path) -> None:
    ended = agent_assist("replay", tmp_path / "missing.wav", TRANSCRIPT)
    assert ended.status == 2
    assert ended.err.count("\n") == 1
    assert "missing.wav: no such file or folder" in ended.err
    assert "结束" in ended.out
