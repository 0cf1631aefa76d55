"""Puts the bundled data inside the wheel; a checkout installed as editable uses its own folders."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUNDLED = (
    "scripts",
    "models/manifest.yaml",
    "models/zh-small",
    "models/manifest.yaml",
    "audio_fixtures/calls/demo.wav",
    "audio_fixtures/calls/demo.meta.yaml",
    "audio_fixtures/calls/demo.call.yaml",
    "audio_fixtures/README.md",
)


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds what `agent_assist.settings` looks for."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        for name in BUNDLED:
            build_data["force_include"][name] = f"agent_assist/bundled/{name}"
