"""The same arithmetic on every processor."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent_assist.arithmetic import KERNELS, pin_kernels

VARIABLE, THREADS = "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS"


@pytest.mark.parametrize(
    ("flags", "pinned"), [("fpu sse2 fma avx2", KERNELS), ("fpu sse2 avx", None), (None, None)]
)
def test_kernels_are_pinned_where_the_processor_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str | None, pinned: str | None
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    facts = tmp_path / "cpuinfo"
    if flags is not None:
        facts.write_text(f"flags : {flags}\n", encoding="ascii")
    pin_kernels(facts)
    assert os.environ.get(VARIABLE) == pinned
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_choice_made_by_hand_is_respected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "Prescott")
    monkeypatch.setenv(THREADS, "3")
    facts = tmp_path / "cpuinfo"
    facts.write_text("flags : fma avx2\n", encoding="ascii")
    pin_kernels(facts)
    assert (os.environ[VARIABLE], os.environ[THREADS]) == ("Prescott", "3")


def test_the_choice_is_made_before_anything_else_of_the_package_is_loaded() -> None:
    code = f"import os, agent_assist; print(os.environ.get('{VARIABLE}'), os.environ['{THREADS}'])"
    environment = {k: v for k, v in os.environ.items() if k not in {VARIABLE, THREADS}}
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    expected = KERNELS if "avx2" in Path("/proc/cpuinfo").read_text(encoding="ascii") else "None"
    assert told.stdout.split() == [expected, "1"]
