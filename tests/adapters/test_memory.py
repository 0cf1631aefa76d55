"""One heap for all threads: what a call's thread freed is used again by the next one's."""

from __future__ import annotations

import subprocess
import sys

import pytest

GROWTH = """
import ctypes, sys, threading
from agent_assist.adapters.memory import limit_heaps
assert limit_heaps(1)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
places = []
def work():
    places.append(libc.malloc(1000) >> 26)
    barrier.wait()
barrier = threading.Barrier(6)
threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(set(places)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a setting of glibc")
def test_threads_share_one_heap() -> None:
    command = [sys.executable, "-c", GROWTH]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(told) <= 2, "one heap, which may cross one border of 64 MB"
