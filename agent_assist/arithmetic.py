"""One kind of floating-point arithmetic on every processor.

The recogniser's linear algebra (OpenBLAS inside vosk) picks its kernels by the processor it finds,
and each kernel rounds differently in the last bits: enough to turn a word round now and then. So
that a call is heard the same everywhere, the kernels for AVX2 are asked for wherever there is
AVX2; a choice already made in the environment is respected. Must run before vosk is loaded.

numpy's OpenBLAS works in one thread: sound comes in small pieces, and threads that share one cost
several times what they save.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys
from pathlib import Path

KERNELS = "Haswell"
_VARIABLE = "OPENBLAS_CORETYPE"
_THREADS = "OPENBLAS_NUM_THREADS"
_WINDOWS_HAS_AVX2 = 40
"""PF_AVX2_INSTRUCTIONS_AVAILABLE of IsProcessorFeaturePresent."""


def pin_kernels(cpu_facts: Path = Path("/proc/cpuinfo")) -> None:
    """Ask for the AVX2 kernels on processors that have them, and for one thread."""
    os.environ.setdefault(_THREADS, "1")
    if platform.machine().lower() in {"x86_64", "amd64"} and _has_avx2(cpu_facts):
        os.environ.setdefault(_VARIABLE, KERNELS)


def _has_avx2(cpu_facts: Path) -> bool:
    if sys.platform == "win32":
        present: int = ctypes.windll.kernel32.IsProcessorFeaturePresent(_WINDOWS_HAS_AVX2)
        return bool(present)
    try:
        words = set(cpu_facts.read_text(encoding="ascii", errors="replace").split())
    except OSError:
        return False
    return {"avx2", "fma"} <= words
