"""Completion of Python: names, and attributes of what they stand for, without running anything.

Values are looked up as they lie: no property, no `__getattr__`, no `__dir__` and no call is
evaluated, so nothing happens while one types.
"""

from __future__ import annotations

import builtins
import inspect
import keyword
import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from dialog_s2s.config import GenerationConfig
from dialog_s2s.interfaces.sanitize import clean

_DOTTED = re.compile(r"(?<![\w.)\]'\"])((?:[^\W\d]\w*\.)*)((?:[^\W\d]\w*)?)$")
_LITERAL = re.compile(
    r"\"\"\".*?\"\"\"|'''.*?'''|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\#[^\n]*\n", re.DOTALL
)
_MRO = type.__dict__["__mro__"]
_MISSING = object()
_SETTINGS = tuple(item.name for item in fields(GenerationConfig))


class PythonCompleter(Completer):
    """Completes by a namespace; within brackets also the settings of a reply."""

    def __init__(self, namespace: Mapping[str, Any]):
        self._namespace = namespace

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterable[Completion]:
        """See `Completer`."""
        for name in self.matches(document.text_before_cursor):
            yield Completion(name, -len(_word(document.text_before_cursor)))

    def matches(self, before: str) -> list[str]:
        """What the last word before the cursor may become."""
        # the literals go whole, so that what is left of a quote or a comment is open
        bare = _LITERAL.sub(lambda found: "''" if found[0][0] != "#" else "\n", before)
        if re.search(r"[\"#]|'(?!')", bare.replace("''", "")):
            return []
        found = _DOTTED.search(before)
        if found is None or not (found[1] or found[2]):
            return []
        if found[1]:
            value = self._value(found[1][:-1].split("."))
            names = [] if value is _MISSING else attributes(value)
        else:
            names = [*self._namespace, *vars(builtins), *keyword.kwlist]
            if bare.count("(") > bare.count(")"):
                names += [f"{name}=" for name in _SETTINGS]
        hidden = not found[2].startswith("_")
        return sorted(
            name
            for name in set(names)
            if name.startswith(found[2]) and not (hidden and name.startswith("_"))
            if clean(name) == name
        )

    def _value(self, names: list[str]) -> Any:
        first, *rest = names
        value = self._namespace.get(first, vars(builtins).get(first, _MISSING))
        for name in rest:
            if value is _MISSING:
                break
            value = _attribute(value, name)
        return value


def attributes(value: Any) -> list[str]:
    """The names of a value's attributes, as far as they lie in it and in its classes."""
    kind = type(value)
    classes = list(_MRO.__get__(kind))
    if issubclass(kind, type):
        classes += _MRO.__get__(value)
    names = [name for each in classes for name in type.__dict__["__dict__"].__get__(each)]
    own = inspect.getattr_static(value, "__dict__", None)
    if type(own) in (types.GetSetDescriptorType, types.MemberDescriptorType):
        try:
            own = own.__get__(value)
        except TypeError:  # of a class, whose names are there already
            own = None
    return [each for each in (*names, *(own if type(own) is dict else ())) if type(each) is str]


def _attribute(value: Any, name: str) -> Any:
    """One attribute as it lies there; `_MISSING` where code would have to run for it."""
    found = inspect.getattr_static(value, name, _MISSING)
    if type(found) is types.MemberDescriptorType:  # a slot
        try:
            return found.__get__(value)
        except (AttributeError, TypeError):
            return _MISSING
    computed = inspect.getattr_static(type(found), "__get__", None) is not None
    plain = (types.FunctionType, types.BuiltinFunctionType)
    return _MISSING if computed and type(found) not in plain else found


def _word(before: str) -> str:
    found = _DOTTED.search(before)
    return found[2] if found else ""
