"""The status bar: what it tells, and how it fits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chat_fakes import FakeLoading, drawn, drive
from shell import ENTER, F2, RIGHT
from wcwidth import width

from dialog_s2s.config import GenerationConfig
from dialog_s2s.interfaces.chat.talk import Talk
from dialog_s2s.interfaces.chat.toolbar import fields, sampler, shown
from dialog_s2s.interfaces.sanitize import clean

PARTS = ["tiny", "greedy", "temperature 0.7", "seed new", "context 2/3 turns, 9/64", "12 ms", "k3"]
LONG = ["바른-말-가게-로봇", *PARTS[1:]]


def talk(
    path: str = "some/tiny",
    settings: dict[str, object] | None = None,
    *,
    ready: bool = True,
    reply: Any = None,
    session: str | None = None,
    **more: Any,
) -> Talk:
    loading = FakeLoading()
    loading.path, loading.ready = Path(path), ready
    loading.bot.last = reply
    loading.bot.session = SimpleNamespace(id=session) if session else None  # type: ignore[assignment]
    made = Talk(loading, settings or {}, **more)  # type: ignore[arg-type]
    if reply is not None or session:
        made.conversation = loading.bot  # type: ignore[assignment]
    return made


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, ["greedy", "temperature 0.7", "seed new"]),
        ({"method": "beam"}, ["beam 4", "temperature 0.7", "seed new"]),
        ({"method": "beam", "beam": 9}, ["beam 9", "temperature 0.7", "seed new"]),
        ({"method": "sample"}, ["sample", "temperature 0.7", "seed new"]),
        ({"method": "sample", "seed": 7}, ["sample", "temperature 0.7", "seed 7"]),
        ({"seed": 0}, ["greedy", "temperature 0.7", "seed 0"]),
        ({"temperature": 1}, ["greedy", "temperature 1", "seed new"]),
        ({"temperature": 0.05}, ["greedy", "temperature 0.05", "seed new"]),
        ({"seed": 2**40}, ["greedy", "temperature 0.7", f"seed {2**40}"]),
    ],
)
def test_how_replies_are_searched(settings: dict[str, Any], told: list[str]) -> None:
    assert sampler(GenerationConfig(**settings)) == told
    words: dict[str, object] = {name: str(value) for name, value in settings.items()}
    assert fields(talk(settings=words))[1:4] == told


def test_a_bot_that_is_loading_is_not_waited_for() -> None:
    waiting = talk(ready=False)
    waiting.loading.get = None  # type: ignore[assignment,method-assign]
    assert fields(waiting) == ["tiny", "loading ..."]


def test_what_it_tells_of_the_last_reply() -> None:
    reply = SimpleNamespace(turns=("a", "b", "c", "d", "e", "f"), milliseconds=12.6)
    assert fields(talk(reply=reply))[4:] == ["context 4/6 turns, 6/64", "13 ms", "not kept"]


def test_where_it_is_kept(kept: Any) -> None:
    assert fields(talk())[-1] == "not kept"
    assert fields(talk(sessions=kept))[-1] == "new"
    assert fields(talk(sessions=kept, session="2026-01-01-k3f9"))[-1] == "2026-01-01-k3f9"
    assert fields(talk(sessions=kept, resume="2026-01-01-k3f9"))[-1] == "2026-01-01-k3f9"


@pytest.mark.parametrize("parts", [PARTS, LONG, PARTS[:2], [*PARTS[:4], "not kept"], ["x" * 300]])
@pytest.mark.parametrize("columns", [1, 2, 5, 10, 20, 21, 30, 40, 60, 79, 80, 200])
def test_it_takes_just_as_many_columns_as_there_are(parts: list[str], columns: int) -> None:
    assert width(shown(parts, columns)) == columns
    assert "\n" not in shown(parts, columns)


@pytest.mark.parametrize("columns", [0, -1])
def test_no_columns_are_no_fault(columns: int) -> None:
    assert width(shown(PARTS, columns)) == 1


@pytest.mark.parametrize(
    ("columns", "left"),
    [
        (200, PARTS),
        (79, PARTS),
        (70, [PARTS[0], PARTS[1], PARTS[2], PARTS[4], PARTS[5], PARTS[6]]),
        (60, [PARTS[0], PARTS[1], PARTS[4], PARTS[5], PARTS[6]]),
        (40, [PARTS[0], PARTS[1], PARTS[5], PARTS[6]]),
        (24, [PARTS[0], PARTS[1], PARTS[5], PARTS[6]]),
        (20, [PARTS[0], PARTS[1], PARTS[6]]),
    ],
)
def test_what_can_be_missed_goes_first(columns: int, left: list[str]) -> None:
    assert shown(PARTS, columns).rstrip() == " " + "  ".join(left)


@pytest.mark.parametrize(
    "name", ["a\x1b[31mb", "a\nb", "a\u202eb", "a\x9b2Jb", "a\x00b", "\x1b]52;c;aGk=\x07", "a\tb"]
)
def test_a_hostile_name_is_cleaned(name: str) -> None:
    assert clean(shown(fields(talk(f"some/{name}")), 80)) == shown(fields(talk(f"some/{name}")), 80)
    assert width(shown([name, "loading ..."], 40)) == 40


# At the prompt


@pytest.mark.parametrize("columns", [10, 20, 24, 40, 80, 120])
@pytest.mark.parametrize("path", ["some/tiny", "봇/바른-말-가게-로봇", "some/\x1b[31mred\u202e"])
def test_it_is_drawn_within_the_screen(columns: int, path: str) -> None:
    loading, seen = FakeLoading(), []
    loading.path, loading.ready = Path(path), True

    def look(app: Any) -> None:
        seen.append(drawn(app).splitlines()[-1].replace("\x00", ""))

    drive("hi", look, loading=loading, columns=columns)
    assert seen[0].startswith(f" {clean(Path(path).name)}"[: columns // 2 - 2])
    assert width(seen[0]) <= columns
    assert clean(seen[0]) == seen[0]


def test_it_follows_what_is_changed() -> None:
    loading, seen = FakeLoading(), []
    loading.ready = True

    def look(app: Any) -> None:
        seen.append(drawn(app).splitlines()[-1].split("  "))

    steps = (look, "/set seed=7" + ENTER, look, F2, RIGHT + ENTER, look)
    drive(*steps, loading=loading)
    assert [bar[1] for bar in seen] == ["greedy", "greedy", "sample"]
    assert [bar[3] for bar in seen] == ["seed new", "seed 7", "seed 7"]
