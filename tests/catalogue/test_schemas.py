"""The schemas for editors are those of the models, and they know the bundled pack's files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_assist.catalogue.schemas import FOLDER, KINDS, rendered, schema_of, write_schemas
from agent_assist.settings import DEFAULT_SCRIPT

FILES = {
    "script": ["script.yaml"],
    "desks": ["desks.yaml"],
    "taboo": ["taboo.yaml"],
    "phrases": sorted(f"phrases/{p.name}" for p in (DEFAULT_SCRIPT / "phrases").glob("*.yaml")),
    "rule": sorted(f"rules/{p.name}" for p in (DEFAULT_SCRIPT / "rules").glob("*.yaml")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_no_schema_lags_behind_its_model(kind: str) -> None:
    kept = (FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8")
    assert kept == rendered(kind), "run: python -m agent_assist.catalogue.schemas"


def test_there_is_no_other_schema() -> None:
    assert {p.name for p in FOLDER.iterdir()} == {f"{kind}.schema.json" for kind in KINDS}


def test_writing_makes_a_file_for_each_kind(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "new")
    assert [p.name.split(".")[0] for p in written] == list(KINDS)
    assert all(json.loads(p.read_text(encoding="utf-8"))["$schema"] for p in written)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_keys_are_errors_to_the_editor_too(kind: str) -> None:
    schema = schema_of(kind)
    records = [schema, *schema.get("$defs", {}).values()]
    assert all(r["additionalProperties"] is False for r in records if "properties" in r)


@pytest.mark.parametrize("kind", FILES)
def test_the_bundled_files_use_only_keys_of_their_schema(kind: str) -> None:
    schema = schema_of(kind)
    for name in FILES[kind]:
        data = yaml.safe_load((DEFAULT_SCRIPT / name).read_text(encoding="utf-8"))
        assert set(data) <= set(schema["properties"]), name
        assert set(schema.get("required", ())) <= set(data), name
        for key, value in data.items():
            _check(value, schema["properties"][key], schema.get("$defs", {}), f"{name}: {key}")


def _check(value: Any, schema: dict[str, Any], defs: dict[str, Any], where: str) -> None:
    """The part of JSON schema that matters here: types, choices, keys and what they hold."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rsplit("/", 1)[-1]]
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        assert any(_fits(value, option, defs) for option in options), where
        return
    if "enum" in schema:
        assert value in schema["enum"], where
    if schema.get("type") == "array":
        assert isinstance(value, list), where
        for i, item in enumerate(value):
            _check(item, schema.get("items", {}), defs, f"{where}[{i}]")
    elif schema.get("type") == "object":
        assert isinstance(value, dict), where
        known = schema.get("properties", {})
        for key, item in value.items():
            assert key in known or schema.get("additionalProperties", True) is not False, where
            if key in known:
                _check(item, known[key], defs, f"{where}.{key}")
    elif schema.get("type") == "string":
        assert isinstance(value, str), where


def _fits(value: Any, schema: dict[str, Any], defs: dict[str, Any]) -> bool:
    try:
        _check(value, schema, defs, "")
    except AssertionError:
        return False
    return True
