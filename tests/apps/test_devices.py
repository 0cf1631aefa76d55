"""The list of devices and their levels, with a sound system and without."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest

from agent_assist.adapters.capture import Sound
from agent_assist.adapters.portaudio import Device, SoundError
from agent_assist.apps import devices as app
from agent_assist.cli import main

HEADSET = Device(2, "USB Headset", "ALSA", 1, 48_000, True)
MONITOR = Device(5, "Monitor of USB Headset", "ALSA", 2, 44_100, False)


class FakeStream:
    def close(self) -> None:
        pass


class FakePortAudio:
    found: tuple[Device, ...] = (HEADSET, MONITOR)

    def devices(self) -> list[Device]:
        return list(self.found)

    def rates(self, device: Device) -> tuple[int, ...]:
        return (device.rate,)

    def find(self, wanted: str) -> Device:
        return next(device for device in self.found if wanted in (device.name, str(device.index)))

    def open(self, wanted: str, deliver: Callable[[Sound], None], _: object) -> FakeStream:
        if wanted == "5":
            raise SoundError("Monitor of USB Headset: cannot be opened: busy")
        deliver(np.array([0.0, -0.5], np.float32))
        return FakeStream()


class NoPortAudio:
    def __init__(self) -> None:
        raise SoundError("PortAudio (libportaudio2) is missing; apt-get install libportaudio2")


def test_devices_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "PortAudio", FakePortAudio)
    assert main(["devices"]) == 0
    _, first, second, _ = capsys.readouterr().out.splitlines()
    assert first.split() == ["2", "48", "ALSA", "USB", "Headset（默认）"]
    assert "内录" in second


def test_levels_are_shown_and_a_busy_device_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "PortAudio", FakePortAudio)
    out, moments = io.StringIO(), iter([0.0, 0.1, 9.0])
    assert app.show_levels(1.0, [], out, clock=lambda: next(moments), sleep=lambda _: None)
    busy, level = out.getvalue().splitlines()
    assert "打不开" in busy
    assert "-6.0 dBFS" in level
    assert level.count("█") == 27


@pytest.mark.parametrize("missing", [NoPortAudio, type("None_", (FakePortAudio,), {"found": ()})])
def test_without_devices_one_line_says_so(
    missing: type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app, "PortAudio", missing)
    assert main(["devices"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "libportaudio2" in line or "耳麦" in line
