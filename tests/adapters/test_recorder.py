"""Recordings of live calls: whole at every moment, exact, with their gaps, deleted in time."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.call_meta import read_meta
from agent_assist.adapters.recorder import DAY_S, Recorder, Recording, delete_older, read_gaps
from agent_assist.core.call import CallMeta
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import FRAME_SAMPLES, AudioFrame
from agent_assist.errors import BadInputError

BOTH: tuple[Channel, ...] = ("agent", "customer")
META = CallMeta("c1", "vip", "0086", '小"周', "2026-05-12T10:20:00+08:00", customer_title="先生")


def frames(count: int, channels: int = 2) -> list[AudioFrame]:
    chance = np.random.default_rng(7)
    size = (channels, FRAME_SAMPLES)
    return [
        AudioFrame(20 * n, chance.integers(-32768, 32768, size).astype(np.int16))
        for n in range(count)
    ]


@pytest.mark.parametrize("channels", [BOTH, BOTH[:1]])
def test_a_recording_is_whole_at_every_moment(
    tmp_path: Path, channels: tuple[Channel, ...]
) -> None:
    path = tmp_path / "c1.wav"
    recorder = Recorder(path, channels, META)
    fed = frames(30, len(channels))
    for number, frame in enumerate(fed, start=1):
        recorder.write(frame)
        if number >= 5:
            read = list(AudioFile(path))
            assert len(read) == number
            assert all(
                np.array_equal(a.samples, b.samples) for a, b in zip(read, fed, strict=False)
            )
    assert read_meta(path).hung_up_by == "unknown"
    recorder.close("customer")
    assert read_meta(path) == CallMeta(
        "c1", "vip", "0086", '小"周', META.started_at, None, "customer", customer_title="先生"
    )


def test_gaps_come_back_where_they_were_told(tmp_path: Path) -> None:
    path = tmp_path / "c1.wav"
    recorder = Recorder(path, BOTH, META)
    gap = AudioGap(15, "customer", 30, "unplugged")
    fed: list[AudioFrame | AudioGap] = [gap, *frames(4), gap, *frames(7)[4:], gap]
    long = AudioFrame(0, np.concatenate([frame.samples for frame in frames(4)], axis=1))
    for item in [gap, long, *fed[5:]]:
        recorder.write(item)
    recorder.close()
    again = list(Recording(AudioFile(path)))
    assert [type(item) for item in again] == [type(item) for item in fed]
    assert again[0] == again[5] == again[-1] == gap
    assert Recording(AudioFile(path)).channels == BOTH


def test_a_note_of_a_gap_that_was_cut_off_is_passed_over_and_a_false_one_named(
    tmp_path: Path,
) -> None:
    recording = tmp_path / "c1.wav"
    recorder = Recorder(recording, BOTH, META)
    recorder.write(AudioGap(0, "agent", 5, "overflow"))
    notes = tmp_path / "c1.gaps.jsonl"
    notes.write_text(notes.read_text() + '{"after_fr')
    assert read_gaps(recording) == [(0, AudioGap(0, "agent", 5, "overflow"))]
    notes.write_text("{}\n")
    with pytest.raises(BadInputError, match=r"c1\.gaps\.jsonl:1: is no note"):
        read_gaps(recording)


def test_a_full_disk_ends_the_recording_not_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c1.wav"
    recorder = Recorder(path, BOTH, META)
    fed = frames(20)
    for frame in fed[:10]:
        recorder.write(frame)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", full)
        recorder.write(fed[10])
    for frame in fed[11:]:
        recorder.write(frame)
    recorder.close("agent")
    assert len(list(AudioFile(path))) == 10


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    Recorder(tmp_path / "c1.wav", BOTH, META).close()
    with pytest.raises(BadInputError, match="cannot be recorded"):
        Recorder(tmp_path / "c1.wav", BOTH, META)


def test_only_old_recordings_are_deleted(tmp_path: Path) -> None:
    for name in ("old", "new"):
        recorder = Recorder(tmp_path / f"{name}.wav", BOTH, META)
        recorder.write(AudioGap(0, "agent", 5, "overflow"))
        recorder.close()
    foreign = tmp_path / "music.wav"
    foreign.write_bytes(b"RIFF")
    now_s = 1_800_000_000.0
    for name, age in (("old", 8), ("new", 6), ("music", 99)):
        moment = now_s - age * DAY_S
        os.utime(tmp_path / f"{name}.wav", (moment, moment))
    assert delete_older(tmp_path, 7, now_s) == [tmp_path / "old.wav"]
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"new.wav", "new.meta.yaml", "new.gaps.jsonl", "music.wav"}
