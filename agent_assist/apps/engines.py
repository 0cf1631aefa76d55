"""Which speech engine a model directory is for, and loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from agent_assist.core.ports import Recogniser
from agent_assist.errors import ModelError


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


def is_sherpa(path: Path) -> bool:
    """A directory with tokens.txt and ONNX networks is a sherpa-onnx model."""
    return (path / "tokens.txt").is_file() and any(path.glob("*.onnx"))


def load_engine(path: Path) -> LoadedEngine:
    """Load a model directory with the engine it is made for; raises ModelError."""
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
