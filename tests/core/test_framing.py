"""Any chunking of the same samples gives the same frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.core.framing import FRAME_SAMPLES, AudioFrame, Block, Framer, to_frames


def as_data(frames: list[AudioFrame]) -> list[tuple[int, bytes]]:
    return [(frame.start_ms, frame.samples.tobytes()) for frame in frames]


def noise(channels: int, length: int) -> Block:
    return np.random.default_rng(length).integers(-32768, 32767, (channels, length), np.int16)


@settings(deadline=None)
@given(st.integers(1, 2), st.lists(st.integers(0, 1500), max_size=12))
def test_chunking_does_not_matter(channels: int, lengths: list[int]) -> None:
    sound = noise(channels, sum(lengths))
    blocks = np.split(sound, np.cumsum(lengths)[:-1] if lengths else [], axis=1)
    frames = list(to_frames(blocks, channels))
    assert as_data(frames) == as_data(list(to_frames([sound], channels)))
    assert [frame.start_ms for frame in frames] == list(range(0, 20 * len(frames), 20))
    together = np.concatenate([f.samples for f in frames], axis=1) if frames else sound
    assert np.array_equal(together[:, : sound.shape[1]], sound)
    assert not together[:, sound.shape[1] :].any()


def test_whole_frames_may_come_as_one_and_be_taken_apart() -> None:
    sound = noise(2, 5 * FRAME_SAMPLES + 7)
    whole = Framer(2).feed_whole(sound)
    assert whole
    assert (whole.start_ms, whole.end_ms) == (0, 100)
    parts = list(whole.split(40))
    assert [(part.start_ms, part.end_ms) for part in parts] == [(0, 40), (40, 100)]
    together = np.concatenate([part.samples for part in parts], axis=1)
    assert np.array_equal(together, sound[:, : 5 * FRAME_SAMPLES])
    assert Framer(2).feed_whole(sound[:, : FRAME_SAMPLES - 1]) is None


def test_last_partial_frame_is_padded_with_zeros() -> None:
    framer = Framer(2)
    assert framer.feed(noise(2, FRAME_SAMPLES - 1)) == []
    (frame,) = framer.finish()
    assert frame.samples.shape == (2, FRAME_SAMPLES)
    assert not frame.samples[:, -1].any()
    assert framer.duration_ms == 20
    assert framer.finish() == []


def test_duration_counts_samples_not_frames() -> None:
    framer = Framer(1)
    framer.feed(noise(1, 16_000 + 8))
    framer.finish()
    assert framer.duration_ms == 1001


def test_frames_do_not_share_memory_with_the_blocks() -> None:
    sound = noise(1, FRAME_SAMPLES)
    (frame,) = Framer(1).feed(sound)
    before = frame.samples.copy()
    sound[:] = 0
    assert np.array_equal(frame.samples, before)
    with pytest.raises(ValueError, match="read-only"):
        frame.samples[0, 0] = 1


@pytest.mark.parametrize(
    "block",
    [np.zeros((1, 10), np.int16), np.zeros(10, np.int16), np.zeros((2, 10), np.float32)],
)
def test_block_of_another_shape_is_refused(block: Block) -> None:
    with pytest.raises(ValueError, match=r"a block must be \(2, n\) int16"):
        Framer(2).feed(block)
