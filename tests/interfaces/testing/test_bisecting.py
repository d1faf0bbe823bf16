"""Which of many bundles broke a case."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from scripted import bundle

from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.testing.bisecting import row_of, search, told, written


def test_a_folder_is_taken_by_time(tmp_path: Path) -> None:
    wanted = [
        bundle(tmp_path / "z", 1),
        bundle(tmp_path / "bundles" / "m", 2),
        bundle(tmp_path / "checkpoints" / "b", 3),
        bundle(tmp_path / "a", 4),
    ]
    (tmp_path / "other").mkdir()
    assert row_of([str(tmp_path)]) == wanted
    assert row_of([wanted[2], wanted[0]]) == [wanted[2], wanted[0]]
    assert row_of([wanted[3], str(tmp_path / "bundles")]) == [wanted[3], wanted[1]]


def test_too_few(tmp_path: Path) -> None:
    one = bundle(tmp_path / "one")
    for places in ([one], [str(tmp_path)], [str(tmp_path / "one" / "x")]):
        with pytest.raises(UsageError, match="--bisect"):
            row_of(places)
    with pytest.raises(UsageError, match="the folder of a training"):
        row_of([one])


def test_each_bundle_is_asked_once_and_only_what_fails() -> None:
    names = [f"bot{number}" for number in range(20)]
    breaks = {"never": 99, "late": 19, "middle": 7, "always": 0}
    asked: list[tuple[str, Sequence[str] | None]] = []

    def ask(name: str, keys: Sequence[str] | None) -> dict[str, bool]:
        asked.append((name, keys))
        return {key: int(name[3:]) < breaks[key] for key in keys or breaks}

    broken = search(names, ask)
    assert {each.key: each.found.first_failing for each in broken} == {
        "late": 19,
        "middle": 7,
        "always": 0,
    }
    assert asked[0] == ("bot19", None)
    assert {tuple(keys or ()) for _, keys in asked[1:]} == {("late", "middle", "always")}
    assert len({name for name, _ in asked}) == len(asked) < 12
    lines = told(names, broken)
    assert lines[0] == "3 cases of the newest bundle, bot19, do not pass:"
    assert lines[2] == "  middle: passes with bot6, first fails with bot7"
    assert lines[3] == "  always: fails with the oldest already, bot0"
    out = io.StringIO()
    written(names, broken, out, as_json=True)
    tree = json.loads(out.getvalue())
    assert tree["bundles"] == names
    assert tree["cases"][1]["first_failing"] == "bot7"
    assert tree["cases"][1]["last_passing"] == "bot6"
    assert tree["cases"][1]["looked_at"]["bot7"] is False
    assert tree["cases"][2]["last_passing"] is None


def test_nothing_fails() -> None:
    assert search(["a", "b"], lambda name, keys: {"x": True}) == []
    assert told(["a", "\x1b"], []) == ["Nothing to look for: all cases pass with the newest, "]
