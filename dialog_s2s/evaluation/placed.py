"""Values that people wrote into a file, each with its line; from YAML and from JSON alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yaml.error import Mark
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dialog_s2s.errors import DataError
from dialog_s2s.text.fields import excerpt, fault
from dialog_s2s.text.lines import Line
from dialog_s2s.text.nodes import MAX_DEPTH, TAG, compose, described, nearest
from dialog_s2s.text.turns import Origin

_TRUE = ("true", "yes", "on")


def from_yaml(source: Iterable[Line], file: str) -> Placed:
    """The value of a whole YAML file.

    Raises:
        DataError: not YAML, nothing but comments, or beyond the caps of `nodes.compose`.
    """
    return Placed(compose(_filled(source, file), file), file)


def from_json(record: object, where: Origin) -> Placed:
    """The same for a value that was parsed from JSON. Raises `DataError`: nested too deeply."""
    line = max(0, where.line - 1)
    return Placed(_node(record, Mark(where.file, 0, line, 0, None, 0), where, 0), where.file)


@dataclass(frozen=True, slots=True)
class Placed:
    """A value that knows where it stands.

    `what` names it in messages. Whatever is asked of it raises DataError, with the line, where it
    is something else.
    """

    node: Node
    file: str

    @property
    def origin(self) -> Origin:
        """Where it begins."""
        return Origin(self.file, self.node.start_mark.line + 1)

    @property
    def is_mapping(self) -> bool:
        """Whether it has keys."""
        return isinstance(self.node, MappingNode)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self.node.tag == TAG + "null" and not self.node.value

    def fault(self, message: str) -> DataError:
        """The error to raise for what is wrong with it."""
        return fault(message, self.origin)

    def entries(self, what: str, allowed: Sequence[str] | None = None) -> dict[str, Placed]:
        """The values of a mapping by key, in the order of the file; all keys are allowed where
        none are given."""
        found: dict[str, Placed] = {}
        for key, value in self._pairs(what):
            name = key.text("a key")
            if allowed is not None and name not in allowed:
                raise key.fault(f"unknown key {excerpt(name)}; {nearest(name, allowed, what)}")
            if name in found:
                raise key.fault(f'the key "{name}" occurs twice; keep one')
            found[name] = value
        if not found:
            raise self.fault(f"{what} is an empty mapping; add to it or delete it")
        return found

    def items(self, what: str) -> list[Placed]:
        """The values of a list, of which there is at least one."""
        if not isinstance(self.node, SequenceNode) or self.node.tag != TAG + "seq":
            raise self.fault(f"{what} is {self._found()}; it must be a list")
        if not self.node.value:
            raise self.fault(f"{what} is an empty list; add to it or delete it")
        return [Placed(item, self.file) for item in self.node.value]

    def text(self, what: str) -> str:
        """A text as it was written, not blank."""
        node = self.node
        if self.is_empty:
            raise self.fault(f"{what} is empty; write a text")
        if not isinstance(node, ScalarNode):
            hint = "; put a text that holds ': ' in quotes" if self.is_mapping else ""
            raise self.fault(f"{what} is {self._found()}; it must be a text{hint}")
        if node.tag != TAG + "str":
            raise self.fault(
                f"{what} is {excerpt(node.value)}, which is {self._found()}; it must be a text; "
                f'quote it: "{excerpt(node.value)[1:-1]}"'
            )
        text = str(node.value)
        if not text.strip():
            raise self.fault(f"{what} is blank; write a text")
        if bad := next((char for char in text if "\ud800" <= char <= "\udfff"), None):
            raise self.fault(
                f"{what} holds the character U+{ord(bad):04X}, which is not text; delete it"
            )
        return text

    def texts(self, what: str) -> tuple[str, ...]:
        """A text or a list of texts."""
        if isinstance(self.node, ScalarNode):
            return (self.text(what),)
        if self.is_mapping:
            raise self.fault(f"{what} is a mapping; it must be a text or a list of texts")
        return tuple(item.text(what) for item in self.items(what))

    def as_written(self, what: str) -> str:
        """A text, or a number or a date as it was written."""
        tag = self.node.tag.removeprefix(TAG)
        if isinstance(self.node, ScalarNode) and tag in ("int", "float", "timestamp"):
            return str(self.node.value)
        return self.text(what)

    def number(self, what: str, most: float = math.inf, *, positive: bool = False) -> float:
        """A number from 0 to `most`; with `positive`, above 0."""
        number = self._number()
        if number is None or not 0 <= number <= most or (positive and not number):
            least = "above 0" if positive else "of at least 0"
            span = least if most == math.inf else f"from 0 to {most:g}"
            raise self.fault(f"{what} is {self._shown()}; it must be a number {span}")
        return number

    def whole(self, what: str) -> int:
        """A whole number, not negative."""
        number = self._number()
        if number is None or number < 0 or number != int(number):
            raise self.fault(f"{what} is {self._shown()}; it must be a whole number, not negative")
        return int(number)

    def settings(self, what: str) -> dict[str, tuple[object, Placed]]:
        """The numbers, flags and texts of a mapping, beside where they stand."""
        found = {key.text("a key"): value for key, value in self._pairs(what)}
        return {name: (value._plain(name), value) for name, value in found.items()}

    def is_true(self) -> bool:
        """Whether it is true; anything but true and false counts as neither."""
        return self.node.tag == TAG + "bool" and self.node.value.lower() in _TRUE

    def _pairs(self, what: str) -> list[tuple[Placed, Placed]]:
        if not self.is_mapping or self.node.tag != TAG + "map":
            raise self.fault(f"{what} is {self._found()}; it must be a mapping")
        return [
            (Placed(key, self.file), Placed(value, self.file)) for key, value in self.node.value
        ]

    def _number(self) -> float | None:
        """As it is written in decimals; YAML's own numbers in base 8, 16 and 60 are not meant."""
        if not isinstance(self.node, ScalarNode) or self.node.style is not None:
            return None
        try:
            number = float(self.node.value)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _plain(self, what: str) -> object:
        node, number = self.node, self._number()
        if number is not None:
            whole = node.value.isdecimal() and len(node.value) < 20
            return int(node.value) if whole else number
        if node.tag == TAG + "null":
            return None
        if node.tag == TAG + "bool":
            return self.is_true()
        if node.tag in (TAG + "int", TAG + "float"):
            raise self.fault(f"{what} is {self._shown()}; write a number in decimals")
        return self.text(what)

    def _shown(self) -> str:
        return excerpt(self.node.value) if isinstance(self.node, ScalarNode) else self._found()

    def _found(self) -> str:
        return described(self.node)


def _filled(source: Iterable[Line], file: str) -> Iterable[Line]:
    """The lines, if one of them is more than a comment."""
    blank = True
    for line in source:
        text = line.text.strip()
        blank = blank and (not text or text.startswith("#"))
        yield line
    if blank:
        raise DataError("holds nothing but comments; add to it", file)


def _node(value: object, mark: Mark, where: Origin, depth: int) -> Node:
    """The node that YAML would have made of a value of JSON."""
    if depth == MAX_DEPTH:
        raise fault(f"nested more than {MAX_DEPTH} deep; close a bracket", where)
    if isinstance(value, dict):
        pairs = [
            (_node(key, mark, where, depth + 1), _node(each, mark, where, depth + 1))
            for key, each in value.items()
        ]
        return MappingNode(TAG + "map", pairs, mark, mark)
    if isinstance(value, list):
        items = [_node(each, mark, where, depth + 1) for each in value]
        return SequenceNode(TAG + "seq", items, mark, mark)
    if isinstance(value, str):
        return ScalarNode(TAG + "str", value, mark, mark, style='"')
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # `jsonl.parse` reads all numbers as floats
    kind = {bool: "bool", int: "int", float: "float"}.get(type(value), "null")
    return ScalarNode(TAG + kind, "null" if value is None else str(value).lower(), mark, mark)
