"""`dialog-s2s evaluate`: figures on stdout, progress on stderr."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import TextIO

from dialog_s2s.dialogue.manager import Bot
from dialog_s2s.evaluation.baselines import training_pairs
from dialog_s2s.evaluation.evaluate import evaluate_bot
from dialog_s2s.evaluation.extra import load
from dialog_s2s.evaluation.plots import plots_folder, write_plots
from dialog_s2s.evaluation.questions import questions
from dialog_s2s.evaluation.report import as_mapping, table
from dialog_s2s.interfaces.lines import cleaned
from dialog_s2s.interfaces.sanitize import clean, clean_lines
from dialog_s2s.text.readers import read


class Steps:
    """A line that stays in place on a terminal; elsewhere a line every `every` seconds."""

    def __init__(self, stream: TextIO, every: float = 10.0):
        self.stream = stream
        self.every = every
        self._next = time.monotonic() + every
        self._open = False

    def __call__(self, what: str, done: int, total: int) -> None:
        """Tells how far `what` is."""
        text = clean(f"  {what}: {done:,} of {total:,}")
        if self.stream.isatty():
            self.stream.write(f"\r\x1b[2K{text}")
            self._open = True
            if done == total:
                self.close()
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + self.every
            self.stream.write(f"{text}\n")
        self.stream.flush()

    def close(self) -> None:
        """Leaves the last line standing, wherever it ended."""
        if self._open:
            self.stream.write("\n")
            self._open = False


def evaluate(
    bundle: str,
    files: Sequence[str],
    out: TextIO,
    *,
    as_json: bool = False,
    plots: str | None = None,
    format: str | None = None,
    limit: int | None = None,
    settings: dict[str, object] | None = None,
    training: Sequence[str] = (),
) -> None:
    """Measures a bundle on files, and writes a table or, `as_json`, one JSON object.

    Raises:
        BundleError, DataError, UsageError: the bundle, a file or an option is not sound.
        DiskError: the plots cannot be written.
    """
    load("sacrebleu")  # what is missing ends it here, not after minutes
    folder = None if plots is None else plots_folder(plots)
    bot = Bot.load(bundle)
    bot.settings(**(settings or {}))
    asked = questions(read(files, format), limit)
    pairs = training_pairs(bot, training, format)
    if pairs is None:
        _say(
            "The bundle does not hold the pairs it was trained on: no baselines, and no telling "
            "seen replies from unseen ones. Give the training files with --training."
        )
    else:
        load("sklearn")
    steps = Steps(sys.stderr)
    try:
        found = evaluate_bot(bot, asked, pairs, settings, steps)
    finally:
        steps.close()
    if as_json:
        tree = cleaned(as_mapping(found))
        out.write(json.dumps(tree, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        out.write(clean_lines(table(found)))
    if folder is not None:
        for file in write_plots(found, folder):
            _say(f"wrote {file}")


def _say(line: str) -> None:
    sys.stderr.write(clean(line) + "\n")
    sys.stderr.flush()
