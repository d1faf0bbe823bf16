"""A run as one HTML page that needs nothing else: no scripts, no files, no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dialog_s2s.evaluation.cases import StepResult
from dialog_s2s.evaluation.escaping import html_text, plain
from dialog_s2s.evaluation.runs import Outcome
from dialog_s2s.evaluation.suite_report import Report, Row, Summary, Way, compared, counts, ways
from dialog_s2s.evaluation.unlike import unlike
from dialog_s2s.evaluation.verdicts import Said

TITLE = "Response tests"

LONG = 600
"""Characters of a reply from which on it is folded."""

HEAD = 200
"""Characters of it that are then seen."""

_STYLE = """\
:root { color-scheme: light dark; --back: #fff; --text: #1c1c1c; --soft: #666; --line: #ddd;
  --good: #116329; --bad: #a40e26; --odd: #7a4b00; --new: #0a4b9e; --block: #f5f5f5;
  --mark: #cfe8d4; }
@media (prefers-color-scheme: dark) { :root { --back: #15181c; --text: #e6e6e6; --soft: #a0a0a0;
  --line: #3a3f45; --good: #6fd08a; --bad: #ff8a95; --odd: #e9b35c; --new: #82b7ff;
  --block: #1f242a; --mark: #1e4a2b; } }
body { background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  max-width: 75rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; } h3 { font-size: 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left;
  vertical-align: top; overflow-wrap: break-word; max-width: 20rem; }
thead th { vertical-align: bottom; } tbody th { font-weight: 400; min-width: 8rem; }
mark { background: var(--mark); color: inherit; border-radius: .15rem; }
a { color: inherit; }
.fixed { color: var(--good); } .regressed, .fails { color: var(--bad); font-weight: 600; }
.flaky, .known { color: var(--odd); } .new { color: var(--new); } .soft { color: var(--soft); }
details { border-top: 1px solid var(--line); padding: .3rem 0; }
summary { cursor: pointer; }
details details { border: 0; padding: 0; }
.variants { display: grid; gap: 1rem; align-items: start;
  grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); }
.way { background: var(--block); padding: .5rem .8rem; margin: .4rem 0; }
dl { margin: 0; } dt { font-weight: 600; } dt .soft { font-weight: 400; }
dd { margin: 0 0 .4rem 1rem; } h3 { margin: .5rem 0 0; }
h3 + p { margin: .2rem 0; }
"""


def as_html(report: Report) -> str:
    """The page. All texts of suites, bots and files are escaped."""
    verdict = "Failed" if report.failed else "Passed"
    parts = [
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{TITLE}: {verdict.lower()}</title>",
        f"<style>\n{_STYLE}</style>\n</head>\n<body>",
        f"<h1>{TITLE}</h1>",
        f'<p class="{"fails" if report.failed else "fixed"}">{verdict}.</p>',
        f"<p>{_told(report)}</p>",
        *_summaries(map(report.summary, report.run.variants)),
    ]
    found = report.comparison()
    if found is not None:
        parts.append(f"<p>{html_text(compared(found))}</p>")
    rows = report.rows()
    parts += _matrix(report, rows)
    parts.append("<h2>Dialogues</h2>")
    parts.append('<p class="soft">Of replies to the same question the first is the measure: ')
    parts.append("<mark>words that it lacks</mark> are marked in the others.</p>")
    for number, row in enumerate(rows, 1):
        parts += _case(report, row, number)
    return "\n".join(parts) + "\n</body>\n</html>\n"


def _told(report: Report) -> str:
    suites = html_text(", ".join(suite.file for suite in report.run.suites))
    seeds = ", ".join(map(str, report.run.seeds))
    return f"{suites}; seeds {seeds}; {report.run.seconds:.1f} s"


def _summaries(summaries: Iterable[Summary]) -> Iterator[str]:
    yield '<div class="wide"><table>\n<thead><tr><th scope="col">variant</th>'
    heads = ("pass rate", "cases", "verdicts", "questions among the training pairs")
    yield "".join(f'<th scope="col">{head}</th>' for head in heads) + "</tr></thead>\n<tbody>"
    for each in summaries:
        cells = (
            f"{each.rate:.1%}",
            f"{each.passed} of {each.cases}",
            html_text(counts(each)),
            str(each.leaked),
        )
        told = "".join(f"<td>{cell}</td>" for cell in cells)
        yield f'<tr><th scope="row">{html_text(each.variant.name)}</th>{told}</tr>'
    yield "</tbody></table></div>"


def _matrix(report: Report, rows: Iterable[Row]) -> Iterator[str]:
    variants = report.run.variants
    heads = "".join(f'<th scope="col">{html_text(each.name)}</th>' for each in variants)
    yield '<h2>Cases</h2>\n<div class="wide"><table>'
    file = html_text(report.file or "case")
    yield f'<thead><tr><th scope="col">{file}</th>{heads}</tr></thead>\n<tbody>'
    for number, row in enumerate(rows, 1):
        cells = "".join(_cell(report, row.outcomes.get(each.name)) for each in variants)
        link = f'<a href="#case{number}">{html_text(report.short(row.key))}</a>'
        yield f'<tr><th scope="row">{link}</th>{cells}</tr>'
    yield "</tbody></table></div>"


def _cell(report: Report, outcome: Outcome | None) -> str:
    if outcome is None:
        return '<td class="soft">not run</td>'
    return f'<td class="{_style(report, outcome)}">{_verdict(report, outcome)}</td>'


def _style(report: Report, outcome: Outcome) -> str:
    if report.fails(outcome):
        return "fails"
    return report.verdict(outcome) if outcome.passed else "known"


def _verdict(report: Report, outcome: Outcome) -> str:
    passed = "passes" if outcome.passed else "does not pass"
    reworded = ", reworded" if report.reworded(outcome) else ""
    return f"{outcome.rate:.0%} {report.verdict(outcome)}, {passed}{reworded}"


def _case(report: Report, row: Row, number: int) -> Iterator[str]:
    failing = not all(each.passed for each in row.outcomes.values())
    other = not failing and any(map(report.before, row.outcomes.values()))
    mark = ' <span class="fails">does not pass</span>' if failing else ""
    mark += ' <span class="flaky">other words than when it was blessed</span>' if other else ""
    origin = html_text(f"{row.case.origin.file}:{row.case.origin.line}")
    yield f'<details id="case{number}"{" open" if mark else ""}>'
    yield f"<summary>{html_text(report.short(row.key))}{mark}</summary>"
    yield f'<p class="soft">{origin}</p>\n<div class="variants">'
    first: Said | None = None
    for outcome in row.outcomes.values():
        yield f"<section>\n<h3>{html_text(outcome.variant.name)}</h3>"
        yield f'<p class="{_style(report, outcome)}">{_verdict(report, outcome)}</p>'
        before = report.before(outcome)
        if before is not None:
            yield from _blessed(row, before, first)
            first = first or before
        for way in ways(outcome):
            yield from _way(report, outcome, way, first)
            first = first or tuple(step.reply.text for step in way.result.steps)
        yield "</section>"
    yield "</div>\n</details>"


def _blessed(row: Row, said: Said, first: Said | None) -> Iterator[str]:
    yield '<div class="way">\n<div class="soft">when it was blessed</div>\n<dl>'
    for step, text, other in zip(row.case.turns, said, first or said, strict=True):
        yield f"<dt>{html_text(step.ask)}</dt>\n<dd>{_said(text, other)}</dd>"
    yield "</dl>\n</div>"


def _way(report: Report, outcome: Outcome, way: Way, first: Said | None) -> Iterator[str]:
    seeds = ", ".join(map(str, way.seeds))
    many = "" if len(way.seeds) == 1 else "s"
    yield f'<div class="way">\n<div class="soft">seed{many} {seeds}</div>\n<dl>'
    for place, result in enumerate(way.result.steps):
        leak = report.leak(outcome.variant, outcome.case, result.step)
        yield from _turn(result, leak, result.reply.text if first is None else first[place])
    yield "</dl>"
    yield from (f'<p class="fails">{html_text(failure)}</p>' for failure in way.result.failures)
    yield "</div>"


def _turn(result: StepResult, leak: str | None, other: str) -> Iterator[str]:
    reply = result.reply
    known = "" if leak is None else f" (a training pair, {html_text(leak)})"
    yield f'<dt>{html_text(result.step.ask)}<span class="soft">{known}</span></dt>'
    told = html_text(f"{reply.source}, confidence {reply.confidence:.2f}")
    yield f'<dd>{_said(reply.text, other)} <span class="soft">({told})</span>'
    yield from (f'<div class="fails">{html_text(failure)}</div>' for failure in result.failures)
    if reply.evidence:
        yield "<details><summary>evidence</summary>\n<ul>"
        for each in reply.evidence:
            pair = html_text(f"{each.question} → {each.answer}")
            yield (
                f'<li>{pair} <span class="soft">{html_text(each.origin)}, weight '
                f"{each.weight:.2f}</span></li>"
            )
        yield "</ul></details>"
    yield "</dd>"


def _said(text: str, other: str) -> str:
    """A reply with the words marked that the other has not; a long one is folded."""
    parts = unlike(plain(other), plain(text))
    shown = "".join(f"<mark>{html_text(p)}</mark>" if new else html_text(p) for new, p in parts)
    if len(text) <= LONG:
        return shown
    head = html_text(text[:HEAD])
    return f"<details><summary>{head}... ({len(text):,} characters)</summary>\n{shown}</details>"
