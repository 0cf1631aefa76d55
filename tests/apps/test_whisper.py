"""Whispered prompts: seldom, few, and never while the agent speaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_assist.apps.whisper import Whisper
from agent_assist.core.events import Prompt, PromptCleared, VoiceEnded, VoiceStarted


@dataclass
class FakeVoice:
    said: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def cancel(self) -> None:
        self.said.append("-")


def prompt(at_ms: int, text: str) -> Prompt:
    return Prompt(at_ms, "greet", 1, text, None, "seed", 0)


def test_prompts_are_spoken_with_a_least_gap_between_them() -> None:
    voice = FakeVoice()
    whisper = Whisper(voice, least_gap_ms=8_000)
    for at_ms, text in ((0, "一"), (7_999, "二"), (8_000, "三")):
        whisper.write(prompt(at_ms, text))
    assert voice.said == ["一", "三"]


def test_a_call_has_so_many_and_no_more() -> None:
    voice = FakeVoice()
    whisper = Whisper(voice, least_gap_ms=0, most=2)
    for at_ms in range(5):
        whisper.write(prompt(at_ms, str(at_ms)))
    assert voice.said == ["0", "1"]


def test_nothing_is_whispered_while_the_agent_speaks() -> None:
    voice = FakeVoice()
    whisper = Whisper(voice, least_gap_ms=0)
    whisper.write(VoiceStarted(0, "agent"))
    whisper.write(prompt(10, "一"))
    whisper.write(VoiceEnded(500, "agent"))
    whisper.write(VoiceStarted(600, "customer"))
    whisper.write(prompt(700, "二"))
    whisper.write(PromptCleared(900, "greet", 1, "said"))
    assert voice.said == ["-", "二", "-"]


def test_numbers_are_masked() -> None:
    voice = FakeVoice()
    Whisper(voice).write(prompt(0, "您的号码是13812345678吗"))
    assert "13812345678" not in voice.said[0]
