"""A second engine hears the same calls: the bundled network as ONNX, run by sherpa-onnx."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile as sf
from numpy.typing import NDArray
from onnx import TensorProto, helper

from agent_assist import settings
from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.sherpa_asr import SherpaModel, load_sherpa_model, spread
from agent_assist.adapters.sherpa_files import is_whole_graph, read_metadata
from agent_assist.adapters.webrtc_vad import WebrtcDetector
from agent_assist.apps.calls import Overrides, Workshop
from agent_assist.apps.engines import is_sherpa, load_engine
from agent_assist.apps.export import export_sherpa
from agent_assist.apps.model import examine, verify
from agent_assist.catalogue.pack import read_pack
from agent_assist.core.events import Event, PartialHeard, Utterance, Word
from agent_assist.core.framing import to_frames
from agent_assist.core.hearing import Hearing
from agent_assist.core.ports import Recogniser
from agent_assist.core.text import spoken
from agent_assist.errors import BadInputError, ModelError
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.onnx_export import BANDS, CEPSTRA, mel_bank, widening

CLIP = Path(__file__).parents[1] / "modelling" / "data" / "anything-else.flac"
SAID = "请问还有什么可以帮您"
Sound = NDArray[np.int16]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model, written for sherpa-onnx."""
    out = tmp_path_factory.mktemp("engines") / "zh-small-sherpa"
    export_sherpa(settings.DEFAULT_MODEL, out)
    return out


@pytest.fixture(scope="module")
def model(folder: Path) -> SherpaModel:
    return load_sherpa_model(folder)


@pytest.fixture(scope="module")
def clip() -> Sound:
    samples, rate = sf.read(CLIP, dtype="int16")
    assert rate == 16_000
    return np.asarray(samples, np.int16)


def feed(recogniser: Recogniser, sound: Sound) -> tuple[Word, ...]:
    words: tuple[Word, ...] = ()
    for at in range(0, len(sound), 1600):
        words += recogniser.accept(sound[at : at + 1600]) or ()
    return words + recogniser.finish()


def test_it_hears_what_the_first_engine_hears(model: SherpaModel, clip: Sound) -> None:
    heard = feed(model.recogniser(), clip)
    first = feed(load_engine(settings.DEFAULT_MODEL).recogniser(), clip)
    assert "".join(word.text for word in heard) == SAID
    assert "".join(word.text for word in first) == SAID
    assert heard[0].start_ms == pytest.approx(first[0].start_ms, abs=200)
    assert heard[-1].start_ms == pytest.approx(first[-1].start_ms, abs=200)
    assert all(word.start_ms < word.end_ms for word in heard)


def test_times_go_on_over_segments(model: SherpaModel, clip: Sound) -> None:
    recogniser = model.recogniser()
    first, second = feed(recogniser, clip), feed(recogniser, clip)
    by = len(clip) // 16
    assert second == tuple(
        replace(word, start_ms=word.start_ms + by, end_ms=word.end_ms + by) for word in first
    )
    assert recogniser.finish() == ()


def test_partial_readings_grow_and_end_with_the_segment(model: SherpaModel, clip: Sound) -> None:
    recogniser = model.recogniser()
    readings = []
    for at in range(0, len(clip), 1600):
        assert recogniser.accept(clip[at : at + 1600]) is None
        readings.append(recogniser.partial())
    assert readings[0] == ""
    assert len(set(readings)) > 3
    assert readings[-1].startswith("请问还有什么")
    recogniser.finish()
    assert recogniser.partial() == ""


def test_silence_and_a_single_block_are_heard_as_nothing(model: SherpaModel) -> None:
    recogniser = model.recogniser()
    assert feed(recogniser, np.zeros(16_000, np.int16)) == ()
    assert feed(recogniser, np.zeros(160, np.int16)) == ()


def test_a_segment_without_end_is_cut_in_a_pause(model: SherpaModel, clip: Sound) -> None:
    recogniser = model.recogniser()
    given: list[tuple[Word, ...]] = []
    sound = np.concatenate([clip, np.zeros(8_000, np.int16)] * 8)
    for at in range(0, len(sound), 1600):
        words = recogniser.accept(sound[at : at + 1600])
        if words is not None:
            given.append(words)
    assert len(given) == 1
    assert "".join(word.text for word in given[0]).count("帮您") >= 6
    assert all(a.start_ms <= b.start_ms for a, b in zip(given[0], given[0][1:], strict=False))


def test_it_serves_the_same_pipeline(model: SherpaModel) -> None:
    recording = AudioFile(settings.DEMO_CALL)
    greeting = np.concatenate(list(recording.blocks()), axis=1)[0, : 16 * 4_400]
    hearing = Hearing(["agent"], {"agent": model.recogniser()}, {"agent": WebrtcDetector()})
    events: list[Event] = []
    for frame in to_frames([greeting[np.newaxis]], 1):
        events += hearing.feed(frame)
    events += hearing.finish(4_400)
    (utterance,) = [event for event in events if isinstance(event, Utterance)]
    assert "中国移动" in utterance.text
    assert any(isinstance(event, PartialHeard) for event in events)


def test_a_call_is_judged_with_it_and_its_digest_is_kept(folder: Path, tmp_path: Path) -> None:
    samples, rate = sf.read(settings.DEMO_CALL, dtype="int16", always_2d=True)
    sf.write(tmp_path / "call.wav", samples[: rate * 5], rate)
    workshop = Workshop(read_pack(settings.DEFAULT_SCRIPT), folder)
    call = workshop.open(tmp_path / "call.wav", Overrides(desk="general"))
    assert call.header["model"] == {"name": "zh-small-sherpa", "digest": model_digest(folder)}
    said = [event for event in call.events if isinstance(event, Utterance)]
    assert workshop.phrases.matcher.best(spoken(said[0].text), 1)


def test_a_directory_tells_its_engine(folder: Path) -> None:
    assert is_sherpa(folder)
    assert not is_sherpa(settings.DEFAULT_MODEL)
    assert isinstance(load_engine(folder), SherpaModel)
    assert examine(folder).engine == "sherpa-onnx"
    assert all(finding.works for finding in verify(folder))


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("model.onnx", b"junk" * 99, "kind of network .nothing. is not supported"),
        ("tokens.txt", b"junk", "is no list of symbols"),
        ("tokens.txt", b"a 0\nb 1\n", "has no blank symbol"),
        ("HLG.fst", b"junk" * 99, r"HLG\.fst: is damaged"),
        ("HLG.fst", None, "belong together"),
        ("words.txt", b"\xff\xfe", "is no list of words"),
        ("words.txt", b"a b c", "is no list of words"),
        ("words.txt", None, "belong together"),
    ],
)
def test_damaged_models_are_told(
    folder: Path, tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(folder, damaged, copy_function=os.link)
    (damaged / name).unlink()
    if content is not None:
        (damaged / name).write_bytes(content)
    with pytest.raises(ModelError, match=complaint):
        load_sherpa_model(damaged)


def test_a_cut_graph_and_a_broken_network_are_told(folder: Path, tmp_path: Path) -> None:
    graph = (folder / "HLG.fst").read_bytes()
    (tmp_path / "cut.fst").write_bytes(graph[:-1])
    assert is_whole_graph(folder / "HLG.fst")
    assert not is_whole_graph(tmp_path / "cut.fst")
    shutil.copyfile(folder / "tokens.txt", tmp_path / "tokens.txt")
    broken = onnx.load(folder / "model.onnx")
    del broken.graph.node[10]
    onnx.save(broken, tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="cannot load this model"):
        load_sherpa_model(tmp_path)


def network(path: Path, **metadata: str) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["x"], ["y"])
    model = helper.make_model(helper.make_graph([node], "g", [x], [y]))
    helper.set_model_props(model, metadata)
    onnx.save(model, path)


def test_a_network_says_what_it_is(tmp_path: Path) -> None:
    network(tmp_path / "model.onnx", model_type="whisper-tiny", comment="甲")
    assert read_metadata(tmp_path / "model.onnx") == {"model_type": "whisper-tiny", "comment": "甲"}
    (tmp_path / "tokens.txt").write_text("<blk> 0\n", encoding="utf-8")
    with pytest.raises(ModelError, match=r"network \(whisper-tiny\) is not supported"):
        load_sherpa_model(tmp_path)
    network(tmp_path / "model.onnx", model_type="zipformer2_ctc", decode_chunk_len="32")
    with pytest.raises(ModelError, match="non-streaming"):
        load_sherpa_model(tmp_path)
    for part in ("encoder", "decoder", "joiner"):
        network(tmp_path / f"{part}.onnx", decode_chunk_len="32")
    with pytest.raises(ModelError, match="a streaming model"):
        load_sherpa_model(tmp_path)


def test_only_own_models_can_be_exported(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"am/final\.mdl is missing"):
        export_sherpa(tmp_path, tmp_path / "out")
    other = tmp_path / "other"
    shutil.copytree(settings.DEFAULT_MODEL, other, copy_function=os.link)
    (other / "am/final.mdl").unlink()
    (other / "am/final.mdl").write_bytes(b"\0Bsomething else")
    with pytest.raises(ModelError, match="cannot load this model"):
        export_sherpa(other, tmp_path / "out")
    with pytest.raises(BadInputError, match="exists already"):
        export_sherpa(settings.DEFAULT_MODEL, other)
    assert [p.name for p in tmp_path.iterdir()] == ["other"]


def test_words_take_their_times_from_syllables() -> None:
    tokens, starts = ["q", "ing", "uen", "h", "ai"], [100, 130, 300, 500, 560]
    assert spread(["请问", "还"], tokens, starts) == [(100, 500), (500, 740)]
    uneven = spread(["请问您"], tokens[:3], starts[:3])
    assert uneven == [(100, 633)]
    assert spread(["请"], [], []) == []


def test_wide_filters_are_sums_of_narrow_ones() -> None:
    weights = widening()
    assert weights.shape == (BANDS, CEPSTRA)
    assert weights.min() >= 0
    power = np.random.default_rng(5).gamma(0.5, 1e6, (200, 256))
    wide, made = power @ mel_bank(CEPSTRA).T, (power @ mel_bank(BANDS).T) @ weights
    assert np.abs(np.log(made / wide)).mean() < 0.15
