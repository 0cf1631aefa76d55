"""A model directory is loaded with what it says of its own errors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from agent_assist.adapters.audio_file import AudioFile
from agent_assist.adapters.vosk_asr import LoadedModel
from agent_assist.apps.engines import CorrectedEngine, LoadedEngine, load_engine
from agent_assist.core.events import Word
from agent_assist.errors import ModelError
from agent_assist.modelling.confidence import FILE as CONFIDENCE
from agent_assist.modelling.word_lag import FILE as WORD_LAG
from agent_assist.settings import DEFAULT_MODEL, DEMO_CALL


def model(folder: Path, **told: Mapping[str, float]) -> Path:
    """The bundled model, saying of its errors only what is given."""
    shutil.copytree(DEFAULT_MODEL, folder, copy_function=_link)
    for name, key in ((CONFIDENCE, "confidence"), (WORD_LAG, "lag")):
        (folder / name).unlink(missing_ok=True)
        if key in told:
            (folder / name).write_text(json.dumps(told[key]), encoding="ascii")
    return folder


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)


def heard(engine: LoadedEngine) -> tuple[Word, ...]:
    """The greeting of the demonstration call."""
    sound = np.concatenate(list(AudioFile(DEMO_CALL).blocks()), axis=1)[0, : 16 * 4_400]
    recogniser = engine.recogniser()
    words: tuple[Word, ...] = ()
    for at in range(0, len(sound), 1600):
        words += recogniser.accept(sound[at : at + 1600]) or ()
    return words + recogniser.finish()


def test_a_model_is_corrected_by_what_it_says(tmp_path: Path) -> None:
    plain = load_engine(model(tmp_path / "plain"))
    assert isinstance(plain, LoadedModel)
    told = {"slope": 1.0, "offset": -1.0}, {"start_late_ms": 40, "end_early_ms": 60}
    corrected = load_engine(model(tmp_path / "told", confidence=told[0], lag=told[1]))
    assert isinstance(corrected, CorrectedEngine)
    assert corrected.sample_rate == plain.sample_rate
    before, after = heard(plain), heard(corrected)
    assert [w.text for w in before] == [w.text for w in after]
    assert len(before) > 2
    assert all(b.confidence > a.confidence for b, a in zip(before, after, strict=True))
    assert before[0].start_ms - after[0].start_ms == 40
    assert before[-1].end_ms < after[-1].end_ms == 4_080


@pytest.mark.parametrize("told", [{"confidence": {"slope": -1}}, {"lag": {"start_late_ms": 5}}])
def test_what_cannot_be_read_is_named(tmp_path: Path, told: dict[str, Mapping[str, float]]) -> None:
    with pytest.raises(ModelError, match=r"conf/\w+\.json: .*; delete it"):
        load_engine(model(tmp_path / "bad", **told))


def test_the_bundled_model_is_calibrated() -> None:
    engine = load_engine(DEFAULT_MODEL)
    assert isinstance(engine, CorrectedEngine)
    assert engine.correction.confidence is not None
