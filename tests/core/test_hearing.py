"""Segments, utterances and the watermark, with scripted ears whose truth is known.

Sound is drawn as a pattern of ticks, 10 ms each: ``#`` is loud, in a level that
changes as that of speech does, and ``.`` is digital silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agent_assist.core import ear as ear_module
from agent_assist.core.events import (
    Channel,
    Event,
    LineQuality,
    Listened,
    PartialHeard,
    Settled,
    Utterance,
    VoiceEnded,
    VoiceStarted,
    Word,
)
from agent_assist.core.framing import AudioFrame, Framer
from agent_assist.core.hearing import Hearing
from agent_assist.core.ports import Expected, Recogniser

Sound = NDArray[np.int16]
BOTH: tuple[Channel, ...] = ("agent", "customer")


class LoudIsSpeech:
    def is_speech(self, samples: bytes) -> bool:
        return bool(np.frombuffer(samples, np.int16).any())


@dataclass
class ScriptedRecogniser:
    """Hears a letter for each 100 ms block with sound in it; endpoints at the given blocks.

    At an endpoint it holds back what it heard in the last ``lag_ms``, as a real one does.
    """

    endpoints: frozenset[int] = frozenset()
    lag_ms: int = 0
    sample_rate: int = 16_000
    look_ahead_ms: int = 0
    chunk_ms: int = 0
    fed: list[Sound] = field(default_factory=list)
    segments: list[int] = field(default_factory=list)
    _words: list[Word] = field(default_factory=list)
    _blocks: int = 0

    @property
    def fed_ms(self) -> int:
        return sum(map(len, self.fed)) // 16

    def accept(self, block: Sound) -> tuple[Word, ...] | None:
        before = self.fed_ms
        self.fed.append(block)
        for at in range(0, len(block), 1600):
            part = block[at : at + 1600]
            if part.any():
                letter = chr(ord("a") + len(self._words) % 26)
                start_ms = before + at // 16
                self._words.append(Word(letter, start_ms, start_ms + len(part) // 16, 0.5))
        self._blocks += 1
        return self._take(self.lag_ms) if self._blocks in self.endpoints else None

    def partial(self) -> str:
        return "".join(word.text for word in self._words)

    def finish(self) -> tuple[Word, ...]:
        self.segments.append(len(self.fed))
        return self._take()

    def _take(self, lag_ms: int = 0) -> tuple[Word, ...]:
        due_ms = self.fed_ms - lag_ms
        words = tuple(word for word in self._words if word.end_ms <= due_ms)
        self._words = [word for word in self._words if word.end_ms > due_ms]
        return words


@dataclass
class FarSighted(ScriptedRecogniser):
    """Reads a chunk only once it was fed what it looks ahead, and the window around its end."""

    look_ahead_ms: int = 580
    chunk_ms: int = 200
    began_ms: int = 0

    def partial(self) -> str:
        chunks = (self.fed_ms - self.began_ms - self.look_ahead_ms - 20) // self.chunk_ms + 1
        known_ms = self.began_ms + chunks * self.chunk_ms
        return "".join(word.text for word in self._words if word.end_ms <= known_ms)

    def finish(self) -> tuple[Word, ...]:
        self.began_ms = self.fed_ms
        return super().finish()


@dataclass
class Letters:
    """Expects the first letters, as a known wording that may end with the last of them."""

    wording: str

    def is_near(self, channel: Channel, text: str, after: str) -> bool:
        return self.wording.startswith(text)

    def is_complete(self, channel: Channel, text: str) -> bool:
        return text == self.wording


def paint(pattern: str) -> Sound:
    wave = np.tile(np.array([1, -1], np.int16), 80)
    loud = [wave * 4500, wave * 2000]
    ticks = [loud[i // 2 % 2] if char == "#" else wave * 0 for i, char in enumerate(pattern)]
    return np.concatenate(ticks or [wave[:0]])


def hear(
    patterns: dict[Channel, str],
    recognisers: dict[Channel, Recogniser | None] | None = None,
    cuts: tuple[int, ...] = (),
    expected: Expected | None = None,
) -> list[Event]:
    length = max(map(len, patterns.values()))
    sound = np.stack([paint(pattern.ljust(length, ".")) for pattern in patterns.values()])
    hearing = Hearing(
        list(patterns), recognisers or {}, {c: LoudIsSpeech() for c in patterns}, expected
    )
    framer = Framer(len(patterns))
    events: list[Event] = []
    for block in np.split(sound, sorted(cuts), axis=1):
        if whole := framer.feed_whole(block):
            events += hearing.feed(whole)
    for frame in framer.finish():
        events += hearing.feed(frame)
    return events + hearing.finish(framer.duration_ms)


def utterances(events: list[Event]) -> list[Utterance]:
    return [event for event in events if isinstance(event, Utterance)]


def spans(events: list[Event]) -> list[tuple[int, int]]:
    return [(u.start_ms, u.end_ms) for u in utterances(events)]


def test_a_call_from_beginning_to_end() -> None:
    ear = ScriptedRecogniser()
    events = hear({"agent": "." * 40 + "#" * 20 + "." * 80}, {"agent": ear})
    told = [event for event in events if not isinstance(event, Settled | Listened)]
    assert told == [
        VoiceStarted(400, "agent"),
        PartialHeard(500, "agent", "a"),
        PartialHeard(600, "agent", "ab"),
        VoiceEnded(600, "agent"),
        LineQuality(1100, "agent", 400, 600, -19.5, -90.0, 70.5, 0.0, 0.0, 0, 31, 0.5, 0.5, 10.0),
        Utterance(
            1100,
            0,
            "agent",
            400,
            600,
            "ab",
            (Word("a", 400, 500, 0.5), Word("b", 500, 600, 0.5)),
            0.5,
        ),
    ]
    settled = [event.at_ms for event in events if isinstance(event, Settled)]
    assert max(at for at in settled if at <= 600) == 400
    assert settled[-1] == 1400
    assert [len(block) for block in ear.fed] == [1600] * 10
    assert ear.segments == [10]


def test_silence_is_not_decoded() -> None:
    ear = ScriptedRecogniser()
    events = hear({"agent": "." * 500 + "###" + "." * 500}, {"agent": ear})
    assert ear.fed == []
    assert all(isinstance(event, Settled | Listened) for event in events)


def test_a_voice_is_listened_for_while_the_other_side_speaks() -> None:
    customer = "." * 30 + "#" * 170 + "." * 50
    events = hear({"agent": "." * 205 + "#" * 45, "customer": customer})
    at = events.index(Listened(2_000))
    assert not [e for e in events[:at] if isinstance(e, Utterance)]
    assert VoiceStarted(2_050, "agent") in events[at:]


def test_word_times_stay_right_in_every_segment() -> None:
    ear = ScriptedRecogniser()
    pattern = "." * 7 + "#" * 33 + "." * 77 + "#" * 41 + "." * 123 + "#" * 29 + "." * 60
    events = hear({"agent": pattern}, {"agent": ear})
    assert len(ear.segments) == 3
    for utterance in utterances(events):
        first, last = utterance.words[0], utterance.words[-1]
        assert first.start_ms <= utterance.start_ms < first.end_ms
        assert last.start_ms < utterance.end_ms <= last.end_ms


def test_pause_shorter_than_half_a_second_does_not_divide() -> None:
    pattern = "#" * 30 + "." * 45 + "#" * 30 + "." * 60
    assert spans(hear({"agent": pattern})) == [(0, 1050)]
    pattern = "#" * 30 + "." * 60 + "#" * 30 + "." * 60
    assert spans(hear({"agent": pattern})) == [(0, 300), (900, 1200)]


LINE = "." * 40 + "#" * 50
"""Heard as pre-roll and five blocks: the wording abcde, with the voice's end at 900 ms."""


def test_a_known_wording_is_told_as_soon_as_its_voice_has_ended() -> None:
    ear = FarSighted()
    events = hear({"agent": LINE + "." * 100}, {"agent": ear}, expected=Letters("abcde"))
    said = utterances(events)[0]
    assert (said.text, said.end_ms, said.at_ms) == ("abcde", 900, 1100)
    read = [e.at_ms for e in events if isinstance(e, PartialHeard) and e.text == "abcde"]
    assert read == [1070]


@pytest.mark.parametrize("talk", [LINE + "." * 100, LINE + "." * 30 + "#" * 70 + "." * 80])
def test_nothing_that_was_said_is_told_before_it_is_due(talk: str) -> None:
    """So an ear that hears all sound up to then at once tells the same, and no later."""
    ear, rests = FarSighted(), 0
    hearing = Hearing(("agent",), {"agent": ear}, {"agent": LoudIsSpeech()}, Letters("abcde"))
    due_ms, told = hearing.due_ms, []
    for frame in Framer(1).feed(paint(talk)[None]):
        told = [e for e in hearing.feed(frame) if isinstance(e, PartialHeard | Utterance)]
        assert not told or max(e.at_ms for e in told) >= due_ms
        rests += hearing.due_ms > frame.end_ms + 20
        due_ms = hearing.due_ms
    assert rests > len(talk) / 4, "most of the time nothing is due"


def test_a_recogniser_is_fed_just_when_it_can_read_on() -> None:
    ear = FarSighted()
    events = hear({"agent": "." * 40 + "#" * 300 + "." * 60}, {"agent": ear})
    *chunks, _ = [len(block) // 16 for block in ear.fed]
    assert chunks[0] == 600
    assert set(chunks[1:]) == {200}
    read = [event.at_ms for event in events if isinstance(event, PartialHeard)]
    assert read[:3] == [100 + 800, 100 + 1000, 100 + 1200]


@pytest.mark.parametrize("wording", ["abcd", "xyz"])
def test_what_is_no_known_wording_is_heard_as_ever(wording: str) -> None:
    sound: dict[Channel, str] = {"agent": LINE + "." * 100}
    plain = hear(sound, {"agent": FarSighted()})
    assert utterances(plain)[0].at_ms == 1400
    found = hear(sound, {"agent": FarSighted()}, expected=Letters(wording))
    assert utterances(found) == utterances(plain)


def test_who_goes_on_after_all_is_heard_on() -> None:
    sound: dict[Channel, str] = {"agent": LINE + "." * 19 + "#" * 50 + "." * 100}
    ear = FarSighted()
    events = hear(sound, {"agent": ear}, expected=Letters("abcdefghij"))
    said = utterances(events)
    assert spans(events) == [(400, 1590)]
    assert said[0].text.startswith("abcdefghi")
    assert said[0].words[5].start_ms >= 990
    assert said[0].words[-1].end_ms <= 1690
    assert sum(map(len, ear.fed)) // 16 > 1590


def test_a_voice_right_after_a_known_wording_is_a_new_utterance_of_new_sound() -> None:
    sound: dict[Channel, str] = {"agent": LINE + "." * 24 + "#" * 50 + "." * 100}
    ear = FarSighted()
    events = hear(sound, {"agent": ear}, expected=Letters("abcde"))
    assert spans(events) == [(400, 900), (1140, 1640)]
    assert utterances(events)[0].text == "abcde"
    assert utterances(events)[1].words[0].start_ms >= 1000


def test_without_a_model_utterances_have_no_text() -> None:
    (utterance,) = utterances(hear({"agent": "#" * 30 + "." * 60}))
    assert (utterance.text, utterance.words, utterance.confidence) == ("", (), 0.0)


def test_click_without_words_is_dropped_but_a_short_word_is_kept() -> None:
    pattern = "." * 40 + "#" * 10 + "." * 60
    assert spans(hear({"agent": pattern})) == []
    assert spans(hear({"agent": pattern}, {"agent": ScriptedRecogniser()})) == [(400, 500)]


def test_endpoint_of_the_engine_is_only_a_pause_in_a_short_segment() -> None:
    ear = ScriptedRecogniser(frozenset({4}))
    events = hear({"agent": "." * 30 + "#" * 40 + "." * 60}, {"agent": ear})
    assert spans(events) == [(300, 700)]
    assert [u.text for u in utterances(events)] == ["aabc"]
    partials = [event.text for event in events if isinstance(event, PartialHeard)]
    assert partials == ["a", "aa", "aab", "aabc"]


def test_endpoint_of_the_engine_divides_a_long_segment_without_overlap() -> None:
    ear = ScriptedRecogniser(frozenset({90}))
    events = hear({"agent": "####." * 240 + "." * 60}, {"agent": ear})
    assert spans(events) == [(0, 8990), (8990, 11_990)]
    assert [len(u.words) for u in utterances(events)] == [90, 30]


def test_endpoint_in_a_pause_divides_at_the_voice_boundary() -> None:
    pattern = "####." * 160 + "." * 40 + "#####" * 16 + "." * 60
    for ear in (
        ScriptedRecogniser(frozenset({84})),
        ScriptedRecogniser(frozenset({86}), lag_ms=400),
    ):
        events = hear({"agent": pattern}, {"agent": ear})
        assert spans(events) == [(0, 7990), (8400, 9200)]
        assert [len(u.words) for u in utterances(events)] == [80, 8]


def test_long_speech_is_cut_in_a_short_pause() -> None:
    pattern = ("####." * 80 + "." * 29) * 10 + "." * 60
    events = hear({"agent": pattern})
    assert spans(events)[0] == (0, 4 * 4290 - 300)
    assert all(end - start < 20_000 for start, end in spans(events))


def test_speech_without_pause_is_cut_after_twenty_seconds() -> None:
    ear = ScriptedRecogniser()
    events = hear({"agent": "####." * 1000 + "." * 60}, {"agent": ear})
    assert spans(events) == [(0, 19_990), (19_990, 39_990), (39_990, 49_990)]
    assert utterances(events)[0].at_ms == 20_000
    assert [event for event in events if isinstance(event, VoiceEnded)] == [
        VoiceEnded(49_990, "agent")
    ]


def test_silence_is_added_when_the_sound_ends_in_speech() -> None:
    ear = ScriptedRecogniser()
    events = hear({"agent": "." * 35 + "#" * 28}, {"agent": ear})
    assert spans(events) == [(350, 630)]
    assert utterances(events)[0].at_ms == 640, "a whole frame is known at once"
    assert utterances(events)[0].words[-1].end_ms == 630
    *blocks, rest, silence = ear.fed
    assert {len(block) for block in blocks} == {1600}
    assert len(rest) <= 1600
    assert len(silence) == 9600 and not silence.any()
    assert events[-1] == Settled(630)


def test_both_sides_are_numbered_in_the_order_they_became_known() -> None:
    agent, customer = "." * 10 + "#" * 100 + "." * 60, "." * 30 + "#" * 30 + "." * 110
    events = hear({"agent": agent, "customer": customer})
    assert [(u.turn, u.channel) for u in utterances(events)] == [(0, "customer"), (1, "agent")]
    before = events[: events.index(utterances(events)[1])]
    assert max(event.at_ms for event in before if isinstance(event, Settled)) == 100


@pytest.mark.parametrize("quiet", [0, 10, 40])
def test_a_call_taken_over_is_heard_as_a_new_one_at_its_later_time(quiet: int) -> None:
    sound = paint("." * quiet + "#" * 50 + "." * 80)

    def told(begin_ms: int, turn: int) -> list[Event]:
        ears: dict[Channel, Recogniser | None] = {"agent": ScriptedRecogniser()}
        hearing = Hearing(["agent"], ears, {"agent": LoudIsSpeech()}, None, begin_ms, turn)
        end_ms = begin_ms + len(sound) // 16
        return [*hearing.feed(AudioFrame(begin_ms, sound[None])), *hearing.finish(end_ms)]

    def moments(events: list[Event], begin_ms: int) -> list[tuple[type[Event], int]]:
        return [(type(event), event.at_ms - begin_ms) for event in events]

    first, later = told(0, 0), told(7_240, 5)
    assert moments(later, 7_240) == moments(first, 0)
    (said,), (again,) = utterances(first), utterances(later)
    assert (again.turn, again.text) == (5, said.text)
    assert (again.start_ms, again.end_ms) == (said.start_ms + 7_240, said.end_ms + 7_240)
    assert [w.start_ms - 7_240 for w in again.words] == [w.start_ms for w in said.words]


def test_frame_of_other_channels_is_refused() -> None:
    hearing = Hearing(["agent"], {}, {"agent": LoudIsSpeech()})
    (frame,) = Framer(2).feed(np.zeros((2, 320), np.int16))
    with pytest.raises(ValueError, match="a frame of 2 channels, not 1"):
        hearing.feed(frame)


def buzz(level_db: float, ticks: int) -> Sound:
    """Noise of the line at a level below full scale."""
    scale = 32768 * 10 ** (level_db / 20)
    return np.rint(np.random.default_rng(ticks).normal(0, scale, 160 * ticks)).astype(np.int16)


def test_noise_that_sets_in_is_not_an_utterance() -> None:
    """A line that goes from digital silence to noise wakes any detector for a while."""
    line = np.concatenate([buzz(-90, 30), buzz(-50, 600)])
    line[160 * 150 : 160 * 190] += paint("#" * 40)
    hearing = Hearing(["agent"], {}, {"agent": LoudIsSpeech()})
    frames = Framer(1).feed(line[np.newaxis])
    events = [event for frame in frames for event in hearing.feed(frame)]
    assert VoiceStarted(300, "agent") in events
    assert spans(events) == [(1500, 1900)]


runs = st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), max_size=8)
patterns = runs.map(lambda r: "".join("." * quiet + "#" * loud for quiet, loud in r) + ".")
flickers = st.text("#.", max_size=250)
endpoints = st.frozensets(st.integers(1, 60), max_size=12)
limits = st.sampled_from([500, 1500, 8000])


@settings(deadline=None)
@given(
    st.one_of(patterns, flickers),
    st.one_of(patterns, flickers),
    endpoints,
    st.booleans(),
    st.data(),
)
def test_laws(
    agent: str, customer: str, ends: frozenset[int], deaf: bool, data: st.DataObject
) -> None:
    lag_ms = data.draw(st.sampled_from([0, 300]))
    expected = Letters(data.draw(st.sampled_from(["a", "abc", "abcdef"])))

    def run(cuts: tuple[int, ...]) -> list[Event]:
        ears: dict[Channel, Recogniser | None] = {
            "agent": ScriptedRecogniser(ends, lag_ms),
            "customer": None if deaf else FarSighted(),
        }
        return hear({"agent": agent + ".", "customer": customer + "."}, ears, cuts, expected)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("ENDPOINT_PART_MS", "LONG_PART_MS", "LONGEST_PART_MS"):
            patch.setattr(ear_module, name, data.draw(limits))
        check_laws(agent, customer, run, data)


def check_laws(
    agent: str, customer: str, run: Callable[[tuple[int, ...]], list[Event]], data: st.DataObject
) -> None:
    events = run(())
    length = 160 * (max(len(agent), len(customer)) + 1)
    cuts = data.draw(st.lists(st.integers(0, length), max_size=5))
    assert run(tuple(cuts)) == events
    check_watermark(events)
    for channel in BOTH:
        check_channel(events, channel)


def check_watermark(events: list[Event]) -> None:
    """Nothing that starts before a settled moment comes after it; nothing is from the future."""
    settled = listened = known = turn = 0
    for event in events:
        if isinstance(event, Listened):
            assert event.at_ms == listened + 500
            listened = event.at_ms
        if isinstance(event, VoiceStarted):
            assert not listened or event.at_ms > listened
        if isinstance(event, Settled):
            assert event.at_ms > settled
            settled = event.at_ms
        elif isinstance(event, Utterance):
            assert settled <= event.start_ms < event.end_ms <= event.at_ms
            assert event.at_ms >= known
            assert event.turn == turn
            known, turn = event.at_ms, turn + 1


def check_channel(events: list[Event], channel: Channel) -> None:
    """Utterances of a channel do not overlap, cover only voice, and each has its line quality."""
    told = [u for u in utterances(events) if u.channel == channel]
    for before, after in pairwise(told):
        assert before.end_ms <= after.start_ms
    starts = [e.at_ms for e in events if isinstance(e, VoiceStarted) and e.channel == channel]
    ends = [e.at_ms for e in events if isinstance(e, VoiceEnded) and e.channel == channel]
    assert len(starts) == len(ends)
    voiced = set()
    for start, end in zip(starts, ends, strict=True):
        voiced |= set(range(start, end, 10))
    for utterance in told:
        assert {utterance.start_ms, utterance.end_ms - 10} <= voiced
        voiced -= set(range(utterance.start_ms, utterance.end_ms, 10))
        for word in utterance.words:
            assert word.start_ms <= word.end_ms <= utterance.at_ms
    assert len(voiced) < 30 * (1 + len(starts)), "only clicks may be missing"
    qualities = [e for e in events if isinstance(e, LineQuality) and e.channel == channel]
    assert [(q.start_ms, q.end_ms) for q in qualities] == [(u.start_ms, u.end_ms) for u in told]
