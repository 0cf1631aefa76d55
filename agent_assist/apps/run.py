"""The one loop: what was heard in, through judgement, to every sink."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agent_assist.core.events import AudioGap, CallEnded, CallStarted, Event, HungUpBy
from agent_assist.core.hearing import Hearing
from agent_assist.core.pipeline import Judgement
from agent_assist.core.ports import Sink, Source


def run(heard: Iterable[Event], judgement: Judgement, sinks: Sequence[Sink]) -> None:
    """Judge a call's events as they come; every event and all that follows goes to every sink."""
    for event in heard:
        for each in (event, *judgement.feed(event)):
            for sink in sinks:
                sink.write(each)


def hear(
    started: CallStarted, source: Source, hearing: Hearing, hung_up_by: HungUpBy
) -> Iterator[Event]:
    """All that is heard of a call: its start, what the frames hold, its gaps, its end."""
    yield started
    for item in source:
        yield from (item,) if isinstance(item, AudioGap) else hearing.feed(item)
    yield from hearing.finish(source.duration_ms)
    yield CallEnded(source.duration_ms, hung_up_by)
