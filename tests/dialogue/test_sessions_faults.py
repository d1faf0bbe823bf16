"""The file of conversations when things go wrong: kills, damage, strangers, full disks, locks."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from dialog_s2s.dialogue import rows
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.dialogue.store import APPLICATION, FORMAT, Store
from dialog_s2s.errors import DataError, DialogError, DiskError
from dialog_s2s.memory import sqlite_file
from dialog_s2s.text.turns import Role, Turn

HELLO = Turn(Role.USER, "hello")
posix = pytest.mark.skipif(sys.platform == "win32", reason="other permissions, signals and limits")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def filled(path: Path, turns: int = 40) -> str:
    with Sessions.open(path) as sessions:
        id = sessions.start("bot").id
        for number in range(turns):
            role = (Role.USER, Role.BOT)[number % 2]
            sessions.add(id, Turn(role, f"turn {number} " + "é" * 100))
        sessions.remember(id, "name", "Ann")
    return id


def intact(path: Path) -> bool:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA integrity_check").fetchall()
    connection.close()
    return found == [("ok",)]


KILLED = """
import random, sys
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.text.turns import Role, Turn
dice = random.Random(int(sys.argv[3]))
with Sessions.open(sys.argv[1]) as sessions:
    turns = [turn.text for turn in sessions.turns(sys.argv[2])]
    word = 0
    while True:
        if turns and dice.random() < 0.15:
            print("undo", flush=True)
            sessions.undo(sys.argv[2], 1)
            turns.pop()
        else:
            word += 1
            text = f"{sys.argv[3]}.{word}." + "x" * dice.randrange(3000)
            print("add", text, flush=True)
            sessions.add(sys.argv[2], Turn(Role.USER, text))
            turns.append(text)
        print("done", flush=True)
"""


def test_30_kills_lose_no_acknowledged_turn(path: Path) -> None:
    dice, expected = random.Random(7), []
    with Sessions.open(path) as sessions:
        id = sessions.start("bot").id
    torn = 0
    for number in range(30):
        words = [sys.executable, "-c", KILLED, str(path), id, str(number)]
        running = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert running.stdout is not None
        lines = [running.stdout.readline()]
        time.sleep(dice.random() * 0.1)
        running.kill()
        lines += running.stdout.readlines()
        running.stdout.close()
        running.wait()
        torn += path.with_name("sessions.db-journal").exists()
        before = expected
        for line in lines:
            match line.split():
                case ["done"]:
                    expected = before
                case ["undo"]:
                    before = expected[:-1]
                case ["add", text]:
                    before = [*expected, text]
        with Sessions.open(path) as sessions:
            found = [turn.text for turn in sessions.turns(id)]
        assert found in (expected, before)  # the last call was not acknowledged
        assert intact(path)
        expected = found
    assert expected
    assert torn


def test_a_commit_waits_for_the_disk(path: Path) -> None:
    with Sessions.open(path) as sessions, sessions._store.reading() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (3,)  # EXTRA
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA temp_store").fetchone() == (2,)  # memory


@posix
def test_only_the_user_may_read_them(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with Sessions.open(tmp_path / "new" / "deep" / "sessions.db") as sessions:
            id = sessions.start("bot").id
            with sessions._store.writing() as connection:
                connection.execute("UPDATE session SET bot = 'other'")
                files = list((tmp_path / "new" / "deep").iterdir())
                assert len(files) == 2  # the journal is there while a change is made
                for file in files:
                    assert stat.S_IMODE(file.stat().st_mode) == 0o600
            sessions.undo(id, 0)
        assert stat.S_IMODE((tmp_path / "new" / "deep").stat().st_mode) == 0o700
        for made in (tmp_path / "new" / "deep").iterdir():
            assert stat.S_IMODE(made.stat().st_mode) == 0o600
    finally:
        os.umask(old)


@posix
def test_permissions_are_narrowed_but_not_those_of_a_folder_of_others(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path, 1)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    Sessions.open(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755
    own = path.parent / "dialog_s2s"
    own.mkdir(mode=0o755)
    monkeypatch.setenv("XDG_DATA_HOME", str(path.parent))
    with Sessions.open() as sessions:
        assert sessions.path == own / "sessions.db"
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def used(path: Path, id: str) -> None:
    """Every kind of call."""
    with Sessions.open(path) as sessions:
        sessions.listed()
        sessions.find(id[:11])
        for format in ("text", "markdown", "json", "corpus"):
            sessions.export(id, format)
        sessions.add(id, HELLO)
        sessions.remember(id, "name", "Bob")
        sessions.branch(id)
        sessions.undo(id, 3)
        sessions.delete([id])


def test_a_damaged_file_is_never_an_unexpected_error(path: Path) -> None:
    id = filled(path)
    whole, dice, said = path.read_bytes(), random.Random(3), []
    for round in range(150):
        data = bytearray(whole)
        match round % 3:
            case 0:
                del data[dice.randrange(len(data)) :]
            case 1:
                for _ in range(20):
                    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            case 2:
                start = dice.randrange(len(data))
                data[start : start + 500] = dice.randbytes(500)
        path.write_bytes(data)
        try:
            used(path, id)
        except DialogError as error:  # any other fails the test
            said.append(str(error))
        path.with_name("sessions.db-journal").unlink(missing_ok=True)
    assert sum("move it away" in message for message in said) > 50
    assert all(message.isprintable() and "turn 1" not in message for message in said)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("turn", "role", "'bott'"),
        ("turn", "role", "x'00ff'"),
        ("turn", "text", "x'00ff'"),
        ("turn", "text", "cast(x'c328' as text)"),
        ("turn", "detail", "'{'"),
        ("turn", "detail", "'[1]'"),
        ("turn", "time", "'soon'"),
        ("turn", "time", "1e300"),
        ("session", "started", "-1"),
        ("session", "changed", "x'00'"),
        ("session", "bot", "x'00'"),
        ("session", "name", "x'00'"),
        ("turn", "place", "'first'"),
    ],
)
def test_a_value_that_nobody_wrote(path: Path, table: str, column: str, value: str) -> None:
    id = filled(path, 1)
    connection = sqlite3.connect(path)
    connection.execute(f"UPDATE {table} SET {column} = {value}")
    connection.commit()
    connection.close()
    with Sessions.open(path) as sessions:
        with pytest.raises(DataError, match="is damaged"):
            sessions.export(id, "json")
        if column == "place":
            with pytest.raises(DataError, match="is damaged"):
                sessions.add(id, HELLO)


@pytest.mark.parametrize("data", [b"dear diary\n", b"\0" * 5000, b"SQLite format 3\0" + b"x" * 999])
def test_a_file_that_is_no_database(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    before = path.stat().st_mode
    with pytest.raises(DataError, match="move it away") as caught:
        Sessions.open(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert caught.value.exit_code == 3
    assert path.read_bytes() == data
    assert path.stat().st_mode == before


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE mine (x)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"]
)
def test_a_database_of_another_program(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(statement)
    connection.close()
    path.chmod(0o640)
    before = path.read_bytes(), path.stat().st_mode
    with pytest.raises(DataError, match="is a file of another program; move it away"):
        Sessions.open(path)
    assert (path.read_bytes(), path.stat().st_mode) == before


def test_a_newer_format(path: Path) -> None:
    filled(path, 1)
    for version, advice in ((FORMAT + 1, "update dialog_s2s"), (1, "move it away, and a")):
        connection = sqlite3.connect(path)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        wanted = f"format version {version}, this program reads {FORMAT}; {advice}"
        with pytest.raises(DataError, match=wanted):
            Sessions.open(path)


def test_a_file_left_empty_by_a_kill_is_begun_anew(path: Path) -> None:
    path.touch()
    filled(path, 1)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
    connection.close()


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file" / "x.db", tmp_path / "file" / "deep" / "x.db"):
        with pytest.raises(DiskError, match="check the permissions"):
            Sessions.open(place)
    with pytest.raises(DataError, match="is not a file"):
        Sessions.open(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "x.db")
    with pytest.raises(DiskError, match="No such file"):
        Sessions.open(tmp_path / "link")


def test_a_name_that_sqlite_gives_a_meaning(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x.db?mode=memory"):
        id = filled(Path(name), 2)
        with Sessions.open(name) as sessions:
            assert len(sessions.turns(id)) == 2


def test_a_lock_that_is_not_let_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    id = filled(path, 2)
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.05)
    other = sqlite3.connect(path, isolation_level=None)
    with Sessions.open(path) as sessions:
        other.execute("BEGIN EXCLUSIVE")
        for call in (
            lambda: sessions.add(id, HELLO),
            lambda: sessions.turns(id),
            lambda: sessions.delete([id]),
            lambda: Sessions.open(path),
        ):
            with pytest.raises(DiskError, match="another program is using it; try again") as caught:
                call()
            assert caught.value.exit_code == 4
        other.execute("ROLLBACK")
        # a reader keeps changes out, and what could not be committed has not happened
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM turn").fetchall()
        with pytest.raises(DiskError, match="another program"):
            sessions.add(id, HELLO)
        with pytest.raises(DiskError, match="another program"):
            sessions.delete([id])
        assert len(sessions.turns(id)) == 2
        other.execute("COMMIT")
        other.close()
        assert sessions.add(id, HELLO) == 3


def test_traces_that_could_not_be_overwritten_are_so_at_the_next_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = filled(path, 200)
    size = path.stat().st_size

    def refuse(self: Store) -> None:
        raise DiskError("there is no space left")

    with Sessions.open(path) as sessions, monkeypatch.context() as patch:
        patch.setattr(Store, "_purge", refuse)
        with pytest.raises(DiskError, match=r"no space left\. It is deleted all the same"):
            sessions.delete([id])
        assert sessions.listed() == []
        Sessions.open(path).close()  # nor does it keep anyone from reading
        assert path.stat().st_size == size
    Sessions.open(path).close()
    assert path.stat().st_size < size / 2
    before = path.stat().st_mtime_ns
    Sessions.open(path).close()
    assert path.stat().st_mtime_ns == before


LIMITED = """
import resource, sys
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import DiskError
from dialog_s2s.text.turns import Role, Turn
sessions = Sessions.open(sys.argv[1])
id, kept = sessions.start("bot").id, 0
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    while kept < 1000:
        kept = sessions.add(id, Turn(Role.USER, f"{kept} " + "x" * 1000))
except DiskError as error:
    print(error)
assert len(sessions.turns(id)) == kept
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert sessions.add(id, Turn(Role.BOT, "on")) == kept + 1
print(id, kept)
"""


@posix
def test_a_full_disk(path: Path) -> None:
    words = [sys.executable, "-c", LIMITED, path]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    message, last = done.stdout.splitlines()
    assert message == f"{path}: the disk refuses; free some space, or check the disk"
    id, kept = last.split()
    assert 40 < int(kept) < 100
    assert intact(path)
    with Sessions.open(path) as sessions:
        assert len(sessions.turns(id)) == int(kept) + 1


READ_ONLY = """
import os, sys
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.errors import DiskError
from dialog_s2s.text.turns import Role, Turn
if os.geteuid() == 0:  # nothing is read-only to root
    os.chown(sys.argv[1], 65534, 65534)
    os.seteuid(65534)
with Sessions.open(sys.argv[1]) as sessions:
    (session,) = sessions.listed()
    assert len(sessions.turns(session.id)) == session.turns == 3
    for call in (
        lambda: sessions.add(session.id, Turn(Role.USER, "x")),
        lambda: sessions.delete([session.id]),
    ):
        try:
            call()
        except DiskError as error:
            print(error)
try:
    Sessions.open(sys.argv[1] + "x")
except DiskError as error:
    print(error)
"""


@posix
def test_read_only() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.db"
        filled(path, 3)
        path.chmod(0o400)
        path.parent.chmod(0o555)
        words = [sys.executable, "-c", READ_ONLY, path]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        path.parent.chmod(0o700)
        assert (done.returncode, done.stderr) == (0, "")
        one, two, three = done.stdout.splitlines()
        assert (
            one
            == two
            == f"{path}: it is read-only; check the permissions of the file and of its folder"
        )
        assert three.startswith(f"{path}x: Permission denied; check the permissions")
        assert intact(path)


def test_what_a_kill_left_beyond_the_end_is_gone_at_the_next_opening(path: Path) -> None:
    id = filled(path, 3)
    whole = path.read_bytes()
    path.write_bytes(whole + b"a secret" * 1000)
    with Sessions.open(path) as sessions:
        assert len(sessions.turns(id)) == 3
    assert path.read_bytes() == whole
    assert intact(path)


def test_an_interruption_leaves_no_transaction_open(path: Path, monkeypatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    id = filled(path, 1)
    with Sessions.open(path) as sessions:
        with monkeypatch.context() as patch:
            patch.setattr(rows, "_touch", interrupt)
            with pytest.raises(KeyboardInterrupt):
                sessions.add(id, HELLO)
        assert sessions.add(id, HELLO) == 2


def test_a_call_after_close_is_a_mistake_of_the_program(path: Path) -> None:
    sessions = Sessions.open(path)
    sessions.close()
    sessions.close()
    with pytest.raises(sqlite3.ProgrammingError):
        sessions.listed()
