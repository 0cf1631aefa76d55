"""Strict YAML: no duplicate keys, no value that different readers read differently.

Every value keeps its line, so that any later complaint can name ``file:line``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agent_assist.errors import Problem, ScriptError

MAX_BYTES = 4_000_000
MAX_DEPTH = 40

_AMBIGUOUS = (
    (re.compile(r"^(yes|no|on|off|y|n)$", re.I), "some readers take it for true or false"),
    (re.compile(r"^[-+]?0\d+$"), "some readers take it for an octal number"),
    (re.compile(r"^[-+]?\d+(:[0-5]?\d)+(\.\d*)?$"), "some readers take it for a base-60 number"),
    (re.compile(r"^\d{4}-\d\d?-\d\d?([Tt ].*)?$"), "some readers take it for a date"),
)
_ANY_AMBIGUOUS = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _AMBIGUOUS), re.I)
_TAGS = {
    "tag:yaml.org,2002:str",
    "tag:yaml.org,2002:int",
    "tag:yaml.org,2002:float",
    "tag:yaml.org,2002:bool",
    "tag:yaml.org,2002:null",
    "tag:yaml.org,2002:timestamp",
}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its data and, for every key path in it, the line it stands on."""

    file: str
    data: Any
    lines: dict[KeyPath, int]

    def line_of(self, path: KeyPath) -> int:
        """Line of a key path, or of its nearest known parent."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def load(path: Path, shown_as: str | None = None) -> Document:
    """Read one file strictly; raises ScriptError with every problem found in it."""
    name = shown_as or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ScriptError([Problem(name, 1, f"cannot be read: {error.strerror}")]) from None
    if len(raw) > MAX_BYTES:
        raise ScriptError([Problem(name, 1, f"larger than {MAX_BYTES} bytes; split the file")])
    try:
        return parse(raw.decode("utf-8"), name)
    except UnicodeDecodeError:
        raise ScriptError([Problem(name, 1, "is not UTF-8 text; save it as UTF-8")]) from None


def parse(text: str, name: str) -> Document:
    """Parse YAML text strictly; ``name`` is used in complaints."""
    try:
        too_deep = _line_too_deep(text)
        node = None if too_deep else yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ScriptError([Problem(name, line, f"not valid YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        first = str(error).splitlines()[0]
        raise ScriptError([Problem(name, 1, f"not valid YAML: {first}")]) from None
    if too_deep:
        raise ScriptError([Problem(name, too_deep, f"nested deeper than {MAX_DEPTH} levels")])
    builder = _Builder(name)
    data = builder.build(node, ()) if node else None
    if data is None and not builder.problems:
        raise ScriptError([Problem(name, 1, "is empty")])
    if builder.problems:
        raise ScriptError(builder.problems)
    return Document(name, data, builder.lines)


def _line_too_deep(text: str) -> int | None:
    """The line at which nesting goes too far; composing what is deeper could crash the program."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                return event.start_mark.line + 1 if event.start_mark else 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


class _Builder:
    """Turns composed nodes into plain values, collecting problems and lines."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []
        self.lines: dict[KeyPath, int] = {}
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        if id(node) in self._seen:
            return self._refuse(line, "anchors and aliases are not allowed; write the value out")
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, line)

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.value == "<<":
                self._refuse(line, "a key must be plain text")
                continue
            key = key_node.value
            if key in result:
                self._refuse(line, f"duplicate key '{key}'")
            result[key] = self.build(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return result

    def _scalar(self, node: yaml.Node, line: int) -> Any:
        value: str = node.value
        if node.tag not in _TAGS:
            return self._refuse(line, f"tag {node.tag} is not allowed")
        if getattr(node, "style", None) in {"'", '"', "|", ">"}:
            return value
        for pattern, why in _AMBIGUOUS if _ANY_AMBIGUOUS.match(value) else ():
            if pattern.match(value):
                return self._refuse(line, f"{value} is ambiguous ({why}); put it in quotes")
        if node.tag.endswith((":int", ":float")):
            return self._number(node, line)
        if node.tag.endswith(":bool"):
            return value.lower() == "true"
        return None if node.tag.endswith(":null") else value

    def _number(self, node: yaml.Node, line: int) -> Any:
        digits: str = node.value.replace("_", "")
        try:
            number = int(digits, 0) if node.tag.endswith(":int") else float(digits)
        except ValueError:
            number = math.inf
        if isinstance(number, float) and not math.isfinite(number):
            shown = digits if len(digits) < 20 else f"{digits[:20]}…"
            return self._refuse(line, f"{shown} is no finite number; put text in quotes")
        return number

    def _refuse(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.name, line, message))
