"""What the model makes of recordings."""

from __future__ import annotations

from agent_assist.apps.listening import transcribe
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop

CALL = AUDIO_FIXTURES / "calls" / "silent-caller-cut-short.wav"


def test_both_channels_are_transcribed() -> None:
    agent, customer = transcribe(CALL, workshop().model)
    assert (agent["channel"], customer["channel"]) == ("agent", "customer")
    assert "很高兴为您服务" in agent["text"]
    assert "".join(w["text"] for w in agent["words"]) == agent["text"]
    starts = [w["start_ms"] for w in agent["words"]]
    assert starts == sorted(starts)
    assert agent["audio_ms"] == customer["audio_ms"]


def test_times_are_those_of_the_recording() -> None:
    """The silence that is added in front is not counted."""
    agent, _ = transcribe(CALL, workshop().model)
    truth = CALL.with_suffix(".call.yaml").read_text(encoding="utf-8")
    begin = float(truth.split("start_s: ")[1].split(",")[0])
    assert abs(agent["words"][0]["start_ms"] - begin * 1000) < 250
