"""Whatever goes wrong: one line on stderr, the right exit code, nothing half-written."""

from __future__ import annotations

import gzip
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from shell import Shell, process
from tiny import brief

from dialog_s2s import bundle
from dialog_s2s.bundle import WEIGHTS
from dialog_s2s.config import config_text
from dialog_s2s.interfaces import command

BAD_FILES = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n \n", "empty"),
    "one column.csv": (b"one?\ntwo?\n", "two"),
    "latin.csv": ("caf\xe9,yes\nb,c\n".encode("latin-1"), "not UTF-8"),
    "utf16.csv": ("a,b\nc,d\n".encode("utf-16"), "UTF-16"),
    "header only.csv": (b"question,answer\n", "no pairs"),
    "same.csv": (b"one?,1\n" * 5, "the same"),
    "one pair.csv": (b"one?,1\n", "only one pair"),
    "no answer.csv": (b"a,b\none?,\n", "answer is empty"),
    "huge line.csv": (b"a,b\nc," + b"d" * 1_100_000 + b"\n", "longer than"),
    "open quote.csv": (b'a,b\n"c,d\n', "quote"),
    "nul.csv": (b"a,b\nc,\0\n", "NUL"),
    "not.jsonl": (b"{]\n", "not JSON"),
    "other keys.jsonl": (b'{"a": 1}\n', "question"),
    "torn.csv.gz": (gzip.compress(b"a,b\nc,d\n")[:-6], "gzip"),
    "escape\x1b]0;owned\x07.csv": (b"", "is empty"),
}


def failed(result: tuple[int, str, str], code: int, word: str) -> None:
    """One safe line on stderr, and nothing on stdout."""
    found, out, err = result
    assert (found, out) == (code, "")
    assert err.startswith("dialog-s2s: ")
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()
    assert word in err
    assert "Traceback" not in err


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_data(shell: Shell, tmp_path: Path, quick: Path, name: str) -> None:
    data, word = BAD_FILES[name]
    (tmp_path / name).write_bytes(data)
    before = sorted(os.listdir(tmp_path))
    words = ("train", tmp_path / name, "--out", tmp_path / "bot", "--config", quick)
    failed(shell(*words), 3, word)
    assert sorted(os.listdir(tmp_path)) == before


def test_no_file_or_a_folder(shell: Shell, tmp_path: Path) -> None:
    failed(shell("train", tmp_path / "none.csv", "--out", tmp_path / "x"), 3, "does not exist")
    failed(shell("train", tmp_path, "--out", tmp_path / "x"), 3, "is a folder")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_taken(shell: Shell, table: Path, quick: Path, tmp_path: Path) -> None:
    for place, code in ((tmp_path, 3), (table, 3), (table / "x", 4)):
        before = sorted(os.listdir(tmp_path)), table.read_bytes()
        failed(shell("train", table, "--out", place, "--config", quick), code, "another --out")
        assert (sorted(os.listdir(tmp_path)), table.read_bytes()) == before


def test_a_place_that_may_not_be_written(
    shell: Shell, table: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(bundle.os, "access", lambda *_: False)
    failed(shell("train", table, "--out", tmp_path / "x"), 4, "may not be written to")
    assert not (tmp_path / "x").exists()


def test_an_unknown_setting_names_the_nearest(shell: Shell, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "my.yaml"
    file.write_text("model:\n  widht: 3\n")
    words = ("train", table, "--out", tmp_path / "x", "--config", file)
    failed(shell(*words), 2, "did you mean 'width'")
    file.write_text("model:\n  widht: 3\ntrainig:\n  steps: 1\n")
    code, _, err = shell(*words)
    assert code == 2
    assert [line.startswith("dialog-s2s: ") for line in err.splitlines()] == [True, True]
    failed(shell("train", table, "--plan", "--config", tmp_path / "none.yaml"), 2, "No such file")
    assert not (tmp_path / "x").exists()


def test_words_of_ones_own_with_a_bad_line(shell: Shell, table: Path, tmp_path: Path) -> None:
    own, config = tmp_path / "words.txt", tmp_path / "my.yaml"
    own.write_text("[shop]\nflorp, wibble\nalone\n", encoding="utf-8")
    quick = brief(2)
    memory = replace(quick.memory, synonyms=str(own))
    config.write_text(config_text(replace(quick, memory=memory)), encoding="utf-8")
    before = sorted(os.listdir(tmp_path))
    code, out, err = shell("train", table, "--out", tmp_path / "x", "--config", config)
    assert (code, out) == (3, "")
    assert err.splitlines()[-1].startswith(f"dialog-s2s: {own}:3: must be words or phrases")
    assert "alone" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["dance"],
        ["train"],
        ["train", "a.csv"],
        ["train", "a.csv", "--out", "x", "--plan"],
        ["train", "a.csv", "--out", "x", "--minutes", "0"],
        ["train", "a.csv", "--out", "x", "--minutes", "nan"],
        ["train", "a.csv", "--out", "x", "--seed", "-1"],
        ["train", "a.csv", "--out", "x", "--seed", "9" * 30],
        ["ask"],
        ["ask", "bot", "question", "--file", "f"],
        ["ask", "bot", "--file", "f", "question"],
        ["ask", "bot", "--json", "two", "questions"],
        ["ask", "bot", "--loud"],
        ["chat", "bot", "another"],
        ["chat", "bot", "--resume", "a", "--no-save"],
        ["teach", "bot", "question"],
        ["forget", "bot"],
        ["evaluate", "bot"],
        ["evaluate", "bot", "a.csv", "--limit", "0"],
        ["bundle", "break", "bot"],
    ],
    ids=" ".join,
)
def test_wrong_usage(shell: Shell, words: list[str]) -> None:
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert "error:" in err
    assert "Traceback" not in err


def test_questions_that_cannot_be_read(shell: Shell, tiny_bundle: Path, tmp_path: Path) -> None:
    failed(shell("ask", tiny_bundle, " \x1b "), 2, "question is empty")
    failed(shell("ask", tiny_bundle, "--file", tmp_path / "none"), 3, "No such file")
    failed(shell("ask", tiny_bundle, "--file", tmp_path), 3, "Is a directory")
    failed(shell("ask", tiny_bundle, '{"turns": 3}'), 3, "question:1: ")
    failed(shell("ask", tiny_bundle, stdin=b"x" * 1_000_001), 3, "stdin:1: the line is longer")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["ask", "{}", "hi"], ["chat", "{}"], ["bundle", "verify", "{}"]])
def test_a_damaged_bundle(
    shell: Shell, tiny_bundle: Path, tmp_path: Path, words: list[str]
) -> None:
    place = tmp_path / "x"
    failed(shell(*(word.format(place) for word in words)), 3, "there is no bot here")
    shutil.copytree(tiny_bundle, place)
    data = bytearray((place / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (place / WEIGHTS).write_bytes(data)
    failed(shell(*(word.format(place) for word in words)), 3, "has changed")
    assert (place / WEIGHTS).read_bytes() == data


def test_a_fault_of_ours(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> int:
        raise ZeroDivisionError("oh\nno\x1b")

    monkeypatch.setattr(command, "_run", broken)
    monkeypatch.delenv("DIALOG_S2S_TRACEBACK", raising=False)
    code, _, err = shell("chat")
    assert code == command.INTERNAL_ERROR
    assert "internal error (ZeroDivisionError: oh" in err
    assert "Traceback" not in err
    assert "\x1b" not in err
    monkeypatch.setenv("DIALOG_S2S_TRACEBACK", "1")
    assert "Traceback" in shell("chat")[2]


def limited() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_full_disk(table: Path, quick: Path, tmp_path: Path) -> None:
    before = sorted(os.listdir(tmp_path))
    words = ("train", table, "--out", tmp_path / "x", "--config", quick)
    done = process(*words, preexec_fn=limited)
    out, err = done.communicate()
    assert (done.returncode, out) == (4, "")
    last = err.splitlines()[-1]
    assert last.startswith(f"dialog-s2s: {tmp_path / 'runs' / 'x' / 'checkpoints' / '000000002'}: ")
    assert "cannot be written" in last
    assert last.endswith("free some space, then train again")
    assert err.count("dialog-s2s: ") == 1
    assert "Traceback" not in err
    assert sorted(os.listdir(tmp_path)) == before


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_nowhere_to_write_a_reply(tiny_bundle: Path) -> None:
    with open("/dev/full", "w") as full:
        done = process("bundle", "verify", tiny_bundle, stdout=full)
        _, err = done.communicate()
    failed((done.returncode, "", err), 4, "No space left")


@pytest.mark.slow
def test_nobody_reads_on(tiny_bundle: Path) -> None:
    """As with `| head -1`: silence, and no failure."""
    asking = process("ask", tiny_bundle)
    assert asking.stdin is not None
    assert asking.stdout is not None
    assert asking.stderr is not None
    asking.stdin.write("hello\n")
    asking.stdin.flush()
    assert asking.stdout.readline().strip()
    asking.stdout.close()
    asking.stdin.write("hello\n" * 3)
    asking.stdin.close()
    assert asking.stderr.read() == ""
    asking.stderr.close()
    assert asking.wait() == 0
