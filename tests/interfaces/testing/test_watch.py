"""Files watched: what changes is told once it stays as it is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dialog_s2s.interfaces.testing.watch import PERIOD, changed, stamps


def script(*acts: Callable[[], object]) -> Callable[[float], None]:
    """A sleep in which, one after another, these things happen."""
    left = iter(acts)

    def sleep(seconds: float) -> None:
        assert seconds == PERIOD
        next(left)()

    return sleep


def nothing() -> None:
    pass


def test_changes(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a", "b", "c", "\0")]
    files[0].write_text("a")
    files[1].write_text("b")
    before = stamps(files)
    assert before[files[2]] is None
    acts = [nothing, nothing, lambda: files[1].write_text("other"), nothing]
    assert changed(before, script(*acts)) == [files[1]]
    before = stamps(files)
    acts = [files[0].unlink, lambda: files[2].write_text("new"), nothing]
    assert changed(before, script(*acts)) == [files[0], files[2]]
    before = stamps(files)
    assert changed(before, script(lambda: os.utime(files[1], (1, 1)), nothing)) == [files[1]]


def test_what_changed_before_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "a"
    before = stamps([file])
    file.write_text("a")
    assert changed(before, script(nothing)) == [file]
