"""Laws of the whole program, from the sound of a call to its log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agent_assist.adapters import audio_file
from agent_assist.adapters.event_log import LogWriter
from agent_assist.adapters.transcript import read_transcript, to_transcript
from agent_assist.apps.calls import from_transcript
from agent_assist.core.codec import to_json
from agent_assist.core.events import Event, Evidence, Finding
from agent_assist.core.pipeline import Judgement
from tests.golden.known_calls import SHORT, Replayed, heard, play
from tests.packs import workshop


def to_bytes(replayed: Replayed, path: Path) -> bytes:
    with LogWriter(path, replayed.call.header) as log:
        for event in replayed.events:
            log.write(event)
    return path.read_bytes()


@pytest.mark.parametrize("name", SHORT)
def test_a_second_replay_gives_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = to_bytes(heard(name), tmp_path / "first.jsonl")
    assert to_bytes(play(name, "file"), tmp_path / "second.jsonl") == first


@pytest.mark.parametrize("block_frames", [251, 8_000, 10_000_000])
def test_the_size_of_blocks_changes_nothing(
    block_frames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = to_bytes(heard(SHORT[0]), tmp_path / "usual.jsonl")
    monkeypatch.setattr(audio_file, "BLOCK_FRAMES", block_frames)
    assert to_bytes(play(SHORT[0], "file"), tmp_path / "other.jsonl") == whole


# ── text in, same verdicts ─────────────────────────────────────────────────────────────────────


def verdicts(events: tuple[Event, ...] | list[Event]) -> list[str]:
    """Rule, verdict and evidence of every finding, without what only the recogniser can know.

    Compared are rule_id, verdict, severity, title, message, and of the evidence the turn, what
    was expected and heard, term and replacement, the alignment, score, margin, measured value,
    limit, unit and reason. Not compared are at_ms (a transcript becomes known at other moments
    than speech), the confidence of single words, and times inside a turn, which come from them.
    """
    found = [e for e in events if isinstance(e, Finding)]
    return sorted(to_json(replace(f, at_ms=0, evidence=_comparable(f.evidence))) for f in found)


def _comparable(evidence: Evidence) -> Evidence:
    return replace(evidence, confidence=None, start_ms=0, end_ms=0)


@pytest.mark.parametrize("name", [*SHORT, "demo", "general-query", "silent-caller"])
def test_the_transcript_of_a_heard_call_gives_the_same_findings(name: str, tmp_path: Path) -> None:
    full = heard(name)
    path = tmp_path / "heard.call.yaml"
    path.write_text(to_transcript(full.events, full.call.meta), encoding="utf-8")
    meta, told = read_transcript(path)
    judgement = Judgement(workshop().phrases, workshop().context(meta, ("agent", "customer")))
    alone = [e for event in from_transcript(meta, told) for e in judgement.feed(event)]
    assert verdicts(alone) == verdicts(full.events)
