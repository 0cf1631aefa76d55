"""Where the bundled things are, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_assist import settings


def test_the_bundled_things_are_there() -> None:
    assert (settings.DEFAULT_SCRIPT / "script.yaml").is_file()
    assert (settings.DEFAULT_MODEL / "am" / "final.mdl").is_file()
    assert settings.DEMO_CALL.is_file()
    assert (settings.AUDIO_FIXTURES / "manifest.yaml").is_file()


def test_an_installed_package_prefers_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "_PACKAGE", tmp_path / "package")
    monkeypatch.setattr(settings, "_BUNDLED", tmp_path / "package" / "bundled")
    assert settings._bundled("scripts") == tmp_path / "scripts"
    (tmp_path / "package" / "bundled" / "scripts").mkdir(parents=True)
    assert settings._bundled("scripts") == tmp_path / "package" / "bundled" / "scripts"
    assert settings._bundled("models") == tmp_path / "models"
