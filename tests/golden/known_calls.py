"""The example calls as they are heard and as they were written; each is replayed once a run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import yaml

from agent_assist.adapters.event_log import FORMAT
from agent_assist.apps.calls import HeardCall, Overrides
from agent_assist.core.events import Event, Finding, PhraseMatch
from agent_assist.core.pipeline import Judgement
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop


@lru_cache(maxsize=1)
def manifest() -> dict[str, dict[str, Any]]:
    """The entries of the manifest by name."""
    text = (AUDIO_FIXTURES / "manifest.yaml").read_text(encoding="utf-8")
    return {entry["name"]: entry for entry in yaml.safe_load(text)["calls"]}


NAMES = sorted(manifest())
SHORT = sorted(NAMES, key=lambda name: float(manifest()[name]["duration_s"]))[:3]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A call that was played through: what its log holds."""

    call: HeardCall
    events: tuple[Event, ...]

    @property
    def header(self) -> dict[str, Any]:
        return {"type": "header", "format": FORMAT, **self.call.header}

    def findings(self) -> list[Finding]:
        return [e for e in self.events if isinstance(e, Finding)]

    def breaches(self) -> list[Finding]:
        return [f for f in self.findings() if f.verdict == "breach"]

    def situations(self) -> set[str]:
        """Every situation one of whose wordings was spoken."""
        matches = [e for e in self.events if isinstance(e, PhraseMatch)]
        return {s for m in matches for s in (m.situation_id, *m.also)}


def play(name: str, key: str) -> Replayed:
    """Play a call afresh: ``key`` is file for its sound, truth for its transcript."""
    call = workshop().open(AUDIO_FIXTURES / manifest()[name][key], Overrides())
    judgement = Judgement(workshop().phrases, call.context)
    events = tuple(e for event in call.events for e in (event, *judgement.feed(event)))
    return Replayed(call, events)


@cache
def heard(name: str) -> Replayed:
    """A call replayed from its sound."""
    return play(name, "file")


@cache
def written(name: str) -> Replayed:
    """A call replayed from the truth of what was said."""
    return play(name, "truth")
