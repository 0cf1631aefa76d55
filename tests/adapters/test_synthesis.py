"""Texts become sound files, or it is said why not."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.synthesis import NO_VOICE, VoiceError, say_all, synthesise


@dataclass
class Voice:
    id: str
    name: str = ""


@dataclass
class FakeEngine:
    """Writes an empty file as often as it is told to, then a whole one."""

    voices: list[Voice] = field(default_factory=lambda: [Voice("gmw/en"), Voice("sit/cmn")])
    empty: int = 0
    set: dict[str, object] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    said_before: dict[str, int] = field(default_factory=dict)
    target: str = ""

    def getProperty(self, _: str) -> list[Voice]:
        return self.voices

    def setProperty(self, name: str, value: object) -> None:
        self.set[name] = value
        self.said_before[name] = len(self.said)

    def save_to_file(self, text: str, target: str) -> None:
        self.said.append(text)
        self.target = target

    def runAndWait(self) -> None:
        self.empty -= 1
        Path(self.target).write_bytes(bytes(44 if self.empty >= 0 else 4_000))


def test_every_text_gets_its_file(tmp_path: Path) -> None:
    files = synthesise(["没有了，谢谢。", "对。"], tmp_path)
    assert [file.name for file in files] == ["0.wav", "1.wav"]
    lengths = [sum(frame.samples.shape[1] for frame in AudioFile(file)) / 16_000 for file in files]
    assert lengths[0] > lengths[1] > 0.1


def test_an_empty_file_is_tried_again(tmp_path: Path) -> None:
    engine = FakeEngine(empty=2)
    assert say_all(["对", "好"], tmp_path, engine) == ""
    assert engine.said == ["a", "a", "a", "对", "好"] and engine.set["voice"] == "sit/cmn"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.wav", "1.wav"]
    assert say_all(["对"], tmp_path, FakeEngine(empty=9)) == "text 1 of 1 cannot be said"


def test_the_voice_is_set_when_the_engine_is_idle(tmp_path: Path) -> None:
    """What it was told before is done by then: a text is always said alike."""
    engine = FakeEngine()
    assert say_all(["对"], tmp_path, engine) == ""
    assert engine.said_before == {"rate": 0, "voice": 1} and engine.said == ["a", "对"]


def test_a_system_without_mandarin_says_so(tmp_path: Path) -> None:
    assert say_all(["对"], tmp_path, FakeEngine([Voice("gmw/en")])) == NO_VOICE


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import os; os._exit(1)", "the voice's process died"),
        ("print('pfft')", "the voice's process died"),
        (f"print({json.dumps({'problem': 'no voice: gone'})!r})", "no voice: gone"),
    ],
)
def test_what_goes_wrong_in_the_child_is_told(program: str, told: str, tmp_path: Path) -> None:
    command: Sequence[str] = (sys.executable, "-c", program)
    with pytest.raises(VoiceError, match=told):
        synthesise(["对"], tmp_path, command)
