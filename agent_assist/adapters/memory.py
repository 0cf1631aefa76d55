"""Keeps a long-running process from holding memory that it freed, where the C library is glibc.

glibc gives threads heaps of their own, and each stays as large as it ever was. Calls come and go in
threads of their own, so without a limit every heap grows to a whole call's and report's size.
"""

from __future__ import annotations

import ctypes
import gc
import sys

_M_ARENA_MAX = -8
"""The option's number in glibc's malloc.h."""


def limit_heaps(most: int) -> bool:
    """Let all threads share so many heaps; whether that could be set. Call it before they begin."""
    if sys.platform != "linux":
        return False
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    return bool(set_option(_M_ARENA_MAX, most))


def keep_loaded() -> None:
    """What was loaded until now stays: it is not looked through again for what can be freed."""
    gc.collect()
    gc.freeze()
