"""What names the contents of files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path


def files_digest(files: Mapping[str, Path]) -> str:
    """First 16 hex digits of SHA-256 over the names and bytes of files, in the names' order."""
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:16]
