"""Writes the bundled model, or one adapted from it, for another engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from agent_assist import __version__
from agent_assist.adapters.sherpa_asr import load_sherpa_model
from agent_assist.adapters.vosk_asr import load_model
from agent_assist.errors import BadInputError, ModelError
from agent_assist.modelling.digest import model_digest
from agent_assist.modelling.sherpa_package import write_sherpa_model


def export_sherpa(model: Path, out: Path) -> None:
    """Write ``out``, a model directory for sherpa-onnx; it appears whole or not at all."""
    if out.exists():
        raise BadInputError(f"{out}: exists already; name a new directory")
    for name in ("am/final.mdl", "graph/HCLG.fst", "graph/words.txt"):
        if not (model / name).is_file():
            raise ModelError(f"{model}: {name} is missing; give the directory of a vosk model")
    staging = out.with_name(f".{out.name}.building")
    try:
        shutil.rmtree(staging, ignore_errors=True)
        load_model(model)
        write_sherpa_model(model, staging)
        for name in ("README.md", "LICENSE"):
            if (model / name).is_file():
                shutil.copyfile(model / name, staging / name)
        record = {
            "program": __version__,
            "digest": model_digest(staging),
            "base": {"name": model.resolve().name, "digest": model_digest(model)},
        }
        (staging / "exported.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
        load_sherpa_model(staging)
        staging.rename(out)
    except ValueError:
        raise ModelError(
            f"{model}: this acoustic model has other units; only zh-small and what was adapted"
            " from it can be exported"
        ) from None
    except RuntimeError as error:
        raise ModelError(f"{model}: {error}") from None
    except OSError as error:
        raise BadInputError(f"{out}: cannot be written: {error.strerror or error}") from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
