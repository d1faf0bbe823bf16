"""YAML from strangers, to nodes that know their lines, within bounds.

The pure-Python loader, as libyaml's crashes on deep nesting; and no further than nodes, so that
nothing is ever constructed. No anchors, no aliases, hence nothing that grows when it is read.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import yaml
from yaml.events import AliasEvent, Event, NodeEvent
from yaml.nodes import Node, ScalarNode, SequenceNode
from yaml.reader import Reader

from dialog_s2s.errors import DataError
from dialog_s2s.text.fields import excerpt
from dialog_s2s.text.lines import Line

MAX_BYTES = 32_000_000
MAX_DEPTH = 24

TAG = "tag:yaml.org,2002:"
"""How the tags of YAML's own types begin."""

_READ_AS = {
    "str": "a text",
    "null": "nothing",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
}

# YAML takes these for line ends, we do not: lines would be counted differently.
_LINE_ENDS = ("\r", "\x85", "\u2028", "\u2029")
_HINTS = {
    "mapping values are not allowed here": "put a text that holds ': ' in quotes",
    "found unexpected end of stream": "close the quote that is opened here",
    "<stream end>": "close the bracket that is opened here",
    "another document": "a file is one document; delete the line ---",
    "cannot start any token": "put a text that begins with this character in quotes, or, if it "
    "is a tab, indent with blanks",
}
_HINT = "check the indentation, and put a text that holds ': ' or ' #' in quotes"


def compose(source: Iterable[Line], file: str) -> Node:
    """The root node of the one document in `source`.

    Raises DataError with the line: not YAML, more than one document, nothing but comments, more
    than MAX_BYTES, nesting beyond MAX_DEPTH, an anchor or alias, a control character.
    """
    loader = _Loader(_whole(source, file), file)
    try:
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _fault(error, file) from error
    except (ValueError, OverflowError) as error:
        raise DataError(
            "not YAML: a number out of all bounds in an escape or a directive; write the character",
            file,
            loader.line + 1,
        ) from error
    if root is None:
        raise DataError("is empty; it must hold intents", file)
    return root


def described(node: Node) -> str:
    """What a node is, in words."""
    tag = node.tag.removeprefix(TAG)
    if isinstance(node, ScalarNode) and tag != node.tag:
        return _READ_AS.get(tag, "something of its own")
    if tag not in ("seq", "map"):
        return f"a value tagged {excerpt(node.tag)}"
    return "a list" if isinstance(node, SequenceNode) else "a mapping"


def nearest(name: str, known: Sequence[str], what: str) -> str:
    """What is to be done about a `name` that is none of those known."""
    near = difflib.get_close_matches(name, known, 1, 0.5)
    hint = f"is {near[0]} meant? " if near else ""
    return f"{hint}{what} has only {', '.join(known)}"


class _Loader(yaml.SafeLoader):
    """Composes nodes; refuses nesting that is too deep, anchors and aliases."""

    def __init__(self, text: str, file: str):
        super().__init__(text)
        self._file = file
        self._depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        """As the base class does, within bounds; called once for each node, parents first."""
        event: Event = self.peek_event()  # type: ignore[no-untyped-call]
        line = None if event.start_mark is None else event.start_mark.line + 1
        if isinstance(event, NodeEvent) and event.anchor is not None:
            what = "an alias (*" if isinstance(event, AliasEvent) else "an anchor (&"
            raise DataError(
                f"{what}{event.anchor}); write the text out, or put it in quotes", self._file, line
            )
        if self._depth == MAX_DEPTH:
            raise DataError(
                f"nested more than {MAX_DEPTH} deep; close a bracket or quote the text",
                self._file,
                line,
            )
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _whole(source: Iterable[Line], file: str) -> str:
    """All of the text, its characters checked."""
    texts = []
    size = 0
    for number, text in source:
        size += len(text.encode()) + 1
        if size > MAX_BYTES:
            raise DataError(
                f"is larger than {MAX_BYTES:,} bytes; split it, or use JSON Lines", file, number
            )
        bad = Reader.NON_PRINTABLE.search(text)
        char = bad[0] if bad else next((end for end in _LINE_ENDS if end in text), None)
        if char is not None:
            raise DataError(
                f"the character U+{ord(char):04X} may not stand in YAML; delete it", file, number
            )
        texts.append(text)
    return "\n".join(texts) + "\n"


def _fault(error: yaml.MarkedYAMLError, file: str) -> DataError:
    """The parser's complaint in one line, at the place to look at."""
    problem = " ".join((error.problem or str(error)).split())
    # For what is never closed the parser points at the end of the file; its start is of more use.
    unclosed = problem.endswith(("end of stream", "'<stream end>'")) and error.context_mark
    mark = error.context_mark if unclosed else error.problem_mark or error.context_mark
    hint = next((hint for key, hint in _HINTS.items() if key in problem), _HINT)
    return DataError(f"not YAML: {problem}; {hint}", file, None if mark is None else mark.line + 1)
