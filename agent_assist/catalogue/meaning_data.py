"""``meanings/<id>.yaml``: example sentences of a meaning, and ``meanings.npz``: what was learnt.

The examples are for people and for `agent-assist learn`; calls are judged by what was learnt.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np

from agent_assist.catalogue.digest import files_digest
from agent_assist.catalogue.models import Data, Identifier, Text
from agent_assist.core.meaning import BUCKETS, Meaning, Meanings

EXAMPLES, LEARNT = "meanings", "meanings.npz"
RELEARN = "run 'agent-assist learn'"


class MeaningFile(Data):
    """One sentence a line. ``no``: near ones that do not mean it. Of one ``group``, a sentence
    has one meaning at most; a file without ``yes`` tells what has none of them. ``alone``: one
    such sentence breaks a rule by itself."""

    id: Identifier
    title: Text
    by: Literal["agent", "customer"]
    group: Identifier | None = None
    alone: bool = False
    yes: Text | None = None
    no: Text


def examples_digest(folder: Path) -> str:
    """What names the example sentences of a pack."""
    return files_digest({path.name: path for path in (folder / EXAMPLES).glob("*.yaml")})


def save(meanings: Meanings, path: Path) -> None:
    """Write what was learnt."""
    known = json.dumps([asdict(meaning) for meaning in meanings.known], ensure_ascii=False)
    np.savez_compressed(
        path,
        known=np.array(known),
        digest=np.array(meanings.digest),
        weights=meanings.weights,
        scale=meanings.scale,
        bias=meanings.bias,
    )


def read(path: Path) -> Meanings:
    """Read it again. Raises ValueError for any other file."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            known = tuple(Meaning(**each) for each in json.loads(str(file["known"])))
            found = Meanings(
                known,
                file["weights"].astype(np.int8, casting="no"),
                file["scale"].astype(np.float32, casting="no"),
                file["bias"].astype(np.float32, casting="no"),
                str(file["digest"]),
            )
    except (OSError, KeyError, TypeError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"is not what was learnt from examples ({error}); {RELEARN}") from None
    classes = len(known) + len({meaning.group for meaning in known})
    shapes = (found.weights.shape, found.scale.shape, found.bias.shape)
    if shapes != ((BUCKETS, classes), (classes,), (classes,)):
        raise ValueError(f"does not fit the meanings that it names; {RELEARN}")
    return found
