"""The bundled calls: voice found in the sound against the times in their transcripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.call_meta import read_meta
from agent_assist.adapters.transcript import read_transcript
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.core.ear import CLOSE_AFTER_MS
from agent_assist.core.events import Channel, Event, Utterance
from agent_assist.core.hearing import Hearing

CALLS = sorted((Path(__file__).parents[2] / "audio_fixtures" / "calls").glob("*.wav"))


def spans(events: list[Event], channel: Channel) -> list[tuple[int, int]]:
    told = [event for event in events if isinstance(event, Utterance)]
    return [(u.start_ms, u.end_ms) for u in told if u.channel == channel]


def together(turns: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Turns with so short a pause between them that they are heard as one."""
    joined: list[tuple[int, int]] = []
    for start, end in turns:
        if joined and start - joined[-1][1] < CLOSE_AFTER_MS:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return joined


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_voice_stands_where_the_transcript_has_it(path: Path) -> None:
    recording = AudioFile(path)
    detectors = {channel: WebrtcDetector() for channel in recording.channels}
    hearing = Hearing(recording.channels, {}, detectors)
    events: list[Event] = []
    for frame in recording:
        events += hearing.feed(frame)
    events += hearing.finish(recording.duration_ms)
    meta, expected = read_transcript(path.with_name(f"{path.stem}.call.yaml"))
    assert read_meta(path).call_id == meta.call_id
    heard = together(spans(events, "agent"))
    truth = together(spans(expected, "agent"))
    assert len(heard) == len(truth)
    for (start, end), (true_start, true_end) in zip(heard, truth, strict=True):
        assert start == pytest.approx(true_start, abs=60)
        assert end == pytest.approx(true_end, abs=120)
