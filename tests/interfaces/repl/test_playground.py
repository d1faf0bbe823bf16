"""What is at hand: replies, comparisons, sweeps, attention and suites."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from clerk import Clerk, playground
from hypothesis import given
from hypothesis import strategies as st
from tiny import REPLIES, SUNDAY
from wcwidth import width

from dialog_s2s import Bot
from dialog_s2s.errors import ConfigError, DataError, DialogError, DiskError, UsageError
from dialog_s2s.interfaces.repl.bots import load_bots, turns
from dialog_s2s.interfaces.repl.playground import Playground
from dialog_s2s.interfaces.repl.results import Sweep
from dialog_s2s.text.turns import Role, Turn

SUITE = """\
cases:
  - ask: hello
    expect: "0: hello"
  - name: 차
    ask: tea
    expect: {contains: green, source: exact}
"""


def is_png(file: Path) -> bool:
    data = file.read_bytes()
    wide, high = struct.unpack(">II", data[16:24])
    return data.startswith(b"\x89PNG\r\n\x1a\n") and wide > 300 and high > 200


# Asking


def test_a_reply_tells_where_it_came_from() -> None:
    reply = playground().ask("tea?")
    assert (reply.text, reply.source, reply.confidence) == ("0: tea?", "remembered", 0.5)
    assert repr(reply) == "0: tea?  ~ remembered 50%"
    assert "(faq.csv:2, weight 0.90)" in repr(reply.why)
    assert reply.evidence[0].origin == "faq.csv:2"


def test_a_history_may_be_texts() -> None:
    assert turns(["a", "b", Turn(Role.SYSTEM, "c")]) == (
        Turn(Role.USER, "a"),
        Turn(Role.BOT, "b"),
        Turn(Role.SYSTEM, "c"),
    )
    assert playground().ask("tea?", history=["a", "b"]).text == "2: tea?"
    for wrong in ("a text", [1]):
        with pytest.raises(UsageError, match=r"^history: "):
            turns(wrong)  # type: ignore[arg-type]


def test_a_conversation_goes_on() -> None:
    play = playground()
    assert [play.talk("a").text, play.talk("b").text] == ["0: a", "2: b"]
    assert repr(play.talk) == "<Conversation with clerk, 4 turns>"


def test_bots_are_found_by_name() -> None:
    one, other = Clerk("one"), Clerk("other", "I am the other")
    play = playground(one, other)
    assert play.ask("x").text == "0: x"
    assert play.ask("x", bot="other").text == play.ask("x", bot=other).text == "I am the other"
    with pytest.raises(UsageError, match="none called 'third'; there are one, other"):
        play.ask("x", bot="third")


def test_candidates_are_the_likeliest() -> None:
    clerk = Clerk()
    found = playground(clerk).candidates("x", 6)
    assert [each.text for each in found.replies] == [f"0: x {number}" for number in range(6)]
    assert found.shares == pytest.approx([0.4966] * 6, abs=1e-4)
    assert {clerk.settings(**each).beam for _, each in clerk.asked} == {6}
    assert len(playground().candidates("x", 2).replies) == 2
    assert found.lines()[1].split() == ["1", "49.7%", "~", "remembered", "50%", "0:", "x", "0"]
    for wrong in (0, 65, 1.5):
        with pytest.raises(UsageError, match=r"^n: must be"):
            playground().candidates("x", wrong)  # type: ignore[arg-type]


# Comparing


@pytest.mark.parametrize(
    ("variants", "names"),
    [
        ((), ["one", "other"]),
        (("other",), ["one", "other"]),
        (("other", "one"), ["other", "one"]),
        (({"temperature": 2},), ["one", "one temperature=2"]),
        (("temperature=2,top_k=3",), ["one", "one temperature=2 top_k=3"]),
    ],
)
def test_what_is_compared(variants: tuple[object, ...], names: list[str]) -> None:
    found = playground(Clerk("one"), Clerk("other")).compare("x", *variants)
    assert [each.name for each in found.variants] == names
    assert found.table().heads == ("question", *names)
    assert found.same
    assert found.lines()[-1] == "All reply the same."


def test_replies_stand_beside_each_other() -> None:
    play = playground()
    found = play.compare(
        ["a", "녹차"], {"temperature": 1}, {"temperature": 2}, method="sample", seed=1
    )
    assert [[each.text for each in row] for row in found.replies] == [
        ["0: a!", "0: a!!"],
        ["0: 녹차!", "0: 녹차!!"],
    ]
    assert not found.same
    lines = found.lines(90)
    for line in lines[1:]:
        assert line.startswith(("a   ", "녹차", "    "))
    column = lines[0].index("clerk temperature=2")
    for line, text in ((lines[1], "0: a!!"), (lines[3], "0: 녹차!!")):
        assert width(line[: line.index(text)]) == column


def test_comparisons_that_make_no_sense() -> None:
    play = playground()
    for wrong, told in (("nobody", "neither a bot nor settings"), ("temprature=2", "temperature")):
        with pytest.raises(UsageError, match=told):
            play.compare("x", wrong)
    with pytest.raises(UsageError, match="no question"):
        play.compare([])


# Sweeps


def test_a_sweep_counts_distinct_replies() -> None:
    found = playground().sweep("x", temperature=[1, 2], seeds=5)
    assert [point.shares for point in found.points] == [
        (("0: x!", 0.6), ("0: x", 0.4)),
        (("0: x!!", 0.6), ("0: x", 0.4)),
    ]
    assert found.table().rows == (
        ("1", "  60%", "0: x!"),
        ("", "  40%", "0: x"),
        ("2", "  60%", "0: x!!"),
        ("", "  40%", "0: x"),
    )
    assert found.lines()[:2] == ["temperature=1", "  ████████████          60% 0: x!"]
    assert found.lines()[-1] == "3 distinct of 10 replies"
    assert repr(found.plot()).split("\n") == found.lines()[:-1]


@given(
    st.lists(st.sampled_from([0.5, 1.0, 2.0, 3.0]), min_size=1, max_size=3, unique=True),
    st.lists(st.integers(0, 9), min_size=1, max_size=4, unique=True),
)
def test_every_setting_is_asked_with_every_seed(values: list[float], seeds: list[int]) -> None:
    clerk = Clerk()
    found = playground(clerk).sweep("x", temperature=values, top_p=[0.8, 1], seeds=seeds)
    asked = [(each["temperature"], each["top_p"], each["seed"]) for _, each in clerk.asked]
    assert asked == [(value, top, seed) for value in values for top in (0.8, 1) for seed in seeds]
    for point in found.points:
        assert sum(share for _, share in point.shares) == pytest.approx(1)


def test_a_sweep_says_what_each_seed_says_alone(tiny_bot: Bot) -> None:
    play = Playground({"tiny": tiny_bot})
    history = ("when do you open", "We open at nine.")
    own = {"threshold": 0, "max_tokens": 12}
    found = play.sweep("and on Monday", history, temperature=[0.7, 2], seeds=6, **own)
    for point in found.points:
        for seed, reply in zip(found.seeds, point.replies, strict=True):
            settings = {"method": "sample", "temperature": 1.0, **point.settings, **own}
            alone = play.ask("and on Monday", history, seed=seed, **settings)
            assert (reply.text, reply.source) == (alone.text, alone.source)
            assert reply.settings == alone.settings
            assert reply.turns == alone.turns


def test_what_does_not_depend_on_the_seed_is_asked_once() -> None:
    clerk = Clerk()
    found = playground(clerk).sweep("x", method=["greedy", "sample"], seeds=3)
    assert [len(point.replies) for point in found.points] == [1, 3]
    assert [point.name for point in found.points] == ["method=greedy", "method=sample"]


def test_sweeps_that_make_no_sense_ask_nothing() -> None:
    clerk = Clerk()
    play = playground(clerk)
    for told, wrong in {
        "temperature": {"temperature": [1, 99]},
        "no values": {"temperature": []},
        "seeds=": {"seed": 3},
        "^seeds: ": {"seeds": 0},
        "different seeds": {"seeds": [1, 1]},
        "did you mean": {"temprature": [1]},
    }.items():
        with pytest.raises(UsageError, match=told):
            play.sweep("x", **wrong)  # type: ignore[arg-type]
    assert clerk.asked == []


# Attention


def test_attention_is_a_matrix() -> None:
    found = playground().attention("녹차 있어요")
    assert (found.source, found.pieces) == (("<user>", "▁녹차"), ("▁네", "(end)"))
    assert found.weights_TS.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert found.lines()[1:] == ["      <user> ▁녹차", "▁네   ▓▓▓▓▓▓ ░░░░░", "(end)        █████"]
    assert found.table().lines()[1] == "<user>   75%    0%"
    assert repr(found.plot()).split("\n") == found.lines()[1:]


def test_attention_of_a_reply_that_is_there() -> None:
    play = playground()
    clerk = play.bot
    reply = play.talk("x")
    assert play.attention(reply).reply == reply
    assert len(clerk.asked) == 1  # type: ignore[attr-defined]


def test_a_model_without_attention() -> None:
    clerk = Clerk()
    clerk.weights_TS = np.zeros((2, 2), np.float32)
    with pytest.raises(UsageError, match="no attention; train one"):
        playground(clerk).attention("x")


# Pictures


@pytest.mark.parametrize(
    "text", ["Yes!", "$\\frac{$ and $x$", "_hidden", "녹차 있어요", "\x1b[31mred"]
)
def test_pictures_are_written(tmp_path: Path, text: str) -> None:
    pytest.importorskip("matplotlib")
    play = playground(Clerk(says=text))
    for name, found in (
        ("sweep.png", play.sweep(text, temperature=[1, 2])),
        ("attention.png", play.attention(text)),
    ):
        assert found.plot(tmp_path / name) == tmp_path / name
        assert is_png(tmp_path / name)


def test_pictures_show_what_was_found(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    one, other = tmp_path / "1.png", tmp_path / "2.PNG"
    playground().sweep("x", temperature=[1, 2]).plot(one)
    playground().sweep("x", temperature=[1, 2], seeds=[2, 4]).plot(str(other))
    assert one.read_bytes() != other.read_bytes()
    assert is_png(other)


def test_pictures_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = playground().sweep("x", temperature=[1, 2])
    pytest.importorskip("matplotlib")
    with pytest.raises(DiskError, match="cannot be written"):
        found.plot(tmp_path / "none" / "x.png")
    with pytest.raises(UsageError, match=r"must end in \.png"):
        found.plot(tmp_path / "x.txt")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match=r"plot needs matplotlib.*pip install"):
        found.plot(tmp_path / "x.png")
    assert list(tmp_path.iterdir()) == []


# Suites


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    file = tmp_path / "x.suite.yaml"
    file.write_text(SUITE, encoding="utf-8")
    return file


def test_a_suite_is_run(suite: Path) -> None:
    play = playground()
    found = play.test(suite)
    assert [each.passed for each in found.results] == [True, False]
    assert (found.passed, len(found.failed), play.failed) == (False, 1, True)
    ok, failed, more, last = found.lines(200)[1:]
    assert ok.split() == ["ok", "hello"]
    assert failed.startswith("FAIL  차     tea: ")
    assert more.startswith("             tea: ")
    assert last.startswith("1 of 2 cases passed in ")


def test_of_a_long_suite_failures_are_shown(tmp_path: Path) -> None:
    file = tmp_path / "x.suite.yaml"
    many = "".join(f'  - {{ask: "{number}", expect: "0: {number}"}}\n' for number in range(30))
    file.write_text(SUITE + many, encoding="utf-8")
    found = playground().test(playground().suite(file))
    assert sum("FAIL" in line for line in found.lines()) == 1
    assert not any(line.startswith("ok") for line in found.lines())
    assert sum(row[0] == "ok" for row in found.table().rows) == 31


def test_suites_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.suite\.yaml"):
        playground().test(tmp_path / "none.suite.yaml")


# With a real bot


def test_the_bots_of_bundles(tiny_bundle: Path) -> None:
    bots = load_bots([str(tiny_bundle)], {"method": "beam", "threshold": "0"})
    assert list(bots) == ["tiny"]
    play = Playground(bots)
    bot = bots["tiny"]
    assert bot.settings().method == "beam"
    assert bot("when do you open").text == REPLIES["when do you open"]
    assert "when do you open" in repr(bot("when do you open").why)
    assert bot(SUNDAY, ["when do you open", "We open at nine."]).text == "At ten."
    assert repr(bot).startswith("<Bot tiny 34 pairs")
    play.talk("do you sell tea")
    assert play.talk(SUNDAY).text == "Only in the morning."
    found = play.attention("녹차 있어요")
    assert found.weights_TS.shape == (len(found.pieces), len(found.source))
    assert found.weights_TS.sum(1) == pytest.approx(np.ones(len(found.pieces)), abs=1e-4)
    best = play.candidates("hello", 3)
    assert best.replies[0].text == "Hello there!"
    assert list(best.shares) == sorted(best.shares, reverse=True)
    assert isinstance(play.sweep("hello", temperature=[0.1], seeds=2), Sweep)


@pytest.mark.parametrize("same", [True, False])
def test_bundles_of_the_same_name(tiny_bundle: Path, tmp_path: Path, same: bool) -> None:
    other = tmp_path / "tiny"
    other.symlink_to(tiny_bundle)
    paths = [str(tiny_bundle)] * 2 if same else [str(tiny_bundle), str(other)]
    if same:
        with pytest.raises(UsageError, match="given twice"):
            load_bots(paths, {})
    else:
        assert list(load_bots(paths, {})) == paths


def test_a_wrong_setting(tiny_bundle: Path) -> None:
    with pytest.raises(ConfigError, match="temperature"):
        load_bots([str(tiny_bundle)], {"temperature": "hot"})


def test_faults_are_one_line_each() -> None:
    with pytest.raises(DialogError) as told:
        playground().compare("x", "nobody")
    assert "\n" not in str(told.value)
