"""A model directory for sherpa-onnx from one for vosk: the same network, words and graph."""

from __future__ import annotations

import shutil
from pathlib import Path

from agent_assist.modelling.graph import run_compiler
from agent_assist.modelling.onnx_export import write_network
from agent_assist.modelling.transitions import fits


def write_sherpa_model(model_dir: Path, out: Path) -> None:
    """Write ``out`` (tokens.txt, model.onnx, HLG.fst, words.txt).

    Raises ValueError for a model with other units, RuntimeError when the graph cannot be written.
    """
    if not fits((model_dir / "am/final.mdl").read_bytes()):
        raise ValueError(f"{model_dir}: not an acoustic model with the expected units")
    out.mkdir(parents=True, exist_ok=True)
    write_network(model_dir, out)
    run_compiler("sherpa_graph", model_dir / "graph/HCLG.fst", out / "HLG.fst")
    shutil.copyfile(model_dir / "graph/words.txt", out / "words.txt")
