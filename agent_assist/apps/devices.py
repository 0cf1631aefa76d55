"""Lists the devices that can be listened to, and shows how loud they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

import numpy as np

from agent_assist.adapters.capture import Sound
from agent_assist.adapters.portaudio import Device, PortAudio
from agent_assist.errors import AgentAssistError

SHOW_EVERY_S = 0.25
QUIETEST_DBFS = -60.0
BAR = 30
NONE = "没有可以录音的设备：请接上耳麦后重试"
HOW = "agent-assist live --agent-device 序号或名称 [--customer-device 序号或名称]"


def list_devices(out: TextIO) -> list[Device]:
    """Print every input device; an empty list was explained."""
    try:
        sound_system = PortAudio()
        devices = sound_system.devices()
    except AgentAssistError as error:
        print(f"声音设备不可用：{error}", file=out)
        return []
    if not devices:
        print(NONE, file=out)
        return []
    print("序号  采样率（kHz）      接口            名称", file=out)
    for device in devices:
        print(line_for(device, sound_system.rates(device)), file=out)
    print(f"用法：{HOW}", file=out)
    return devices


def line_for(device: Device, rates: Sequence[int]) -> str:
    """One device in a line."""
    shown = "/".join(f"{rate / 1000:g}" for rate in rates or (device.rate,))
    marks = [mark for mark, there in MARKS if there(device)]
    name = f"{device.name}（{'，'.join(marks)}）" if marks else device.name
    return f"{device.index:>4}  {shown:<16}  {device.host:<14}  {name}"


MARKS: tuple[tuple[str, Callable[[Device], bool]], ...] = (
    ("默认", lambda device: device.is_default),
    ("内录，可听客户声音", lambda device: device.is_monitor),
)


class Meter:
    """The loudest of what one device gave since it was last asked."""

    def __init__(self) -> None:
        self._peak = 0.0

    def feed(self, sound: Sound) -> None:
        """Take one block."""
        if sound.size:
            self._peak = max(self._peak, float(np.abs(sound).max()))

    def read(self) -> float:
        """Peak level in dBFS."""
        peak, self._peak = self._peak, 0.0
        return max(QUIETEST_DBFS, 20 * float(np.log10(peak))) if peak > 0 else QUIETEST_DBFS


def bar(level_dbfs: float) -> str:
    """A level as a bar of fixed width."""
    full = round((level_dbfs - QUIETEST_DBFS) / -QUIETEST_DBFS * BAR)
    return "█" * full + "·" * (BAR - full)


def show_levels(
    seconds: float,
    wanted: list[str],
    out: TextIO,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Show how loud devices are for some time, all or the wanted ones; whether any was heard."""
    sound_system = PortAudio()
    devices = [sound_system.find(name) for name in wanted] or sound_system.devices()
    meters: list[tuple[Device, Meter]] = []
    streams = []
    for device in devices:
        meter = Meter()
        try:
            streams.append(sound_system.open(str(device.index), meter.feed, lambda: None))
        except AgentAssistError as error:
            print(f"{device.index:>4}  打不开：{error}", file=out)
            continue
        meters.append((device, meter))
    ends_s = clock() + seconds
    try:
        while meters and clock() < ends_s:
            sleep(SHOW_EVERY_S)
            for device, meter in meters:
                level = meter.read()
                print(f"{device.index:>4}  {bar(level)} {level:6.1f} dBFS  {device.name}", file=out)
            out.flush()
    finally:
        for stream in streams:
            stream.close()
    return bool(meters)
