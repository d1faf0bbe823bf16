"""How good the starter bot is, on wordings it was trained on and on ones held back.

    python -m benchmarks.starter [--minutes 0.75] [--seed 1] [--json]

One wording of every intent is held back; a bot is trained on the rest as `make chat` trains the
starter bot, then asked, greedily:

- trained wordings: every wording given to training (some of which training itself held out);
- wordings held back: one an intent, never seen;
- follow-ups: each wording of a follow-up after its parent was asked and answered by the bot;
- after small talk: trained wordings after an exchange that has nothing to do with them;
- follow-ups alone: the same without the exchange before them, as a check that they need it.

A reply is right when it is one of its intent's replies, case and punctuation aside.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from dialog_s2s import Bot, Display, train
from dialog_s2s.config import read_config
from dialog_s2s.interfaces.starter import corpora, starter_config
from dialog_s2s.text.turns import Role, Turn, fold

Intent = dict[str, Any]


def held_back(intent: Intent) -> str:
    """The wording of an intent that is kept from training, by hash."""
    return min(intent["ask"], key=lambda text: hashlib.sha256(text.encode()).digest())


def split(folder: Path) -> tuple[list[Path], list[Intent]]:
    """The starter corpora without the wordings held back, as files; and all intents."""
    files, intents = [], []
    for source in corpora():
        tree = yaml.safe_load(source.read_text(encoding="utf-8"))
        intents += tree["intents"]
        cut = [
            {**intent, "ask": [text for text in intent["ask"] if text != held_back(intent)]}
            for intent in tree["intents"]
        ]
        file = folder / source.name
        tree = {**tree, "intents": cut}
        file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
        files.append(file)
    return files, intents


def right(replies: Sequence[str], wanted: Sequence[Sequence[str]]) -> float:
    """Share of replies that are among those wanted."""
    hits = [
        fold(reply) in {fold(text) for text in texts}
        for reply, texts in zip(replies, wanted, strict=True)
    ]
    return sum(hits) / len(hits)


def answers(bot: Bot, dialogues: Sequence[Sequence[Turn]]) -> list[str]:
    """Greedy replies to dialogues that end with a question."""
    return [reply.text for reply in bot.replies(dialogues, method="greedy")]


def follow_ups(intents: Sequence[Intent]) -> Iterator[tuple[str, str, list[str]]]:
    """(parent's wording, follow-up's wording, its replies) for first-level follow-ups."""
    for intent in intents:
        parents = [text for text in intent["ask"] if text != held_back(intent)]
        place = 0
        for child in intent.get("then", ()):
            for wording in child["ask"]:
                yield parents[place % len(parents)], wording, child["reply"]
                place += 1


def user(text: str) -> Turn:
    """A user's turn."""
    return Turn(Role.USER, text)


def evaluate(bot: Bot, intents: Sequence[Intent]) -> dict[str, float]:
    """The shares of right replies."""
    trained = [
        (text, intent["reply"])
        for intent in intents
        for text in intent["ask"]
        if text != held_back(intent)
    ]
    back = [(held_back(intent), intent["reply"]) for intent in intents]
    later = list(follow_ups(intents))
    parents = answers(bot, [[user(parent)] for parent, _, _ in later])
    in_context = [
        [user(parent), Turn(Role.BOT, reply), user(wording)]
        for (parent, wording, _), reply in zip(later, parents, strict=True)
    ]
    wanted = [replies for _, _, replies in later]
    strange = [
        [user(first), Turn(Role.BOT, answer[0]), user(question)]
        for (question, _), (first, answer) in zip(
            trained, trained[len(trained) // 3 :] + trained[: len(trained) // 3], strict=True
        )
    ]
    return {
        "trained wordings": right(
            answers(bot, [[user(q)] for q, _ in trained]), [a for _, a in trained]
        ),
        "wordings held back": right(
            answers(bot, [[user(q)] for q, _ in back]), [a for _, a in back]
        ),
        "follow-ups in context": right(answers(bot, in_context), wanted),
        "after small talk": right(answers(bot, strange), [a for _, a in trained]),
        "follow-ups alone": right(answers(bot, [[user(w)] for _, w, _ in later]), wanted),
    }


def main() -> None:
    """Trains and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, help="instead of the starter bot's own passes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--config", help="YAML with other settings, to compare")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        files, intents = split(Path(name))
        began = time.perf_counter()
        config = read_config(options.config) if options.config else starter_config()
        report = train(
            files,
            Path(name) / "bot",
            minutes=options.minutes,
            seed=options.seed,
            config=config,
            monitor=Display(),
            say=lambda line: print(line, file=sys.stderr),
        )
        seconds = time.perf_counter() - began
        shares = evaluate(Bot.load(Path(name) / "bot"), intents)
    figures = {
        **shares,
        "training seconds, all in": seconds,
        "passes over the corpus": report.outcome.pairs / report.survey.pairs,
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for what, figure in figures.items():
            shown = f"{figure:8.1%}" if what in shares else f"{figure:8.1f}"
            print(f"{what:<28}{shown}")


if __name__ == "__main__":
    main()
