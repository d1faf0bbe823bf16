"""The command line: `dialog-s2s train | chat | ask | bundle`."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dialog_s2s
from dialog_s2s.bundle import CARD, open_bundle
from dialog_s2s.config import Config, config_text, read_config
from dialog_s2s.errors import DataError, DialogError, DiskError, Stopped, UsageError
from dialog_s2s.interfaces.lines import ask, lines_of
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.interfaces.starter import starter_bot
from dialog_s2s.interfaces.terminal import chat, parse_settings
from dialog_s2s.interfaces.train import train_watched
from dialog_s2s.text.readers import FORMATS
from dialog_s2s.text.turns import Origin

INTERNAL_ERROR = 70
"""Exit code where the fault is ours."""

TOGETHER = 256
"""Questions of a file that are answered at once."""

_CODES = """\
exit codes: 0 fine, 2 usage, 3 bad data or bundle, 4 disk, 70 a fault of ours, 130 interrupted,
143 terminated
"""

_DESCRIPTION = """\
Turn your own question-answer pairs into a small chatbot on this machine.

  dialog-s2s train faq.csv --out my-bot     a two-column file becomes a bot in about a minute
  dialog-s2s chat my-bot                    talk to it
  dialog-s2s ask my-bot "When do you open?"
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
"""

_SET = "a setting of the reply, repeatable: method=sample temperature=0.8 top_p=0.9 seed=7 ..."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code and never shows a traceback."""
    # threads that wait must not spin: on a busy laptop spinning costs ten times the time
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the locale cannot show is no failure
    try:
        code = _run(_parsed(arguments))
        sys.stdout.flush()
        return code
    except Stopped as stopped:
        return stopped.exit_code
    except DialogError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:
        # nobody reads on: end in silence, and keep the interpreter from flushing into the void
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(f"{error.strerror}; free some space, then try again", DiskError.exit_code)
    except Exception as error:
        if os.environ.get("DIALOG_S2S_TRACEBACK"):
            traceback.print_exc()
        return _failed(
            f"internal error ({type(error).__name__}: {error}); please report it with what "
            "DIALOG_S2S_TRACEBACK=1 shows",
            INTERNAL_ERROR,
        )


def _failed(message: str, code: int) -> int:
    for line in clean_lines(message).split("\n"):
        sys.stderr.write(f"dialog-s2s: {line}\n")
    return code


def _run(options: argparse.Namespace) -> int:
    command: str = options.command
    if command == "train":
        _train(options)
    elif command == "chat":
        path = options.bundle or starter_bot()
        chat(Path(path), parse_settings(options.set))
    elif command == "ask":
        _ask(options)
    else:
        _bundle(options)
    return 0


def _train(options: argparse.Namespace) -> None:
    config = read_config(options.config) if options.config else Config()
    if options.plan:
        planned = dialog_s2s.plan(options.files, options.minutes, config, options.format)
        sys.stdout.write(config_text(planned))
        return
    train_watched(
        options.files,
        options.out,
        config,
        minutes=options.minutes,
        seed=options.seed,
        format=options.format,
        replace=options.force,
    )


def _ask(options: argparse.Namespace) -> None:
    bot = dialog_s2s.Bot.load(options.bundle)
    settings = parse_settings(options.set)
    bot.settings(**settings)
    if options.question is not None:
        asked = clean(options.question).strip()
        if not asked:
            raise UsageError("the question is empty; give some words")
        line = (asked, Origin("question", 1))
        ask(bot, [line], sys.stdout, as_json=options.json, together=1, settings=settings)
    elif options.file is not None:
        try:
            with Path(options.file).open("rb") as stream:
                lines = lines_of(stream, options.file)
                ask(
                    bot,
                    lines,
                    sys.stdout,
                    as_json=options.json,
                    together=TOGETHER,
                    settings=settings,
                )
        except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
            raise DataError(
                f"{error.strerror}; give a file of one question a line", options.file
            ) from None
    else:
        lines = lines_of(sys.stdin.buffer, "stdin")
        ask(bot, lines, sys.stdout, as_json=options.json, together=1, settings=settings)


def _bundle(options: argparse.Namespace) -> None:
    bundle = open_bundle(options.bundle)
    if options.action == "show":
        sys.stdout.write(clean_lines(bundle.read(CARD).decode("utf-8", "replace")))
    else:
        sys.stdout.write(f"ok: {len(bundle.files)} files are as they were written\n")


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0.001 <= minutes <= 100_000:
        raise argparse.ArgumentTypeError(f"must be a number from 0.001 to 100000, but is {text!r}")
    return minutes


def _seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) >= 2**63:
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, but is {text!r}")
    return int(text)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
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

    train = commands.add_parser("train", help="train a bot on your pairs", description=_TRAIN)
    train.add_argument("files", nargs="+", metavar="FILE", help="corpus files")
    place = train.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", metavar="BUNDLE", help="folder the bot is written to")
    place.add_argument("--plan", action="store_true", help="print the settings as YAML and stop")
    train.add_argument("--minutes", type=_minutes, metavar="M", help="training time (default 1)")
    train.add_argument("--seed", type=_seed, metavar="N", help="of every random choice (default 1)")
    train.add_argument("--config", metavar="YAML", help="settings; see --plan")
    train.add_argument("--format", metavar="F", help=f"of all files: {', '.join(FORMATS)}")
    train.add_argument("--force", action="store_true", help="replace the bundle at --out")

    talk = commands.add_parser(
        "chat",
        help="talk to a bot",
        description=(
            "Talk to a bot in the terminal. Without BUNDLE, to the starter bot, which is trained\n"
            "first if need be. With piped input, one conversation: a reply on each line.\n"
        ),
    )
    talk.add_argument("bundle", nargs="?", metavar="BUNDLE", help="a trained bot's folder")
    talk.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)

    question = commands.add_parser(
        "ask",
        help="one question, or a file of them",
        description=(
            "Answer questions, each on its own. Without QUESTION and --file, one question a line\n"
            'on stdin. A line {"turns": [...]} is a question with its history.\n'
        ),
    )
    question.add_argument("bundle", metavar="BUNDLE", help="a trained bot's folder")
    asked = question.add_mutually_exclusive_group()
    asked.add_argument("question", nargs="?", metavar="QUESTION")
    asked.add_argument("--file", metavar="F", help="one question a line")
    question.add_argument("--json", action="store_true", help="one JSON object a reply")
    question.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=_SET)

    bundle = commands.add_parser(
        "bundle", help="look at a bot's folder", description="Show a bundle's card, or verify it."
    )
    bundle.add_argument("action", choices=("show", "verify"))
    bundle.add_argument("bundle", metavar="BUNDLE")
    return parser


class _Parser(argparse.ArgumentParser):
    """Keeps the descriptions' own lines, and ends every help with the exit codes."""

    def __init__(self, **options: Any):
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(formatter_class=shape, epilog=_CODES, **options)


if __name__ == "__main__":
    sys.exit(main())
