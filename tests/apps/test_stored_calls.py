"""A stored call is what was heard; what a judgement added to its log is left out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import get_args

import pytest

from agent_assist import settings
from agent_assist.adapters.event_log import load_log
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.replay import Replay
from agent_assist.apps.stored_calls import JUDGED, read_stored
from agent_assist.core.events import (
    AudioGap,
    CallEnded,
    CallStarted,
    Event,
    LineQuality,
    Listened,
    PartialHeard,
    Settled,
    SituationChosen,
    Utterance,
    VoiceEnded,
    VoiceStarted,
)
from agent_assist.core.pipeline import Judgement
from agent_assist.errors import BadInputError
from tests.packs import pack

HEARD = (
    CallStarted,
    VoiceStarted,
    VoiceEnded,
    PartialHeard,
    Utterance,
    LineQuality,
    AudioGap,
    Settled,
    Listened,
    SituationChosen,
    CallEnded,
)


def test_every_event_is_heard_or_judged() -> None:
    assert {*HEARD, *JUDGED} == set(get_args(Event))
    assert not {*HEARD} & {*JUDGED}


def test_a_log_judged_again_is_the_log(tmp_path: Path) -> None:
    workshop = Workshop(pack())
    replay = Replay(workshop, Overrides(), "left", jsonl=False, out_dir=tmp_path)
    replay.play(settings.AUDIO_FIXTURES / "calls/demo.call.yaml", io.StringIO())
    log = tmp_path / "demo.events.jsonl"
    call = read_stored(log)
    judgement = Judgement(workshop.phrases, workshop.context(call.meta, call.channels))
    again = [each for event in call.heard for each in (event, *judgement.feed(event))]
    assert again == load_log(log).events
    assert any(isinstance(event, JUDGED) for event in again)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("words\n", 1),
        ('{"type":"header","format":1}\n', 2),
        ('{"type":"header","format":1}\n{"type":"settled","at_ms":"soon"}\n', 2),
    ],
)
def test_what_is_no_log_is_named_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "a.events.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(BadInputError, match=f"a.events.jsonl:{line}: "):
        read_stored(path)
