"""The list of models that can be used, as people keep it in ``models/manifest.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator

from agent_assist.catalogue.models import Data, Text
from agent_assist.errors import Problem, ScriptError
from agent_assist.strict_yaml import load


class ModelEntry(Data):
    """One model; digests and the exact size are given only where its makers publish them."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.\-]*$")]
    title: Text
    licence: Text
    source: Text
    bundled: bool = False
    url: Annotated[str, Field(pattern=r"^https?://[^\s]+\.zip$")] | None = None
    about_mb: Annotated[int, Field(ge=1)] | None = None
    size_bytes: Annotated[int, Field(ge=1)] | None = None
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _has_a_place(self) -> ModelEntry:
        if self.bundled == (self.url is not None):
            raise ValueError("a model is either bundled or has a url")
        return self


class ManifestFile(Data):
    """``manifest.yaml``."""

    models: Annotated[list[ModelEntry], Field(min_length=1)]


def read_manifest(path: Path) -> dict[str, ModelEntry]:
    """Models by name; raises ScriptError with every problem of the file."""
    document = load(path)
    try:
        read = ManifestFile.model_validate(document.data)
    except ValidationError as error:
        raise ScriptError(
            [
                Problem(str(path), document.line_of(detail["loc"]), detail["msg"])
                for detail in error.errors(include_url=False)
            ]
        ) from None
    found: dict[str, ModelEntry] = {}
    for i, entry in enumerate(read.models):
        if entry.name in found:
            line = document.line_of(("models", i, "name"))
            raise ScriptError([Problem(str(path), line, f"model '{entry.name}' is listed twice")])
        found[entry.name] = entry
    return found
