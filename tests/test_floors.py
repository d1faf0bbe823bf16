"""The floors of the package: imports go down only, never round, never late; torch stays below."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import dialog_s2s

PACKAGE = Path(dialog_s2s.__file__).parent
NAME = PACKAGE.name
FLOORS = {
    "errors": 0,
    "files": 0,
    "strict": 0,
    "config": 0,
    "version": 0,
    "bundle": 1,
    "text": 1,
    "memory": 2,
    "model": 2,
    "training": 5,
    "generation": 3,
    "dialogue": 4,
    "": 4,
    "evaluation": 5,
    "interfaces": 6,
    "__main__": 6,
}
"""The package itself hands out what training and dialogue make, on first use."""

LATE = {"generation.backend", "interfaces.pytest_plugin", "__main__"}
"""Modules that may import ours inside a function: the choice of backend; what every run of pytest
imports where the package is installed, with suites or without; and the program itself, which must
be able to end before all is loaded."""


def modules() -> dict[str, Path]:
    """Every module by its dotted name below the package; folders' own files are exempt."""
    return {
        ".".join(file.relative_to(PACKAGE).with_suffix("").parts): file
        for file in sorted(PACKAGE.rglob("*.py"))
        if file.name != "__init__.py"
    }


MODULES = modules()
each = pytest.mark.parametrize("module", MODULES)


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(root: ast.AST) -> set[str]:
    """Full dotted names that are imported anywhere below `root`."""
    names: set[str] = set()
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import on line {node.lineno}"
            assert node.module is not None
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(root: ast.AST) -> set[str]:
    """Modules of the package that are imported anywhere below `root`."""
    found: set[str] = set()
    for name in imported(root):
        parts = name.split(".")
        if parts[0] != NAME:
            continue
        tails = (".".join(parts[1:end]) for end in range(len(parts), 1, -1))
        folder = parts[1] if parts[1:] and (PACKAGE / parts[1]).is_dir() else ""
        found.add(next((tail for tail in tails if tail in MODULES), folder))
    return found


def outside(root: ast.AST) -> set[str]:
    """Packages of others that are imported anywhere below `root`."""
    return {name.split(".")[0] for name in imported(root)} - {NAME}


def place(module: str) -> str:
    return module.split(".")[0]


def test_every_module_has_a_floor() -> None:
    assert len(MODULES) > 15
    assert {place(module) for module in MODULES} <= FLOORS.keys()


@each
def test_imports_go_down(module: str) -> None:
    home = place(module)
    for other in ours(tree(module)):
        below = place(other)
        assert below in FLOORS, f"{module} imports {other}, which has no floor"
        assert FLOORS[below] <= FLOORS[home], f"{module} imports {other} from a floor above"


def test_imports_never_go_round() -> None:
    package = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    graph = {module: ours(tree(module)) for module in MODULES}
    TopologicalSorter(graph | {"": ours(package)}).prepare()


@each
def test_nothing_of_ours_is_imported_late(module: str) -> None:
    functions = [
        node
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    ]
    late = {name for function in functions for name in ours(function)}
    named = {
        node.value
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node.value.startswith(f"{NAME}.")
    }
    assert module in LATE or not late | named


@each
def test_torch_stays_where_it_is_needed(module: str) -> None:
    allowed = place(module) in ("model", "training") or module == "generation.torch_backend"
    assert allowed or "torch" not in outside(tree(module))
    allowed |= module == "memory.stored"  # which uses its NumPy side
    assert allowed or "safetensors" not in outside(tree(module))


@pytest.mark.parametrize("module", [name for name in MODULES if place(name) == "model"])
def test_the_model_knows_nothing_of_text(module: str) -> None:
    assert not outside(tree(module)) & {"yaml", "sentencepiece", "numpy"}
    known = ours(tree(module))
    assert not {name for name in known if place(name) not in ("model", "config", "errors")}
    assert "config" not in known or module == "model.build"


@pytest.mark.parametrize(
    "modules",
    [
        ["dialog_s2s"],
        sorted(f"{NAME}.{module}" for module in MODULES if FLOORS[place(module)] < 2),
    ],
    ids=["package", "lower floors"],
)
def test_importing_does_not_load_torch(modules: list[str]) -> None:
    program = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=PACKAGE.parent, check=False)
    assert done.returncode == 0


def test_the_checks_find_what_they_look_for() -> None:
    code = """
from dialog_s2s.text import lines
from dialog_s2s import Bot, bundle
import torch.nn
def late():
    import dialog_s2s.config
    from dialog_s2s.text import missing
"""
    parsed = ast.parse(code)
    assert ours(parsed) == {"text.lines", "", "bundle", "config", "text"}
    assert ours(parsed.body[-1]) == {"config", "text"}
    assert ours(ast.parse("import dialog_s2s")) == {""}
    assert outside(parsed) == {"torch"}
