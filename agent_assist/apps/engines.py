"""Which speech engine a model directory is for, and loading it with what is known of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent_assist.core.correction import CorrectedRecogniser, Correction
from agent_assist.core.ports import Recogniser
from agent_assist.errors import ModelError
from agent_assist.modelling.confidence import IDENTITY, read_calibration
from agent_assist.modelling.word_lag import read_lag


class LoadedEngine(Protocol):
    """A model in memory, whatever engine runs it."""

    @property
    def path(self) -> Path:
        """The model's directory."""
        ...

    @property
    def sample_rate(self) -> int:
        """The model's own sample rate."""
        ...

    def recogniser(self) -> Recogniser:
        """A recogniser of its own for one channel of one call."""
        ...


@dataclass(frozen=True, slots=True)
class CorrectedEngine:
    """A loaded model whose recognisers tell corrected confidences and word times."""

    engine: LoadedEngine
    correction: Correction

    @property
    def path(self) -> Path:
        return self.engine.path

    @property
    def sample_rate(self) -> int:
        return self.engine.sample_rate

    def recogniser(self) -> Recogniser:
        return CorrectedRecogniser(self.engine.recogniser(), self.correction)


def is_sherpa(path: Path) -> bool:
    """A directory with tokens.txt and ONNX networks is a sherpa-onnx model."""
    return (path / "tokens.txt").is_file() and any(path.glob("*.onnx"))


def load_engine(path: Path) -> LoadedEngine:
    """Load a model directory with the engine it is made for, corrected; raises ModelError."""
    engine = _load(path)
    correction = read_correction(path)
    return engine if correction == Correction() else CorrectedEngine(engine, correction)


def read_correction(path: Path) -> Correction:
    """What a model directory says of its errors, nothing if it does not; raises ModelError."""
    try:
        calibration, lag = read_calibration(path), read_lag(path)
    except ValueError as error:
        raise ModelError(f"{error}; delete it, or copy the whole model directory again") from None
    return Correction(None if calibration == IDENTITY else calibration, lag)


def _load(path: Path) -> LoadedEngine:
    if not is_sherpa(path):
        from agent_assist.adapters.vosk_asr import load_model

        return load_model(path)
    try:
        from agent_assist.adapters.sherpa_asr import load_sherpa_model
    except ImportError as error:
        raise ModelError(
            f"{path}: a sherpa-onnx model, but {error.name} is not installed;"
            " pip install 'agent-assist[sherpa]'"
        ) from None
    return load_sherpa_model(path)
