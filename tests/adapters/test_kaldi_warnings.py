"""Kaldi has nothing to complain of: words are aligned soundly in every bundled call."""

from __future__ import annotations

import pytest
import vosk

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import load_model
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.core.events import Utterance
from agent_assist.core.hearing import Hearing
from agent_assist.settings import AUDIO_FIXTURES, DEFAULT_MODEL

CALLS = sorted((AUDIO_FIXTURES / "calls").glob("*.wav"))


def test_no_call_makes_kaldi_warn(capfd: pytest.CaptureFixture[str]) -> None:
    """Its warnings, for example of a word that does not end, go to standard error by themselves."""
    model = load_model(DEFAULT_MODEL)
    heard = 0
    for path in CALLS:
        recording = AudioFile(path)
        recognisers = {channel: model.recogniser() for channel in recording.channels}
        detectors = {channel: WebrtcDetector() for channel in recording.channels}
        hearing = Hearing(recording.channels, recognisers, detectors)
        for frame in recording:
            heard += sum(isinstance(event, Utterance) for event in hearing.feed(frame))
        heard += sum(isinstance(e, Utterance) for e in hearing.finish(recording.duration_ms))
    assert heard > 100
    assert capfd.readouterr().err == ""


def test_a_warning_would_be_seen(capfd: pytest.CaptureFixture[str]) -> None:
    """At the level that the program sets, warnings are still told."""
    load_model(DEFAULT_MODEL)
    recogniser = vosk.KaldiRecognizer(load_model(DEFAULT_MODEL).engine, 16_000, '["一"]')
    assert recogniser
    assert "WARNING" in capfd.readouterr().err
