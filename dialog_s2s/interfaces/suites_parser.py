"""The words of `dialog-s2s suite`, and the help that explains them."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable

from dialog_s2s.evaluation.robust import DEFAULT, KINDS
from dialog_s2s.text.readers import FORMATS

_SUITE = """\
Make and check suites: files of questions and what their replies must be like.

  dialog-s2s suite from-corpus faq.csv --out faq.suite.yaml     the pairs of a corpus as cases
  dialog-s2s suite robust faq.suite.yaml --out robust.suite.yaml      with typing mistakes, ...
  dialog-s2s suite unknown --bundle my-bot --out unknown.suite.yaml   what it must not answer
  dialog-s2s suite check *.suite.yaml --bundle my-bot           mistakes, and what was trained on
  dialog-s2s suite schema                                       for completion in your editor

Without --out a suite goes to stdout. `dialog-s2s test SUITE --bundle BUNDLE` asks it, and so does
pytest: `pytest --bot BUNDLE` asks every *.suite.yaml, .jsonl, .csv and .tsv below the folder.
"""

_FROM_CORPUS = """\
The pairs of a corpus as cases that expect the reply, or any of the replies that the same question
has. A follow-up is asked after the questions before it. FILE is of any format that `train` reads.

  dialog-s2s suite from-corpus faq.csv --out faq.suite.yaml
  dialog-s2s suite from-corpus faq.csv smalltalk.en.yaml --limit 100 --out some.suite.yaml

--held-out takes only what training keeps aside to measure on, which the model did not learn: with
--bundle what this bot kept aside, if the files are those that it was trained on; without, what
`train` would keep aside of them with --seed. A bot's answer memory holds these pairs all the same,
so that `suite check --bundle` lists them; for wordings that it has never seen, see `suite robust`.

  dialog-s2s suite from-corpus faq.csv --held-out --bundle my-bot --out held-out.suite.yaml
"""

_ROBUST = f"""\
For each case and kind of change a variant that expects the same replies, tagged with the kind. The
last question of which something is expected is changed.

  dialog-s2s suite robust shop.suite.yaml --out robust.suite.yaml
  dialog-s2s suite robust shop.suite.yaml --kinds typos,casing --seed 7 --out typos.suite.yaml

kinds: {", ".join(KINDS[:5])},
       {", ".join(KINDS[5:])}

The last two change what was said before; they are made only if they are asked for: where a reply
rests on what was said before, it should change with them.
"""

_UNKNOWN = """\
Everyday questions that few bots are taught, each expecting that the bot says it does not know.
Those tagged `fitted` are what training fits its threshold on: they come last, a pass tells nothing.

  dialog-s2s suite unknown --out unknown.suite.yaml
  dialog-s2s suite unknown --language ko --count 20 --bundle my-bot --out unknown.suite.yaml
"""

_CHECK = """\
Read suites as strictly as a test does, without running any bot, nor functions that they name, and
count them. With --bundle, list the questions that stand word for word in what the bot was trained
on, with file and line: they test that it keeps what it was taught, not how it takes other wordings.
That is a warning. The exit code is 3 if a suite has a mistake; those of all suites are shown.

  dialog-s2s suite check shop.suite.yaml
  dialog-s2s suite check *.suite.yaml --bundle my-bot
  dialog-s2s suite check shop.suite.yaml --bundle my-bot --json     one object a suite
"""

_SCHEMA = """\
The JSON Schema of suites, and the first line that makes editors with a YAML language server
complete and check a suite by it.

  dialog-s2s suite schema                        where it is installed will do: see stderr
  dialog-s2s suite schema --out suite.schema.json
"""

Number = Callable[[str], int]


def add_suite(add: Callable[..., ArgumentParser], seed: Number, count: Number) -> None:
    """The command and its actions; `seed` and `count` read numbers from 0 and from 1."""
    suite = add("suite", help="make and check suites of expected replies", description=_SUITE)
    actions = suite.add_subparsers(dest="action", required=True, metavar="ACTION")

    made = actions.add_parser("from-corpus", help="pairs as cases", description=_FROM_CORPUS)
    made.add_argument("files", nargs="+", metavar="FILE", help="corpus files")
    made.add_argument("--held-out", action="store_true", help="only what the model did not learn")
    made.add_argument("--bundle", metavar="B", help="with --held-out: the bot that kept it aside")
    made.add_argument("--limit", type=count, metavar="N", help="cases at most, drawn by chance")
    made.add_argument("--seed", type=seed, metavar="N", help="of every random choice (default 1)")
    made.add_argument("--format", metavar="F", help=f"of all files: {', '.join(FORMATS)}")
    _out(made)

    robust = actions.add_parser("robust", help="questions put differently", description=_ROBUST)
    robust.add_argument("suite", metavar="SUITE")
    robust.add_argument(
        "--kinds",
        type=_kinds,
        default=DEFAULT,
        metavar="K,...",
        help="kinds of change (default: all but the last two)",
    )
    robust.add_argument("--seed", type=seed, default=1, metavar="N", help="(default 1)")
    _out(robust)

    unknown = actions.add_parser("unknown", help="what nobody taught", description=_UNKNOWN)
    unknown.add_argument(
        "--language", choices=("en", "ko", "all"), default="en", help="(default en)"
    )
    unknown.add_argument("--count", type=count, default=50, metavar="N", help="(default 50)")
    unknown.add_argument("--seed", type=seed, default=1, metavar="N", help="(default 1)")
    unknown.add_argument("--bundle", metavar="B", help="a bot; what it was taught is left out")
    _out(unknown)

    check = actions.add_parser("check", help="mistakes and leaks", description=_CHECK)
    check.add_argument("suites", nargs="+", metavar="SUITE")
    check.add_argument("--bundle", metavar="B", help="a bot, to find what it was trained on")
    check.add_argument("--json", action="store_true", help="one JSON object a suite")

    schema = actions.add_parser("schema", help="for editors", description=_SCHEMA)
    _out(schema)


def _out(parser: ArgumentParser) -> None:
    parser.add_argument("--out", metavar="F", help="a new file; else stdout")
    parser.add_argument("--force", action="store_true", help="write over the file at --out")


def _kinds(text: str) -> tuple[str, ...]:
    return tuple(kind.strip() for kind in text.split(",") if kind.strip())
