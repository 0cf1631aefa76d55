"""One clock for what comes twice, late, out of order, on one side only, or not at all."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.telephony_line import LATE, LOST, Chunk, Line
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import AudioFrame
from agent_assist.settings import AUDIO_FIXTURES

BOTH: tuple[Channel, ...] = ("agent", "customer")
CALL = AUDIO_FIXTURES / "calls" / "taboo-word.wav"
RATE = 16_000
MS = RATE // 1000


def noise(length: int, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.random.default_rng(seed).integers(-9000, 9000, length, np.int16)


def through(line: Line, chunks: Iterable[Chunk]) -> tuple[np.ndarray, list[AudioGap]]:
    """All sound and all gaps that come out."""
    items: list[AudioFrame | AudioGap] = []
    for chunk in chunks:
        line.put(chunk)
        items += line.take()
    items += line.finish()
    frames = [item for item in items if isinstance(item, AudioFrame)]
    assert [frame.start_ms for frame in frames[:1]] == [0] * len(frames[:1])
    assert all(a.end_ms == b.start_ms for a, b in pairwise(frames))
    sound = np.concatenate([frame.samples for frame in frames], axis=1)
    return sound[:, : line.duration_ms * MS], [i for i in items if isinstance(i, AudioGap)]


def cut(samples: np.ndarray, lengths: Sequence[int], channel: Channel = "agent") -> list[Chunk]:
    ends = np.cumsum([0, *lengths])
    return [Chunk(channel, samples[a:b], int(a)) for a, b in pairwise(ends)]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(1, 1500), min_size=1, max_size=15), st.integers(0, 99))
def test_order_and_repetition_do_not_matter(lengths: list[int], seed: int) -> None:
    chance = random.Random(seed)
    samples = noise(sum(lengths))
    chunks = cut(samples, lengths)
    mixed = [*chunks, *chance.sample(chunks, len(chunks) // 2)]
    for at in range(0, len(mixed) - 1, 2):
        if chance.random() < 0.5:
            mixed[at], mixed[at + 1] = mixed[at + 1], mixed[at]
    sound, gaps = through(Line(("agent",), RATE), mixed)
    assert not gaps
    assert np.array_equal(sound[0][: len(samples)], samples)


def test_what_never_comes_is_silence_and_a_gap() -> None:
    samples = noise(1000 * MS)
    chunks = cut(samples, [100 * MS] * 10)
    del chunks[3:5]
    sound, gaps = through(Line(("agent",), RATE), chunks)
    assert gaps == [AudioGap(300, "agent", 200, LOST)]
    assert not sound[0, 300 * MS : 500 * MS].any()
    assert np.array_equal(sound[0, 500 * MS :], samples[500 * MS :])


def test_what_comes_too_late_is_not_put_over_the_silence() -> None:
    chunks = cut(noise(1000 * MS), [100 * MS] * 10)
    late = chunks.pop(2)
    sound, gaps = through(Line(("agent",), RATE), [*chunks, late])
    assert gaps == [AudioGap(200, "agent", 100, LOST)]
    assert sound.shape[1] == 1000 * MS


def test_a_hole_with_a_reason_is_not_waited_for_and_told_in_pieces() -> None:
    begin, end = noise(100 * MS), noise(100 * MS, 2)
    line = Line(("agent",), RATE)
    line.put(Chunk("agent", begin, 0))
    line.put(Chunk("agent", end, 12_100 * MS, "paused"))
    gaps = [item for item in (*line.take(), *line.finish()) if isinstance(item, AudioGap)]
    assert [(gap.at_ms, gap.duration_ms, gap.reason) for gap in gaps] == [
        (100, 5000, "paused"),
        (5100, 5000, "paused"),
        (10100, 2000, "paused"),
    ]
    assert line.duration_ms == 12_200


def test_a_side_that_stays_behind_is_done_without_until_it_is_back() -> None:
    line = Line(BOTH, RATE)
    agent = cut(noise(8000 * MS), [100 * MS] * 80)
    customer = cut(noise(8000 * MS, 2), [100 * MS] * 80, "customer")
    chunks = agent[:10] + customer[:10] + agent[10:60]
    chunks += [c for pair in zip(agent[60:], customer[60:], strict=True) for c in pair]
    sound, gaps = through(line, chunks)
    assert {gap.channel for gap in gaps} == {"customer"}
    assert {gap.reason for gap in gaps} == {LATE}
    assert gaps[0].at_ms == 1000
    assert sum(gap.duration_ms for gap in gaps) == 5100
    assert np.array_equal(sound[0], np.concatenate([c.samples for c in agent]))
    assert np.array_equal(sound[1, 6100 * MS :], np.concatenate([c.samples for c in customer[61:]]))


def test_after_a_long_pause_neither_side_is_late() -> None:
    line = Line(BOTH, RATE)
    sound = {channel: noise(300 * MS, seed) for seed, channel in enumerate(BOTH)}
    chunks = [Chunk(c, sound[c][: 100 * MS], 0) for c in BOTH]
    chunks += [Chunk(c, sound[c][100 * MS :], 60_100 * MS, "paused") for c in reversed(BOTH)]
    given, gaps = through(line, chunks)
    assert {(gap.channel, gap.reason) for gap in gaps} == {(c, "paused") for c in BOTH}
    for row, channel in zip(given, BOTH, strict=True):
        assert np.array_equal(row[60_100 * MS :], sound[channel][100 * MS :])


@pytest.mark.parametrize(("shorter_ms", "told"), [(80, []), (400, [(600, 400)])])
def test_a_side_that_ends_earlier(shorter_ms: int, told: list[tuple[int, int]]) -> None:
    line = Line(BOTH, RATE)
    whole, part = noise(1000 * MS), noise((1000 - shorter_ms) * MS)
    sound, gaps = through(line, [Chunk("agent", whole, 0), Chunk("customer", part, 0)])
    assert sound.shape == (2, 1000 * MS)
    assert [(gap.at_ms, gap.duration_ms) for gap in gaps] == told


def test_sound_without_a_position_follows_what_was_there() -> None:
    samples = noise(300 * MS)
    chunks = [Chunk("agent", part) for part in np.split(samples, 3)]
    assert np.array_equal(through(Line(("agent",), RATE), chunks)[0][0], samples)


def test_a_telephone_call_is_resampled_as_its_recording_is() -> None:
    samples, rate = sf.read(CALL, dtype="int16", always_2d=True)
    line = Line(BOTH, rate)
    chunks = [
        Chunk(channel, samples[at : at + 333, n].copy(), at)
        for at in range(0, len(samples), 333)
        for n, channel in enumerate(BOTH)
    ]
    sound, gaps = through(line, chunks)
    file = AudioFile(CALL)
    expected = np.concatenate([frame.samples for frame in file], axis=1)
    assert not gaps
    assert line.duration_ms == file.duration_ms
    shared = min(sound.shape[1], expected.shape[1])
    assert np.array_equal(sound[:, :shared], expected[:, :shared])


def test_a_gap_is_told_before_its_silence_and_what_is_late_within_a_second() -> None:
    line = Line(BOTH, RATE)
    agent = cut(noise(8000 * MS), [100 * MS] * 80)
    customer = cut(noise(8000 * MS, 2), [100 * MS] * 80, "customer")
    given_ms = 0
    for chunk in agent[:10] + customer[:10] + agent[10:60]:
        line.put(chunk)
        for item in line.take():
            if isinstance(item, AudioFrame):
                given_ms = item.end_ms
            elif item.at_ms > 1000:
                assert given_ms - item.at_ms <= 1000
            else:
                assert (item.at_ms, given_ms) == (1000, 1000)
                assert item.duration_ms > 3000


def test_a_gap_stands_before_the_twenty_milliseconds_in_which_it_begins() -> None:
    line = Line(("agent",), RATE)
    line.put(Chunk("agent", noise(55 * MS), 0))
    line.put(Chunk("agent", noise(45 * MS, 2), 155 * MS, "paused"))
    items = list(line.take())
    told = [(i.start_ms, i.end_ms) if isinstance(i, AudioFrame) else i.at_ms for i in items]
    assert told == [(0, 40), 55, (40, 100), (100, 200)]
