"""The command line: from its words to what is done, and from errors to exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import dialog_s2s
from dialog_s2s.bundle import CARD, LIVING, MEMORY, open_bundle
from dialog_s2s.config import config_text, read_config
from dialog_s2s.errors import (
    INTERNAL_ERROR,
    DataError,
    DialogError,
    DiskError,
    Stopped,
    UsageError,
)
from dialog_s2s.interfaces import conversations, pairs
from dialog_s2s.interfaces.chat import preferences
from dialog_s2s.interfaces.chat.opening import Wanted, chat
from dialog_s2s.interfaces.chat.talk import parse_settings
from dialog_s2s.interfaces.evaluate import evaluate
from dialog_s2s.interfaces.lines import ask, lines_of
from dialog_s2s.interfaces.listing import counted
from dialog_s2s.interfaces.parser import parsed
from dialog_s2s.interfaces.repl.shell import repl
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.interfaces.starter import starter_bot
from dialog_s2s.interfaces.suites_command import suite
from dialog_s2s.interfaces.testing.command import run_tests
from dialog_s2s.interfaces.testing.parser import wanted_of
from dialog_s2s.interfaces.train import train_watched
from dialog_s2s.text.turns import Origin

TESTS_FAILED = 1

TOGETHER = 256
"""Questions of a file that are answered at once."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code and never shows a traceback."""
    # threads that wait must not spin: on a busy laptop spinning costs ten times the time
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed before the start: as if it were /dev/null
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what the locale cannot show is no failure
    try:
        code = _run(parsed(arguments))
        sys.stdout.flush()
        return code
    except Stopped as stopped:
        return stopped.exit_code
    except DialogError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted", 130)
    except BrokenPipeError:  # nobody reads on: end in silence
        return 0
    except OSError as error:
        return _failed(f"{error.strerror}; free some space, then try again", DiskError.exit_code)
    except Exception as error:
        if os.environ.get("DIALOG_S2S_TRACEBACK"):
            sys.stderr.write(clean_lines(traceback.format_exc()))
        return _failed(
            f"internal error ({type(error).__name__}: {error}); please report it with what "
            "DIALOG_S2S_TRACEBACK=1 shows",
            INTERNAL_ERROR,
        )
    finally:
        _give_up()
        # a Ctrl-C within an exec() of a text, as libraries have them, would end the process with
        # SIGINT later, whatever became of it; the next such text is the end of that (CPython)
        eval("None")


def _give_up() -> None:
    """Lets go of what cannot be written: the interpreter would try, and fail, again as it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(message: str, code: int) -> int:
    for line in message.split("\n"):
        sys.stderr.write(f"dialog-s2s: {clean(line)}\n")
    return code


def _run(options: argparse.Namespace) -> int:
    return _COMMANDS[options.command](options) or 0


def _train(options: argparse.Namespace) -> None:
    config = read_config(options.config) if options.config else None
    if options.resume:
        own = {"--plan": options.plan, "--from": options.base, "--minutes": options.minutes}
        own |= {"--seed": options.seed, "--config": options.config, "--format": options.format}
        own |= {"--force": options.force}
        for name in (name for name, value in own.items() if value not in (None, False)):
            raise UsageError(f"--resume goes on as the training was begun; leave out {name}")
    elif not options.files and not options.base:
        raise UsageError("there is nothing to train on; give a corpus FILE, or --from BUNDLE")
    if options.plan and options.base:
        raise UsageError("--plan is for a first training; one with --from has the bot's settings")
    if options.plan:
        planned = dialog_s2s.plan(options.files, options.minutes, config, options.format)
        sys.stdout.write(clean_lines(config_text(planned)))
        return
    train_watched(
        options.files,
        options.out,
        config,
        base=options.base,
        minutes=options.minutes,
        seed=options.seed,
        format=options.format,
        replace=options.force,
        resume=options.resume,
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


def _chat(options: argparse.Namespace) -> int:
    wanted = Wanted(
        parse_settings(options.set),
        options.resume,
        keep=not options.no_save,
        questions=options.question,
        stay=options.interactive,
        as_json=options.json,
        plain=options.plain,
    )
    return 0 if chat(options.bundle, starter_bot, wanted) else TESTS_FAILED


def _repl(options: argparse.Namespace) -> int:
    return repl(options.bundles, parse_settings(options.set), options.plain)


def _teach(options: argparse.Namespace) -> None:
    pairs.teach(options.bundle, options.question, options.answer)


def _forget(options: argparse.Namespace) -> None:
    pairs.forget(options.bundle, options.pattern, sys.stdout, sure=options.yes)


def _taught(options: argparse.Namespace) -> None:
    pairs.taught(options.bundle, sys.stdout, as_json=options.json)


def _sessions(options: argparse.Namespace) -> None:
    if options.action == "show":
        conversations.export(options.id, "text", sys.stdout)
    elif options.action == "export":
        conversations.export(options.id, options.format, sys.stdout, options.out)
    elif options.action == "delete":
        conversations.delete(options.ids)
    else:
        conversations.listed(sys.stdout, as_json=options.json)


def _settings(options: argparse.Namespace) -> None:
    place = preferences.default_path()
    if options.path:
        sys.stdout.write(f"{clean(str(place))}\n")
    elif not options.init:
        own = preferences.read_preferences()
        sys.stdout.write(clean_lines(preferences.preferences_text(own)))
    elif place.exists():
        raise UsageError(f"{place}: is there already; edit it")
    else:
        place = preferences.write_preferences(preferences.Preferences())
        sys.stderr.write(f"wrote {clean(str(place))}\n")


def _evaluate(options: argparse.Namespace) -> None:
    evaluate(
        options.bundle,
        options.files,
        sys.stdout,
        as_json=options.json,
        plots=options.plots,
        format=options.format,
        limit=options.limit,
        settings=parse_settings(options.set),
        training=options.training,
    )


def _test(options: argparse.Namespace) -> int:
    return run_tests(wanted_of(options), sys.stdout)


def _bundle(options: argparse.Namespace) -> None:
    bundle = open_bundle(options.bundle)
    if options.action == "show":
        sys.stdout.write(clean_lines(bundle.read(CARD).decode("utf-8", "replace")))
        return
    files = [name for name in bundle.files if name not in LIVING]
    line = f"ok: {len(files)} files are as they were written"
    if MEMORY in bundle.files:
        with pairs.open_rows(options.bundle) as rows:
            line += f"; {MEMORY} holds {counted(len(rows), 'pair')}, {len(rows.listed())} taught"
    sys.stdout.write(f"{clean(line)}\n")


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int | None]] = {
    "train": _train,
    "chat": _chat,
    "repl": _repl,
    "ask": _ask,
    "teach": _teach,
    "forget": _forget,
    "taught": _taught,
    "sessions": _sessions,
    "settings": _settings,
    "evaluate": _evaluate,
    "suite": suite,
    "test": _test,
    "bundle": _bundle,
}


if __name__ == "__main__":
    sys.exit(main())
