"""JSON Lines: one object on each line, blank lines skipped. Three shapes, other keys ignored:

    {"question": "...", "answer": "..."}
    {"turns": [{"role": "user", "text": "..."}, {"role": "bot", "text": "..."}, ...]}
    {"messages": [{"role": "user", "content": "..."}, ...]}

The third is OpenAI's; `content` is a text or a list of {"type": "text", "text": "..."}.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from dialog_s2s.errors import DataError
from dialog_s2s.text.fields import excerpt, fault, kind, pair, utterance
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Dialogue, Origin, Role, Turn, examples

_USER = ("user", "human", "customer", "client", "prompter", "q")
_BOT = ("bot", "assistant", "gpt", "agent", "chatbot", "model")
_SYSTEM = ("system", "developer", "persona", "kb", "tool", "tool_result", "function")
ROLES = {
    **dict.fromkeys(_USER, Role.USER),
    **dict.fromkeys(_BOT, Role.BOT),
    **dict.fromkeys(_SYSTEM, Role.SYSTEM),
}


class _Refused(ValueError):
    """JSON that the parser would let pass."""


def read(source: Iterable[Line], file: str) -> Iterator[Dialogue]:
    """A dialogue for each line that is not blank.

    Raises DataError with the line: not one JSON object, a key twice, NaN or Infinity, nesting too
    deep to parse, a JSON array in place of lines, and whatever `dialogue` refuses.
    """
    first = True
    for number, text in source:
        if not text.strip():
            continue
        if first and text.lstrip().startswith("["):
            raise DataError(
                "a JSON array; it must be one object per line, without brackets and commas "
                "around them (to convert: jq -c '.[]' OLD.json > NEW.jsonl)",
                file,
                number,
            )
        first = False
        where = Origin(file, number)
        yield dialogue(parse(text, where), where)


def dialogue(record: Mapping[str, object], where: Origin) -> Dialogue:
    """The dialogue that `record`, of one of the three shapes, stands for.

    Raises DataError: another shape, a role that cannot be told, a text that is empty or not a
    text, no bot turn that directly follows a user turn.
    """
    if "turns" in record and "messages" in record:
        raise fault('both "turns" and "messages"; keep one of them', where)
    if "turns" in record:
        return _conversation(record["turns"], "turns", "text", where)
    if "messages" in record:
        return _conversation(record["messages"], "messages", "content", where)
    if "question" in record and "answer" in record:
        return pair(record["question"], record["answer"], where)
    keys = ", ".join(excerpt(str(key), 20) for key in list(record)[:6]) or "none"
    raise fault(
        f'the keys are {keys}; there must be "question" and "answer", or "turns", or "messages"',
        where,
    )


def parse(text: str, where: Origin) -> Mapping[str, object]:
    """The JSON object that a line holds; DataError where it holds anything else."""
    try:
        # Integers as floats: a huge one in a key that nobody reads is no error.
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_int=float)
    except RecursionError as error:
        raise fault("the JSON is nested too deeply; it must be one flat object", where) from error
    except json.JSONDecodeError as error:
        raise fault(
            f"not JSON at column {error.colno}: {error.msg}; each line must be one whole object",
            where,
        ) from error
    except _Refused as error:
        raise fault(str(error), where) from error
    if not isinstance(value, dict):
        raise fault(f"{kind(value)}; each line must be a JSON object in {{ }}", where)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"the key {excerpt(twice)} occurs twice; keep one")
    return found


def _refuse(constant: str) -> object:
    raise _Refused(f"{constant} is not JSON; write null or a number")


def question(record: Mapping[str, object], where: Origin) -> tuple[Turn, ...]:
    """The turns of `record` up to a question that has no answer yet.

    Raises DataError: neither "turns" nor "messages", or the last turn is not the user's.
    """
    key, text_key = ("turns", "text") if "turns" in record else ("messages", "content")
    if key not in record:
        raise fault('no "turns"; a question with its history is {"turns": [...]}', where)
    turns = _turns(record[key], key, text_key, where)
    if not turns or turns[-1].role is not Role.USER:
        raise fault("the last turn is not the user's; end with the question", where)
    return turns


def _conversation(value: object, key: str, text_key: str, where: Origin) -> Dialogue:
    """A dialogue from a list of {"role", text_key}."""
    spoken = Dialogue(_turns(value, key, text_key, where))
    if next(examples(spoken), None) is None:
        raise fault("no bot turn directly follows a user turn: nothing to learn; delete it", where)
    return spoken


def _turns(value: object, key: str, text_key: str, where: Origin) -> tuple[Turn, ...]:
    if not isinstance(value, list | tuple):
        raise fault(f'"{key}" is {kind(value)}; it must be a list of turns', where)
    names, texts = [], []
    for index, item in enumerate(value, 1):
        what = f"{key[:-1]} {index}"
        if not isinstance(item, Mapping):
            raise fault(f"{what} is {kind(item)}; it must be a mapping", where)
        for needed in ("role", text_key):
            if needed not in item:
                raise fault(f'{what} has no "{needed}"; add it', where)
        names.append(utterance(item["role"], f"role of {what}", where))
        texts.append(utterance(_joined(item[text_key], what, where), f"text of {what}", where))
    roles = _roles(names, where)
    return tuple(Turn(role, text, where) for role, text in zip(roles, texts, strict=True))


def _joined(content: object, what: str, where: Origin) -> object:
    """`content` with a list of text parts made one text."""
    if not isinstance(content, list | tuple):
        return content
    parts = []
    for part in content:
        if not isinstance(part, Mapping) or part.get("type") != "text" or "text" not in part:
            raise fault(
                f'a part of {what} is not {{"type": "text", "text": ...}}; delete it', where
            )
        parts.append(utterance(part["text"], f"text of {what}", where))
    return " ".join(parts)


def _roles(names: list[str], where: Origin) -> list[Role]:
    """The role of each speaker; of two unknown names, the first to speak is the user."""
    folded = [name.casefold() for name in names]
    known = ROLES | {"a": Role.BOT} if "q" in folded else ROLES
    strangers = [name for name in dict.fromkeys(folded) if name not in known]
    if strangers:
        told = any(known.get(name, Role.SYSTEM) is not Role.SYSTEM for name in folded)
        if told or len(strangers) != 2:
            raise fault(
                f"the role {excerpt(names[folded.index(strangers[-1])])} is not known; it must be "
                "user, bot or system, or there must be two names only, the user's first",
                where,
            )
        known = known | {strangers[0]: Role.USER, strangers[1]: Role.BOT}
    return [known[name] for name in folded]
