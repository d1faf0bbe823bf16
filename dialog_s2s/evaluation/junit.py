"""A run as JUnit XML, which build servers show: a testsuite a variant, a testcase a case."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from dialog_s2s.evaluation.escaping import plain
from dialog_s2s.evaluation.runs import Outcome, Variant
from dialog_s2s.evaluation.suite_report import Report, reasons, ways


def as_junit(report: Report) -> str:
    """XML 1.0. What fails the run is a failure; what does not pass, but did not when it was blessed
    either, is skipped, as build servers turn red at every failure."""
    root = Element("testsuites", name="dialog-s2s")
    for variant in report.run.variants:
        root.append(_suite(report, variant))
    for name in ("tests", "failures", "skipped"):
        root.set(name, str(sum(int(each.get(name, "0")) for each in root)))
    root.set("errors", "0")
    root.set("time", f"{report.run.seconds:.3f}")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n"


def _suite(report: Report, variant: Variant) -> Element:
    outcomes, summary = report.run.of(variant), report.summary(variant)
    suite = Element("testsuite", name=plain(variant.name), errors="0")
    suite.set("tests", str(len(outcomes)))
    suite.set("failures", str(summary.failed))
    suite.set("skipped", str(summary.cases - summary.passed - summary.failed))
    suite.set("time", f"{sum(map(_seconds, outcomes)):.3f}")
    properties = {
        "bundle": variant.bundle,
        **{f"settings.{name}": str(value) for name, value in variant.settings.items()},
        "seeds": " ".join(map(str, report.run.seeds)),
        "pass_rate": f"{summary.rate:.6f}",
    }
    suite.append(_properties(properties))
    for outcome in outcomes:
        suite.append(_case(report, outcome))
    return suite


def _case(report: Report, outcome: Outcome) -> Element:
    file, _, _ = outcome.key.partition(": ")
    case = Element("testcase", classname=plain(file), name=plain(outcome.key))
    case.set("time", f"{_seconds(outcome):.3f}")
    case.set("file", plain(outcome.case.origin.file))
    case.set("line", str(outcome.case.origin.line))
    case.append(
        _properties(
            {
                "verdict": report.verdict(outcome),
                "rate": f"{outcome.rate:.6f}",
                "flaky": str(outcome.flaky).lower(),
                "reworded": str(report.reworded(outcome)).lower(),
            }
        )
    )
    if not outcome.passed:
        text, known = _text(outcome), not report.fails(outcome)
        message = "does not pass, as when it was blessed" if known else text.split("\n", 1)[0]
        what = SubElement(case, "skipped" if known else "failure", message=message)
        what.text = text
        if not known:
            what.set("type", report.verdict(outcome))
    return case


def _text(outcome: Outcome) -> str:
    """Why it does not pass, each reason once, on lines."""
    lines: dict[str, None] = {}
    for way in ways(outcome):
        for ask, failure in reasons(way.result):
            lines[plain(f"{ask}: {failure}" if ask else failure)] = None
    return "\n".join(lines)


def _properties(values: dict[str, str]) -> Element:
    properties = Element("properties")
    for name, value in values.items():
        SubElement(properties, "property", name=plain(name), value=plain(value))
    return properties


def _seconds(outcome: Outcome) -> float:
    """Of all its replies; those that attempts share are counted once."""
    results = {id(each.result): each.result for each in outcome.attempts}.values()
    return sum(step.reply.milliseconds for each in results for step in each.steps) / 1000
