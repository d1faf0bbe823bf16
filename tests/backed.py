"""Tables of a page that compare us with others: each line of our column is backed by tests."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent


def rows(page: str) -> dict[str, list[str]]:
    """Each line of the table under "Compared" with its cells, ours first."""
    text = (TESTS.parent / "docs" / page).read_text(encoding="utf-8")
    lines = text.split("## Compared")[1].split("\n")
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:2] == "| "]
    return {name: cells for name, *cells in found if name}


def check_run(pairs: str) -> None:
    """Fails unless each of the `file:test` pairs, both without their `test_`, is a test that tests
    something and is not skipped."""
    for pair in pairs.split():
        file, name = pair.split(":")
        test = _functions(file)[f"test_{name}"]
        assert not any("skip" in ast.unparse(mark) for mark in test.decorator_list), pair
        assert any(isinstance(node, ast.Assert | ast.With | ast.Call) for node in ast.walk(test))


@cache
def _functions(name: str) -> dict[str, ast.FunctionDef]:
    (file,) = TESTS.rglob(f"test_{name}.py")
    found = ast.parse(file.read_text(encoding="utf-8")).body
    return {node.name: node for node in found if isinstance(node, ast.FunctionDef)}
