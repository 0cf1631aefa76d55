"""Where the bundled things are: script packs, the model, the demonstration call."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "bundled"


def _bundled(name: str) -> Path:
    """A bundled folder: inside an installed package, or beside the package in a checkout."""
    installed = _BUNDLED / name
    return installed if installed.exists() else _PACKAGE.parent / name


SCRIPTS = _bundled("scripts")
MODELS = _bundled("models")
AUDIO_FIXTURES = _bundled("audio_fixtures")

DEFAULT_SCRIPT = SCRIPTS / "10086"
DEFAULT_MODEL = MODELS / "zh-small"
DEMO_CALL = AUDIO_FIXTURES / "calls" / "demo.wav"
