"""A bundle that is replaced while it is read: what is read is all of one of the two."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialog_s2s import Bot
from dialog_s2s.bundle import MANIFEST, REQUIRED, TRIES, open_bundle, steady, verified, write_bundle
from dialog_s2s.errors import BundleError, DataError

FILES = {name: name.encode() * 2000 for name in REQUIRED}
OTHER = {name: data[::-1] for name, data in FILES.items()}


@contextmanager
def replacing(place: Path, pause: float, *turns: dict[str, bytes]) -> Iterator[Callable[[], int]]:
    """Replaces the bundle again and again, each time after a pause about so long."""
    done, count = threading.Event(), 0
    dice = random.Random(2)

    def replace() -> None:
        nonlocal count
        while not done.wait(pause * dice.random()):
            write_bundle(place, turns[count % len(turns)], replace=True)
            count += 1

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        yield lambda: count
    finally:
        done.set()
        thread.join()


def whole(place: Path) -> dict[str, bytes]:
    opened = verified(place)
    return {name: opened.read(name) for name in opened.files}


def test_a_bundle_that_is_replaced_is_read_whole(tmp_path: Path) -> None:
    place = tmp_path / "[x]"  # a name that a pattern would take otherwise
    write_bundle(place, FILES)
    seen = []
    with replacing(place, 0.1, OTHER, FILES) as count:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            seen.append(steady(place, lambda: whole(place)))
            open_bundle(place)
        assert count() > 5
    assert all(each in (FILES, OTHER) for each in seen)
    assert FILES in seen
    assert OTHER in seen


def test_a_bot_that_is_replaced_loads(tiny_bundle: Path, tmp_path: Path) -> None:
    place = Path(shutil.copytree(tiny_bundle, tmp_path / "bot"))
    opened = open_bundle(place)
    files = {name: (place / name).read_bytes() for name in opened.files}
    began = time.monotonic()
    Bot.load(place)
    taken = time.monotonic() - began
    with replacing(place, 6 * taken, files) as count:
        loads = 0
        while loads < 12 or not count():  # on a busy machine replacing takes its time
            bot = Bot.load(place)
            assert bot.reply("hello").text == "Hello there!"
            assert bot.memory is not None
            bot.memory.rows.close()
            loads += 1
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".bot")] == []


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "x", FILES).path


def test_what_stays_as_it_is_is_read_once(place: Path) -> None:
    for error in (BundleError("no"), DataError("no"), OSError("no")):
        calls = []

        def work(error: Exception = error, calls: list[int] = calls) -> None:
            calls.append(1)
            raise error

        with pytest.raises(type(error), match="no"):
            steady(place, work)
        assert len(calls) == 1
    with pytest.raises(BundleError, match="there is no bot here"):
        open_bundle(place.with_name("y"))


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_replaced_meanwhile_is_read_again(place: Path, fails: bool) -> None:
    calls, gone = [], []

    def work() -> int:
        calls.append(1)
        if len(calls) < 3:
            write_bundle(place, OTHER, replace=True)
            if fails:
                raise BundleError("half of each")
        return len(calls)

    assert steady(place, work, gone.append) == 3
    assert gone == ([] if fails else [1, 2])


def test_a_bundle_that_is_never_at_rest(place: Path) -> None:
    calls = []

    def work() -> None:
        calls.append(1)
        write_bundle(place, OTHER, replace=True)

    with pytest.raises(BundleError, match=f"was replaced {TRIES} times while it was read; try"):
        steady(place, work)
    assert len(calls) == TRIES


def test_a_bundle_that_is_being_put_in_its_place_is_waited_for(place: Path) -> None:
    aside = place.with_name(f".{place.name}.0123abcd.old")
    place.rename(aside)
    timer = threading.Timer(0.2, lambda: aside.rename(place))
    timer.start()
    assert open_bundle(place).read(REQUIRED[0]) == FILES[REQUIRED[0]]
    timer.join()


def test_what_a_kill_left_aside_is_not_waited_for_long(place: Path) -> None:
    place.rename(place.with_name(f".{place.name}.0123abcd.old"))
    began = time.monotonic()
    with pytest.raises(BundleError, match="there is no bot here"):
        Bot.load(place)
    assert 0.5 < time.monotonic() - began < 1.9


@pytest.mark.parametrize("broken", [False, True])
def test_a_folder_that_a_reader_made_again_is_no_obstacle(
    place: Path, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    """A bot that is loading makes its index where its bundle was."""
    real, made = Path.rename, []

    def rename(self: Path, target: Path) -> Path:
        if self.name.endswith(".new") and not made:
            made.append(target / "memory.index")
            made[0].mkdir(parents=True)
            if broken:
                raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", rename)
        if broken:
            with pytest.raises(KeyboardInterrupt):
                write_bundle(place, OTHER, replace=True)
        else:
            write_bundle(place, OTHER, replace=True)
    assert open_bundle(place).read(REQUIRED[0]) == (FILES if broken else OTHER)[REQUIRED[0]]
    assert sorted(each.name for each in place.iterdir()) == sorted([*REQUIRED, MANIFEST])
