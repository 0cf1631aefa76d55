"""Sound out: what the customer of a practice call says, into the headset.

One stream stays open for the whole call, so that every line begins with the same short delay.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from agent_assist.core.framing import SAMPLE_RATE
from agent_assist.core.ports import Samples
from agent_assist.errors import AgentAssistError


class LoudspeakerError(AgentAssistError):
    """There is nothing to play on."""


class Loudspeaker:
    """Plays samples at 16 kHz one after the other, without making anybody wait.

    ``wanted`` is a device's name or index; None is the system's own choice. Raises
    LoudspeakerError.
    """

    def __init__(self, wanted: str | None = None) -> None:
        try:
            import sounddevice  # noqa: PLC0415 - fails where PortAudio is missing
        except ImportError:
            raise LoudspeakerError("sounddevice is not installed") from None
        except OSError:
            how = "apt-get install libportaudio2" if sys.platform == "linux" else "install it"
            raise LoudspeakerError(f"PortAudio (libportaudio2) is missing; {how}") from None
        self._library: Any = sounddevice
        self._lock = threading.Lock()
        self._rest: Samples = np.zeros(0, np.int16)
        device: Any = int(wanted) if wanted and wanted.isdecimal() else wanted
        try:
            self._stream, self._rate = self._open(device)
            self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            raise LoudspeakerError(f"no loudspeaker: {error}") from None

    def play(self, samples: Samples) -> None:
        """Play this after what is still being played."""
        if self._rate != SAMPLE_RATE:
            samples = soxr.resample(samples, SAMPLE_RATE, self._rate)
        with self._lock:
            self._rest = np.concatenate([self._rest, samples])

    def close(self) -> None:
        """Be silent for good."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _open(self, device: Any) -> tuple[Any, int]:
        """A stream at 16 kHz, or at the device's own rate where it knows no other."""
        sound = {"channels": 1, "dtype": np.int16, "device": device, "callback": self._fill}
        try:
            return self._library.OutputStream(samplerate=SAMPLE_RATE, **sound), SAMPLE_RATE
        except self._library.PortAudioError:
            own = int(self._library.query_devices(device, "output")["default_samplerate"])
            return self._library.OutputStream(samplerate=own, **sound), own

    def _fill(self, block: NDArray[np.int16], count: int, _moment: Any, _status: Any) -> None:
        """PortAudio's own thread asks for the next block."""
        with self._lock:
            taken, self._rest = self._rest[:count], self._rest[count:]
        block[:] = 0
        block[: len(taken), 0] = taken
