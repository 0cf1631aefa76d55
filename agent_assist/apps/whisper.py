"""Speaks the next line into the agent's ear: seldom, and never while the agent speaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from agent_assist.adapters.speech import Speaker
from agent_assist.core.events import Event, Prompt, PromptCleared, VoiceEnded, VoiceStarted
from agent_assist.core.masking import mask
from agent_assist.errors import AgentAssistError

LEAST_GAP_MS = 8_000
MOST_PER_CALL = 20
_log = logging.getLogger(__name__)


class Voice(Protocol):
    """Says one thing at a time, without making anybody wait."""

    def say(self, text: str) -> None:
        """Say this next, in place of anything not begun yet."""
        ...

    def cancel(self) -> None:
        """Be silent at once."""
        ...


@dataclass(slots=True, eq=False)
class Whisper:
    """A `Sink` for one call."""

    voice: Voice
    least_gap_ms: int = LEAST_GAP_MS
    most: int = MOST_PER_CALL
    _said: int = 0
    _last_ms: int | None = None
    _agent_speaks: bool = False

    def write(self, event: Event) -> None:
        """Say a prompt; fall silent when it is over or the agent begins to speak."""
        match event:
            case Prompt() if event.text:
                self._prompt(event)
            case PromptCleared():
                self.voice.cancel()
            case VoiceStarted(channel="agent"):
                self._agent_speaks = True
                self.voice.cancel()
            case VoiceEnded(channel="agent"):
                self._agent_speaks = False
            case _:
                pass

    def _prompt(self, prompt: Prompt) -> None:
        waited = self._last_ms is None or prompt.at_ms - self._last_ms >= self.least_gap_ms
        if self._agent_speaks or not waited or self._said >= self.most:
            return
        self._said, self._last_ms = self._said + 1, prompt.at_ms
        self.voice.say(mask(prompt.text))


@contextmanager
def whisper_aloud() -> Iterator[Voice]:
    """A voice in a process of its own."""
    speaker = Speaker()
    try:
        yield speaker
    finally:
        speaker.close()


def say(text: str) -> None:
    """Say a text and wait until it was said; raises AgentAssistError when it cannot be."""
    speaker = Speaker()
    try:
        speaker.say(text)
        problem = speaker.wait()
    finally:
        speaker.close()
    if problem:
        raise AgentAssistError(problem)
