"""Our own corpus format: a YAML file, written by hand, of intents with several wordings each.

    name: Small talk               # optional, as are language and licence
    intents:
      - id: greeting.hello         # optional, unique
        ask: [hello, hi there]     # a text or a list of texts
        reply: ["Hello!", "Hi!"]   # the same
        then:                      # optional follow-ups, of the same shape, nested at will
          - ask: why?
            reply: Because you are here.

Wordings and replies take turns: the first wording with the first reply, the second with the
second, the shorter list beginning again, until each has been said. (All with all would teach
nothing more and take as many times longer.) A follow-up's pairs are made so too, each after a few
of the dialogues that may come before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import cycle, islice, repeat

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from dialog_s2s.text.fields import excerpt, fault, utterance
from dialog_s2s.text.lines import Line
from dialog_s2s.text.nodes import TAG, compose, described, nearest
from dialog_s2s.text.turns import Dialogue, Origin, Role, Turn

CONTEXTS = 2
"""Dialogues after which each pair of a follow-up stands."""

_TOP = ("name", "language", "licence", "intents")
_INTENT = ("id", "ask", "reply", "then")


@dataclass(frozen=True, slots=True)
class _Intent:
    ask: tuple[Turn, ...]
    reply: tuple[Turn, ...]
    then: tuple[_Intent, ...]


def read(source: Iterable[Line], file: str) -> Iterator[Dialogue]:
    """The dialogues of all intents, in the order of the file; each turn has its own line.

    The file is read whole and checked before the first dialogue. Raises DataError with the line:
    not YAML, beyond the caps of `nodes.compose`, an unknown key, a key or an id twice, a text
    that is missing, empty, or that YAML reads as something else (yes, 12, null, 12:30).
    """
    for intent in _Parser(file).intents(compose(source, file)):
        yield from _expand(intent, repeat(()), 1)


def _expand(
    intent: _Intent, contexts: Iterator[tuple[Turn, ...]], count: int
) -> Iterator[Dialogue]:
    """Wordings and replies by turns, after each of the next `count` of the endless `contexts`."""
    emitted = []
    pairs = max(len(intent.ask), len(intent.reply))
    for ask, reply in islice(zip(cycle(intent.ask), cycle(intent.reply), strict=False), pairs):
        for context in islice(contexts, count):
            yield Dialogue((*context, ask, reply))
            if intent.then:
                emitted.append((*context, ask, replace(reply, learn=False)))
    following = cycle(emitted)
    for child in intent.then:
        yield from _expand(child, following, min(CONTEXTS, len(emitted)))


class _Parser:
    """From nodes to intents, with every mistake told by its line."""

    def __init__(self, file: str):
        self._file = file
        self._ids: dict[str, int] = {}

    def intents(self, root: Node) -> tuple[_Intent, ...]:
        """The intents of a whole file."""
        entries = self._entries(root, _TOP, "the file")
        for key in ("name", "language", "licence"):
            if key in entries:
                self._text(entries[key], key)
        if "intents" not in entries:
            raise fault('the key "intents" is missing; add it with a list', self._at(root))
        return self._list(entries["intents"], "intents")

    def _list(self, node: Node, what: str) -> tuple[_Intent, ...]:
        if not isinstance(node, SequenceNode) or node.tag != TAG + "seq":
            raise fault(f"{what} is {described(node)}; it must be a list", self._at(node))
        if not node.value:
            raise fault(f"{what} is an empty list; add to it or delete it", self._at(node))
        return tuple(self._intent(item) for item in node.value)

    def _intent(self, node: Node) -> _Intent:
        entries = self._entries(node, _INTENT, "an intent")
        if "id" in entries:
            self._unique(entries["id"])
        for key in ("ask", "reply"):
            if key not in entries:
                raise fault(f'the intent has no "{key}"; add it', self._at(node))
        return _Intent(
            ask=self._turns(entries["ask"], Role.USER, "ask"),
            reply=tuple(
                replace(turn, meaning=self._at(node))
                for turn in self._turns(entries["reply"], Role.BOT, "reply")
            ),
            then=self._list(entries["then"], "then") if "then" in entries else (),
        )

    def _unique(self, node: Node) -> None:
        name, where = self._text(node, "id"), self._at(node)
        if name in self._ids:
            raise fault(
                f"the id {excerpt(name)} is taken by line {self._ids[name]}; choose another", where
            )
        self._ids[name] = where.line

    def _turns(self, node: Node, role: Role, what: str) -> tuple[Turn, ...]:
        """One text or a list of texts as turns."""
        nodes = [node]
        if isinstance(node, SequenceNode):
            nodes = node.value
            if not nodes:
                raise fault(f"{what} is an empty list; add a text to it", self._at(node))
        return tuple(Turn(role, self._text(item, what), self._at(item)) for item in nodes)

    def _text(self, node: Node, what: str) -> str:
        if not isinstance(node, ScalarNode):
            hint = "; put a text that holds ': ' in quotes" if isinstance(node, MappingNode) else ""
            raise fault(f"{what} has {described(node)}; it must be a text{hint}", self._at(node))
        if node.tag != TAG + "str":
            if node.tag == TAG + "null" and not node.value:
                raise fault(f"{what} is empty; write a text", self._at(node))
            raise fault(
                f"{what} has {excerpt(node.value)}, which YAML takes for {described(node)}; "
                f'quote it: "{node.value}"',
                self._at(node),
            )
        return utterance(node.value, what, self._at(node))

    def _entries(self, node: Node, allowed: tuple[str, ...], what: str) -> dict[str, Node]:
        """The values of a mapping by key."""
        if not isinstance(node, MappingNode) or node.tag != TAG + "map":
            raise fault(
                f"{what} is {described(node)}; it must be a mapping with {', '.join(allowed)}",
                self._at(node),
            )
        entries: dict[str, Node] = {}
        for key, value in node.value:
            name = self._text(key, "a key")
            if name not in allowed:
                raise fault(
                    f"unknown key {excerpt(name)}; {nearest(name, allowed, what)}", self._at(key)
                )
            if name in entries:
                raise fault(f'the key "{name}" occurs twice; keep one', self._at(key))
            entries[name] = value
        return entries

    def _at(self, node: Node) -> Origin:
        return Origin(self._file, node.start_mark.line + 1)
