"""What the model makes of recordings, and how it is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist.apps.listening import evaluate, read_manifest, transcribe
from agent_assist.errors import BadInputError
from agent_assist.settings import AUDIO_FIXTURES
from tests.packs import workshop

CALL = AUDIO_FIXTURES / "calls" / "silent-caller-cut-short.wav"
SAID = "您好中国移动很高兴为您服务您好请问有什么可以帮助您吗请问您能听到我的声音吗"


def manifest(folder: Path, *lines: str) -> Path:
    path = folder / "manifest.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_both_channels_are_transcribed() -> None:
    agent, customer = transcribe(CALL, workshop().model)
    assert (agent["channel"], customer["channel"]) == ("agent", "customer")
    assert "很高兴为您服务" in agent["text"]
    assert "".join(w["text"] for w in agent["words"]) == agent["text"]
    starts = [w["start_ms"] for w in agent["words"]]
    assert starts == sorted(starts)
    assert agent["audio_ms"] == customer["audio_ms"]


def test_a_model_is_measured_on_known_recordings(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(CALL.read_bytes())
    path = manifest(
        tmp_path, "path\ttranscript\tsplit", f"a.wav\t{SAID}\tseen", "a.wav\t天气\tother"
    )
    result = evaluate(path, workshop().model)
    assert list(result) == ["other", "seen"]
    assert result["seen"]["identified"] == 1.0
    assert result["other"]["identified"] == 0.0
    assert 0 <= result["seen"]["syllable_error_rate"] <= result["seen"]["character_error_rate"] < 1


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
