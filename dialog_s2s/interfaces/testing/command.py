"""`dialog-s2s test`: suites over bundles, settings and seeds; results on stdout, all else on
stderr."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.errors import DialogError, UsageError
from dialog_s2s.evaluation.baseline import write_baseline
from dialog_s2s.evaluation.cases import Case, Suite
from dialog_s2s.evaluation.junit import as_junit
from dialog_s2s.evaluation.matrix import run
from dialog_s2s.evaluation.runs import Outcome, Run, Variant, keys
from dialog_s2s.evaluation.suite_html import as_html
from dialog_s2s.evaluation.suite_json import as_mapping
from dialog_s2s.evaluation.suite_markdown import as_markdown
from dialog_s2s.evaluation.suite_report import Report
from dialog_s2s.files import write_whole
from dialog_s2s.interfaces.chat.display import Display
from dialog_s2s.interfaces.chat.theme import theme_for
from dialog_s2s.interfaces.evaluate import Steps
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.interfaces.testing import bisecting, inputs, table
from dialog_s2s.interfaces.testing.outputs import check_places
from dialog_s2s.interfaces.testing.wanted import Wanted
from dialog_s2s.interfaces.testing.watch import changed, stamps

FAILED = 1

COLUMNS = 100
"""Where stdout is no terminal."""

TOGETHER = 256
"""Cases that are asked at once."""

FEW = 8
"""The same where the first failure ends it."""

Wait = Callable[[float], object]
"""Sleeps for so many seconds."""

_FORMATS: Mapping[str, Callable[[Report], str]] = {
    "junit": as_junit,
    "markdown": as_markdown,
    "html": as_html,
}


def run_tests(wanted: Wanted, out: TextIO, wait: Wait = time.sleep) -> int:
    """Runs what is wanted; the exit code. With `watch`, until Ctrl-C.

    Raises:
        UsageError, DataError, BundleError: an option, a suite, a baseline or a bundle is not
            sound. With `watch`, of options alone; else it is said and the files are waited for.
        DiskError: a report or a baseline cannot be written.
    """
    wanted.check()
    wanted.settings()
    check_places(wanted.files.values())
    if wanted.bisect:
        return _bisected(wanted, out)
    bundles = inputs.bundles_of(wanted.bundles)
    if not wanted.watch:
        return _once(wanted, bundles, out)
    try:
        return _watched(wanted, bundles, out, wait)
    except KeyboardInterrupt:
        return 0


def _watched(wanted: Wanted, bundles: Sequence[str], out: TextIO, wait: Wait) -> int:
    first = True
    while True:
        baselines = inputs.baseline_files(wanted.suites, wanted.baseline).values()
        others = [*baselines, *inputs.code_files(wanted.suites)]
        # before the run, as what changes while it lasts means another one
        before = stamps(wanted.watched(bundles, others))
        try:
            _once(wanted, bundles, out)
        except DialogError as error:
            if first and isinstance(error, UsageError):
                raise
            for line in str(error).split("\n"):
                _say(line)
        first = False
        out.flush()
        _say("waiting for changes; Ctrl-C ends")
        _say(f"changed: {', '.join(map(str, changed(before, wait)))}")


def _once(wanted: Wanted, bundles: Sequence[str], out: TextIO) -> int:
    suites = inputs.read_suites(wanted.suites, _say)
    files = inputs.baseline_files(wanted.suites, wanted.baseline)
    baseline = inputs.read_baselines(files, wanted.baseline, wanted.bless)
    bots = _bots(bundles)
    variants = inputs.variants_of(bots, wanted.settings())
    leaked = inputs.leaked(bots, suites, wanted.takes)
    report = Report(Run((), (), (), (), 0.0), baseline, leaked)
    report = dataclasses.replace(report, run=_run(wanted, suites, variants, bots, report.fails))
    _tell_leaks(report)
    _write(wanted, report, out)
    for name, file in wanted.files.items():
        write_whole(file, _FORMATS[name](report).encode("utf-8", "replace"))
        _say(f"wrote {file}")
    if wanted.bless:
        _bless(report.run, files)
        return 0
    return FAILED if report.failed else 0


def _run(
    wanted: Wanted,
    suites: Sequence[Suite],
    variants: Sequence[Variant],
    bots: Mapping[str, Bot],
    fails: Callable[[Outcome], bool],
    takes: Callable[[Case], bool] | None = None,
) -> Run:
    """The outcomes, variant by variant; with `fail_fast` up to the first that fails the run."""
    began, seeds = time.perf_counter(), wanted.all_seeds()
    steps, outcomes, last = Steps(sys.stderr), [], (0, 0)

    def progress(done: int, total: int) -> None:
        nonlocal last
        if not wanted.quiet and (done, total) != last:
            last = done, total
            steps("tests", done, total)

    try:
        for outcome in run(
            suites,
            variants,
            bots,
            seeds,
            wanted.threshold,
            progress=progress,
            together=FEW if wanted.fail_fast else TOGETHER,
            only=takes or wanted.takes,
        ):
            outcomes.append(outcome)
            if wanted.fail_fast and fails(outcome):
                break
    finally:
        steps.close()
    place = {variant.name: number for number, variant in enumerate(variants)}
    outcomes.sort(key=lambda each: place[each.variant.name])
    seconds = time.perf_counter() - began
    return Run(tuple(suites), tuple(variants), seeds, tuple(outcomes), seconds)


def _bots(bundles: Sequence[str]) -> dict[str, Bot]:
    for place, bundle in enumerate(bundles):
        if bundle in bundles[:place]:
            raise UsageError(f"{bundle}: is given twice; give it once")
    return {bundle: Bot.load(bundle) for bundle in bundles}


def _tell_leaks(report: Report) -> None:
    for bundle in dict.fromkeys(each.bundle for each in report.run.variants):
        variant = next(each for each in report.run.variants if each.bundle == bundle)
        count = report.summary(variant).leaked
        if count:
            _say(
                f"{counted(count, 'question')} stand{'s' if count == 1 else ''} word for word "
                f"among the training pairs of {bundle}: what was learnt by heart is tested there"
            )


def _write(wanted: Wanted, report: Report, out: TextIO) -> None:
    if wanted.as_json:
        tree = cleaned(as_mapping(report))
        out.write(json.dumps(tree, ensure_ascii=False, allow_nan=False) + "\n")
        return
    theme, columns = theme_for(out), Display(out).columns() if out.isatty() else COLUMNS
    if wanted.quiet:
        lines = [*table.summary(report, columns, theme)]
    else:
        lines = table.shown(report, columns, theme, verbose=wanted.verbose)
    out.write("".join(f"{line}\n" for line in lines))


def _bless(run: Run, files: Mapping[str, str]) -> None:
    """Each suite to its baseline."""
    for suite in run.suites:
        own = tuple(each for each in run.outcomes if each.case.origin.file == suite.file)
        if not own:
            continue
        write_baseline(files[suite.file], dataclasses.replace(run, suites=(suite,), outcomes=own))
        failing = sum(not each.passed for each in own)
        known = f"; {failing} not passing, which is known from now on" if failing else ""
        _say(f"blessed {counted(len(own), 'outcome')} in {files[suite.file]}{known}")


def _bisected(wanted: Wanted, out: TextIO) -> int:
    suites = inputs.read_suites(wanted.suites, _say)
    bundles = bisecting.row_of(wanted.bisect)

    def ask(bundle: str, some: Sequence[str] | None) -> bisecting.Passed:
        _say(f"testing {bundle}")
        chosen = {
            id(case)
            for suite in suites
            for case, key in zip(suite.cases, keys(suite), strict=True)
            if wanted.takes(case) and (some is None or key in some)
        }
        with bisecting.loadable(bundle) as place:
            bots = _bots([place])
            variants = inputs.variants_of(bots, wanted.settings())
            done = _run(
                wanted, suites, variants, bots, lambda _: False, lambda case: id(case) in chosen
            )
        return {each.key: each.passed for each in done.outcomes}

    broken = bisecting.search(bundles, ask)
    bisecting.written(bundles, broken, out, wanted.as_json)
    return FAILED if broken else 0


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
    sys.stderr.flush()
