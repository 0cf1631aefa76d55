"""The wheel holds all that an installed program needs, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from agent_assist import settings

CHECKOUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], check=True, cwd=CHECKOUT)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def files_below(folder: Path) -> set[str]:
    return {f.relative_to(folder).as_posix() for f in folder.rglob("*") if f.is_file()}


def test_data_is_bundled_where_the_program_looks_for_it(wheel: zipfile.ZipFile) -> None:
    held = set(wheel.namelist())
    for folder in (settings.SCRIPTS, settings.DEFAULT_MODEL):
        place = f"agent_assist/bundled/{folder.relative_to(CHECKOUT).as_posix()}"
        assert {f"{place}/{name}" for name in files_below(folder)} <= held
    assert "agent_assist/bundled/models/manifest.yaml" in held
    demo = "agent_assist/bundled/audio_fixtures/calls/demo"
    assert {f"{demo}.wav", f"{demo}.meta.yaml", f"{demo}.call.yaml"} <= held


def test_templates_texts_and_styles_are_in(wheel: zipfile.ZipFile) -> None:
    package = CHECKOUT / "agent_assist"
    beside_code = {
        f"agent_assist/{name}"
        for name in files_below(package)
        if not name.endswith(".pyc") and not name.startswith("bundled/")
    }
    assert any(name.endswith(".j2") for name in beside_code)
    assert beside_code <= set(wheel.namelist())


def test_command_licence_and_readme_are_in(wheel: zipfile.ZipFile) -> None:
    (entry,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert b"agent-assist = agent_assist.cli:main" in wheel.read(entry)
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
    (metadata,) = (name for name in wheel.namelist() if name.endswith("/METADATA"))
    assert b"# agent-assist" in wheel.read(metadata)


def test_nothing_else_is_in(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top.split("-")[0] for top in tops} == {"agent_assist"}
    assert not [name for name in wheel.namelist() if name.endswith(".pyc")]
    assert not [name for name in wheel.namelist() if "/recipe/" in name]
