"""Cases with parameters: one that is written once and asked with each of some values.

    - name: opening on {day}
      parameters: {day: [Monday, Sunday], hour: [nine, ten]}    # all pairs
      ask: do you open at {hour} on {day}
      expect: {contains: "{hour}"}
    - parameters: [{day: Monday, hour: nine}, {day: Sunday, hour: ten}]    # these alone
      ...

In such a case `{{` and `}}` stand for braces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from math import prod

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dialog_s2s.errors import DataError
from dialog_s2s.evaluation.placed import Placed
from dialog_s2s.text.fields import excerpt
from dialog_s2s.text.nodes import nearest

LIMIT = 10_000
"""Cases that one may be expanded to."""

_LITERAL = ("settings", "parameters", "weight")
"""Keys of a case whose values have no parameters."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|\{")
NAME = r"[^\s{}0-9][^\s{}]*"
"""What a parameter may be called, as a regular expression of Python and of JavaScript alike."""

Values = Mapping[str, str]


def expanded(case: Placed) -> Iterator[tuple[Placed, str | None]]:
    """The cases that one stands for, each with a name; itself and no name where it has no
    parameters.

    Raises:
        DataError: with the line, for parameters that are no lists, unknown, unused, or that make
            more than `LIMIT` cases.
    """
    pairs = case.node.value if isinstance(case.node, MappingNode) else ()
    entries = {key.value: value for key, value in pairs if isinstance(key.value, str)}
    if "parameters" not in entries:
        yield case, None
        return
    parameters = Placed(entries["parameters"], case.file)
    choices = _mappings(parameters) if not parameters.is_mapping else _product(parameters)
    used: set[str] = set()
    for key, value in pairs:
        if key.value not in _LITERAL:
            used |= _used(Placed(value, case.file), tuple(choices[0]))
    for name in choices[0]:
        if name not in used:
            raise _place(parameters, name).fault(
                f"the parameter {excerpt(name)} is nowhere in the case; write {{{name}}} where "
                "its value belongs, or delete it"
            )
    title = entries.get("name") or _first(entries)
    for values in choices:
        yield Placed(_bound(case.node, values), case.file), _named(title, values)


def _product(value: Placed) -> list[Values]:
    lists = {}
    for name, each in value.entries("parameters").items():
        _check_name(name, value)
        lists[name] = [item.as_written(name) for item in each.items(name)]
    count = prod(map(len, lists.values()))
    if count > LIMIT:
        raise value.fault(
            f"the parameters make {count:,} cases; there may be {LIMIT:,}; shorten a list, or "
            "list the combinations that matter"
        )
    return [dict(zip(lists, each, strict=True)) for each in product(*lists.values())]


def _mappings(value: Placed) -> list[Values]:
    items = value.items("parameters")
    if len(items) > LIMIT:
        raise value.fault(f"the parameters make {len(items):,} cases; there may be {LIMIT:,}")
    found: list[Values] = []
    for item in items:
        entries = item.entries("parameters")
        given = {name: each.as_written(name) for name, each in entries.items()}
        for name in given:
            _check_name(name, item)
        if found and given.keys() != found[0].keys():
            odd = min(given.keys() ^ found[0].keys())
            raise item.fault(
                f"the parameter {excerpt(odd)} is in some of the list and not in others; "
                "give each the same"
            )
        found.append(given)
    return found


def _check_name(name: str, value: Placed) -> None:
    if not re.fullmatch(NAME, name):
        raise value.fault(
            f"the parameter is called {excerpt(name)}; a name has no blanks and no braces, and "
            "does not begin with a digit"
        )


def _place(parameters: Placed, name: str) -> Placed:
    """Where a parameter is named first."""
    node = parameters.node
    inner = node if isinstance(node, MappingNode) else node.value[0]
    return next(Placed(key, parameters.file) for key, _ in inner.value if key.value == name)


def _first(entries: Mapping[str, Node]) -> Node | None:
    """The first question, as what a case without a name is called by."""
    turns = entries.get("turns")
    if isinstance(turns, SequenceNode) and turns.value:
        inner = turns.value[0]
        if isinstance(inner, MappingNode):
            entries = {key.value: value for key, value in inner.value if isinstance(key.value, str)}
    return entries.get("ask")


def _named(title: Node | None, values: Values) -> str | None:
    """A name with all values: those that it does not hold by itself are put behind it."""
    if not isinstance(title, ScalarNode) or not title.value.strip():
        return None  # which the reader tells
    held = {found[1] for found in _PART.finditer(title.value)}
    rest = ", ".join(f"{name}={value}" for name, value in values.items() if name not in held)
    return _filled(title.value, values) + (f" ({rest})" if rest else "")


def _used(value: Placed, known: tuple[str, ...]) -> set[str]:
    """The parameters in the texts below a node. Raises `DataError` for what is none."""
    found: set[str] = set()
    for node in _texts(value.node):
        for part in _PART.finditer(node.value):
            if part[0] in ("{{", "}}"):
                continue
            if part[1] not in known:
                raise _unknown(part, Placed(node, value.file), known)
            found.add(part[1])
    return found


def _unknown(part: re.Match[str], text: Placed, known: tuple[str, ...]) -> DataError:
    braces = "write {{ for a brace"
    if part[1] is None:
        return text.fault(f"a brace that is not closed in {excerpt(text.node.value)}; {braces}")
    hint = nearest(part[1], known, "the case")
    return text.fault(f"unknown parameter {excerpt(part[1])}; {hint}; {braces}")


def _texts(node: Node) -> Iterator[ScalarNode]:
    if isinstance(node, ScalarNode):
        if node.tag.endswith(":str"):
            yield node
    else:
        for each in node.value:
            inner = each[1] if isinstance(each, tuple) else each
            yield from _texts(inner)


def _bound(node: Node, values: Values, literal: tuple[str, ...] = _LITERAL) -> Node:
    """A copy of a node in whose texts the values stand; parts without any are the same object."""
    if isinstance(node, ScalarNode):
        if not node.tag.endswith(":str") or not _PART.search(node.value):
            return node
        text = _filled(node.value, values)
        return ScalarNode(node.tag, text, node.start_mark, node.end_mark, node.style)
    if isinstance(node, MappingNode):
        made = [
            (key, value if key.value in literal else _bound(value, values, ()))
            for key, value in node.value
        ]
        return MappingNode(node.tag, made, node.start_mark, node.end_mark)
    items = [_bound(item, values, ()) for item in node.value]
    return SequenceNode(node.tag, items, node.start_mark, node.end_mark)


def _filled(text: str, values: Values) -> str:
    return _PART.sub(lambda part: values[part[1]] if part[1] else part[0][0], text)
