"""Every kind of assertion decides both ways, in a suite that is read from a file and run."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from outcomes import reply

from dialog_s2s.dialogue.reply import Evidence, Reply
from dialog_s2s.evaluation.expectations import KINDS, NEGATED
from dialog_s2s.evaluation.suites import read_suite, run_suite
from dialog_s2s.text.turns import Turn

SAID = dataclasses.replace(
    reply("We open at nine."),
    source="exact",
    confidence=0.8,
    evidence=(Evidence("when do you open", "We open at nine.", "faq.tsv:12", 1.0, 3),),
    milliseconds=12.0,
)

PAIRS: Mapping[str, tuple[object, object]] = {
    "reply": ("we open at nine", "We open at ten."),
    "any_of": (["Hm.", "We open at nine."], ["Hm.", "At nine."]),
    "contains": (["nine", "open"], ["nine", "ten"]),
    "contains_any": (["nine", "ten"], ["ten", "six"]),
    "starts": ("we open", "open"),
    "ends": ("nine", "at"),
    "regex": (r"n.ne\.$", "^at"),
    "edit_distance": ({"to": "We open at ten", "most": 3}, {"to": "We open at ten", "most": 2}),
    "token_f1": ({"to": "we open", "least": 0.6}, {"to": "we open", "least": 0.7}),
    "chrf": ({"to": "We open at nine.", "least": 1}, {"to": "At six.", "least": 0.5}),
    "words": ({"least": 4, "most": 4}, {"most": 3}),
    "no_repetition": (True, True),
    "language": ("en", "ko"),
    "source": (["taught", "exact"], "unknown"),
    "confidence": ({"least": 0.8}, {"most": 0.79}),
    "cites": ("faq.tsv:12", "faq.tsv:13"),
    "milliseconds": ({"most": 12}, {"most": 11}),
    "function": ("checks.py:open_at_nine", "checks.py:open_at_ten"),
    "not": ({"contains": "ten", "source": "unknown"}, {"contains": "ten", "source": "exact"}),
}
"""What holds of SAID, and what does not. Whoever adds a kind adds its pair here."""

OTHERWISE = {"no_repetition": "Yes. Yes. We are open."}
"""Kinds that are asked nothing, with the reply of which they do not hold."""

CODE = """\
def open_at_nine(reply): return "nine" in reply.text and reply.source == "exact"
def open_at_ten(reply): return "ten" in reply.text
"""


class Speaker:
    """Says one thing, or to a question what is written down for it."""

    path = Path("speaker")

    def __init__(self, says: Mapping[str, str]):
        self.says = says

    def reply(self, question: str, history: Sequence[Turn] = (), **settings: object) -> Reply:
        return dataclasses.replace(SAID, text=self.says.get(question, SAID.text))

    def settings(self, **changes: object) -> Any:
        return SAID.settings


def ran(folder: Path, kind: str, *expected: object) -> list[tuple[bool, tuple[str, ...]]]:
    """Of a suite with these cases, whether each passed and what was told of it."""
    (folder / "checks.py").write_text(CODE, encoding="utf-8")
    file = folder / "kinds.suite.yaml"
    cases = [{"ask": str(place), "expect": each} for place, each in enumerate(expected)]
    file.write_text(json.dumps({"cases": cases}, ensure_ascii=False), encoding="utf-8")
    bot = Speaker({"1": OTHERWISE[kind]} if kind in OTHERWISE else {})
    results = run_suite(bot, read_suite(file, functions=True))
    return [(each.passed, each.steps[0].failures) for each in results]


def needs(kind: str) -> None:
    if kind == "chrf":
        pytest.importorskip("sacrebleu")


def test_every_kind_has_a_pair() -> None:
    assert set(PAIRS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_passes_and_fails(kind: str, tmp_path: Path) -> None:
    needs(kind)
    holds, fails = PAIRS[kind]
    passed, failed = ran(tmp_path, kind, {kind: holds}, {kind: fails})
    assert passed == (True, ())
    assert not failed[0]
    assert len(failed[1]) == 1
    assert failed[1][0].isprintable()


@pytest.mark.parametrize("kind", NEGATED)
def test_each_kind_is_turned_round_by_not(kind: str, tmp_path: Path) -> None:
    needs(kind)
    holds, fails = PAIRS[kind]
    failed, passed = ran(tmp_path, kind, {"not": {kind: holds}}, {"not": {kind: fails}})
    assert passed == (True, ())
    assert not failed[0]
    assert failed[1][0].startswith("wanted anything but ")
