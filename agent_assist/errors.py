"""Errors a person can act on: each names the place and the next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class AgentAssistError(Exception):
    """Base of every error this product raises on purpose; its text is one line for a person."""


class BadInputError(AgentAssistError):
    """A file or argument given by a person cannot be used."""


class ModelError(AgentAssistError):
    """A recogniser model directory is missing, damaged or unsuitable."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in script data, at a line of a file (lines count from 1)."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ScriptError(AgentAssistError):
    """Script data is faulty; carries every problem found, not just the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.message)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def not_installed(error: ImportError, extra: str) -> AgentAssistError:
    """What a command says that needs more than was installed."""
    return AgentAssistError(f"{error.name} is not installed; pip install 'agent-assist[{extra}]'")
