"""Pieces put together to words, and what is shown of them: bars, shades, percents."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from dialog_s2s import Bot
from dialog_s2s.dialogue.looks import looks, put_together, said
from dialog_s2s.dialogue.reply import Attended
from dialog_s2s.dialogue.why import strips, turn_strips, word_strips
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn


def bytes_of(text: str) -> list[str]:
    return [f"<0x{byte:02X}>" for byte in text.encode()]


def attended(source: list[str], reply: list[str], weights: object, likely: object) -> Attended:
    weights_TS = np.array(weights, np.float32)
    return Attended(tuple(source), (*reply, ""), weights_TS, (), tuple(likely))  # type: ignore[arg-type]


SMALL = attended(
    ["<memory>", "▁No", "<user>", "▁te", "a", "▁?", "<bot>", "▁", *bytes_of("뷁"), "요"],
    ["▁Yes", ",", "▁te", "a"],
    [[0, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 0.1, 0.1, 0.1, 0.1, 0.1]] * 5,
    [0.5, 1.0, 0.999, 0.5, 0.001],
)


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], []),
        (["▁"], [""]),
        (["▁when", "▁do", "▁you"], ["when", "do", "you"]),
        (["wh", "en", "▁d", "o"], ["when", "do"]),
        (["▁We▁open", "▁at▁n", "ine", "."], ["We open", "at nine."]),
        (["▁", "▁a", "▁", "b"], ["a", "b"]),
        (["▁녹차", "를", "▁", "파", "나", "요"], ["녹차를", "파나요"]),
        (["▁", *bytes_of("뷁😀"), "a"], ["뷁😀a"]),
        (["▁a", *bytes_of("뷁")[:2], "▁b"], ["a", "b"]),
        (["▁<0x41>", "▁", "<0x41>"], ["<0x41>", "A"]),
    ],
)
def test_words(pieces: list[str], words: list[str]) -> None:
    found = list(put_together(pieces))
    assert [word for word, _ in found] == words
    assert [place for _, spelt in found for place in spelt] == list(range(len(pieces)))


def test_words_of_a_tokenizer_are_those_of_the_text(tokenizer: Tokenizer) -> None:
    for text in ("do you sell tea?", "녹차를 파나요? 네, 뷁쀍 있어요", "naïve 😀 ½ a", "中文 好"):
        pieces = [tokenizer.piece(piece) for piece in tokenizer.encode(text)]
        whole = tokenizer.decode(tokenizer.encode(text)).split()
        assert [word for word, _ in put_together(pieces)] == whole
        alone = [tokenizer.piece(piece) for piece in tokenizer.encode_words(text)]
        assert [word for word, _ in put_together(alone)] == whole


def test_what_was_looked_at() -> None:
    memory, user, bot = looks(SMALL)
    assert [each.role for each in (memory, user, bot)] == ["memory", "user", "bot"]
    assert [word for word, _ in user.words] == ["tea", "?"]
    assert [share for _, share in user.words] == pytest.approx([0.2, 0.1])
    assert [word for word, _ in bot.words] == ["뷁요"]
    assert [memory.share, user.share, bot.share] == pytest.approx([0.1, 0.4, 0.5])


def test_what_was_said() -> None:
    words = said(SMALL)
    assert [word for word, _ in words] == ["Yes,", "tea", ""]
    assert [likely for _, likely in words] == pytest.approx([0.5, 0.4995, 0.001])
    assert said(dataclasses.replace(SMALL, probabilities_T=())) == ()


def test_how_it_looks() -> None:
    assert turn_strips(SMALL) == [
        "█           10%  memory  No▂",
        "████        40%  user    tea▄ ?▂",
        "█████       50%  bot     뷁요█",
    ]
    assert word_strips(SMALL) == ["Yes, 50%  tea 50%  (end <1%)"]


@pytest.mark.parametrize(
    ("share", "bar", "percent"),
    [
        (0.0, "", "0%"),
        (0.001, "", "<1%"),
        (0.0126, "▏", "1%"),
        (0.05, "▌", "5%"),
        (0.5875, "█████▉", "59%"),
        (0.996, "██████████", "99%"),
        (1.0, "██████████", "100%"),
    ],
)
def test_bars(share: float, bar: str, percent: str) -> None:
    weights = [[0, share, 0, 1 - share]]
    found = turn_strips(attended(["<user>", "▁a", "<bot>", "▁b"], [], weights, ()))[0]
    assert found[:10] == bar.ljust(10)
    assert found[10:15].strip() == percent


def test_a_long_turn_is_cut() -> None:
    for count, more in ((60, False), (61, True), (500, True)):
        pieces = [f"▁w{number}" for number in range(count)]
        many = attended(
            ["<user>", *pieces], pieces, np.full((count + 1, count + 1), 1 / count), [0.5] * count
        )
        (turn,) = turn_strips(many)
        assert turn.count("w") == 60
        assert turn.endswith(" ...") == more
        many = dataclasses.replace(many, probabilities_T=(0.5,) * (count + 1))
        (reply,) = word_strips(many)
        assert reply.count("w") == 60
        assert ("  ...  (end 50%)" in reply) == more


def test_without_attention() -> None:
    nothing = attended(["<user>", "▁a"], ["▁b"], np.zeros((2, 2)), [0.5, 1.0])
    assert turn_strips(nothing) == []
    assert word_strips(nothing) == ["b 50%  (end 100%)"]


def test_what_steers_a_terminal_is_left_out() -> None:
    source = ["<user>", "▁a", *bytes_of("\x1b[2K\u202e\n\x85b")]
    shown = strips_of(attended(source, source[1:], np.full((8, len(source)), 0.1), [0.5] * 20))
    assert all(line.isprintable() for line in shown)
    assert "a[2Kb" in shown[0]


def strips_of(made: Attended) -> list[str]:
    return [*turn_strips(made), *word_strips(made)]


def test_of_a_bot(tiny_bot: Bot) -> None:
    history = [Turn(Role.USER, "do you sell tea"), Turn(Role.BOT, "Yes, green and black tea.")]
    for question in ("녹차를 파나요", "and on Sunday", "xyzzy 뷁\x1b[2K"):
        reply = tiny_bot.reply(question, history)
        made = reply.attention
        assert made is not None
        *turns, last = strips(reply)
        assert len(turns) == len(made.turns) == 3
        for line, (turn, share), look in zip(turns, made.turns, looks(made), strict=True):
            assert re.match(rf"[█▉▊▋▌▍▎▏ ]{{10}} [ <\d]{{2,3}}\d?% +{turn.role.value} +", line)
            assert look.share == pytest.approx(share, abs=1e-5)
        assert last.endswith("%)")
        assert all(line.isprintable() for line in (*turns, last))
    product = np.prod([likely for _, likely in said(made)])
    assert product == pytest.approx(np.exp(reply.log_probability), abs=1e-4)
    assert strips(dataclasses.replace(reply, _look=None)) == []
