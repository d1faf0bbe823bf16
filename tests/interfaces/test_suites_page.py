"""The worked example of docs/suites.md, and its CI, as a reader runs them."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialog_s2s.evaluation.suites import read_suite
from dialog_s2s.interfaces import pytest_plugin
from dialog_s2s.interfaces.parser import parsed

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "suites.md"
pytestmark = pytest.mark.timeout(600)


def test_the_page(tiny_bundle: Path, table: Path, tmp_path: Path) -> None:
    """The worked example of docs/suites.md, as its reader runs it."""
    page = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "my-bot").symlink_to(tiny_bundle)
    shutil.copy(table, folder / "faq.csv")
    (own,) = re.findall(r"^```python\n(def test_.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (folder / "test_own.py").write_text(own, encoding="utf-8")
    *made, asked = block.strip().split("\n")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options: dict[str, Any] = {"cwd": folder, "env": {**os.environ, "PATH": path}}
    done = subprocess.run(["sh", "-e"], input="\n".join(made), text=True, check=False, **options)
    assert done.returncode == 0
    cases = sum(len(read_suite(file).cases) for file in folder.glob("*.suite.yaml"))
    assert cases > 40
    # the tiny bot need not know every misspelt word
    words = [*shlex.split(asked), "-q", "-p", "no:cacheprovider"]
    told = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    counts = dict.fromkeys(("failed", "passed", "error"), 0)
    counts |= {what: int(count) for count, what in re.findall(r"(\d+) (\w+)", told.stdout[-99:])}
    assert (counts["failed"] + counts["passed"], counts["error"]) == (cases + 1, 0), told.stdout
    assert counts["passed"] > cases / 2
    assert "test_sunday" not in told.stdout


def test_the_ci_of_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (text,) = re.findall(r"```yml\n(.*?)```", page, re.DOTALL)
    (job,) = yaml.safe_load(text)["jobs"].values()
    runs = [step["run"] for step in job["steps"] if "run" in step]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert runs[0] == f"pip install pytest ./vendor/{project['name']}"
    for run in runs[1:-1]:
        parsed([word.replace("*", "a") for word in shlex.split(run)[1:]])
    assert runs[-1].startswith(f"pytest tests {pytest_plugin.OPTION} my-bot --junitxml=")
