"""The bundled model through vosk: what it hears, when, and the same every time."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import LoadedModel, load_model
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.core.events import Event, PartialHeard, Utterance, Word
from agent_assist.core.framing import to_frames
from agent_assist.core.hearing import Hearing
from agent_assist.errors import ModelError

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "zh-small"
GREETING_MS = 4_400
Sound = NDArray[np.int16]


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return load_model(MODEL)


@pytest.fixture(scope="module")
def greeting() -> Sound:
    """An agent's first words, with some of the line's silence before and after them."""
    recording = AudioFile(ROOT / "audio_fixtures" / "calls" / "demo.wav")
    blocks = np.concatenate(list(recording.blocks()), axis=1)
    return blocks[0, : GREETING_MS * 16]


def hear(model: LoadedModel, sound: Sound) -> list[Event]:
    hearing = Hearing(["agent"], {"agent": model.recogniser()}, {"agent": WebrtcDetector()})
    events: list[Event] = []
    for frame in to_frames([sound[np.newaxis]], 1):
        events += hearing.feed(frame)
    return events + hearing.finish(-(-len(sound) // 16))


def decode(model: LoadedModel, sound: Sound, times: int) -> list[tuple[Word, ...]]:
    """The same sound several times through one recogniser, word times within each turn."""
    recogniser = model.recogniser()
    heard = []
    for turn in range(times):
        words: tuple[Word, ...] = ()
        for at in range(0, len(sound), 1600):
            words += recogniser.accept(sound[at : at + 1600]) or ()
        heard.append(shifted(words + recogniser.finish(), -turn * len(sound) // 16))
    return heard


def shifted(words: tuple[Word, ...], by_ms: int) -> tuple[Word, ...]:
    return tuple(
        replace(word, start_ms=word.start_ms + by_ms, end_ms=word.end_ms + by_ms) for word in words
    )


def test_the_greeting_is_understood(model: LoadedModel, greeting: Sound) -> None:
    events = hear(model, greeting)
    (utterance,) = [event for event in events if isinstance(event, Utterance)]
    assert "中国移动" in utterance.text
    assert utterance.text == "".join(word.text for word in utterance.words)
    assert 0.3 < utterance.confidence <= 1.0
    partials = [event for event in events if isinstance(event, PartialHeard)]
    assert partials[-1].at_ms < utterance.at_ms
    assert len({event.text for event in partials}) > 3


def test_words_stand_where_the_voice_is(model: LoadedModel, greeting: Sound) -> None:
    """Three segments at odd distances: each has the words of the first, exactly shifted."""
    pause = np.tile(greeting[: 16 * 410], 3)
    sound = np.concatenate([greeting, pause, greeting, pause[: 16 * 470], greeting, pause])
    told = [event for event in hear(model, sound) if isinstance(event, Utterance)]
    assert len(told) == 3
    for utterance, at_ms in zip(told, (0, 4400 + 1230, 2 * 4400 + 1230 + 470), strict=True):
        assert utterance.start_ms - at_ms == pytest.approx(told[0].start_ms, abs=20)
        assert utterance.end_ms - at_ms == pytest.approx(told[0].end_ms, abs=20)
        heard = {word.text: word.start_ms - at_ms for word in utterance.words}
        for word in told[0].words[1:]:
            assert heard[word.text] == pytest.approx(word.start_ms, abs=60)
    first, last = told[2].words[0], told[2].words[-1]
    assert told[2].start_ms - 100 <= first.start_ms <= told[2].start_ms + 700
    assert told[2].end_ms - 700 <= last.end_ms <= told[2].end_ms + 300


def test_every_segment_is_heard_as_if_it_were_the_first(
    model: LoadedModel, greeting: Sound
) -> None:
    first, second, third = decode(model, greeting, 3)
    assert first == second == third
    assert len(first) > 2


def test_long_silence_has_endpoints_without_words(model: LoadedModel, greeting: Sound) -> None:
    """vosk then says that an utterance ended, and has no partial reading until more is fed."""
    recogniser = model.recogniser()
    assert recogniser.partial() == ""
    silence = np.tile(greeting[: 16 * 500], 20)
    for at in range(0, len(silence), 1600):
        recogniser.accept(silence[at : at + 1600])
        recogniser.partial()
    recogniser.finish()
    assert recogniser.partial() == ""
    for at in range(0, len(greeting), 1600):
        recogniser.accept(greeting[at : at + 1600])
    assert recogniser.partial()


def test_two_recognisers_do_not_disturb_each_other(model: LoadedModel, greeting: Sound) -> None:
    one, other = model.recogniser(), model.recogniser()
    for at in range(0, len(greeting), 1600):
        one.accept(greeting[at : at + 1600])
        other.accept(greeting[at : at + 1600][::-1].copy())
    assert one.partial() != other.partial()
    assert one.finish() == decode(model, greeting, 1)[0]


def test_last_word_is_kept_when_the_sound_ends_with_it(model: LoadedModel, greeting: Sound) -> None:
    (whole,) = [event for event in hear(model, greeting) if isinstance(event, Utterance)]
    cut = greeting[: whole.end_ms * 16]
    (utterance,) = [event for event in hear(model, cut) if isinstance(event, Utterance)]
    assert utterance.words[-1].text == whole.words[-1].text
    assert utterance.at_ms - whole.end_ms < 20


def copy_of_model(to: Path, mfcc_conf: str) -> Path:
    """The bundled model with another feature configuration."""
    shutil.copytree(MODEL, to, copy_function=lambda source, link: Path(link).symlink_to(source))
    (to / "conf/mfcc.conf").unlink()
    (to / "conf/mfcc.conf").write_text(mfcc_conf, "utf-8")
    return to


def bundled_conf() -> str:
    return (MODEL / "conf/mfcc.conf").read_text("utf-8")


@pytest.mark.parametrize("line", ["", "--dither=1.0\n"])
def test_dither_is_switched_off(tmp_path: Path, greeting: Sound, line: str) -> None:
    """Without that Kaldi adds noise to the sound, different at every hearing."""
    conf = bundled_conf().replace("--dither=0\n", line)
    path = copy_of_model(tmp_path / "model", conf)
    first, second = decode(load_model(path), greeting[: 16 * 3000], 2)
    assert first == second
    assert (path / "conf/mfcc.conf").read_text("utf-8") == conf


def test_model_of_8_khz_hears_resampled_sound(tmp_path: Path, greeting: Sound) -> None:
    conf = bundled_conf().replace("=16000", "=8000").replace("=7600", "=3800")
    path = copy_of_model(tmp_path / "model", conf)
    model = load_model(path)
    assert (model.sample_rate, model.recogniser().sample_rate) == (8_000, 8_000)
    first, second = decode(model, greeting[: 16 * 2000], 2)
    assert first == second
    assert 700 <= first[0].start_ms < first[-1].end_ms <= 2000


@pytest.mark.parametrize(
    "name",
    [
        "am/final.mdl",
        "conf/mfcc.conf",
        "conf/model.conf",
        "graph/HCLG.fst",
        "graph/words.txt",
        "graph/phones/word_boundary.int",
    ],
)
def test_missing_or_empty_file_is_named(tmp_path: Path, name: str) -> None:
    path = copy_of_model(tmp_path / "model", bundled_conf())
    (path / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing; copy the whole model directory"):
        load_model(path)
    (path / name).touch()
    with pytest.raises(ModelError, match=f"{name} is empty; copy the whole model directory"):
        load_model(path)


def test_what_is_no_model_directory(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist; give the directory of a vosk model"):
        load_model(tmp_path / "none")
    (tmp_path / "model.zip").touch()
    with pytest.raises(ModelError, match="is not a directory; give the directory of a vosk model"):
        load_model(tmp_path / "model.zip")


def test_damaged_model(tmp_path: Path) -> None:
    path = copy_of_model(tmp_path / "model", bundled_conf())
    (path / "am/final.mdl").unlink()
    (path / "am/final.mdl").write_bytes(b"damaged" * 99)
    with pytest.raises(ModelError, match="vosk cannot load this model; copy the whole"):
        load_model(path)


def test_rates_that_cannot_be(tmp_path: Path) -> None:
    path = copy_of_model(tmp_path / "a", bundled_conf().replace("=16000", "=44100"))
    with pytest.raises(ModelError, match="sample frequency 44100 is neither 8000 nor 16000"):
        load_model(path)
    path = copy_of_model(tmp_path / "b", bundled_conf().replace("=16000", "=8000"))
    with pytest.raises(ModelError, match="vosk cannot run this model"):
        load_model(path).recogniser()


def test_what_was_said_is_read_once_so_much_silence_followed_as_the_model_looks_ahead(
    model: LoadedModel, greeting: Sound
) -> None:
    ear = model.recogniser()
    for at in range(0, len(greeting), 1600):
        ear.accept(greeting[at : at + 1600])
    before = ear.partial()
    ear.accept(np.zeros(ear.look_ahead_ms * 16, np.int16))
    read = ear.partial()
    ear.accept(np.zeros(2 * 16_000, np.int16))
    assert before != read == ear.partial()
    assert 400 < ear.look_ahead_ms < 1_000
    assert 0 < ear.chunk_ms < ear.look_ahead_ms
