"""Many processes and kills: what was taught is seen by all, and what was acknowledged stays."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dialog_s2s import Bot
from dialog_s2s.bundle import MEMORY

OTHER = """
import sys
from dialog_s2s import Bot
bot = Bot.load(sys.argv[1])
for line in sys.stdin:
    verb, _, rest = line.strip().partition(" ")
    if verb == "ask":
        reply = bot.reply(rest)
        print(reply.source, reply.text, flush=True)
    elif verb == "teach":
        print(bot.teach(*rest.split("=")).id, flush=True)
    elif verb == "fix":
        question, answer = rest.split("=")
        print(bot.fix(bot.reply(question), answer).id, flush=True)
    else:
        print(len(bot.forget(rest)), flush=True)
"""


class Other:
    """A bot in another process."""

    def __init__(self, process: subprocess.Popen[str]):
        self.process = process

    def do(self, line: str) -> str:
        """What it says when it has done it."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@contextmanager
def other_process(bundle: Path) -> Iterator[Other]:
    """Killed in the end, if it is still there."""
    words = [sys.executable, "-c", OTHER, str(bundle)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True, encoding="utf-8") as process:
        try:
            yield Other(process)
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be checked there")
def test_two_processes_and_a_kill(bot: Bot, bundle: Path) -> None:
    assert bot.reply("do you sell cake").source != "taught"
    with other_process(bundle) as other:
        assert not other.do("ask do you sell cake").startswith("taught")
        bot.teach("Do you sell cake?", "Only on Mondays.")
        assert other.do("ask do you sell cake") == "taught Only on Mondays."
        other.do("teach Do you sell cake?=Never.")
        assert bot.reply("do you sell cake").text == "Never."
        assert len(bot.taught()) == 1
        gone = bot.forget("goodbye")
        assert "Goodbye" not in other.do("ask bye")
        assert other.do("forget cake") == "1"
        assert bot.reply("do you sell cake").source != "taught"
        bot.restore(gone)
        assert other.do("ask bye") == "exact Goodbye!"
        other.do("fix hello=Ahoy!")
        other.do("forget see you")
        assert other.do("teach who knows?=Nobody.")
        other.process.kill()  # right after the acknowledgement
        other.process.wait()
    with closing(sqlite3.connect(bundle / MEMORY)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for each in (bot, Bot.load(bundle)):
        assert [row.answer for row in each.taught()] == ["Nobody.", "Ahoy!"]
        assert each.reply("Who knows").text == "Nobody."
        assert each.reply("hello").text == "Ahoy!"
        assert each.memory is not None
        assert "see you" not in [row.question for row in each.memory.rows]


@pytest.mark.parametrize("index", ["lexical", "meaning"])
def test_an_interrupted_reply_leaves_the_memory_whole(
    bot: Bot, monkeypatch: pytest.MonkeyPatch, index: str
) -> None:
    """An interrupt while changes are taken in: the next question takes them in."""
    assert bot.memory is not None
    interrupted = getattr(bot.memory._indexes, index)
    texts = bot.memory.similarity.texts

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    bot.teach("Do you sell cake?", "Only on Mondays.")
    bot.teach("Do you sell bread?", "Every morning.")
    with monkeypatch.context() as patch:
        patch.setattr(interrupted, "add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            bot.reply("do you sell any bread")
    assert bot.reply("do you sell any bread", threshold=0).text == "Every morning."
    assert bot.memory.similarity.texts == texts + 2
