"""Recordings of every kind, made here; faulty ones are refused in one line with a next step."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

from agent_assist.adapters.audio_file import AudioFile, AudioInfo, Side, probe
from agent_assist.errors import BadInputError

Sound = NDArray[np.float64]


def tones(rate: int, seconds: float = 1.0) -> Sound:
    """400 Hz on the left, 1000 Hz at half the level on the right."""
    time = np.arange(round(rate * seconds)) / rate
    left, right = np.sin(2 * np.pi * 400 * time), 0.5 * np.sin(2 * np.pi * 1000 * time)
    return 0.5 * np.stack([left, right], axis=1)


def samples(recording: AudioFile) -> NDArray[np.int16]:
    return np.concatenate([frame.samples for frame in recording], axis=1)


def pitch(row: NDArray[np.int16]) -> float:
    """Frequency of the loudest component."""
    return float(np.argmax(np.abs(np.fft.rfft(row)))) * 16_000 / len(row)


def level(row: NDArray[np.int16]) -> float:
    return float(np.sqrt(np.mean((row[1600:-1600] / 32768.0) ** 2)))


KINDS = [
    ("call.wav", 8_000, "PCM_16"),
    ("call.wav", 8_000, "ALAW"),
    ("call.wav", 8_000, "ULAW"),
    ("call.wav", 16_000, "PCM_16"),
    ("call.wav", 11_025, "PCM_U8"),
    ("call.wav", 44_100, "PCM_24"),
    ("call.wav", 48_000, "FLOAT"),
    ("call.wav", 192_000, "PCM_32"),
    ("call.flac", 22_050, "PCM_16"),
    ("call.ogg", 44_100, "VORBIS"),
    ("call.mp3", 16_000, "MPEG_LAYER_III"),
    ("通话 1.wav", 6_000, "PCM_16"),
]


@pytest.mark.parametrize(("name", "rate", "subtype"), KINDS)
def test_kinds_of_recordings(tmp_path: Path, name: str, rate: int, subtype: str) -> None:
    path = tmp_path / name
    sf.write(path, tones(rate), rate, subtype=subtype)
    recording = AudioFile(path)
    heard = samples(recording)
    assert recording.channels == ("agent", "customer")
    assert recording.info.rate == rate
    assert recording.duration_ms == pytest.approx(1000, abs=80 if name.endswith("mp3") else 1)
    assert [pitch(row) for row in heard] == pytest.approx([400, 1000], abs=3)
    assert [level(row) for row in heard] == pytest.approx([0.354, 0.177], rel=0.06)


def test_gsm_with_one_channel_is_the_agent(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sf.write(path, tones(8_000)[:, 0], 8_000, subtype="GSM610")
    recording = AudioFile(path)
    assert recording.channels == ("agent",)
    assert pitch(samples(recording)[0]) == pytest.approx(400, abs=10)


@pytest.mark.parametrize(("side", "expected"), [("left", [400, 1000]), ("right", [1000, 400])])
def test_agent_channel(tmp_path: Path, side: Side, expected: list[int]) -> None:
    path = tmp_path / "call.wav"
    sf.write(path, tones(8_000), 8_000)
    recording = AudioFile(path, agent_channel=side)
    assert [pitch(row) for row in samples(recording)] == pytest.approx(expected, abs=3)
    assert recording.channels == ("agent", "customer")


def test_samples_at_16_khz_are_taken_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sound = np.random.default_rng(1).integers(-32768, 32767, (40_000, 2), np.int16, endpoint=True)
    sf.write(path, sound, 16_000)
    recording = AudioFile(path)
    assert np.array_equal(samples(recording)[:, :40_000], sound.T)
    assert np.array_equal(samples(recording)[:, :40_000], sound.T), "may be read again"
    assert recording.duration_ms == 2500


def test_loud_float_samples_are_clipped_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sf.write(path, np.tile([1.5, -1.5], 4000), 16_000, subtype="FLOAT")
    heard = samples(AudioFile(path))
    assert (heard.max(), heard.min()) == (32767, -32768)


def test_a_long_recording_is_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with sf.SoundFile(path, "w", 8_000, 2, subtype="ULAW") as file:
        for _ in range(20 * 60):
            file.write(np.zeros((8_000, 2), np.int16))
    tracemalloc.start()
    count = sum(1 for _ in AudioFile(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20 * 60 * 50
    assert peak < 8_000_000


def test_probe(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sf.write(path, tones(8_000, 2.5), 8_000, subtype="ALAW")
    assert probe(path) == AudioInfo(8_000, 2, 20_000, "WAV")
    assert probe(path).duration_ms == 2500


@pytest.mark.parametrize("name", ["call.wav", "call.flac", "call.ogg", "call.mp3"])
def test_cut_off_recording_is_read_as_far_as_it_goes(
    tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / name
    noise = np.random.default_rng(1).normal(0, 0.1, (44_100 * 4, 2))
    sf.write(path, noise, 44_100)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = AudioFile(path)
    heard = samples(recording)
    assert 1000 < recording.duration_ms < 2500
    assert level(heard[0]) > 0.02
    if name.endswith(("flac", "mp3")):
        assert "is cut off" in caplog.text


def test_header_of_a_stream_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    sf.write(path, tones(8_000), 8_000)
    raw = bytearray(path.read_bytes())
    raw[4:8] = raw[40:44] = b"\xff" * 4
    path.write_bytes(raw)
    recording = AudioFile(path)
    assert samples(recording).shape == (2, 16_000)


def write(path: Path, channels: int = 2, rate: int = 8_000, seconds: float = 1.0) -> bytes:
    sf.write(path, np.zeros((round(rate * seconds), channels)), rate, format="WAV")
    return path.read_bytes()


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "three channels": (lambda p: write(p, channels=3), "it has 3 channels; give one channel"),
    "no samples": (lambda p: write(p, seconds=0), "it holds no sound; check that"),
    "too short": (lambda p: write(p, seconds=0.099), "it is shorter than 100 ms; give a whole"),
    "low rate": (lambda p: write(p, rate=5_999), "its sample rate is 5999 Hz; convert it"),
    "high rate": (lambda p: write(p, rate=192_001), "its sample rate is 192001 Hz; convert it"),
    "cut header": (lambda p: p.write_bytes(write(p)[:30]), "it is no sound file, or its beginning"),
    "text": (lambda p: p.write_text("您好\n" * 99, "utf-8"), "it is no sound file, or its"),
    "empty": (lambda p: p.write_bytes(b""), "it is empty; check that the recorder"),
    "directory": (lambda p: p.mkdir(), "it is not a file; give one recording"),
    "missing": (lambda _: None, "there is no such file; check the name"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_unusable_files_are_refused(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "call.wav"
    make, message = FAULTS[fault]
    make(path)
    with pytest.raises(BadInputError) as caught:
        AudioFile(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert "\n" not in str(caught.value)


def test_headerless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "call.raw"
    path.write_bytes(bytes(16_000))
    with pytest.raises(BadInputError, match="it is no sound file"):
        probe(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_numbers_are_refused(tmp_path: Path, bad: float) -> None:
    path = tmp_path / "call.wav"
    sound = tones(44_100)
    sound[40_000, 1] = bad
    sf.write(path, sound, 44_100, subtype="FLOAT")
    with pytest.raises(BadInputError, match="sample 40000 is not a number; record or convert"):
        samples(AudioFile(path))
