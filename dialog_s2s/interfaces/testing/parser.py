"""The words of `dialog-s2s test`, and the help that explains them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from dialog_s2s.interfaces.testing.wanted import Wanted

_TEST = """\
Ask bots the questions of suites, and see what became of their replies (docs/suites.md).

  dialog-s2s test shop.suite.yaml --bundle my-bot
  dialog-s2s test shop.suite.yaml --bundle old-bot --bundle new-bot     which is better
  dialog-s2s test *.suite.yaml --bundle my-bot --set temperature=0.7,method=sample --seeds 5

Every bundle is tested with every --set, a column of settings; a case passes if enough of its
seeds do (--threshold). A suite that names Python functions runs them: trust it as a program.

A BASELINE
  holds the replies that were looked at and found good, beside the suite (shop.baseline.yaml); keep
  it under version control. Then a case is `same`, `fixed`, `regressed`, `flaky` (attempts differ)
  or `new` (not blessed with this bundle and these settings); a * marks other words than then.

  dialog-s2s test shop.suite.yaml --bundle my-bot --bless               look at the replies first
  dialog-s2s test shop.suite.yaml --bundle my-bot                       what changed since?

  It ends with 1 if a case regressed, or does not pass and was never blessed. What did not pass
  when it was blessed is known, and ends with 0; so does --bless itself.

SOME CASES, AND OVER AGAIN
  dialog-s2s test shop.suite.yaml -k sunday --tag hours -v              all replies of these
  dialog-s2s test shop.suite.yaml --bundle my-bot --watch               again at every change
  dialog-s2s test shop.suite.yaml --bisect runs/shop  which checkpoint of a training broke it
  dialog-s2s test shop.suite.yaml --bisect bots/      which bot of a folder broke what fails now
  dialog-s2s test shop.suite.yaml --bisect monday --bisect tuesday --bisect wednesday

FOR PROGRAMS
  dialog-s2s test shop.suite.yaml --bundle my-bot --junit junit.xml --html report.html
  dialog-s2s test shop.suite.yaml --bundle my-bot --json | jq .variants[0].pass_rate
"""


def add_test(
    add: Callable[..., argparse.ArgumentParser],
    seed: Callable[[str], int],
    count: Callable[[str], int],
) -> None:
    """Adds the command to a parser; `seed` and `count` read whole numbers."""
    test = add("test", help="test a bot's replies", description=_TEST)
    test.add_argument("suites", nargs="+", metavar="SUITE", help="files of expected replies")
    test.add_argument(
        "--bundle",
        action="append",
        default=[],
        metavar="A",
        help="a trained bot; repeatable (default the starter bot)",
    )
    test.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE,...",
        help="a column of settings; repeatable (default the bot's own)",
    )
    test.add_argument("--seeds", type=count, default=1, metavar="N", help="attempts (default 1)")
    test.add_argument("--seed", type=seed, default=1, metavar="S", help="the first (default 1)")
    test.add_argument(
        "--threshold",
        type=_share,
        default=1.0,
        metavar="R",
        help="pass rate that a case needs (default 1.0)",
    )
    test.add_argument(
        "-k", dest="words", default="", metavar="WORDS", help="cases with these words"
    )
    test.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="T",
        help="cases with this tag; repeatable: any",
    )
    test.add_argument("--fail-fast", action="store_true", help="stop at the first that fails it")
    test.add_argument("--json", action="store_true", help="one JSON object")
    for name in ("junit", "markdown", "html"):
        test.add_argument(f"--{name}", metavar="F", help="write a report to this file, too")
    test.add_argument("--bless", action="store_true", help="write the replies to the baseline")
    test.add_argument("--baseline", metavar="F", help="of all suites (default: beside each)")
    test.add_argument("--watch", action="store_true", help="run again when a file changes")
    test.add_argument(
        "--bisect",
        action="append",
        default=[],
        metavar="RUN",
        help="a folder of bundles, or each, oldest first",
    )
    amount = test.add_mutually_exclusive_group()
    amount.add_argument("-q", dest="quiet", action="store_true", help="the summary alone")
    amount.add_argument("-v", dest="verbose", action="store_true", help="all replies")


def wanted_of(options: argparse.Namespace) -> Wanted:
    """The options that were given."""
    formats = ("junit", "markdown", "html")
    return Wanted(
        suites=options.suites,
        bundles=options.bundle,
        columns=options.set,
        seeds=options.seeds,
        seed=options.seed,
        threshold=options.threshold,
        words=options.words,
        tags=options.tag,
        fail_fast=options.fail_fast,
        as_json=options.json,
        files={name: file for name in formats if (file := getattr(options, name)) is not None},
        bless=options.bless,
        baseline=options.baseline,
        watch=options.watch,
        bisect=options.bisect,
        quiet=options.quiet,
        verbose=options.verbose,
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most 1, but is {text!r}")
    return share
