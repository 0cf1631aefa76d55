"""What is played comes out whole and in order, and a missing device is told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from agent_assist.adapters.loudspeaker import Loudspeaker, LoudspeakerError


class PortAudioError(Exception):
    pass


class FakeStream:
    """Asks for blocks when it is told to."""

    last: FakeStream
    rates: tuple[int, ...] = (16_000, 48_000)

    def __init__(
        self, *, samplerate: int, device: object, callback: Callable[..., None], **_: Any
    ) -> None:
        if samplerate not in self.rates:
            raise PortAudioError("Invalid sample rate")
        if device == "none":
            raise ValueError("No output device matching 'none'")
        self.device, self.callback, self.is_open = device, callback, False
        FakeStream.last = self

    def start(self) -> None:
        self.is_open = True

    def abort(self, **_: Any) -> None:
        self.is_open = False

    def close(self, **_: Any) -> None:
        self.is_open = False

    def take(self, count: int) -> list[int]:
        block = np.full((count, 1), 99, np.int16)
        self.callback(block, count, None, None)
        return [int(sample) for sample in block[:, 0]]


@pytest.fixture(autouse=True)
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("sounddevice")
    module.OutputStream = FakeStream  # type: ignore[attr-defined]
    module.PortAudioError = PortAudioError  # type: ignore[attr-defined]
    facts = {"default_samplerate": 48_000.0}
    module.query_devices = lambda *_: facts  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sounddevice", module)


def test_lines_are_played_one_after_the_other_with_silence_around() -> None:
    loudspeaker = Loudspeaker("3")
    stream = FakeStream.last
    assert stream.device == 3 and stream.is_open
    assert stream.take(2) == [0, 0]
    loudspeaker.play(np.array([1, 2, 3], np.int16))
    loudspeaker.play(np.array([4], np.int16))
    assert stream.take(2) == [1, 2]
    assert stream.take(4) == [3, 4, 0, 0]
    loudspeaker.close()
    assert not stream.is_open


def test_a_device_that_knows_only_its_own_rate_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeStream, "rates", (48_000,))
    loudspeaker = Loudspeaker()
    loudspeaker.play(np.full(1_600, 1_000, np.int16))
    heard = FakeStream.last.take(6_000)
    assert heard[2_400] == pytest.approx(1_000, abs=20)
    assert not any(heard[4_900:]), "a tenth of a second is 4,800 samples"


def test_a_missing_device_is_told() -> None:
    with pytest.raises(LoudspeakerError, match="no loudspeaker: No output device"):
        Loudspeaker("none")


def test_a_missing_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(LoudspeakerError, match="sounddevice is not installed"):
        Loudspeaker()
