"""The words of the command line, and the help that explains them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import dialog_s2s
from dialog_s2s.dialogue import transcript
from dialog_s2s.interfaces.sanitize import clean
from dialog_s2s.interfaces.suites_parser import add_suite
from dialog_s2s.interfaces.testing.parser import add_test
from dialog_s2s.text.readers import FORMATS

_CODES = """\
exit codes: 0 fine, 1 tests failed, 2 usage, 3 bad data or bundle, 4 disk, 70 a fault of ours,
130 interrupted, 143 terminated
"""

_DESCRIPTION = """\
Turn your own question-answer pairs into a small chatbot on this machine.

  dialog-s2s train faq.csv --out my-bot     a two-column file becomes a bot in about a minute
  dialog-s2s chat my-bot                    talk to it, and teach it as you talk
  dialog-s2s ask my-bot "When do you open?"
  dialog-s2s evaluate my-bot test.csv       how good it is
  dialog-s2s test shop.suite.yaml --bundle my-bot      whether it says what it should
"""

_TRAIN = """\
Train a bot on question-answer pairs.

FILE is CSV or TSV (two columns, or a header that names them), JSON Lines (question/answer, turns
or messages) or our YAML; several files are one corpus; .gz is read as it is. With
--format parallel, files come in twos: line i of the second answers line i of the first.

What is not given is chosen from the corpus and the minutes, and said. Ctrl-C stops early and
keeps the best model so far.

  dialog-s2s train faq.csv --out my-bot
  dialog-s2s train faq.csv smalltalk.en.yaml --out my-bot --minutes 5
  dialog-s2s train --format parallel train.de train.en --out translator
  dialog-s2s train faq.csv --plan > my.yaml         see and edit every setting, then
  dialog-s2s train faq.csv --out my-bot --config my.yaml
  dialog-s2s train --from my-bot --out my-bot --force      learns what it was taught
  dialog-s2s train new.csv --from my-bot --out my-next-bot
  dialog-s2s train --resume --out my-bot                     goes on after Ctrl-C or a crash
  torchrun --nproc-per-node 2 -m dialog_s2s train faq.csv --out my-bot
"""

_CHAT = """\
Talk to a bot in the terminal.

Without BUNDLE, to the bot of your settings, else to the starter bot, which is trained first if
need be. In the chat, /help lists what it can do: teach and correct the bot, ask it why, compare
it with another, make tests of what was said. F1 lists the keys, F2 is a menu of settings.

ON A TERMINAL
  What is said is kept on this machine, for you alone (see `dialog-s2s sessions`), and so is what
  was typed, for the arrow keys and Ctrl-R. Your own settings: `dialog-s2s settings`.

  dialog-s2s chat my-bot
  dialog-s2s chat my-bot --resume 2026-11-22-k3f9    go on; k3f9, or its name, will do
  dialog-s2s chat my-bot --no-save                   keep nothing
  dialog-s2s chat my-bot --plain                     for screen readers

IN SCRIPTS
  Where stdin or stdout is no terminal: one conversation, a line out for each line in. Every line is
  a question, also one that begins with a slash. Nothing is kept, but with --resume. Your own
  settings do not count, --set does. Replies are on stdout, everything else is on stderr.

  printf 'Hello\\nand on Sunday?\\n' | dialog-s2s chat my-bot
  dialog-s2s chat my-bot --json < questions.txt      question, reply, source, confidence, evidence,
                                                     milliseconds, finish, seed: one object a line
  dialog-s2s chat my-bot -q "When do you open?" -q "and on Sunday?"
  dialog-s2s chat my-bot -q "Hello" -i               asks, then stays
  dialog-s2s chat my-bot -q "/test my.suite.yaml"    ends with 1 if a test fails

ENVIRONMENT
  NO_COLOR, TERM=dumb          no colours; dumb: as --plain
  EDITOR, VISUAL               what Ctrl-G opens
  XDG_DATA_HOME                conversations and what was typed (~/.local/share)
  XDG_CONFIG_HOME              your settings (~/.config)
"""

_REPL = """\
A Python prompt with bots at hand: to ask, compare and sweep settings, to see what the model looks
at, and to run suites. In it, help() teaches with examples.

  dialog-s2s repl my-bot
  dialog-s2s repl my-bot other-bot --set method=sample     settings of all
  dialog-s2s repl my-bot --plain                           for screen readers

  >>> ask("When do you open?")                  then _.why tells where the reply came from
  >>> compare("Hello", {"temperature": 0.5}, {"temperature": 1.5}, method="sample")
  >>> sweep("Hello", temperature=[0.5, 1, 2], seeds=10)
  >>> attention("When do you open?").plot("attention.png")
  >>> test("shop.suite.yaml")

What is typed is kept for you alone (`typed_python`, beside the conversations), what is said is not.

IN SCRIPTS
  Where stdin or stdout is no terminal, what is read runs as one script. Values of expressions are
  on stdout; the first error ends it, with its own exit code, or 1. It is 1 too if a test failed.

  echo 'sweep("Hello", temperature=[0.5, 1]).table()' | dialog-s2s repl my-bot
  dialog-s2s repl my-bot < experiment.py
"""

_ASK = """\
Answer questions, each on its own. Without QUESTION and --file, one question a line on stdin.
A line {"turns": [...]} is a question with its history.

  dialog-s2s ask my-bot "When do you open?"
  dialog-s2s ask my-bot --file questions.txt --json
  dialog-s2s ask my-bot "Is there tea?" --set method=sample --set seed=7
"""

_TEACH = """\
Teach a bot an answer: it holds from the next question on, in chats that are open too, for this
and for like wordings. What was taught for the very question before is replaced.

  dialog-s2s teach my-bot "Do you deliver?" "Yes, by bike."
"""

_FORGET = """\
Remove, for good, every pair whose question or answer holds PATTERN, case and punctuation aside:
from training too, not only what was taught. The pairs are listed first, then you are asked.

  dialog-s2s forget my-bot "by bike"
"""

_TAUGHT = """\
List what a bot was taught and corrected since training, the newest first: when, the pair, and
where (a conversation's id, or the command line).
"""

_SESSIONS = """\
The conversations that `dialog-s2s chat` kept. ID is an id, or enough of its beginning or of its
part after the date.

  dialog-s2s sessions                            a table, the latest first
  dialog-s2s sessions show k3f9
  dialog-s2s sessions export k3f9 --format corpus --out more.jsonl      to train on
  dialog-s2s sessions delete k3f9 2026-11-20     for good; the file holds nothing of them
"""

_SETTINGS = """\
Your own settings of the chat, and of replies of every bot in it: one commented YAML file, strictly
checked. Without an option, shows them as they are.

  dialog-s2s settings --init          write the file, to be edited; F2 and then s in a chat does too
"""

_EVALUATE = """\
Measure a bot on dialogues that it has not seen: likelihood, likeness to the right replies,
calibration, and baselines beside it. FILE is of any format that `train` reads.

  dialog-s2s evaluate my-bot test.csv
  dialog-s2s evaluate my-bot test.jsonl.gz --json --plots plots
"""

_SET = "a setting of the reply, repeatable: method=sample temperature=0.8 top_p=0.9 seed=7 ..."
_BUNDLE = "a trained bot's folder"


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line's words; ends the program with 2 where they make no sense."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    asks = options.command == "ask" and options.question is None and options.file is None
    # the library takes no optional word after an option: ask BUNDLE --json QUESTION
    if asks and len(rest) == 1 and not rest[0].startswith("-"):
        options.question = rest.pop()
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="dialog-s2s", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=dialog_s2s.__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (_train, _chat, _repl, _ask, _memory, _sessions, _settings, _evaluate, _bundle):
        add(commands.add_parser)
    add_suite(commands.add_parser, _seed, _count)
    add_test(commands.add_parser, _seed, _count)
    return parser


def _train(add: Callable[..., argparse.ArgumentParser]) -> None:
    train = add("train", help="train a bot on your pairs", description=_TRAIN)
    train.add_argument("files", nargs="*", metavar="FILE", help="corpus files")
    place = train.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", metavar="BUNDLE", help="folder the bot is written to")
    place.add_argument("--plan", action="store_true", help="print the settings as YAML and stop")
    train.add_argument(
        "--from",
        dest="base",
        metavar="BUNDLE",
        help="go on from a trained bot: its weights, its pairs, and what it was taught",
    )
    train.add_argument("--minutes", type=_minutes, metavar="M", help="training time (default 1)")
    train.add_argument("--seed", type=_seed, metavar="N", help="of every random choice (default 1)")
    train.add_argument("--config", metavar="YAML", help="settings; see --plan")
    train.add_argument("--format", metavar="F", help=f"of all files: {', '.join(FORMATS)}")
    train.add_argument(
        "--resume",
        action="store_true",
        help="go on with a training that was interrupted, as it was begun; FILE need not be given",
    )
    train.add_argument(
        "--force",
        action="store_true",
        help="replace the bundle at --out, or begin anew where its training was interrupted",
    )


def _chat(add: Callable[..., argparse.ArgumentParser]) -> None:
    talk = add("chat", help="talk to a bot", description=_CHAT)
    talk.add_argument("bundle", nargs="?", metavar="BUNDLE", help=_BUNDLE)
    kept = talk.add_mutually_exclusive_group()
    kept.add_argument("--resume", metavar="ID", help="go on with a conversation that was kept")
    kept.add_argument("--no-save", action="store_true", help="keep nothing of this conversation")
    talk.add_argument(
        "-q",
        "--question",
        action="append",
        default=[],
        metavar="TEXT",
        help="ask this, or obey this command; repeatable",
    )
    talk.add_argument("-i", "--interactive", action="store_true", help="go on after -q")
    talk.add_argument("--json", action="store_true", help="one JSON object a reply")
    talk.add_argument("--plain", action="store_true", help="no colours, nothing drawn again")
    talk.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)


def _repl(add: Callable[..., argparse.ArgumentParser]) -> None:
    play = add("repl", help="a Python prompt with bots at hand", description=_REPL)
    play.add_argument("bundles", nargs="+", metavar="BUNDLE", help=_BUNDLE)
    play.add_argument("--plain", action="store_true", help="no colours, nothing drawn again")
    play.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)


def _ask(add: Callable[..., argparse.ArgumentParser]) -> None:
    question = add("ask", help="one question, or a file of them", description=_ASK)
    question.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    asked = question.add_mutually_exclusive_group()
    asked.add_argument("question", nargs="?", metavar="QUESTION")
    asked.add_argument("--file", metavar="F", help="one question a line")
    question.add_argument("--json", action="store_true", help="one JSON object a reply")
    question.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)


def _memory(add: Callable[..., argparse.ArgumentParser]) -> None:
    teach = add("teach", help="teach a bot an answer", description=_TEACH)
    teach.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    teach.add_argument("question", metavar="QUESTION")
    teach.add_argument("answer", metavar="ANSWER")

    forget = add("forget", help="remove pairs for good", description=_FORGET)
    forget.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    forget.add_argument("pattern", metavar="PATTERN", help="words of the question or the answer")
    forget.add_argument("--yes", action="store_true", help="do not ask")

    taught = add("taught", help="what a bot was taught", description=_TAUGHT)
    taught.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    taught.add_argument("--json", action="store_true", help="one JSON object a pair")


def _sessions(add: Callable[..., argparse.ArgumentParser]) -> None:
    sessions = add("sessions", help="the conversations kept", description=_SESSIONS)
    sessions.add_argument("--json", action="store_true", help="one JSON object a conversation")
    actions = sessions.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="all of them; the same without ACTION")
    # without a default, which would undo a --json before it
    listed.add_argument("--json", action="store_true", default=argparse.SUPPRESS)

    show = actions.add_parser("show", help="what was said")
    show.add_argument("id", metavar="ID")

    export = actions.add_parser("export", help="as text, Markdown, JSON, or a corpus to train on")
    export.add_argument("id", metavar="ID")
    names = ", ".join(transcript.FORMATS)
    export.add_argument("--format", metavar="F", default="text", help=f"{names} (default text)")
    export.add_argument("--out", metavar="FILE", help="a new file; else stdout")

    delete = actions.add_parser("delete", help="for good, without asking")
    delete.add_argument("ids", nargs="+", metavar="ID")


def _settings(add: Callable[..., argparse.ArgumentParser]) -> None:
    own = add("settings", help="your own settings of the chat", description=_SETTINGS)
    shown = own.add_mutually_exclusive_group()
    shown.add_argument("--init", action="store_true", help="write the file, if it is not there yet")
    shown.add_argument("--path", action="store_true", help="tell where the file is")


def _evaluate(add: Callable[..., argparse.ArgumentParser]) -> None:
    measure = add("evaluate", help="measure a bot on dialogues", description=_EVALUATE)
    measure.add_argument("bundle", metavar="BUNDLE", help=_BUNDLE)
    measure.add_argument("files", nargs="+", metavar="FILE", help="dialogues with right replies")
    measure.add_argument("--json", action="store_true", help="one JSON object")
    measure.add_argument("--plots", metavar="DIR", help="folder that plots are written to")
    measure.add_argument("--format", metavar="F", help=f"of all files: {', '.join(FORMATS)}")
    measure.add_argument("--limit", type=_count, metavar="N", help="replies that are measured")
    measure.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)
    measure.add_argument(
        "--training",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="what the bot was trained on, where its folder does not hold that",
    )


def _bundle(add: Callable[..., argparse.ArgumentParser]) -> None:
    bundle = add(
        "bundle", help="look at a bot's folder", description="Show a bundle's card, or verify it."
    )
    bundle.add_argument("action", choices=("show", "verify"))
    bundle.add_argument("bundle", metavar="BUNDLE")


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0.001 <= minutes <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a number from 0.001 to 100000, but is {text!r}")
    return minutes


def _whole(text: str, least: int) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text) < 2**63:
        raise argparse.ArgumentTypeError(f"must be a whole number from {least}, but is {text!r}")
    return int(text)


def _seed(text: str) -> int:
    return _whole(text, 0)


def _count(text: str) -> int:
    return _whole(text, 1)


class _Parser(argparse.ArgumentParser):
    """Keeps the descriptions' own lines, and ends every help with the exit codes."""

    def __init__(self, **options: Any):
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=shape, epilog=_CODES, **options)

    def error(self, message: str) -> NoReturn:
        """As argparse tells it, which repeats words as they were given."""
        super().error(clean(message))
