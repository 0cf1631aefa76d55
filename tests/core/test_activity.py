"""Voice activity from plain booleans, then from sound through webrtcvad."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.core.activity import Loudness, VoiceActivity, VoiceChange
from agent_assist.core.line_quality import energy_of, to_dbfs


def changes(pattern: str) -> list[tuple[str, int, int]]:
    """(kind, time, known at) for a pattern of ticks: ``#`` is voiced."""
    activity = VoiceActivity()
    found: list[tuple[str, int, int]] = []
    for char in pattern:
        change = activity.feed(char == "#")
        if change:
            found.append((change.kind, change.at_ms, activity.now_ms))
    change = activity.finish()
    if change:
        found.append((change.kind, change.at_ms, activity.now_ms))
    return found


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("." * 50, []),
        ("####" + "." * 30, []),
        ("..#####" + "." * 20, [("onset", 20, 70), ("end", 70, 270)]),
        ("..##.###" + "." * 20, [("onset", 20, 80), ("end", 80, 280)]),
        ("..##..####" + "." * 20, []),
        ("#####" + "." * 19 + "#" + "." * 20, [("onset", 0, 50), ("end", 250, 450)]),
        ("#####" + "." * 19 + "." + "#" * 4, [("onset", 0, 50), ("end", 50, 250)]),
        ("#######", [("onset", 0, 50), ("end", 70, 70)]),
    ],
)
def test_onsets_and_ends(pattern: str, expected: list[tuple[str, int, int]]) -> None:
    assert changes(pattern) == expected


@settings(deadline=None)
@given(st.text("#.", max_size=300))
def test_onsets_are_known_early_and_alternate_with_ends(pattern: str) -> None:
    found = changes(pattern)
    assert [kind for kind, _, _ in found] == ["onset", "end"] * (len(found) // 2)
    times = [at for _, at, _ in found]
    assert times == sorted(set(times))
    for kind, at, known in found:
        assert pattern[at // 10 if kind == "onset" else at // 10 - 1] == "#"
        assert known - at <= (60 if kind == "onset" else 200)


@settings(deadline=None)
@given(st.text("#.", max_size=300))
def test_no_onset_is_told_of_before_what_was_listened_to(pattern: str) -> None:
    activity, listened_ms = VoiceActivity(), 0
    for char in pattern:
        change = activity.feed(char == "#")
        assert not change or change.kind == "end" or change.at_ms >= listened_ms
        assert listened_ms <= activity.listened_ms
        listened_ms = activity.listened_ms
        assert activity.now_ms - listened_ms <= 60


Sound = NDArray[np.int16]


def noise(seconds: float, level_dbfs: float, seed: int = 1) -> Sound:
    scale = 32768 * 10 ** (level_dbfs / 20)
    sound = np.random.default_rng(seed).normal(0, scale, round(seconds * 16_000))
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def vowel(seconds: float, level_dbfs: float) -> Sound:
    """A buzz of 140 Hz through three formants: speech to any detector."""
    count = round(seconds * 16_000)
    pulses = np.zeros(count)
    pulses[::114] = 1.0
    spectrum = np.fft.rfft(pulses)
    freq = np.fft.rfftfreq(count, 1 / 16_000)
    gain = sum(1 / (1 + ((freq - f) / 90) ** 2) for f in (600, 1200, 2500))
    sound = np.fft.irfft(spectrum * gain, count)
    sound *= 32768 * 10 ** (level_dbfs / 20) / np.sqrt(np.mean(sound**2))
    return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def hear(sound: Sound) -> list[VoiceChange]:
    detector, loudness, activity = WebrtcDetector(), Loudness(), VoiceActivity()
    found = []
    for tick in sound[: len(sound) // 160 * 160].reshape(-1, 160):
        speech = detector.is_speech(tick.tobytes())
        loud = loudness.stands_out(to_dbfs(energy_of(tick)))
        found.append(activity.feed(speech and loud))
    found.append(activity.finish())
    return [change for change in found if change]


@pytest.mark.parametrize("floor_dbfs", [-90, -70, -50])
def test_a_vowel_stands_out_of_the_noise(floor_dbfs: float) -> None:
    sound = noise(3.0, floor_dbfs)
    sound[16_000:24_000] += vowel(0.5, -25)
    onset, end = hear(sound)
    assert (onset.kind, end.kind) == ("onset", "end")
    assert onset.at_ms == pytest.approx(1000, abs=30)
    assert end.at_ms == pytest.approx(1500, abs=60)


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(48_000, np.int16),
        noise(3.0, -65),
        noise(3.0, -45),
        vowel(3.0, -66),
        np.full(48_000, 3000, np.int16),
    ],
    ids=["digital silence", "line noise", "loud noise", "far voice", "direct current"],
)
def test_no_voice_in(sound: Sound) -> None:
    assert hear(sound) == []


def test_floor_follows_a_line_that_becomes_noisy() -> None:
    loudness = Loudness()
    for tick in noise(4.0, -70).reshape(-1, 160):
        loudness.stands_out(to_dbfs(energy_of(tick)))
    assert loudness.floor_dbfs == pytest.approx(-71.5, abs=1.5)
    loud = [
        loudness.stands_out(to_dbfs(energy_of(tick))) for tick in noise(6.0, -40).reshape(-1, 160)
    ]
    assert all(loud[:100])
    assert not any(loud[150:])


def test_noise_that_sets_in_after_digital_silence_is_no_voice_and_speech_over_it_is() -> None:
    loudness = Loudness()
    line = [-90.0] * 100 + [-58.0] + [-54.0] * 60 + [-30.0] * 20
    loud = [loudness.stands_out(level) for level in line]
    assert not any(loud[:161])
    assert all(loud[161:])


def test_speech_that_begins_right_after_digital_silence_stands_out() -> None:
    loudness = Loudness()
    loud = [loudness.stands_out(level) for level in [-90.0] * 100 + [-20.0, -25.0] * 40]
    assert all(loud[100:])
