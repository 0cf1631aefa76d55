"""Graphs built for a site's own sentences, decoded by the recogniser itself."""

import json
from pathlib import Path

import pytest
import soundfile as sf
import vosk

from agent_assist.modelling.confidence import Calibration, read_calibration
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.package import GraphReport, ModelError, Readings, build_graph

MODEL = Path(__file__).parents[2] / "models" / "zh-small"
CLIP = Path(__file__).with_name("data") / "anything-else.flac"
SENTENCES = [("请问还有什么可以帮您？", 1.0), ("感谢您的来电，再见！", 1.0), ("请您稍等", 1.0)]


def hear(model_dir: Path) -> str:
    """Text of the clip, without the spaces between words."""
    samples, rate = sf.read(CLIP, dtype="int16")
    recognizer = vosk.KaldiRecognizer(vosk.Model(str(model_dir)), rate)
    recognizer.SetWords(True)
    for start in range(0, len(samples), rate // 10):
        recognizer.AcceptWaveform(samples[start : start + rate // 10].tobytes())
    recognizer.AcceptWaveform(bytes(rate))
    result = json.loads(recognizer.FinalResult())
    times = [word["start"] for word in result.get("result", [])]
    assert times == sorted(times)
    return str(result["text"]).replace(" ", "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GraphReport]:
    """A small graph for three sentences."""
    out = tmp_path_factory.mktemp("site")
    return out, build_graph(MODEL, SENTENCES, out, general=500, bundled=False)


def test_report_describes_the_graph(built: tuple[Path, GraphReport]) -> None:
    out, report = built
    assert report.sentences == 3
    assert report.unknown_words == ()
    assert report.digest == model_digest(out) != model_digest(MODEL)
    symbols = (out / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    assert symbols[0] == "<eps> 0"
    assert len(symbols) == report.words + 1


def test_the_recogniser_decodes_with_it_and_never_warns(
    built: tuple[Path, GraphReport], capfd: pytest.CaptureFixture[str]
) -> None:
    assert hear(built[0]) == "请问还有什么可以帮您"
    assert "WARNING" not in capfd.readouterr().err


def test_the_bundled_model_decodes_the_clip(capfd: pytest.CaptureFixture[str]) -> None:
    assert hear(MODEL) == "请问还有什么可以帮您"
    assert "WARNING" not in capfd.readouterr().err


def test_a_graph_can_be_rebuilt_in_place(built: tuple[Path, GraphReport]) -> None:
    out, first = built
    again = build_graph(out, SENTENCES, out, general=500, bundled=False)
    assert again.digest == first.digest


def test_extra_words_bring_their_own_pronunciation(tmp_path: Path) -> None:
    extra: Readings = {"和彩云": [("he", "cai", "yun")]}
    build_graph(MODEL, [("开通和彩云", 1.0)], tmp_path, extra, general=50, bundled=False)
    assert "和彩云 " in (tmp_path / "graph" / "words.txt").read_text(encoding="utf-8")


def test_the_map_of_confidences_goes_along(built: tuple[Path, GraphReport], tmp_path: Path) -> None:
    source, out = built[0], tmp_path / "out"
    (source / "conf" / "confidence.json").write_text('{"slope": 0.5, "offset": 1}')
    try:
        build_graph(source, SENTENCES, out, general=50, bundled=False)
    finally:
        (source / "conf" / "confidence.json").unlink()
    assert read_calibration(out) == Calibration(0.5, 1.0)


def test_another_acoustic_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "am").mkdir()
    (tmp_path / "am" / "final.mdl").write_bytes(b"\0Bsomething else")
    with pytest.raises(ModelError):
        build_graph(tmp_path, SENTENCES, tmp_path / "out")


def test_sentences_without_chinese_words_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no sentence"):
        build_graph(MODEL, [("hello", 1.0)], tmp_path, bundled=False)
