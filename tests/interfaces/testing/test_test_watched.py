"""`dialog-s2s test --watch`: again at every change, until Ctrl-C."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import RIGHT, Scripts

from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.interfaces.testing.command import run_tests
from dialog_s2s.interfaces.testing.wanted import Wanted


def acts(*each: Callable[[], object]) -> Callable[[float], None]:
    """A sleep in which these things happen in turn, and then Ctrl-C."""
    left = iter(each)

    def sleep(_: float) -> None:
        for act in left:
            act()
            return
        raise KeyboardInterrupt

    return sleep


def test_watch(scripts: Scripts, capsys: pytest.CaptureFixture[str]) -> None:
    scripts["bot"] = RIGHT
    suite = Path("s.suite.yaml")
    out = io.StringIO()
    wait = acts(
        lambda: None,
        lambda: suite.write_text("cases: oops\n"),
        lambda: None,
        lambda: suite.write_text("cases:\n- {ask: tea, expect: No.}\n"),
        lambda: None,
    )
    code = run_tests(Wanted(["s.suite.yaml"], ["bot"], watch=True, quiet=True), out, wait)
    assert code == 0
    assert out.getvalue().splitlines() == [
        "bot: pass rate 100.0%, 3 of 3 cases: 3 new",
        "bot: pass rate 0.0%, 0 of 1 case: 1 new",
    ]
    err = capsys.readouterr().err
    assert err.count("changed: s.suite.yaml\n") == 2
    assert "s.suite.yaml:1: cases" in err
    assert err.count("waiting for changes") == 3


def test_watch_ends_at_once_where_the_options_are_wrong(scripts: Scripts) -> None:
    scripts["bot"] = RIGHT
    wanted = Wanted(["s.suite.yaml"], ["bot"], ["beam=0"], watch=True)
    with pytest.raises(UsageError):
        run_tests(wanted, io.StringIO(), acts())
    with pytest.raises(DataError):
        run_tests(Wanted(["none.yaml"], ["bot"]), io.StringIO(), acts())
