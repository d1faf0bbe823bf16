"""Conversations as the rows of a database: their tables, and what is asked of them.

Every function works within a transaction of its caller. Places count a conversation's turns from
1, without gaps; a fact has the place of the turn that it came with.
"""

from __future__ import annotations

import difflib
import json
import secrets
import sqlite3
import time

from dialog_s2s.dialogue import names
from dialog_s2s.dialogue.transcript import Session, Spoken, title
from dialog_s2s.errors import UsageError
from dialog_s2s.text.turns import Role, Turn

SCHEMA = (
    """CREATE TABLE session (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, bot TEXT NOT NULL,
        persona TEXT NOT NULL, name TEXT NOT NULL DEFAULT '',
        started REAL NOT NULL, changed REAL NOT NULL,
        parent INTEGER REFERENCES session ON DELETE SET NULL)""",
    """CREATE TABLE turn (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
        place INTEGER NOT NULL, role TEXT NOT NULL, text TEXT NOT NULL, detail TEXT NOT NULL,
        time REAL NOT NULL, UNIQUE (session, place))""",
    """CREATE TABLE fact (
        number INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE,
        place INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
        UNIQUE (session, key, place))""",
)

_SESSIONS = """
    SELECT s.id, s.bot, s.started, s.changed, p.id, s.persona, s.name,
        coalesce((SELECT max(place) FROM turn WHERE session = s.number), 0),
        coalesce((SELECT substr(text, 1, 500) FROM turn
            WHERE session = s.number AND role = 'user' ORDER BY place LIMIT 1), '')
    FROM session s LEFT JOIN session p ON p.number = s.parent"""
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0 o 1 i l
_DATE = names.DATE
_YEAR_10000 = 253402300800


def whole(text: str) -> str:
    """`text` as UTF-8 can hold it: surrogates joined in pairs, a lone one replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def insert(connection: sqlite3.Connection, bot: str, persona: str, parent: int | None) -> int:
    """A new conversation under an id that no other has; its number."""
    now, length, row = time.time(), 4, None
    while row is None:
        ending = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        length += 1  # if that one is taken
        done = connection.execute(
            "INSERT OR IGNORE INTO session (id, bot, persona, started, changed, parent) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [time.strftime("%Y-%m-%d-") + ending, whole(bot), whole(persona), now, now, parent],
        )
        row = done.lastrowid if done.rowcount else None
    return row


def append(connection: sqlite3.Connection, number: int, turn: Turn, detail: str) -> int:
    """One more turn; its place."""
    place = count(connection, number) + 1
    connection.execute(
        "INSERT INTO turn (session, place, role, text, detail, time) VALUES (?, ?, ?, ?, ?, ?)",
        [number, place, turn.role.value, whole(turn.text), whole(detail), time.time()],
    )
    _touch(connection, number)
    return place


def replace(connection: sqlite3.Connection, number: int, turn: Turn, detail: str) -> None:
    """Another turn in the place of the last, where there is one."""
    connection.execute(
        "UPDATE turn SET role = ?, text = ?, detail = ?, time = ? WHERE session = ? AND place = ?",
        [
            *(turn.role.value, whole(turn.text), whole(detail), time.time()),
            *(number, count(connection, number)),
        ],
    )
    _touch(connection, number)


def cut(connection: sqlite3.Connection, number: int, kept: int) -> None:
    """Removes the turns after the first `kept`, and the facts that came with them."""
    for table in ("turn", "fact"):
        connection.execute(f"DELETE FROM {table} WHERE session = ? AND place > ?", [number, kept])
    _touch(connection, number)


def delete(connection: sqlite3.Connection, number: int) -> None:
    """Removes a conversation with its turns and facts; a branch of it loses its parent."""
    connection.execute("DELETE FROM session WHERE number = ?", [number])


def copy(connection: sqlite3.Connection, number: int, target: int, upto: int) -> None:
    """Gives conversation `target` the first `upto` turns of another, and the facts until then."""
    for table, columns in (("turn", "role, text, detail, time"), ("fact", "key, value")):
        connection.execute(
            f"INSERT INTO {table} (session, place, {columns}) SELECT ?, place, {columns} "
            f"FROM {table} WHERE session = ? AND place <= ? ORDER BY number",
            [target, number, upto],
        )


def note(connection: sqlite3.Connection, number: int, key: str, value: str) -> None:
    """A fact, with the newest turn."""
    connection.execute(
        "INSERT OR REPLACE INTO fact (session, place, key, value) VALUES (?, ?, ?, ?)",
        [number, count(connection, number), whole(key), whole(value)],
    )
    _touch(connection, number)


def number_of(connection: sqlite3.Connection, id: str) -> int:
    """The number of the conversation with this id. Raises `UsageError` if there is none."""
    row = connection.execute("SELECT number FROM session WHERE id = ?", [whole(id)]).fetchone()
    if row is None:
        raise _unknown(id, _ids(connection), [])
    return int(row[0])


def name(connection: sqlite3.Connection, number: int, name: str) -> None:
    """Names a conversation; with an empty name, it has none. Raises as `names.sound` does."""
    chosen = names.sound(whole(name), _names(connection, number))
    connection.execute("UPDATE session SET name = ? WHERE number = ?", [chosen, number])


def persona(connection: sqlite3.Connection, number: int, persona: str) -> None:
    """Gives a conversation another persona."""
    connection.execute("UPDATE session SET persona = ? WHERE number = ?", [whole(persona), number])
    _touch(connection, number)


def search(connection: sqlite3.Connection, prefix: str) -> int:
    """The number of the one conversation that is named so, or whose id, or its part after the
    date, begins so.

    Raises:
        UsageError: there is none, or more than one.
    """
    wanted = whole(prefix).strip().lower()
    ids = _ids(connection)
    named = _names(connection, 0)
    if wanted not in ids and (owner := names.owner(whole(prefix), named)):
        return number_of(connection, owner)
    found = [id for id in ids if id.startswith(wanted) or id[_DATE:].startswith(wanted)]
    if not wanted or not found:
        raise _unknown(wanted, ids, [name for _, name in named])
    if len(found) > 1 and wanted not in found:
        shown = ", ".join(found[:5]) + (", ..." if len(found) > 5 else "")
        raise UsageError(f"{wanted!r} fits {len(found)} conversations ({shown}); give more of it")
    return number_of(connection, wanted if wanted in found else found[0])


def count(connection: sqlite3.Connection, number: int) -> int:
    """How many turns a conversation has."""
    query = "SELECT coalesce(max(place), 0) FROM turn WHERE session = ?"
    return _whole_number(connection.execute(query, [number]).fetchone()[0])


def session(connection: sqlite3.Connection, number: int) -> Session:
    """One conversation."""
    row = connection.execute(f"{_SESSIONS} WHERE s.number = ?", [number]).fetchone()
    if row is None:  # the caller has its number
        raise sqlite3.DatabaseError("no row")
    return _session(*row)


def sessions(connection: sqlite3.Connection, bot: str | None) -> list[Session]:
    """All conversations, or those with `bot`; the one that changed last comes first."""
    order = "ORDER BY s.changed DESC, s.number DESC"
    where, values = ("", []) if bot is None else ("WHERE s.bot = ?", [whole(bot)])
    rows = connection.execute(f"{_SESSIONS} {where} {order}", values)
    return [_session(*row) for row in rows]


def spoken(connection: sqlite3.Connection, number: int) -> list[Spoken]:
    """The turns of a conversation, oldest first."""
    query = "SELECT role, text, detail, time FROM turn WHERE session = ? ORDER BY place"
    return [_spoken(*row) for row in connection.execute(query, [number])]


def facts(connection: sqlite3.Connection, number: int) -> dict[str, str]:
    """The facts of a conversation, the newest value of each key."""
    query = "SELECT key, value FROM fact WHERE session = ? ORDER BY place"
    return {str(key): str(value) for key, value in connection.execute(query, [number])}


def _touch(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("UPDATE session SET changed = ? WHERE number = ?", [time.time(), number])


def _ids(connection: sqlite3.Connection) -> list[str]:
    return [str(id) for (id,) in connection.execute("SELECT id FROM session ORDER BY changed DESC")]


def _names(connection: sqlite3.Connection, but: int) -> list[tuple[str, str]]:
    """Id and name of all conversations but one, the oldest first."""
    named = "SELECT id, name FROM session WHERE number != ? ORDER BY number"
    return [(_text(id), _text(name)) for id, name in connection.execute(named, [but])]


def _unknown(id: str, ids: list[str], names: list[str]) -> UsageError:
    near = difflib.get_close_matches(id, ids, 3, 0.85)  # most of an id is its date
    near += difflib.get_close_matches(id, [each[_DATE:] for each in ids], 3, 0.6)
    near += map(repr, difflib.get_close_matches(id, names, 3, 0.6))
    hint = f"is {' or '.join(near)} meant?" if near else "list the conversations to see their ids"
    return UsageError(f"there is no conversation {id!r}; {hint}")


# What a damaged file holds may be of any type; `Store` explains these errors.


def _session(
    id: object,
    bot: object,
    started: object,
    changed: object,
    parent: object,
    persona: object,
    name: object,
    turns: object,
    question: object,
) -> Session:
    return Session(
        id=_text(id),
        bot=_text(bot),
        title=title(_text(question)),
        started=_time(started),
        changed=_time(changed),
        turns=_whole_number(turns),
        parent=None if parent is None else _text(parent),
        persona=_text(persona),
        name=_text(name),
    )


def _spoken(role: object, text: object, detail: object, time: object) -> Spoken:
    try:
        noted = json.loads(_text(detail))
        return Spoken(Turn(Role(role), _text(text)), dict(noted), _time(time))
    except (ValueError, TypeError) as error:
        raise sqlite3.DatabaseError("no turn") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise sqlite3.DatabaseError("no text")
    return value


def _whole_number(value: object) -> int:
    if not isinstance(value, int):
        raise sqlite3.DatabaseError("no number")
    return value


def _time(value: object) -> float:
    if not isinstance(value, float) or not 0 <= value < _YEAR_10000:
        raise sqlite3.DatabaseError("no time")
    return value
