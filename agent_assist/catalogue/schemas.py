"""JSON schemas of every kind of script file, for editors that check while one types.

``python -m agent_assist.catalogue.schemas`` writes them into ``scripts/schemas/``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent_assist.catalogue.homophone_data import HomophonesFile
from agent_assist.catalogue.knowledge_data import KnowledgeFile
from agent_assist.catalogue.lesson_data import LessonData
from agent_assist.catalogue.manual_data import ManualFile
from agent_assist.catalogue.meaning_data import MeaningFile
from agent_assist.catalogue.models import Data, DesksFile, ScriptFile, SituationFile
from agent_assist.catalogue.rule_data import CaseFile, RuleData
from agent_assist.catalogue.scoring_data import ScoringFile
from agent_assist.catalogue.taboo_data import TabooFile
from agent_assist.catalogue.talk_data import TalkFile
from agent_assist.settings import SCRIPTS

FOLDER = SCRIPTS / "schemas"
KINDS: dict[str, type[Data]] = {
    "script": ScriptFile,
    "desks": DesksFile,
    "phrases": SituationFile,
    "rule": RuleData,
    "taboo": TabooFile,
    "cases": CaseFile,
    "scoring": ScoringFile,
    "manual": ManualFile,
    "knowledge": KnowledgeFile,
    "talk": TalkFile,
    "homophones": HomophonesFile,
    "meaning": MeaningFile,
    "lesson": LessonData,
}
"""What stands in which file: script.yaml, desks.yaml, phrases/*, rules/*, taboo.yaml, cases/*,
scoring.yaml, manual.yaml, knowledge.yaml, talk.yaml, homophones.yaml, meanings/*, lessons/*."""


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON schema of a kind of file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_noise(KINDS[kind].model_json_schema()),
    }


def _without_noise(schema: dict[str, Any]) -> dict[str, Any]:
    """Without what versions of pydantic add differently: made-up titles, keys that say nothing."""
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key in {"properties", "$defs"}:
            kept[key] = {name: _without_noise(each) for name, each in value.items()}
        elif isinstance(value, dict):
            kept[key] = _without_noise(value) if key != "default" else value
        elif isinstance(value, list) and all(isinstance(each, dict) for each in value):
            kept[key] = [_without_noise(each) for each in value]
        elif key != "title" and (key, value) != ("additionalProperties", True):
            kept[key] = value
    return kept


def rendered(kind: str) -> str:
    """The schema as it is written to its file."""
    return json.dumps(schema_of(kind), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in KINDS:
        path = folder / f"{kind}.schema.json"
        path.write_text(rendered(kind), encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    for file in write_schemas(FOLDER):
        print(file)
