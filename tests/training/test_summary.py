"""The report of a run: what was learnt, what was not, with its place in the corpus."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st
from test_curves import FALLING, metrics

from dialog_s2s import Bot
from dialog_s2s.dialogue.reply import Reply
from dialog_s2s.errors import DiskError
from dialog_s2s.text.turns import Example, Origin, Role, Turn, examples
from dialog_s2s.training.ledger import Ledger
from dialog_s2s.training.loop import Outcome
from dialog_s2s.training.summary import (
    LONG,
    SAMPLES,
    WORST,
    Asked,
    Learned,
    learned,
    report,
    samples,
    write_report,
)

CORPUS = [example for dialogue in tiny.dialogues() for example in examples(dialogue)]
OUTCOME = Outcome(
    updates=200,
    pairs=1600,
    held_out=1.25,
    best_update=150,
    seconds=20.0,
    target_tokens_per_second=900.0,
    skipped=0,
    interrupted=False,
)
RIGHT = Asked("faq.csv:2", "hi", "", "Hello!", "Hello!", "exact", 0.99, True)
WRONG = Asked("faq.csv:3", "tea?", "", "Yes.", "No.", "generated", 0.6, False)
SILENT = Asked("faq.csv:4", "ice?", "tea?", "No.", "I do not know.", "unknown", 0.1, False)


def told(known: Learned, held_out: tuple[Asked, ...] = (), **settings: object) -> list[str]:
    outcome = settings.pop("outcome", OUTCOME)
    return report(outcome, metrics(FALLING), known, held_out, Ledger(), **settings)  # type: ignore


def pair(question: str, reply: str, line: int, meaning: int | None = None) -> Example:
    return Example(
        (Turn(Role.USER, question),),
        reply,
        Origin("x.yaml", line),
        None if meaning is None else Origin("x.yaml", meaning),
    )


def test_what_a_bot_learnt(tiny_bot: Bot) -> None:
    known = learned(tiny_bot, CORPUS, 1)
    assert known.total == len(known.asked) == len(CORPUS)
    assert known.share == 1.0
    assert known.failures == ()
    assert {each.source for each in known.asked} == {"exact"}
    assert [each.question for each in known.asked] == [each.question for each in CORPUS]
    assert {each.after for each in known.asked} == {"", *tiny.FOLLOW_UPS}
    assert known.weights is not None
    assert known.weights > 0.9
    lines = told(known)
    assert (
        f"  Of all {len(CORPUS)} questions it was trained on, 100.0% are answered exactly." in lines
    )


def test_a_bot_without_memory_is_its_weights(tiny_bot: Bot) -> None:
    alone = Bot(tiny_bot.engine, tiny_bot.format, tiny_bot.config, tiny_bot.path)
    known, of_both = learned(alone, CORPUS, 1), learned(tiny_bot, CORPUS, 1)
    assert known.weights is None
    assert {each.source for each in known.asked} == {"generated"}
    assert known.share == of_both.weights


def test_of_many_some_are_asked_always_the_same(tiny_bot: Bot) -> None:
    some, again = learned(tiny_bot, CORPUS, 1, 7), learned(tiny_bot, CORPUS, 1, 7)
    assert some == again
    assert len(some.asked) == 7
    assert some.total == len(CORPUS)
    assert [each.question for each in learned(tiny_bot, CORPUS, 2, 7).asked] != [
        each.question for each in some.asked
    ]
    assert f"  Of 7 of {len(CORPUS)} questions it was trained on" in "\n".join(told(some))


def test_failures_are_told_with_their_place(tiny_bot: Bot) -> None:
    known = learned(tiny_bot, [pair("hello", "Go away.", 7), pair("  ", "What?", 8)], 1)
    (asked,) = known.asked  # an empty question cannot be asked
    assert not asked.right
    assert (asked.place, asked.wanted, asked.got) == ("x.yaml:7", "Go away.", "Hello there!")
    lines = told(known)
    assert '  x.yaml:7: "hello"' in lines
    assert '    wanted  "Go away."' in lines
    assert any(each.startswith('    got     "Hello there!"  (exact, ') for each in lines)


def test_every_reply_of_a_question_or_a_meaning_is_right(tiny_bot: Bot) -> None:
    several = [pair("hello", "Go away.", 7), pair("Hello!", "hello there", 8)]
    assert learned(tiny_bot, several, 1).share == 1.0
    meant = [pair("hello", "Go away.", 7, 5), pair("hey ho", "Hello there!", 8, 5)]
    assert learned(tiny_bot, meant, 1).asked[0].right
    apart = [pair("hello", "Go away.", 7, 5), pair("hey ho", "Hello there!", 8, 6)]
    assert not learned(tiny_bot, apart, 1).asked[0].right


def test_where_memory_runs_out_it_is_asked_by_halves(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = learned(tiny_bot, CORPUS, 1)
    real, sizes = Bot.replies, []

    def replies(self: Bot, dialogues: Sequence[Sequence[Turn]], **settings: object) -> list[Reply]:
        if len(dialogues) > 5:
            raise MemoryError
        sizes.append(len(dialogues))
        return real(self, dialogues, **settings)

    monkeypatch.setattr(Bot, "replies", replies)
    found = learned(tiny_bot, CORPUS, 1)
    assert [each.got for each in found.asked] == [each.got for each in wanted.asked]
    assert (found.share, found.weights) == (wanted.share, wanted.weights)
    assert sum(sizes) == 2 * len(CORPUS)


def test_samples_are_few(tiny_bot: Bot) -> None:
    found = samples(tiny_bot, CORPUS[:20], CORPUS[20:], 1)
    assert len(found) == SAMPLES
    assert found == samples(tiny_bot, CORPUS[:20], CORPUS[20:], 1)
    assert samples(tiny_bot, [], CORPUS, 1) == ()


def test_the_surest_failure_is_the_worst() -> None:
    surer = replace(WRONG, confidence=0.8)
    known = Learned(4, (SILENT, WRONG, RIGHT, surer))
    assert known.failures == (surer, WRONG, SILENT)
    assert known.share == 0.25


def test_a_report() -> None:
    known = Learned(900, (RIGHT, RIGHT, RIGHT, WRONG, SILENT), 0.4)
    lines = told(known, (WRONG, replace(SILENT, got="No!", right=True)))
    text = "\n".join(lines)
    assert lines[0] == "How the loss fell"
    assert (
        "  Lowest held-out loss 1.250 nats a piece, at update 150 of 200: these weights are kept."
        in lines
    )
    assert "  Of 5 of 900 questions it was trained on, 60.0% are answered exactly." in lines
    assert "  exact              3    100.0%" in lines
    assert "  unknown            1      0.0%" in lines
    assert "remembered" not in text
    assert "  By its weights alone, without the answer memory: 40.0%." in lines
    assert '  faq.csv:4: "ice?" after "tea?"' in lines
    assert '    got     "I do not know."  (unknown; 10% sure of what it held back)' in lines
    assert text.count("\n\n") == text.count("\n\nW")  # a blank line before each title alone


def test_of_a_bot_without_held_out_pairs() -> None:
    lines = told(Learned(0, ()), outcome=replace(OUTCOME, held_out=None))
    assert "  Nothing was held out to measure on: the weights are the last ones." in lines
    assert not any("What it" in each for each in lines)


def test_many_failures_are_cut() -> None:
    many = tuple(replace(WRONG, place=f"a:{n}") for n in range(WORST + 4))
    lines = told(Learned(50, many))
    assert f"  The worst of {WORST + 4} failures:" in lines
    assert sum(each.startswith("  a:") for each in lines) == WORST


def test_not_quite_all_is_not_all() -> None:
    lines = told(Learned(5000, (*[RIGHT] * 4000, WRONG)))
    assert "99.9% are answered exactly" in "\n".join(lines)


def test_ascii(tmp_path: Path) -> None:
    lines = told(Learned(1, (WRONG,)), (SILENT,), columns=40, blocks=False)
    assert "\n".join(lines).isascii()
    curve = lines[: lines.index("What it learnt")]
    assert max(len(each) for each in curve if "Lowest" not in each) < 40


TEXT = st.text(max_size=300)


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_text_breaks_a_line(question: str, after: str, wanted: str, got: str) -> None:
    asked = Asked(after[:50], question, after, wanted, got, "generated", 0.5, False)
    for each in told(Learned(1, (asked,)), (asked,)):
        assert all(char.isprintable() or char in "\u200c\u200d" for char in each)
        assert len(each) < 3 * LONG


def test_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.txt"
    write_report(["a", "  녹차"], path)
    assert path.read_bytes() == "a\n  녹차\n".encode()

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"report\.txt: cannot be written \(No space left"):
        write_report(["b"], path)
    assert path.read_bytes() == "a\n  녹차\n".encode()
