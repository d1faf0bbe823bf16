"""`dialog-s2s test --watch`: again at every change, until Ctrl-C."""

from __future__ import annotations

import io
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import RIGHT, Scripts
from shell import process

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


@pytest.mark.slow
def test_the_command_runs_again_until_ctrl_c(tiny_bundle: Path, tmp_path: Path) -> None:
    suite = tmp_path / "s.suite.yaml"
    suite.write_text("cases: [{ask: hello, expect: Hello there!}]\n", encoding="utf-8")
    with process("test", suite, "--bundle", tiny_bundle, "--watch", "-q") as done:
        assert done.stdout is not None
        assert done.stderr is not None
        assert "1 of 1 case" in done.stdout.readline()
        while "waiting for changes" not in done.stderr.readline():
            pass
        suite.write_text("cases: [{ask: hello, expect: Go away.}]\n", encoding="utf-8")
        assert "0 of 1 case" in done.stdout.readline()
        while "waiting for changes" not in done.stderr.readline():
            pass
        done.send_signal(signal.SIGINT)
        assert done.wait(60) == 0
        assert "Traceback" not in done.stderr.read()
