"""Whether the tests notice faults: modules are changed in small ways, one at a time, and tested.

    python -m benchmarks.mutation [FILES...] [--tests FILES...] [--processes 2] [--json]

FILES are modules, paths from the repository's root; without any, those that decide what passes
and what is better. The tests are those that are named after the modules (`tests/**/test_NAME.py`),
or those given; the ones that need a trained bot are left out, as each change would train it again.
A change (a mutant) is killed where a test fails, or where the tests take so long that they are
stopped. Each that is not is shown with its line. Ends with 1 where fewer than 85 % of a file's are
killed.

mutmut makes the changes and runs the tests, in a copy of the repository, in a folder of its own.
It changes what is inside of functions and methods, but neither properties nor constants of a
module. It does not run on Windows.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEAST = 0.85
FILES = ("dialog_s2s/evaluation/suites.py", "dialog_s2s/evaluation/compare.py")
BESIDE = ("tests", "benchmarks", "corpora", "docs", "pyproject.toml", "README.md")
"""What tests need besides the code."""

QUICK = """\
def pytest_collection_modifyitems(items):
    items[:] = [each for each in items if "tiny_bundle" not in each.fixturenames]
"""
"""A conftest that leaves out the tests with a trained bot."""

KILLED, STOPPED, SURVIVED, UNTESTED = "killed", "timeout", "survived", "no tests"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of a file, and what came of it."""

    name: str
    file: str
    status: str
    """In mutmut's words."""
    line: int = 0
    """That it begins on; 0 where it was killed, as is `diff` empty."""
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one file."""

    file: str
    mutants: int
    killed: int
    stopped: int
    """Killed too: the tests took too long."""
    survived: int
    untested: int
    """No test called the function."""
    other: int

    @property
    def share(self) -> float:
        """Of the mutants that were killed."""
        return (self.killed + self.stopped) / self.mutants if self.mutants else 0.0


class Failed(Exception):
    """mutmut ended early; says what it printed."""


def installed() -> bool:
    """Whether mutmut is there."""
    return importlib.util.find_spec("mutmut") is not None


def named_after(files: Sequence[str], root: Path = ROOT) -> list[str]:
    """The test files that are named after modules, as paths from the root."""
    names = {f"test_{Path(file).stem}.py" for file in files}
    found = (path for path in (root / "tests").rglob("test_*.py") if path.name in names)
    return sorted(path.relative_to(root).as_posix() for path in found)


def measure(
    files: Sequence[str], tests: Sequence[str], processes: int, root: Path = ROOT
) -> list[Mutant]:
    """All mutants of some files. Raises `Failed`, as where a test fails without any change."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        place = Path(folder)
        copy(files, tests, root, place)
        _mutmut(place, "run", "--max-children", str(processes))
        said = _mutmut(place, "results", "--all", "true")
        return [_shown(place, each) for each in read(said, files)]


def copy(files: Sequence[str], tests: Sequence[str], root: Path, place: Path) -> None:
    """Puts what the run needs into an empty folder, with the settings of mutmut."""
    packages = sorted({Path(file).parts[0] for file in files})
    for name in (*packages, *BESIDE):
        if (root / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(root / name, place / name, ignore=ignored, dirs_exist_ok=True)
        elif (root / name).exists():
            shutil.copy(root / name, place / name)
    (place / "conftest.py").write_text(QUICK, encoding="utf-8")
    settings: dict[str, object] = {
        "source_paths": packages,
        "only_mutate": list(files),
        "also_copy": [*BESIDE, "conftest.py"],
        "pytest_add_cli_args": ["-p", "no:xdist", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": list(tests),
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
    with (place / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["", "[tool.mutmut]", *lines, ""]))


def read(said: str, files: Sequence[str]) -> list[Mutant]:
    """The mutants that mutmut lists, a line each: `package.module.x_function__mutmut_1: killed`."""
    modules = {file.removesuffix(".py").replace("/", "."): file for file in files}
    found = re.findall(r"^ *(\S+)\.(\S+__mutmut_\d+): (.+)$", said, re.MULTILINE)
    return [
        Mutant(f"{module}.{name}", modules[module], status.strip())
        for module, name, status in found
        if module in modules
    ]


def figures(file: str, mutants: Sequence[Mutant]) -> Figures:
    """The figures of a file, of its mutants and others'."""
    states = [each.status for each in mutants if each.file == file]
    return Figures(
        file,
        mutants=len(states),
        killed=states.count(KILLED),
        stopped=states.count(STOPPED),
        survived=states.count(SURVIVED),
        untested=states.count(UNTESTED),
        other=sum(each not in (KILLED, STOPPED, SURVIVED, UNTESTED) for each in states),
    )


def place_of(name: str, diff: str, source: str) -> int:
    """The line of a file on which a mutant differs from it, by the diff of its function alone."""
    function = re.split("_|ǁ", name.rpartition(".")[2].partition("__mutmut_")[0], maxsplit=1)[1]
    *outer, inner = function.split("ǁ")
    body: Sequence[ast.AST] = ast.parse(source).body
    for each in outer:
        (found,) = (node for node in body if isinstance(node, ast.ClassDef) and node.name == each)
        body = found.body
    begins = next(
        min(each.lineno for each in (node, *node.decorator_list))
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == inner
    )
    head = re.search(r"^@@ -(\d+).*\n((?: .*\n)*)", diff, re.MULTILINE)
    return begins if head is None else begins + int(head[1]) - 1 + head[2].count("\n")


def _shown(place: Path, mutant: Mutant) -> Mutant:
    """The mutant with its line and diff, if it was not killed."""
    if mutant.status in (KILLED, STOPPED):
        return mutant
    diff = _mutmut(place, "show", mutant.name)
    changed = [
        line
        for line in diff.splitlines()
        if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))
    ]
    line = place_of(mutant.name, diff, (place / mutant.file).read_text(encoding="utf-8"))
    return Mutant(mutant.name, mutant.file, mutant.status, line, "\n".join(changed))


def _mutmut(place: Path, *arguments: str) -> str:
    """What mutmut prints. Not `python -m mutmut`, which loads its main module twice."""
    code = "from mutmut.__main__ import cli; cli()"
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        raise Failed((done.stdout + done.stderr).replace("\r", "\n").strip())
    return done.stdout


def report(found: Sequence[Mutant], rows: Sequence[Figures], seconds: float) -> str:
    """The mutants that were not killed, then a line for each file."""
    shown = [
        f"{each.file}:{each.line}: {each.status}\n{each.diff}\n"
        for each in found
        if each.status not in (KILLED, STOPPED)
    ]
    width = max(len(row.file) for row in rows)
    head = f"{'file':<{width}}  mutants  killed  stopped  survived  untested  other   share"
    lines = [
        f"{row.file:<{width}}{row.mutants:>9}{row.killed:>8}{row.stopped:>9}{row.survived:>10}"
        f"{row.untested:>10}{row.other:>7}{row.share:>8.1%}"
        for row in rows
    ]
    return "\n".join([*shown, head, *lines, f"{seconds:.0f} seconds"])


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the mutants that were not killed and a table; 1 where too few of a file's were."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="*", default=FILES, help="default: %(default)s")
    parser.add_argument("--tests", nargs="+", help="default: those of the same names")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one object")
    options = parser.parse_args(arguments)
    files = [Path(file).as_posix() for file in options.files]
    tests = options.tests or named_after(files)
    for each in (*files, *tests):
        if Path(each).is_absolute() or not (ROOT / each).is_file():
            parser.error(f"{each} is no file; give its path from the root of the repository")
    if not tests:
        parser.error("no tests are named after the files; give some with --tests")
    if not installed():
        parser.error("mutmut is not installed; pip install -c constraints.txt -e '.[bench]'")
    begun = time.monotonic()
    try:
        found = measure(files, tests, options.processes)
    except Failed as failed:
        print(failed, file=sys.stderr)
        return 2
    seconds = time.monotonic() - begun
    rows = [figures(file, found) for file in files]
    if options.json:
        lines = [{**asdict(row), "share": row.share} for row in rows]
        left = [asdict(each) for each in found if each.status not in (KILLED, STOPPED)]
        print(json.dumps({"files": lines, "not_killed": left, "seconds": seconds}))
    else:
        print(report(found, rows, seconds))
    return int(any(row.share < LEAST for row in rows))


if __name__ == "__main__":
    sys.exit(main())
