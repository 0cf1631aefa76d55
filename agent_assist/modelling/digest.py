"""Fingerprint of a model directory (standard library only)."""

from __future__ import annotations

import hashlib
from pathlib import Path

PARTS = ("am", "conf", "graph")
FILES = ("*.onnx", "*.fst", "*.txt")
SHOWN = 16


def model_digest(model_dir: Path) -> str:
    """First 16 hex digits of a SHA-256 over the names and contents of the model's files.

    Covers every file under ``am``, ``conf`` and ``graph``, and in a directory without
    them its ``*.onnx``, ``*.fst`` and ``*.txt``, in sorted order of their relative POSIX
    paths.  Raises FileNotFoundError when there is none.
    """
    files = [f for part in PARTS for f in (model_dir / part).rglob("*") if f.is_file()]
    if not files:
        files = [f for pattern in FILES for f in model_dir.glob(pattern) if f.is_file()]
    if not files:
        raise FileNotFoundError(f"no model files in {model_dir}")
    digest = hashlib.sha256()
    for path in sorted(files, key=lambda f: f.relative_to(model_dir).as_posix()):
        content = path.read_bytes()
        name = path.relative_to(model_dir).as_posix().encode()
        digest.update(len(name).to_bytes(4, "big") + name)
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()[:SHOWN]
