"""Commented YAML files of sections, read strictly: all mistakes are told at once.

A section is a frozen dataclass whose fields are made by `setting`.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import reprlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import field, fields
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import yaml

from dialog_s2s.errors import ConfigError

MAX_BYTES = 1_000_000
"""A configuration is a page of text; the pure-Python YAML reader is slow, so more is refused."""


def setting(
    default: Any,
    doc: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    free: bool = False,
) -> Any:
    """A field of a section: a flag, a number from `least` to `most`, or a text.

    A text is one of `choices`, or, where it is `free`, any of one line.
    """
    metadata = {"doc": doc, "least": least, "most": most, "choices": choices, "free": free}
    return field(default=default, metadata=metadata)


def read_file(file: Path, remedy: str, missing: bytes | None = None) -> bytes:
    """What a file holds, or `missing`, if that is given and there is no file.

    Raises:
        ConfigError: it cannot be read; the message ends with `remedy`.
    """
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)  # of which `parsed` refuses the last
    except OSError as error:
        if missing is not None and isinstance(error, FileNotFoundError | NotADirectoryError):
            return missing
        reason = error.strerror or "it cannot be read"
        raise ConfigError(f"{file}: {reason}; {remedy}") from None


def parsed(raw: bytes, where: str) -> object:
    """What YAML text says; `where` names it in errors.

    Raises:
        ConfigError: it is not YAML in UTF-8, or too much of it.
    """
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{where}: is larger than {MAX_BYTES:,} bytes; is it a config?")
    try:
        return yaml.safe_load(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is not UTF-8 at byte {error.start}; save it so") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = "" if mark is None else f"{mark.line + 1}:"
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise ConfigError(f"{where}:{line} is not valid YAML: {problem}") from None
    except RecursionError:
        raise ConfigError(f"{where}: is nested too deeply to be a config") from None
    except (AttributeError, LookupError, ValueError):  # a date in month 13, a number too long
        raise ConfigError(f"{where}: holds a value that YAML cannot read; correct it") from None


def checked(tree: object, kinds: Mapping[str, type[Any]], where: str) -> dict[str, dict[str, Any]]:
    """The settings that `tree` gives, by section, each in its declared type.

    Raises:
        ConfigError: one line per mistake: unknown keys (with the nearest known one), wrong types,
            values out of range.
    """
    if tree is None:
        return {}
    if not isinstance(tree, Mapping):
        raise ConfigError(f"{where}: must be a mapping of sections ({', '.join(kinds)})")
    mistakes: list[str] = []
    sections: dict[str, dict[str, Any]] = {}
    for name, body in tree.items():
        if name not in kinds:
            mistakes.append(f"unknown section {name!r}; {_nearest(name, list(kinds))}")
        elif body is not None and not isinstance(body, Mapping):
            mistakes.append(f"{name}: must be a mapping of settings, but is {_shown(body)}")
        else:
            sections[name] = _values(kinds[name], name, body or {}, mistakes)
    if mistakes:
        raise ConfigError("\n".join(f"{where}: {mistake}" for mistake in mistakes))
    return sections


def with_settings(section: Any, name: str, changes: Mapping[str, object]) -> Any:
    """A copy of the section called `name` with `changes`, checked like a file's.

    Raises:
        ConfigError: an unknown setting or a value of the wrong kind or out of range.
    """
    mistakes: list[str] = []
    values = _values(type(section), name, changes, mistakes)
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return dataclasses.replace(section, **values)


def settings(section: Any) -> Iterator[tuple[str, Any, str]]:
    """(name, value, one-line description) of every setting of a section."""
    for item in fields(section):
        yield item.name, getattr(section, item.name), _described(item.metadata)


def yaml_text(heading: str, sections: Mapping[str, Any], unset: Collection[str] = ()) -> str:
    """`sections` as commented YAML that is read back to equal values.

    The settings named in `unset`, such as "model.heads", are written as comments.
    """
    lines = [f"# {line}" for line in heading.splitlines()]
    for name, section in sections.items():
        lines += ["", f"{name}:"]
        for key, value, doc in settings(section):
            sign = "# " if f"{name}.{key}" in unset else ""
            shown = "" if value is None else _scalar(value)
            lines.append(f"  {sign + key + ': ' + shown:<30} # {doc}")
    return "\n".join(lines) + "\n"


def _values(
    kind: type[Any], name: str, body: Mapping[Any, Any], mistakes: list[str]
) -> dict[str, Any]:
    known = {item.name: item for item in fields(kind)}
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for key, value in body.items():
        if key not in known:
            mistakes.append(f"{name}.{key}: unknown setting; {_nearest(key, list(known))}")
            continue
        problem, right = _checked(value, hints[key], known[key].metadata)
        if problem:
            mistakes.append(f"{name}.{key}: must be {problem}, but is {_shown(value)}")
        else:
            values[key] = right
    return values


def _checked(value: Any, hint: Any, rule: Mapping[str, Any]) -> tuple[str, Any]:
    """(what it must be, _) where `value` is wrong, else ("", the value in its declared type)."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and type(None) in kinds:
        return "", None
    kind = next(kind for kind in kinds if kind is not type(None))
    if kind is bool:
        return ("true or false", None) if not isinstance(value, bool) else ("", value)
    if kind is str and rule["free"]:
        plain = isinstance(value, str) and value.isprintable() and len(value) <= 4096
        return ("a text of one line", None) if not plain else ("", value)
    if kind is str:
        choices = rule["choices"]
        return ("", value) if value in choices else (f"one of {', '.join(choices)}", None)
    span = (
        f"{'a whole number' if kind is int else 'a number'} from {rule['least']} to {rule['most']}"
    )
    number = _number(value)
    if number is None or (kind is int and number != int(number)):
        return span, None
    if not rule["least"] <= number <= rule["most"]:
        return span, None
    return "", kind(number)


def _number(value: Any) -> float | int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):  # YAML 1.1 reads 3e-4 as text
        try:
            value = int(value) if re.fullmatch(r"[+-]?[0-9]{1,20}", value) else float(value)
        except ValueError:
            return None
    if (
        not isinstance(value, int | float)
        or value != value
        or value in (float("inf"), -float("inf"))
    ):
        return None
    return value


def _shown(value: object) -> str:
    """`value` shortened: aliases can make a small file one that fills memory when written out."""
    try:
        shown = reprlib.repr(value)
    except ValueError:  # Python refuses to write out such a number
        return "a number of thousands of digits"
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _nearest(key: object, known: list[str]) -> str:
    close = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _described(rule: Mapping[str, Any]) -> str:
    if rule["choices"]:
        return f"{rule['doc']}: {' | '.join(rule['choices'])}"
    return str(rule["doc"])


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if _odd(value) else str(value)


def _odd(value: Any) -> bool:
    """Whether it is a text that must be quoted to be read back as it is, such as "no"."""
    if not isinstance(value, str):
        return False
    return not re.fullmatch(r"[A-Za-z][\w.-]*", value) or yaml.safe_load(value) != value
