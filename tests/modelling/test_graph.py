"""The graph compiler runs apart from the recogniser."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_assist.modelling.graph import compile_graph

ROOT = Path(__file__).parents[2]


def test_what_the_compiler_says_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="cannot build"):
        compile_graph("no transducer", "neither", tmp_path / "HCLG.fst")


@pytest.mark.parametrize("first", ["vosk", "agent_assist.modelling.package"])
def test_building_and_decoding_in_one_process_ends_well(tmp_path: Path, first: str) -> None:
    program = f"""
import {first}, vosk, sys
from pathlib import Path
from agent_assist.modelling.package import build_graph
vosk.SetLogLevel(-1)
out = Path({str(tmp_path / "site")!r})
build_graph(Path("models/zh-small"), [("请您稍等", 1.0)], out, general=50, bundled=False)
recognizer = vosk.KaldiRecognizer(vosk.Model(str(out)), 16000)
recognizer.AcceptWaveform(bytes(32000))
recognizer.FinalResult()
print("kaldifst" in sys.modules)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == ["False"]
