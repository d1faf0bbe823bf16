"""The memory's file: same bytes for the same rows, damage told of, read where none can write."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dialog_s2s.errors import BundleError, DiskError, UsageError
from dialog_s2s.memory import sqlite_file
from dialog_s2s.memory.database import APPLICATION, FORMAT
from dialog_s2s.memory.rows import NewRow, Rows
from dialog_s2s.text.turns import Role, Turn

CONTEXT = (Turn(Role.USER, "Are you open?"), Turn(Role.BOT, "Yes."))
posix = pytest.mark.skipif(sys.platform == "win32", reason="other permissions")


def trained(count: int) -> Iterator[NewRow]:
    for i in range(count):
        context = CONTEXT if i % 7 == 0 else ()
        yield NewRow(f"q {i} " * (i % 90 + 1), context, f"a {i % 50}", "trained", f"f:{i}", i % 50)


TAUGHT = NewRow("Tea?", (), "Green.", "taught", "chat", 0, 1.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A memory of 300 trained rows, alone in a folder."""
    Rows.create(tmp_path / "memory.db", trained(300))
    return tmp_path / "memory.db"


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def changed(path: Path, *statements: str) -> None:
    """Lets another program change the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def use(path: Path) -> None:
    """Calls all that reads."""
    with Rows.open(path) as rows:
        list(rows)
        len(rows)
        rows.get(range(0, 400, 3))
        rows.matching("a 7")
        rows.listed()
        rows.since(0)
        rows.blocks("a 7")


def test_one_plain_file_with_the_same_bytes_for_the_same_rows(path: Path, tmp_path: Path) -> None:
    assert left(tmp_path) == ["memory.db"]
    Rows.create(tmp_path / "again.db", trained(300))
    assert (tmp_path / "again.db").read_bytes() == path.read_bytes()
    Rows.create(tmp_path / "other.db", trained(299))
    assert (tmp_path / "other.db").read_bytes() != path.read_bytes()


def test_reading_changes_no_byte(path: Path) -> None:
    before = path.read_bytes()
    use(path)
    assert path.read_bytes() == before
    assert left(path.parent) == ["memory.db"]


def test_an_empty_memory(tmp_path: Path) -> None:
    Rows.create(tmp_path / "x", [])
    with Rows.open(tmp_path / "x") as rows:
        assert (len(rows), [*rows], rows.version, rows.since(0)) == (0, [], 0, (0, [], []))
        assert rows.add(TAUGHT).id == 1


def test_what_is_at_the_place_already_stays(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"memory\.db: exists already"):
        Rows.create(path, trained(1))
    assert path.read_bytes() == before


def test_a_place_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="cannot be written") as caught:
        Rows.create(tmp_path / "none" / "memory.db", trained(1))
    assert caught.value.exit_code == 4


def test_a_row_that_is_not_sound_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Iterator[NewRow]:
        yield from trained(20_000)
        yield NewRow(" ", (), "a", "trained", "faq.csv:9")

    with pytest.raises(UsageError, match=r"^faq\.csv:9: "):
        Rows.create(tmp_path / "x", rows())
    assert left(tmp_path) == []


@posix
@pytest.mark.parametrize("limit", [3000, 60_000])
def test_a_full_disk_leaves_nothing(tmp_path: Path, limit: int) -> None:
    program = f"""
import resource, sys
from dialog_s2s.errors import DiskError
from dialog_s2s.memory.rows import NewRow, Rows
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    Rows.create(sys.argv[1], (NewRow("q" * 99, (), "a", "trained", "f") for _ in range(50_000)))
except DiskError as error:
    print(error)
"""
    words = [sys.executable, "-c", program, tmp_path / "x"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{tmp_path / 'x'}: ")
    assert "free some space" in done.stdout
    assert left(tmp_path) == []


def test_odd_names_can_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a b?mode=memory&x#y%20.db", "메모리.db", "%00"):
        Rows.create(name, [TAUGHT])
        with Rows.open(name) as rows:
            assert rows.path == tmp_path / name
            assert len(rows) == 1
    assert len(left(tmp_path)) == 3


@pytest.mark.parametrize("name", ["none", "folder", "nul\0name", "none/below"])
def test_no_memory_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BundleError, match="there is no answer memory; train") as caught:
        Rows.open(tmp_path / name)
    assert caught.value.exit_code == 3
    assert left(tmp_path) == ["folder"]


@pytest.mark.parametrize("data", [b"", b"text\n", b"x" * 9000, b"SQLite format 3\0"])
def test_a_file_that_is_no_memory(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    with pytest.raises(BundleError, match=r"memory\.db: "):
        Rows.open(path)
    assert path.read_bytes() == data


def test_another_programs_database(tmp_path: Path) -> None:
    changed(tmp_path / "x", "CREATE TABLE rows (id)")
    with pytest.raises(BundleError, match="is not an answer memory"):
        Rows.open(tmp_path / "x")


@pytest.mark.parametrize(
    ("version", "advice"), [(FORMAT + 1, "update dialog_s2s"), (FORMAT - 1, "train the bot again")]
)
def test_other_versions(path: Path, version: int, advice: str) -> None:
    changed(path, f"PRAGMA user_version={version}")
    with pytest.raises(BundleError, match=f"version {version}, this program reads .*; {advice}"):
        Rows.open(path)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP INDEX answers",
        "DROP TABLE secret",
        "ALTER TABLE rows ADD COLUMN more TEXT",
        "CREATE TRIGGER own AFTER INSERT ON rows BEGIN DELETE FROM rows; END",
        "CREATE VIEW own AS SELECT 1",
    ],
)
def test_other_tables(path: Path, statement: str) -> None:
    changed(path, statement)
    with pytest.raises(BundleError, match="has other tables"):
        Rows.open(path)


def test_a_memory_that_another_program_switched_to_wal_is_switched_back(path: Path) -> None:
    changed(path, "PRAGMA journal_mode=WAL")
    with Rows.open(path) as rows:
        rows.add(TAUGHT)
        assert left(path.parent) == ["memory.db"]


SECRET = b"what was forgotten"


@pytest.mark.parametrize("tail", [SECRET, SECRET * 1000])
def test_what_a_kill_left_beyond_the_end_is_gone_at_the_next_opening(
    path: Path, tail: bytes
) -> None:
    """SQLite cuts a file only when its change is done, and a kill may come between."""
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    with Rows.open(path) as rows:
        assert path.read_bytes() == whole
        row = rows.add(TAUGHT)
        rows.remove([row.id])
        assert len(list(rows)) == 300
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_tail_is_left_while_another_process_reads(path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.05)
    path.write_bytes(path.read_bytes() + SECRET)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM rows").fetchall()
        with Rows.open(path) as rows:
            assert len(rows) == 300
        assert path.read_bytes().endswith(SECRET)
        other.execute("COMMIT")
    Rows.open(path).close()
    assert SECRET not in path.read_bytes()


def test_nothing_is_cut_off_a_damaged_file(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[28:32] = (int.from_bytes(data[28:32], "big") // 2).to_bytes(4, "big")
    path.write_bytes(data)
    with suppress(BundleError):
        Rows.open(path).close()
    assert path.read_bytes() == data


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_a_cut_file(path: Path, share: float) -> None:
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BundleError, match="damaged"):
        use(path)


@pytest.mark.parametrize("seed", range(60))
def test_damage_is_told_of_and_nothing_else_happens(path: Path, seed: int) -> None:
    dice = random.Random(seed)
    data = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 10, 300])):
        start = dice.randrange(len(data))
        data[start : start + dice.choice([1, 1, 100])] = dice.randbytes(1)
    path.write_bytes(data)
    with suppress(BundleError):
        use(path)
    assert path.read_bytes() == data
    assert left(path.parent) == ["memory.db"]


def test_heavy_damage_is_found(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with Rows.open(path) as rows, pytest.raises(BundleError, match=r"damaged .*; copy it again"):
        list(rows)


def test_text_that_is_not_utf8_is_damage(path: Path) -> None:
    changed(path, "UPDATE rows SET question = CAST(x'ff' AS TEXT) WHERE id = 5")
    with Rows.open(path) as rows, pytest.raises(BundleError, match="damaged"):
        rows.get([5])


@pytest.mark.parametrize("change", ["kind = 'x'", "answer = NULL", "context = '{'"])
def test_a_row_that_cannot_be_ours_is_damage(path: Path, change: str) -> None:
    changed(path, f"UPDATE rows SET {change} WHERE id = 5")
    with Rows.open(path) as rows:
        assert rows.get([4])
        for call in (lambda: rows.get([5]), lambda: rows.since(0), lambda: rows.matching("z")):
            with pytest.raises(BundleError, match="row 5 is not sound"):
                call()


def test_a_key_that_cannot_be_ours_is_damage(path: Path) -> None:
    changed(path, "INSERT INTO secret VALUES (zeroblob(65))")
    with Rows.open(path) as rows, pytest.raises(BundleError, match="key is not sound"):
        rows.blocks("a 1")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_what_was_taught_is_the_owners_alone(path: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    assert mode(path) == mode(tmp_path / "plain")
    path.chmod(0o664)
    with Rows.open(path) as rows:
        (row,) = rows.remove([3])
        rows.restore([row])
        assert mode(path) == 0o664
        rows.add(TAUGHT)
        assert mode(path) == 0o600
    Rows.create(tmp_path / "taught", [*trained(2), TAUGHT])
    assert mode(tmp_path / "taught") == 0o600


@posix
def test_a_fresh_file_is_closed_to_others_until_it_is_known_what_is_in_it(tmp_path: Path) -> None:
    def rows() -> Iterator[NewRow]:
        assert mode(tmp_path / "x") == 0o600
        yield from trained(3)

    Rows.create(tmp_path / "x", rows())


@posix
def test_a_file_that_is_someone_elses_keeps_its_permissions(path: Path, monkeypatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    path.chmod(0o666)
    monkeypatch.setattr(Path, "chmod", refuse)
    with Rows.open(path) as rows:
        rows.add(TAUGHT)
        assert len(rows.listed()) == 1
    assert mode(path) == 0o666


READ_ONLY = """
import os, sys
from dialog_s2s.errors import DiskError
from dialog_s2s.memory.rows import NewRow, Rows
if os.geteuid() == 0:  # nothing is read-only to root
    os.seteuid(65534)
with Rows.open(sys.argv[1]) as rows:
    assert len(rows) == len(list(rows)) == rows.version == 300
    assert rows.get([7])[0].id == 7 and not rows.blocks("a 1")
    for call in (
        lambda: rows.add(NewRow("q", (), "a", "taught", "chat", 0, 1.0)),
        lambda: rows.remove([5]),
        lambda: rows.restore(rows.get([5])),
    ):
        try:
            call()
        except DiskError as error:
            print(error)
    assert len(rows) == 300
"""


@posix
@pytest.mark.parametrize("kept", ["file", "folder"])
def test_reading_where_nothing_can_be_written(kept: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "memory.db"
        Rows.create(path, trained(300))
        path.chmod(0o444 if kept == "file" else 0o666)
        path.parent.chmod(0o777 if kept == "file" else 0o555)
        words = [sys.executable, "-c", READ_ONLY, path]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        path.parent.chmod(0o700)
        assert (done.returncode, done.stderr) == (0, "")
        messages = done.stdout.splitlines()
        assert len(messages) == 3
        for message in messages:
            assert message.startswith(f"{path}: ")
            assert "check the permissions of the file and of its folder" in message
        assert left(path.parent) == ["memory.db"]


def test_a_file_that_may_not_be_looked_at(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "is_file", refuse)
    with pytest.raises(DiskError, match="Permission denied; check its permissions"):
        Rows.open(path)


def test_a_lock_that_stays_is_told_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other, Rows.open(path) as rows:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DiskError, match="another program is using it"):
            rows.add(TAUGHT)
        assert len(rows) == 300  # until it writes, others may read
        other.execute("ROLLBACK")
        assert rows.add(TAUGHT).id == 301


def test_the_settings_are_those_of_a_change_that_lasts(path: Path) -> None:
    with Rows.open(path) as rows, rows._reading() as connection:
        for name, value in (("journal_mode", "delete"), ("synchronous", 3), ("secure_delete", 1)):
            assert connection.execute(f"PRAGMA {name}").fetchone() == (value,)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
