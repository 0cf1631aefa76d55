"""Speech detection by webrtcvad."""

from __future__ import annotations

import webrtcvad

from agent_assist.core.framing import SAMPLE_RATE

AGGRESSIVENESS = 2
"""0 lets most through, 3 the least; the level gate of the core refuses quiet sound besides."""


class WebrtcDetector:
    """A `SpeechDetector`; has a memory, so each channel of each call needs its own."""

    def __init__(self, aggressiveness: int = AGGRESSIVENESS) -> None:
        self._vad = webrtcvad.Vad(aggressiveness)

    def is_speech(self, samples: bytes) -> bool:
        """Whether 10 ms of int16 samples at 16 kHz are speech."""
        return bool(self._vad.is_speech(samples, SAMPLE_RATE))
