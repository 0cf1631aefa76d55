"""The layers hold: who may import whom, which outside library is where, and how long things get."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "agent_assist"
MODULES = sorted(ROOT.rglob("*.py"))

GROUND = {"errors", "settings", "strict_yaml", "__init__"}
BELOW = {
    "cli": {"cli_*", "apps", "ui", "adapters", "catalogue", "modelling", "core"},
    "cli_*": {"apps", "catalogue", "core"},
    "apps": {"ui", "adapters", "catalogue", "modelling", "core"},
    "ui": {"core"},
    "adapters": {"core"},
    "catalogue": {"core"},
    "modelling": {"core"},
    "core": set[str](),
    "errors": set[str](),
    "settings": set[str](),
    "strict_yaml": set[str](),
    "arithmetic": set[str](),
    "__init__": {"arithmetic"},
}
"""Each layer with those it may import besides itself and the ground they all stand on."""

OUTSIDE = {
    "cli": set[str](),
    "cli_*": set[str](),
    "apps": {"numpy", "rapidfuzz"},
    "ui": {"numpy", "jinja2", "markupsafe"},
    "catalogue": {"numpy", "pydantic", "jinja2", "holidays"},
    "modelling": {"numpy", "pypinyin", "jieba", "kaldifst", "onnx", "scipy", "sklearn"},
    "core": {"numpy", "rapidfuzz"},
    "errors": set[str](),
    "settings": set[str](),
    "strict_yaml": {"yaml"},
    "arithmetic": set[str](),
    "__init__": set[str](),
}
"""Outside libraries of each layer; adapters have one each, see below."""

ARITHMETIC = {"numpy", "soxr"}
"""Libraries that only compute on samples: any adapter may use them beside its own library."""

CLOCKS_AND_CHANCE = {"time", "datetime", "random", "secrets", "asyncio", "threading", "zoneinfo"}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60


def layer_of(module: Path) -> str:
    return layer_named(module.relative_to(ROOT).with_suffix("").parts[0])


def layer_named(name: str) -> str:
    """The commands' modules beside ``cli`` count as one layer."""
    return "cli_*" if name.startswith("cli_") else name


def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), str(module))


def imports(module: Path) -> Iterator[str]:
    """Every module imported anywhere in the file, by its full name."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: write the whole name"
            if node.module == "agent_assist":
                yield from (f"agent_assist.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def inner(module: Path) -> set[str]:
    """The layers of this package that a module imports."""
    names = (name.split(".") for name in imports(module))
    layers = {name[1] for name in names if name[0] == "agent_assist" and len(name) > 1}
    return {"__init__" if layer.startswith("__") else layer_named(layer) for layer in layers}


def outer(module: Path) -> set[str]:
    """The libraries that a module imports, beyond the standard one."""
    names = {name.split(".")[0] for name in imports(module)}
    return names - sys.stdlib_module_names - {"agent_assist"}


def shown(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_imports_point_downwards(module: Path) -> None:
    layer = layer_of(module)
    assert inner(module) <= BELOW[layer] | GROUND | {layer}


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_outside_libraries_stay_in_their_layer(module: Path) -> None:
    layer = layer_of(module)
    if layer == "adapters":
        assert len(outer(module) - ARITHMETIC) <= 1
    else:
        assert outer(module) <= OUTSIDE[layer]


@pytest.mark.parametrize("module", [m for m in MODULES if layer_of(m) == "core"], ids=shown)
def test_the_core_knows_no_clock_and_no_chance(module: Path) -> None:
    assert not {name.split(".")[0] for name in imports(module)} & CLOCKS_AND_CHANCE


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_modules_are_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES, ids=shown)
def test_functions_fit_a_screen(module: Path) -> None:
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_no_process_loads_both_libraries_that_carry_openfst() -> None:
    """kaldifst beside vosk hangs or crashes: who imports it is run as a program of its own."""
    compilers = {
        "agent_assist." + ".".join(module.relative_to(ROOT).with_suffix("").parts)
        for module in MODULES
        if "kaldifst" in imports(module)
    }
    assert compilers
    for module in MODULES:
        assert not compilers & set(imports(module)), f"{module} loads {compilers}"
