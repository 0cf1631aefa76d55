"""Sound devices through PortAudio: what is there, and streams of their sound.

PortAudio is loaded when it is first needed, so that everything else works without it. It may be
called from one thread at a time only; the lock here sees to that.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent_assist.adapters.capture import Sound
from agent_assist.errors import AgentAssistError

RATES = (16_000, 44_100, 48_000)
BLOCK_MS = 30
"""Longer blocks cost less, but every line and every flag stands on the page later: at 40 ms a flag
would miss its 60 ms."""
_MONITOR_WORDS = (
    "monitor",
    "loopback",
    "stereo mix",
    "立体声混音",
    "what u hear",
    "blackhole",
    "soundflower",
    "cable output",
)


class SoundError(AgentAssistError):
    """A sound device, or PortAudio itself, is missing or cannot be used."""


@dataclass(frozen=True, slots=True)
class Device:
    """One device that can be listened to."""

    index: int
    name: str
    host: str
    channels: int
    rate: int
    is_default: bool

    @property
    def is_monitor(self) -> bool:
        """Whether its name says that it gives what is played, such as the caller's voice."""
        return any(word in self.name.lower() for word in _MONITOR_WORDS)


@dataclass(slots=True, eq=False)
class OpenInput:
    """A running stream."""

    rate: int
    stream: Any
    lock: threading.RLock
    is_open: bool = True

    def close(self) -> None:
        """Stop it, whatever state it is in; a second time does nothing."""
        with self.lock:
            if self.is_open:
                self.is_open = False
                self.stream.abort(ignore_errors=True)
                self.stream.close(ignore_errors=True)


class PortAudio:
    """The library; raises SoundError where it is missing."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        try:
            import sounddevice  # noqa: PLC0415 - fails where PortAudio is missing
        except ImportError:
            raise SoundError("sounddevice is not installed; pip install sounddevice") from None
        except OSError:
            how = "apt-get install libportaudio2" if sys.platform == "linux" else "install it"
            raise SoundError(f"PortAudio (libportaudio2) is missing; {how}") from None
        self._library: Any = sounddevice
        self._streams: list[OpenInput] = []
        self._proven: dict[str, list[tuple[int, int]]] = {}
        """Settings with which a device was opened before; others need not be tried again."""

    def devices(self) -> list[Device]:
        """All devices with an input."""
        with self._lock:
            try:
                found = list(self._library.query_devices())
                hosts = [str(host["name"]) for host in self._library.query_hostapis()]
                default = self._library.default.device[0]
            except self._library.PortAudioError as error:
                raise SoundError(f"PortAudio cannot list devices: {error}") from None
            return [
                self._to_device(facts, hosts[facts["hostapi"]], facts["index"] == default)
                for facts in found
                if facts["max_input_channels"] > 0
            ]

    def find(self, wanted: str | None) -> Device:
        """A device by index, by name, or by a part of its name; None is the system's own choice."""
        devices = self.devices()
        if not devices:
            raise SoundError("no input device was found; plug in a headset")
        if wanted is None:
            return next((d for d in devices if d.is_default), devices[0])
        lower = wanted.lower()
        by_index = [d for d in devices if wanted.isdecimal() and d.index == int(wanted)]
        exact = [d for d in devices if d.name.lower() == lower]
        part = [d for d in devices if lower in d.name.lower()]
        found = by_index or exact or part
        if not found:
            known = ", ".join(d.name for d in devices)
            raise SoundError(f"no input device '{wanted}'; there are: {known}")
        return found[0]

    def rates(self, device: Device) -> tuple[int, ...]:
        """The rates of `RATES` that a device can be opened with."""

        def works(rate: int) -> bool:
            try:
                self._library.check_input_settings(device.index, 1, "float32", None, rate)
            except (self._library.PortAudioError, ValueError):
                return False
            return True

        with self._lock:
            return tuple(rate for rate in RATES if works(rate))

    def open(
        self,
        wanted: str | None,
        deliver: Callable[[Sound], None],
        ended: Callable[[], None],
    ) -> OpenInput:
        """Listen to a device; ``deliver`` gets a copy of every block, in PortAudio's own thread."""

        def on_block(sound: Sound, _count: int, _moment: Any, _status: Any) -> None:
            deliver(sound.copy())

        with self._lock:
            device = self.find(wanted)
            problem: Exception | None = None
            for rate, channels in self._proven.get(device.name) or _settings(device):
                try:
                    stream = self._library.InputStream(
                        device=device.index,
                        samplerate=rate,
                        channels=channels,
                        dtype=np.float32,
                        blocksize=rate * BLOCK_MS // 1000,
                        latency="high",
                        callback=on_block,
                        finished_callback=ended,
                    )
                    stream.start()
                except (self._library.PortAudioError, ValueError) as error:
                    problem = problem or error
                    continue
                self._proven[device.name] = [(rate, channels)]
                return self._keep(OpenInput(rate, stream, self._lock))
        raise SoundError(f"{device.name}: cannot be opened: {problem}")

    def restart(self) -> None:
        """Close every stream and see what devices were plugged in since the start."""
        with self._lock:
            for stream in self._streams:
                stream.close()
            self._streams.clear()
            self._proven.clear()
            self._library._terminate()
            self._library._initialize()

    def _keep(self, opened: OpenInput) -> OpenInput:
        self._streams = [stream for stream in self._streams if stream.is_open]
        self._streams.append(opened)
        return opened

    def _to_device(self, facts: Any, host: str, is_default: bool) -> Device:
        return Device(
            index=int(facts["index"]),
            name=str(facts["name"]),
            host=host,
            channels=int(facts["max_input_channels"]),
            rate=int(facts["default_samplerate"]),
            is_default=is_default,
        )


def _settings(device: Device) -> list[tuple[int, int]]:
    """Rates and channel counts to try; a device's own rate is the one nobody else resamples.

    ALSA names 44.1 kHz for whatever converts by itself, where the device behind it mostly has 48.
    """
    own = (48_000, device.rate) if device.host == "ALSA" else (device.rate,)
    rates = dict.fromkeys((*own, *reversed(RATES)))
    counts = dict.fromkeys((1, min(2, device.channels)))
    return [(rate, channels) for rate in rates for channels in counts]
