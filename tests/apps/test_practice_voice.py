"""The customer's channel: his lines as sound, and his words, which are known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.apps import practice_voice as app
from agent_assist.apps.practice_lessons import lessons_of
from agent_assist.apps.practice_voice import CustomerVoice, KnownSpeech, aloud, speak_lesson
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.lesson import Lesson, LineSound
from agent_assist.core.ports import Samples
from agent_assist.settings import DEFAULT_SCRIPT

BLOCK = np.zeros(1_600, np.int16)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    return lessons_of(read_pack(DEFAULT_SCRIPT))[0]


def dbfs(samples: Samples) -> float:
    return float(10 * np.log10(np.mean((samples / 32768.0) ** 2)))


def test_known_words_come_as_their_time_passes() -> None:
    known = KnownSpeech()
    known.tell("没有了，谢谢。", 1_000)
    for _ in range(3 + 6):
        known.accept(BLOCK)
    assert known.partial() == "没有了", "six tenths of five characters, after what is before it"
    words = known.finish()
    assert "".join(word.text for word in words) == "没有了谢谢"
    assert (words[0].start_ms, words[-1].end_ms) == (300, 1_300)
    assert {word.confidence for word in words} == {1.0}
    assert known.partial() == "" and known.finish() == ()


def test_the_times_of_a_second_line_count_from_the_first_sound() -> None:
    known = KnownSpeech()
    for _ in range(2):
        known.tell("对", 400)
        for _ in range(10):
            known.accept(BLOCK)
        last = known.finish()
    assert (last[0].start_ms, last[0].end_ms) == (1_300, 1_700)


def test_a_line_is_spoken_frame_by_frame_over_the_noise_of_the_line() -> None:
    clip = np.full(500, 20_000, np.int16)
    voice = CustomerVoice(["对"], [clip], LineSound(0.0, -50.0))
    assert dbfs(np.concatenate([voice.next_frame() for _ in range(50)])) == pytest.approx(
        -50, abs=1
    )
    assert voice.begin(0) == 32 and voice.speaking
    heard = np.concatenate([voice.next_frame() for _ in range(3)])
    assert not voice.speaking
    assert np.abs(heard[:500].astype(int) - 20_000).max() < 1_000
    assert np.abs(heard[500:].astype(int)).max() < 1_000


def write_lines(monkeypatch: pytest.MonkeyPatch, sound: np.ndarray) -> list[list[str]]:
    """A voice that says everything alike; what it was asked to say."""
    asked: list[list[str]] = []

    def synthesise(texts: list[str], folder: Path) -> list[Path]:
        asked.append(list(texts))
        files = [folder / f"{i}.wav" for i in range(len(texts))]
        for file in files:
            sf.write(file, sound, 16_000, "PCM_16")
        return files

    monkeypatch.setattr(app, "synthesise", synthesise)
    return asked


def test_lines_are_levelled_and_their_pauses_cut(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone = 0.01 * np.sin(np.arange(8_000) / 4)
    quiet = np.zeros(16_000)
    asked = write_lines(monkeypatch, np.concatenate([quiet, tone, quiet, tone, quiet]))
    voice = speak_lesson(replace(lesson, sound=LineSound(-10.0)))
    assert "不是，是幺三八零零零零零零零幺。" in asked[0]
    clip = voice.clips[0]
    assert len(clip) == pytest.approx(8_000 + 4_800 + 8_000, abs=320), "300 ms of pause are left"
    assert dbfs(clip) == pytest.approx(-32.0, abs=0.2)


def test_a_customer_who_says_nothing_needs_no_voice(
    lesson: Lesson, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = write_lines(monkeypatch, np.zeros(1_600))
    silent = replace(lesson, turns=())
    assert speak_lesson(silent).texts == () and asked == []


def test_figures_are_said_digit_by_digit() -> None:
    assert aloud("拨打10086，选1号键") == "拨打幺零零八六，选一号键"


def test_the_systems_own_voice_speaks_a_lesson(lesson: Lesson, tmp_path: Path) -> None:
    short = replace(lesson, turns=lesson.turns[:2])
    voice = speak_lesson(short)
    [clip] = voice.clips
    assert 1_000 < len(clip) / 16 < 8_000
    assert dbfs(clip) == pytest.approx(-22.0, abs=1.0)
    target = tmp_path / "line.wav"
    sf.write(target, clip, 16_000, "PCM_16")
    assert AudioFile(target).channels == ("agent",)
