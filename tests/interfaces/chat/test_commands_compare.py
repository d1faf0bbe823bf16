"""Replies side by side: of two bots or two settings, and the likeliest ones."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from shell import ENTER, typed
from tiny import FOLLOW_UPS, REPLIES, SUNDAY
from wcwidth import width

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.commands_compare import MOST
from dialog_s2s.interfaces.chat.loading import LoadingBot

OPEN, STRANGE = "when do you open", "do you repair bicycles"
HELLO = REPLIES["hello"]
LONG = "threshold=0,min_tokens=30"
"""Settings under which the reply is another one."""


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> LoadingBot:
    """The bot, which no test here teaches."""
    return LoadingBot(tiny_bundle)


@pytest.fixture
def other(tiny_bundle: Path, tmp_path: Path) -> LoadingBot:
    """Another bot, which has another answer to one question."""
    loading = LoadingBot(Path(shutil.copytree(tiny_bundle, tmp_path / "other")))
    loading.get().teach("hello", "Good day! 안녕하십니까!")
    return loading


def chat(
    loading: LoadingBot,
    *lines: str,
    columns: int = 200,
    sessions: Sessions | None = None,
    settings: dict[str, object] | None = None,
) -> list[str]:
    """What is written after these lines, the greeting left out."""
    keys = (line + ENTER for line in lines)
    shown = typed(loading, *keys, columns=columns, sessions=sessions, settings=settings)
    lines_ = shown.splitlines()
    return lines_[next(n for n, line in enumerate(lines_) if line.endswith("leaves.")) + 1 :]


def columns_of(lines: list[str]) -> tuple[list[str], list[str]]:
    """What stands on the left, and what on the right."""
    halves = [line.split(" | ", 1) for line in lines]
    return [left.rstrip() for left, _ in halves], [right.rstrip() for _, right in halves]


def without_times(lines: list[str]) -> list[str]:
    return [re.sub(r"\d+ ms", "N ms", line) for line in lines]


def test_two_settings(tiny: LoadingBot) -> None:
    asked, *shown = chat(tiny, "hello", f"/compare min_tokens=1 {LONG}", columns=120)[1:]
    assert asked == "you> hello"
    left, right = columns_of(shown)
    assert left[:2] == ["min_tokens=1", HELLO]
    assert right[0] == LONG
    assert right[1].startswith(HELLO)
    assert len(right[1]) > len(HELLO)
    assert re.fullmatch(r"= exact 99%, \d+ ms", left[2])
    assert re.fullmatch(r"\* generated \d+%, \d+ ms", right[2])


def test_settings_alone_are_set_beside_those_of_now(tiny: LoadingBot) -> None:
    lines = ("/set seed=4", "hello", f"/compare {LONG}", "/set")
    shown = chat(tiny, *lines, columns=120)
    left, right = columns_of(shown[3:6])
    assert (left[:2], right[0]) == ([tiny.path.name, HELLO], LONG)
    assert shown[6] == "seed=4"


def test_another_bot(tiny: LoadingBot, other: LoadingBot) -> None:
    shown = chat(tiny, "hello", f"/compare {other.path}", columns=200)
    left, right = columns_of(shown[2:])
    assert left[:2] == [tiny.path.name, HELLO]
    assert right[:2] == [str(other.path), "Good day! 안녕하십니까!"]
    assert right[2].startswith("+ taught 99%, ")


def test_two_bots_and_a_question_of_its_own(tiny: LoadingBot, other: LoadingBot) -> None:
    words = f"/compare {other.path} {tiny.path} hello"
    shown = chat(tiny, words, "/history", columns=200)
    assert shown[0] == "you> hello"
    left, right = columns_of(shown[1:4])
    assert left[:2] == [str(other.path), "Good day! 안녕하십니까!"]
    assert right[:2] == [str(tiny.path), HELLO]
    assert shown[4:] == ["Nothing was said yet."]


def test_a_question_of_several_words_after_one_bot(tiny: LoadingBot, other: LoadingBot) -> None:
    shown = chat(tiny, "bye", f"/compare {other.path} {OPEN}", "/history", columns=200)
    assert shown[1] == f"you> {OPEN}"
    left, right = columns_of(shown[2:5])
    assert left[1] == right[1] == REPLIES[OPEN]
    assert shown[5] == "  the same reply"
    assert shown[6:] == ["  1 you> bye", f"    bot> {REPLIES['bye']}"]


def test_the_conversation_is_read_and_stays_as_it_is(tiny: LoadingBot, kept: Sessions) -> None:
    lines = (OPEN, f"/compare seed=1 seed=2 {SUNDAY}", SUNDAY, "/compare seed=1 seed=2", "/undo")
    shown = chat(tiny, *lines, columns=120, sessions=kept)
    sunday = [line for line in shown if FOLLOW_UPS[OPEN] in line]
    assert [line.count(FOLLOW_UPS[OPEN]) for line in sunday] == [2, 1, 2]
    assert shown.count(f"you> {SUNDAY}") == 2
    (session,) = kept.listed()
    assert [turn.text for turn in kept.turns(session.id)] == [OPEN, REPLIES[OPEN]]


@pytest.mark.parametrize("columns", [70, 81, 120, 121])
def test_columns_fit_the_terminal(tiny: LoadingBot, other: LoadingBot, columns: int) -> None:
    shown = chat(tiny, "hello", f"/compare {other.path} {LONG}", columns=columns)
    asked = shown.index("you> hello")
    rows = shown[asked + 1 :]
    assert len(rows) > 2
    assert max(map(width, rows)) <= columns
    room = (columns - 3) // 2
    assert {width(row.split(" | ", 1)[0]) for row in rows} == {room}
    assert rows == [row.rstrip() for row in rows]


@pytest.mark.parametrize("columns", [24, 50, 60])
def test_where_it_is_narrow_they_are_one_below_the_other(tiny: LoadingBot, columns: int) -> None:
    shown = chat(tiny, "hello", f"/compare {LONG}", "/compare seed=1 seed=2", columns=columns)
    first, second, *same = without_times(shown[2:4]), shown[4:6], *shown[6:]
    assert first == [f"{tiny.path.name}: {HELLO}", "  = exact 99%, N ms"]
    assert second[0].startswith(f"{LONG}: {HELLO}")
    assert second[1].startswith("  * generated ")
    assert without_times(same) == [
        *("you> hello", f"seed=1: {HELLO}", "  = exact 99%, N ms"),
        *(f"seed=2: {HELLO}", "  = exact 99%, N ms", "  the same reply"),
    ]


def test_long_names_are_cut(tiny: LoadingBot) -> None:
    setting = ",".join(["temperature=0.5"] * 9)
    shown = chat(tiny, "hello", f"/compare {setting} {LONG}", columns=80)
    assert width(shown[2]) <= 80
    assert shown[2].split(" | ")[0].endswith("…")


def test_the_language_holds_for_both(tiny: LoadingBot, other: LoadingBot) -> None:
    lines = ("/lang ko", f"/compare {other.path} zq xv", "/lang auto")
    shown = chat(tiny, *lines, columns=120, settings={"threshold": "1"})
    assert shown[3].count("그건 아직 몰라요.") == 2
    assert "ms" not in shown[3]


def test_a_bot_that_was_not_there_may_be_there_later(
    tiny: LoadingBot, tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is not kept for the next time."""
    place, load = tmp_path / "late", LoadingBot.get

    def get(self: LoadingBot) -> object:
        try:
            return load(self)
        finally:
            if self.path == place and not place.exists():
                shutil.copytree(tiny_bundle, place)

    monkeypatch.setattr(LoadingBot, "get", get)
    shown = chat(tiny, "hello", *[f"/compare {place}"] * 2, columns=120)
    assert shown[1].startswith(f"{place}: there is no bot here")
    assert shown[-1] == "  the same reply"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("", "give what to compare: /compare other-bot"),
        ("none", "none: there is no bot here"),
        ("~nobody-here/bot", "~nobody-here/bot: there is no bot here"),
        ("seed=1 beem=2", "did you mean 'beam'"),
        ("beem=2", "did you mean 'beam'"),
        ("seed=x", "must be a whole number"),
        ("seed=1,top_k", "'top_k' is not name=value"),
        ("seed=1,,", "'' is not name=value"),
        ("=1", "'=1' is not name=value"),
    ],
)
def test_what_cannot_be_compared(
    tiny: LoadingBot, words: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = chat(tiny, OPEN, f"/compare {words}", "/set", SUNDAY)
    assert reason in shown[1]
    assert shown[-2].startswith("Settings as the bot was trained with")
    assert shown[-1] == f"bot> {FOLLOW_UPS[OPEN]}"


@pytest.mark.parametrize("line", ["/compare seed=1", "/compare seed=1 seed=2", "/candidates"])
def test_nothing_to_compare_before_anything_was_asked(tiny: LoadingBot, line: str) -> None:
    wanted = "nothing was asked yet; ask something first"
    assert chat(tiny, line) == [wanted]
    assert chat(tiny, "hello", "/reset", line)[2:] == [wanted]
    assert chat(tiny, "hello", "/undo", line)[2:] == [wanted]


def test_a_long_question_without_blanks_is_no_path(tiny: LoadingBot) -> None:
    question = "안녕" * 200
    shown = chat(tiny, f"/compare threshold=1 threshold=1 {question}", columns=120)
    assert shown[0] == f"you> {question}"
    assert shown[-1] == "  the same reply"


CANDIDATE = re.compile(
    r" *(\d+) +(\d+\.\d)% [=~+*] (exact|remembered|taught|generated) \d+%  (\S.*)"
)


def candidates(lines: list[str]) -> list[tuple[int, float, str, str]]:
    """Place, share, source and text of each."""
    found = [CANDIDATE.fullmatch(line) for line in lines]
    return [(int(each[1]), float(each[2]), each[3], each[4]) for each in found if each]


@pytest.mark.parametrize("question", ["hello", STRANGE, "zq xv", "녹차"])
def test_candidates_are_the_likeliest_first(tiny: LoadingBot, question: str) -> None:
    *shown, hint = chat(tiny, question, "/candidates 8")
    listed = [line for line in shown if line.lstrip()[0].isdigit()]
    found = candidates(listed)
    assert len(found) == len(listed) > 2
    shares = [share for _, share, _, _ in found]
    assert [place for place, *_ in found] == list(range(1, len(found) + 1))
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= 100.5
    assert len({text for *_, text in found}) == len(found)
    assert hint.startswith("  the share of all probability")


def test_candidates_begin_with_what_was_said(tiny: LoadingBot) -> None:
    said, first, *_ = chat(tiny, OPEN, SUNDAY, "/candidates")[1:]
    assert said == f"bot> {FOLLOW_UPS[OPEN]}"
    assert candidates([first])[0][1:] == (100.0, "exact", FOLLOW_UPS[OPEN])


@pytest.mark.parametrize(("words", "most"), [("", 5), ("1", 1), ("3", 3), (str(MOST), MOST)])
def test_as_many_candidates_as_wanted(tiny: LoadingBot, words: str, most: int) -> None:
    shown = chat(tiny, "when do you", f"/candidates {words}", settings={"beam": "2"})
    assert 1 <= len(candidates(shown)) <= most
    assert len(candidates(shown)) == min(most, len(shown) - 2)
    if most < 5:
        assert len(candidates(shown)) == most


def test_candidates_are_told_whatever_is_set(tiny: LoadingBot, kept: Sessions) -> None:
    settings: dict[str, object] = {"threshold": "1", "method": "sample"}
    shown = chat(tiny, STRANGE, "/candidates 3", "/set", settings=settings, sessions=kept)
    assert shown[0].startswith("bot> I don't know")
    assert candidates(shown)[0][3] == "We open at nine."
    assert shown[-2] == "threshold=1 method=sample"
    (session,) = kept.listed()
    assert session.turns == 2


def test_a_taught_candidate(own: LoadingBot) -> None:
    shown = chat(own, f"/teach {STRANGE} => 월요일에요.", STRANGE, "/candidates 2")
    assert candidates(shown)[0][2:] == ("taught", "월요일에요.")


@pytest.mark.parametrize("words", ["0", "-1", str(MOST + 1), "x", "1 2", "²", "1.5", "五"])
def test_a_wrong_number_of_candidates(tiny: LoadingBot, words: str) -> None:
    shown = chat(tiny, "hello", f"/candidates {words}", "bye")
    assert shown[1:] == [
        f"/candidates takes a number from 1 to {MOST}, not {words!r}",
        f"bot> {REPLIES['bye']}",
    ]
