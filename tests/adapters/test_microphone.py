"""Devices on one clock: any blocks, lost sound, unplugging, drift; and devices opened again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_assist.adapters.capture import DRIFT, OVERFLOW, STALLED, UNPLUGGED, Sound, Timeline
from agent_assist.adapters.device_news import Block, DeviceNews, News
from agent_assist.adapters.microphone import Microphone
from agent_assist.core.events import AudioGap, Channel
from agent_assist.core.framing import FRAME_SAMPLES, AudioFrame
from agent_assist.errors import AgentAssistError

RATE = 16_000
BLOCK_S = 0.02
Item = AudioFrame | AudioGap


def tone(seconds: float, rate: int = RATE) -> Sound:
    """A sound whose samples all differ from their neighbours."""
    count = int(seconds * rate)
    return (0.5 * np.sin(np.arange(count) * 440 * 2 * np.pi / rate)).astype(np.float32)


def frames_of(items: list[Item]) -> list[AudioFrame]:
    return [item for item in items if isinstance(item, AudioFrame)]


def gaps_of(items: list[Item]) -> list[AudioGap]:
    return [item for item in items if isinstance(item, AudioGap)]


def sound_of(items: list[Item], row: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.concatenate([frame.samples[row] for frame in frames_of(items)])


@dataclass
class Player:
    """Feeds a timeline in step with a clock of its own."""

    channels: tuple[Channel, ...] = ("agent",)
    rate: int = RATE
    now_s: float = 100.0
    items: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.timeline = Timeline(self.channels, self.now_s)
        for channel in self.channels:
            self.timeline.tracks[channel].open(self.rate)

    def play(self, seconds: float, late_s: Callable[[int], float] = lambda _: 0.0) -> None:
        """All devices deliver, each block ``late_s`` of its number too late."""
        for number in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S
            for channel in self.channels:
                block = tone(BLOCK_S, self.rate)
                self.timeline.feed(channel, block, self.now_s + late_s(number))
            self.tick()

    def rest(self, seconds: float, *alive: Channel) -> None:
        """Time passes; only some devices deliver."""
        for _ in range(round(seconds / BLOCK_S)):
            self.now_s += BLOCK_S
            for channel in alive:
                self.timeline.feed(channel, tone(BLOCK_S, self.rate), self.now_s)
            self.tick()

    def tick(self) -> None:
        for track in self.timeline.tracks.values():
            track.pass_time(self.now_s)
        self.items += self.timeline.take()

    def end(self) -> list[Item]:
        self.items += self.timeline.finish()
        return self.items


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 1500), min_size=1, max_size=30))
def test_blocks_of_any_length_give_the_same_frames(lengths: list[int]) -> None:
    sound = tone(sum(lengths) / RATE)
    timeline = Timeline(("agent",), 0.0)
    timeline.tracks["agent"].open(RATE)
    items: list[Item] = []
    at = 0
    for length in lengths:
        timeline.feed("agent", sound[at : at + length], (at + length) / RATE)
        at += length
        items += timeline.take()
    items += timeline.finish()
    expected = np.rint(sound * 32768.0).astype(np.int16)
    assert np.array_equal(sound_of(items)[: len(sound)], expected)
    assert [f.start_ms for f in frames_of(items)] == list(range(0, 20 * len(frames_of(items)), 20))
    assert not gaps_of(items)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_other_rates_are_resampled_as_one_piece(rate: int) -> None:
    sound = tone(1.0, rate)
    timeline = Timeline(("agent",), 0.0)
    timeline.tracks["agent"].open(rate)
    for at in range(0, rate, 441):
        timeline.feed("agent", sound[at : at + 441], (at + 441) / rate)
    got = sound_of(list(timeline.finish()))[:RATE]
    whole = soxr.resample(sound, rate, RATE)
    within = 2 if rate == 44_100 else 16  # another filter, as flat within a hundredth of a decibel
    assert np.abs(got - np.rint(whole * 32768.0)[:RATE]).max() <= within


def test_two_channels_of_a_device_are_mixed() -> None:
    timeline = Timeline(("agent",), 0.0)
    timeline.tracks["agent"].open(RATE)
    timeline.feed("agent", np.full((320, 2), [0.5, 0.0], np.float32), BLOCK_S)
    (frame,) = timeline.take()
    assert isinstance(frame, AudioFrame)
    assert set(frame.samples[0]) == {8192}


def test_what_a_full_queue_lost_is_silence_and_told_exactly() -> None:
    player = Player(rate=48_000)
    player.play(1.0)
    player.now_s += 0.12
    player.timeline.feed("agent", tone(BLOCK_S, 48_000), player.now_s, lost=4_800)
    player.play(1.0)
    items = player.end()
    (gap,) = gaps_of(items)
    assert (gap.duration_ms, gap.reason, gap.channel) == (100, OVERFLOW, "agent")
    silent = sound_of(items)[gap.at_ms * 16 : (gap.at_ms + 100) * 16]
    assert np.count_nonzero(silent) < 20
    told = items.index(gap)
    last = items[told - 1]
    assert isinstance(last, AudioFrame)
    assert last.start_ms <= gap.at_ms + gap.duration_ms <= last.end_ms


def test_unplugged_for_a_while_time_goes_on_and_nothing_captured_is_lost() -> None:
    player = Player(("agent", "customer"))
    player.play(3.0)
    player.timeline.tracks["agent"].close()
    player.rest(12.0, "customer")
    before = frames_of(player.items)[-1].end_ms
    assert before >= 14_800, "frames come while a device is gone"
    player.timeline.tracks["agent"].open(RATE)
    player.play(2.0)
    items = player.end()
    gaps = gaps_of(items)
    assert {(gap.channel, gap.reason) for gap in gaps} == {("agent", UNPLUGGED)}
    assert gaps[0].at_ms == 3_000
    assert sum(gap.duration_ms for gap in gaps) == pytest.approx(12_000, abs=50)
    assert max(gap.duration_ms for gap in gaps) < 1_100, "told before silence calls for anything"
    for gap, following in pairwise(gaps):
        assert following.at_ms == pytest.approx(gap.at_ms + gap.duration_ms, abs=1)
    told = [items[items.index(gap) - 1] for gap in gaps]
    assert isinstance(told[0], AudioFrame)
    assert told[0].end_ms < 3_200, "told at once"
    heard = np.count_nonzero(np.abs(sound_of(items)) > 10)
    assert heard >= 0.99 * np.count_nonzero(np.abs(tone(5.0) * 32768) > 10)


def test_jitter_is_no_gap() -> None:
    chance = np.random.default_rng(1)
    late = chance.exponential(0.02, 2_000)
    player = Player(("agent", "customer"))
    player.play(30.0, lambda number: float(late[number]))
    assert not gaps_of(player.end())


def test_sound_lost_without_a_word_is_found_by_the_clock() -> None:
    player = Player()
    player.play(6.0)
    player.now_s += 0.4
    player.play(6.0)
    items = player.end()
    (gap,) = gaps_of(items)
    assert gap.duration_ms == pytest.approx(400, abs=30)
    assert 6_000 <= gap.at_ms <= 8_500
    assert frames_of(items)[-1].end_ms == pytest.approx(12_400, abs=50)


def test_a_stall_that_is_made_up_for_does_not_shift_what_follows() -> None:
    player = Player()
    player.play(5.0)
    player.rest(2.0)
    for _ in range(100):
        player.timeline.feed("agent", tone(BLOCK_S), player.now_s)
    player.play(5.0)
    items = player.end()
    assert {gap.reason for gap in gaps_of(items)} == {STALLED}
    assert frames_of(items)[-1].end_ms == pytest.approx(12_000, abs=100)


@pytest.mark.parametrize("per_mille", [3, -3])
def test_drift_is_corrected_against_the_first_device(per_mille: int) -> None:
    player = Player(("agent", "customer"))
    second = int(BLOCK_S * RATE * 1000 * (1 + per_mille / 1000)) / 1000
    owed = 0.0
    for _ in range(round(60 / BLOCK_S)):
        player.now_s += BLOCK_S
        player.timeline.feed("agent", tone(BLOCK_S), player.now_s)
        owed += second
        player.timeline.feed("customer", np.full(int(owed), 0.25, np.float32), player.now_s)
        owed -= int(owed)
        player.tick()
        counts = [track.given for track in player.timeline.tracks.values()]
        assert abs(counts[0] - counts[1]) < 0.08 * RATE
    gaps = gaps_of(player.items)
    assert gaps
    assert {(gap.channel, gap.reason) for gap in gaps} == {("customer", DRIFT)}
    assert sum(gap.duration_ms for gap in gaps) == pytest.approx(180, abs=60)
    assert all(gap.duration_ms > 40 for gap in gaps)


@pytest.mark.parametrize("side", ["agent", "customer"])
@pytest.mark.parametrize("slower_s", [0.09, -0.09])
def test_a_device_that_is_back_with_another_delay_gives_way_itself(
    side: Channel, slower_s: float
) -> None:
    other: Channel = "customer" if side == "agent" else "agent"
    player = Player(("agent", "customer"))
    player.play(6.0)
    player.timeline.tracks[side].close()
    player.rest(3.0, other)
    player.timeline.tracks[side].open(RATE)
    for number in range(round(12.0 / BLOCK_S)):
        player.now_s += BLOCK_S
        at_first = number * BLOCK_S < 0.1
        late_s = 0.1 + (0.0 if at_first else slower_s)
        player.timeline.feed(side, tone(BLOCK_S), player.now_s + late_s)
        player.timeline.feed(other, tone(BLOCK_S), player.now_s)
        player.tick()
    gaps = gaps_of(player.items)
    assert {gap.channel for gap in gaps} == {side}
    assert sum(gap.at_ms > 9_500 for gap in gaps) == 1, "one correction is enough"
    counts = [track.given for track in player.timeline.tracks.values()]
    assert abs(counts[0] - counts[1]) <= (0.1 + abs(slower_s)) * RATE


# ── devices ────────────────────────────────────────────────────────────────────────────────────


@dataclass
class FakeStream:
    rate: int
    deliver: Callable[[Sound], None]
    ended: Callable[[], None]
    is_open: bool = True

    def close(self) -> None:
        self.is_open = False


@dataclass
class FakeSound:
    """Devices in a world whose time goes on whenever somebody looks at the clock."""

    plugged: set[str]
    rate: int = 48_000
    now_s: float = 10.0
    streams: dict[str, FakeStream] = field(default_factory=dict)
    restarts: int = 0
    opened: int = 0
    _inside: bool = False
    _delivered_s: float = 10.0

    def open(
        self, wanted: str | None, deliver: Callable[[Sound], None], ended: Callable[[], None]
    ) -> FakeStream:
        if wanted not in self.plugged or wanted is None:
            raise AgentAssistError(f"no device {wanted}")
        self.opened += 1
        stream = FakeStream(self.rate, deliver, ended)
        self.streams[wanted] = stream
        return stream

    def restart(self) -> None:
        self.restarts += 1

    def unplug(self, name: str) -> None:
        self.plugged.discard(name)
        self.streams[name].is_open = False
        self.streams[name].ended()

    def clock(self) -> float:
        if not self._inside:
            self._inside = True
            self.now_s += 0.005
            while self._delivered_s + BLOCK_S <= self.now_s:
                self._delivered_s += BLOCK_S
                for stream in tuple(self.streams.values()):
                    if stream.is_open:
                        stream.deliver(tone(BLOCK_S, self.rate))
            self._inside = False
        return self.now_s


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for news waits next to nothing: time goes on in the world of the devices."""
    receive = DeviceNews.receive

    def at_once(news: DeviceNews, timeout_s: float, rounds: int = 1) -> Iterator[News]:
        return receive(news, min(timeout_s, 0.000_1), rounds)

    monkeypatch.setattr(DeviceNews, "receive", at_once)


@pytest.mark.usefixtures("own_time")
def test_a_microphone_gives_frames_of_both_sides() -> None:
    world = FakeSound({"headset", "caller"})
    microphone = Microphone(world, {"agent": "headset", "customer": "caller"}, world.clock)
    items = list(islice(microphone, 50))
    assert microphone.channels == ("agent", "customer")
    assert all(item.samples.shape == (2, FRAME_SAMPLES) for item in frames_of(items))
    assert not gaps_of(items)


def test_blocks_of_all_devices_are_passed_on_together_when_enough_came() -> None:
    news, got = DeviceNews(), list[News]()
    assert not list(news.receive(0.0, 3))
    taker = threading.Thread(target=lambda: got.extend(news.receive(30.0, 3)))
    taker.start()
    names: tuple[Channel, ...] = ("agent", "customer")
    for number in range(3):
        for name in names:
            news.give(name, 1, Block(tone(0.01), float(number), 0), names)
    taker.join(30)
    assert [(name, what.at_s) for name, _, what in got if isinstance(what, Block)] == [
        (name, float(number)) for number in range(3) for name in names
    ]


def test_blocks_that_are_taken_together_came_when_the_timeliest_of_them_did() -> None:
    sound = tone(0.01)
    late = [Block(sound, at_s, lost) for at_s, lost in ((1.0, 7), (1.012, 0), (1.05, 0))]
    whole = Block.joined(late, RATE)
    assert (len(whole.sound), whole.lost) == (3 * len(sound), 7)
    assert whole.at_s == pytest.approx(1.02), "as if no block had been late"


@dataclass
class OutOfStep(FakeSound):
    """Two devices whose blocks begin at different moments; both hear a step at one moment."""

    step_s: float = 12.0
    given_s: dict[str, float] = field(
        default_factory=lambda: {"headset": 10.0, "caller": 10.0 + 0.9 * BLOCK_S}
    )

    def clock(self) -> float:
        if not self._inside:
            self._inside = True
            self.now_s += 0.001
            for name, stream in self.streams.items():
                while self.given_s[name] + BLOCK_S <= self.now_s:
                    times = self.given_s[name] + np.arange(int(BLOCK_S * self.rate)) / self.rate
                    stream.deliver((0.5 * (times >= self.step_s)).astype(np.float32))
                    self.given_s[name] += BLOCK_S
            self._inside = False
        return self.now_s


@pytest.mark.usefixtures("own_time")
def test_devices_out_of_step_begin_at_one_moment() -> None:
    world = OutOfStep({"headset", "caller"})
    microphone = Microphone(world, {"agent": "headset", "customer": "caller"}, world.clock)
    items = list(islice(microphone, 150))
    steps = [int(np.argmax(sound_of(items, row) > 8_000)) / RATE for row in (0, 1)]
    assert steps == pytest.approx([world.step_s - microphone.began_s] * 2, abs=0.003)


def test_a_device_that_is_not_there_is_told_at_once() -> None:
    world = FakeSound({"headset"})
    microphone = Microphone(world, {"agent": "headset", "customer": "caller"}, world.clock)
    with pytest.raises(AgentAssistError, match="no device caller"):
        microphone.open()
    assert not world.streams["headset"].is_open


def plays(microphone: Microphone, happenings: dict[int, Callable[[], None]]) -> Iterator[Item]:
    """What a microphone gives while things happen at some milliseconds; the last one ends it."""
    waiting = sorted(happenings)
    for item in microphone:
        yield item
        if isinstance(item, AudioFrame) and waiting and item.end_ms >= waiting[0]:
            happenings[waiting.pop(0)]()
            if not waiting:
                microphone.stop()


@pytest.mark.usefixtures("own_time")
def test_a_device_that_is_plugged_in_again_is_heard_again() -> None:
    world = FakeSound({"headset", "caller"})
    microphone = Microphone(world, {"agent": "headset", "customer": "caller"}, world.clock)
    happenings = {
        1_000: lambda: world.unplug("headset"),
        4_000: lambda: world.plugged.add("headset"),
        14_000: lambda: None,
    }
    items = list(plays(microphone, happenings))
    gaps = gaps_of(items)
    assert {gap.channel for gap in gaps} == {"agent"}
    assert sum(gap.duration_ms for gap in gaps) >= 2_900
    assert np.abs(sound_of(items)[-RATE:]).max() > 10_000, "it is heard again"
    assert np.abs(sound_of(items, 1)).min(initial=1, where=sound_of(items, 1) != 0) > 0
    assert frames_of(items)[-1].end_ms >= 14_000


@pytest.mark.usefixtures("own_time")
def test_a_device_that_stays_away_leaves_the_other_one_alone_for_long() -> None:
    world = FakeSound({"headset", "caller"})
    microphone = Microphone(world, {"agent": "headset", "customer": "caller"}, world.clock)
    items = list(plays(microphone, {1_000: lambda: world.unplug("headset"), 9_000: lambda: None}))
    assert not world.restarts
    assert {gap.channel for gap in gaps_of(items)} == {"agent"}


@pytest.mark.usefixtures("own_time")
def test_alone_the_sound_system_is_begun_anew() -> None:
    world = FakeSound({"headset"})
    microphone = Microphone(world, {"agent": "headset"}, world.clock)
    items = list(plays(microphone, {1_000: lambda: world.unplug("headset"), 30_000: lambda: None}))
    assert world.restarts
    assert frames_of(items)[-1].end_ms >= 30_000
