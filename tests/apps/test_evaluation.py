"""How a model is measured on recordings with transcripts."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.apps.engines import LoadedEngine
from agent_assist.apps.evaluation import Trial, evaluate, read_manifest
from agent_assist.core.events import Word
from agent_assist.core.ports import Recogniser, Samples
from agent_assist.errors import BadInputError
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop

CALL = AUDIO_FIXTURES / "calls" / "silent-caller-cut-short.wav"
SAID = "您好中国移动很高兴为您服务您好请问有什么可以帮助您吗请问您能听到我的声音吗"
STEEP = Trial("white", steep=True)
HEAD = "path\ttranscript\tsplit\tset\tspeaker"


def manifest(folder: Path, *lines: str) -> Path:
    path = folder / "manifest.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def recording(folder: Path, name: str) -> None:
    shutil.copyfile(CALL, folder / name)


class Parrot:
    """A model that hears the same words whatever is said, and keeps what it was given."""

    path = Path("parrot")
    sample_rate = 16_000
    look_ahead_ms = 0
    chunk_ms = 0

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.given: list[Samples] = []

    def recogniser(self) -> Recogniser:
        return _Parroting(self, self._texts.pop(0) if self._texts else "")


class _Parroting:
    sample_rate = 16_000
    look_ahead_ms = 0
    chunk_ms = 0

    def __init__(self, parrot: Parrot, text: str) -> None:
        self._parrot, self._text = parrot, text
        self._heard: list[Samples] = []

    def accept(self, block: Samples) -> tuple[Word, ...] | None:
        self._heard.append(block)
        return None

    def partial(self) -> str:
        return ""

    def finish(self) -> tuple[Word, ...]:
        self._parrot.given.append(np.concatenate(self._heard))
        return (Word(self._text, 0, 10, 1.0),) if self._text else ()


def test_the_bundled_model_is_measured(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    path = manifest(
        tmp_path, "path\ttranscript\tsplit", f"a.wav\t{SAID}\tseen", "a.wav\t天气\tother"
    )
    result = evaluate(path, workshop().model, Trial())
    assert list(result) == ["other", "seen"]
    assert result["seen"]["identified"] == 1.0
    assert result["other"]["identified"] == 0.0
    assert 0 <= result["seen"]["syllable_error_rate"] <= result["seen"]["character_error_rate"] < 1


def test_sets_and_speakers_are_measured_each_for_itself(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    path = manifest(
        tmp_path,
        HEAD,
        "a.wav\t我要查询话费\tdev\tread\tS1",
        "a.wav\t你好\tdev\tread\tS2",
        "a.wav\t办理宽带\tdev\twords\tS1",
    )
    # two channels a file: agent and customer
    parrot = Parrot("我要查询", "化肥", "利好", "", "", "")
    dev = evaluate(path, parrot, Trial())["dev"]
    assert (dev["utterances"], dev["identified"]) == (3, 0.6667)
    assert dev["syllable_error_rate"] == round((0 + 1 + 4) / 12, 4)
    assert dev["set"]["read"]["identified"] == 1.0
    assert dev["set"]["words"] == {
        "utterances": 1,
        "character_error_rate": 1.0,
        "syllable_error_rate": 1.0,
        "identified": 0.0,
        "identified_by_edits": 0.0,
    }
    assert dev["speaker"]["S1"]["identified"] == 0.5
    assert dev["condition"] == "wide"


def test_letters_count_as_the_syllables_they_are_said_with(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    path = manifest(tmp_path, HEAD, "a.wav\t打开CallMeMaybe\tdev\t\t", "a.wav\tXL\tdev\t\t")
    dev = evaluate(path, Parrot("打开", "抠米美比", "X", "艾楼"), Trial())["dev"]
    assert dev["syllable_error_rate"] == 0.0
    assert dev["identified"] == dev["identified_by_edits"] == 1.0


def test_only_the_split_asked_for_is_heard_and_all_transcripts_compete(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    path = manifest(tmp_path, HEAD, "a.wav\t查话费\tdev\t\t", "a.wav\t查宽带\ttrain\t\t")
    result = evaluate(path, Parrot("查宽带"), Trial(splits=("dev",), by=("set",)))
    assert list(result) == ["dev"]
    assert result["dev"]["identified"] == 0.0
    assert "set" not in result["dev"]
    with pytest.raises(BadInputError, match="has no split 'test'"):
        evaluate(path, Parrot(), Trial(splits=("test",)))


def test_the_telephone_is_narrow_noisy_and_the_same_every_time(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    path = manifest(tmp_path, HEAD, "a.wav\t查话费\tdev\t\t")
    parrots = [Parrot() for _ in range(5)]
    for parrot, trial in zip(
        parrots,
        (Trial(), Trial("white"), Trial("white"), Trial("white", seed=2), STEEP),
        strict=True,
    ):
        evaluate(path, parrot, trial)
    wide, once, again, other, steep = (parrot.given[0] for parrot in parrots)
    assert len(once) == len(wide)
    assert (once == again).all()
    assert (once != other).any()
    assert power(steep, 0, 250) < power(once, 0, 250) / 3
    above, below = power(once, 4_200, 8_000), power(once, 600, 3_200)
    assert above < below / 1000


def test_babble_is_other_recordings(tmp_path: Path) -> None:
    recording(tmp_path, "a.wav")
    shutil.copyfile(AUDIO_FIXTURES / "calls" / "dialect.wav", tmp_path / "b.wav")
    path = manifest(tmp_path, HEAD, "a.wav\t查话费\tdev\t\t", "b.wav\t查宽带\ttrain\t\t")
    white, talk = Parrot(), Parrot()
    result = evaluate(path, talk, Trial("babble", splits=("dev",)))
    evaluate(path, white, Trial("white", splits=("dev",)))
    assert result["dev"]["condition"] == "telephone, babble noise"
    assert len(talk.given) == 2
    assert (talk.given[0] != white.given[0]).any()


def power(samples: Samples, low: int, high: int) -> float:
    """Energy between two frequencies."""
    spectrum = np.abs(np.fft.rfft(samples / 32768.0)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / 16_000)
    return float(spectrum[(hertz >= low) & (hertz < high)].sum())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path\ttranscript\tsplit"], "1: holds no line"),
        (["path\ttext\tsplit", "a\tb\tc"], "1: has no column 'transcript'"),
        (["path\ttranscript\tsplit", "a\tb"], "2: has fewer columns"),
    ],
)
def test_a_faulty_manifest(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        read_manifest(manifest(tmp_path, *lines))


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="cannot be read"):
        read_manifest(tmp_path / "none.tsv")


def test_the_fixture_is_a_call_of_two_channels() -> None:
    assert AudioFile(CALL).channels == ("agent", "customer")


def engine(parrot: Parrot) -> LoadedEngine:
    """The made-up model is one as the program knows them (checked by the type checker)."""
    return parrot
