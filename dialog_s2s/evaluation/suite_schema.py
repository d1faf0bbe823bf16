"""A JSON Schema (draft 2020-12) of suites, by which editors complete keys and mark mistakes.

`suite.schema.json` beside this file holds it; a test keeps the two the same. It accepts what the
reader accepts, as far as a schema can tell: that a regex compiles, that a function exists, that a
parameter is known and used, that `least` is not above `most`, the reader alone finds. And it
takes `yes` and `12:30` for text, as YAML 1.2 does; the reader wants them in quotes.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import SOURCES
from dialog_s2s.evaluation.case_reader import CASE, TURN, WHOLE
from dialog_s2s.evaluation.custom import FORM
from dialog_s2s.evaluation.expectations import KINDS, LANGUAGES, NEGATED
from dialog_s2s.evaluation.templates import NAME

FILE = Path(__file__).with_name("suite.schema.json")

Schema = dict[str, Any]


def schema() -> Schema:
    """The schema of a suite in YAML; `$defs/case` is that of a line in JSON Lines."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Suite",
        "description": "Replies that a bot is expected to give.",
        **_mapping({"cases": _list({"$ref": "#/$defs/case"})}, needed=("cases",)),
        "$defs": {
            "text": {"type": "string", "pattern": r"\S"},
            "texts": _one_or_more({"$ref": "#/$defs/text"}),
            "share": {"type": "number", "minimum": 0, "maximum": 1},
            "count": {"type": "integer", "minimum": 0},
            "expect": _expect(),
            "settings": _settings(),
            "parameters": _parameters(),
            "turn": _mapping(_picked(TURN), needed=("ask",)),
            "case": _case(),
        },
    }


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _case() -> Schema:
    asked = {"required": ["ask", "expect"], "not": _any_of_keys("turns", *WHOLE)}
    expecting = {"properties": {"turns": {"contains": {"required": ["expect"]}}}}
    talked = {
        "required": ["turns"],
        "not": _any_of_keys(*TURN),
        "anyOf": [expecting, *({"required": [key]} for key in WHOLE)],
    }
    return {**_mapping(_picked(CASE)), "oneOf": [asked, talked]}


def _picked(keys: tuple[str, ...]) -> Schema:
    """The values that keys of a case or a turn have, with what editors tell of them."""
    known = {
        "name": ("What reports call the case; else its first question.", "text"),
        "tags": ("What the case is picked by.", "texts"),
        "persona": ("What the bot is told of itself before the conversation.", "text"),
        "settings": ("Of the generation, for this case.", "settings"),
        "weight": ("What the case counts beside others; 1 if not given.", None),
        "parameters": ("Values of {name} in the texts; the case is asked with each.", "parameters"),
        "ask": ("The question.", "text"),
        "expect": ("What its reply must be like.", "expect"),
        "turns": ("A conversation: questions in a row.", None),
        "expect_all": ("What every reply of the conversation must be like.", "expect"),
        "expect_any": ("What at least one reply must be like.", "expect"),
    }
    own = {
        "weight": {"type": "number", "exclusiveMinimum": 0},
        "turns": _list({"$ref": "#/$defs/turn"}),
    }
    return {
        key: {"description": known[key][0], **(own.get(key) or _ref(known[key][1]))} for key in keys
    }


def _expect() -> Schema:
    kinds = _kinds()
    return {
        "anyOf": [
            {"$ref": "#/$defs/texts"},
            _mapping({kind: kinds[kind] for kind in KINDS}),
        ]
    }


def _kinds() -> Schema:
    bounds = {"least": _ref("count"), "most": _ref("count")}
    texts, one = _ref("texts"), _ref("text")
    scored = _mapping({"to": texts, "least": _ref("share")}, needed=("to", "least"))
    kinds: Schema = {
        **dict.fromkeys(("any_of", "contains", "contains_any"), texts),
        **dict.fromkeys(("reply", "starts", "ends", "regex", "cites"), one),
        **dict.fromkeys(("token_f1", "chrf"), scored),
        "edit_distance": _mapping({"to": one, "most": _ref("count")}, needed=("to", "most")),
        "words": _mapping(bounds),
        "confidence": _mapping(dict.fromkeys(bounds, _ref("share"))),
        "milliseconds": _mapping({"most": {"type": "number", "minimum": 0}}, needed=("most",)),
        "language": {"enum": list(LANGUAGES)},
        "source": _one_or_more({"enum": list(SOURCES)}),
        "no_repetition": {"const": True},
        "function": {"type": "string", "pattern": FORM},
    }
    return {**kinds, "not": _mapping({kind: kinds[kind] for kind in NEGATED})}


def _settings() -> Schema:
    hints = get_type_hints(GenerationConfig)
    found: Schema = {}
    for each in fields(GenerationConfig):
        rule, hint = each.metadata, str(hints[each.name])
        if rule["choices"]:
            kind: Schema = {"enum": list(rule["choices"])}
        else:
            types = ["integer" if "int" in hint else "number"]
            kind = {
                "type": types + ["null"] * ("None" in hint),
                "minimum": rule["least"],
                "maximum": rule["most"],
            }
        found[each.name] = {"description": rule["doc"], **kind}
    return {**_mapping(found), "minProperties": 0}


def _parameters() -> Schema:
    value = {"anyOf": [_ref("text"), {"type": "number"}]}

    def named(values: Schema) -> Schema:
        return {
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME}$"},
            "additionalProperties": values,
            "minProperties": 1,
        }

    return {"anyOf": [named(_list(value)), _list(named(value))]}


def _mapping(properties: Schema, needed: tuple[str, ...] = ()) -> Schema:
    required = {"required": list(needed)} if needed else {}
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "minProperties": 1,
        **required,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, _list(item)]}


def _ref(name: str | None) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _any_of_keys(*keys: str) -> Schema:
    return {"anyOf": [{"required": [key]} for key in keys]}
