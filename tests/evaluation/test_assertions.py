"""Every kind of assertion, read from YAML as in a suite: where it holds, and what it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dialog_s2s.config import GenerationConfig
from dialog_s2s.dialogue.reply import SOURCES, Evidence, Reply
from dialog_s2s.errors import DataError, UsageError
from dialog_s2s.evaluation import expectations, extra
from dialog_s2s.evaluation.assertions import Assertion
from dialog_s2s.evaluation.expectations import KINDS
from dialog_s2s.evaluation.placed import from_yaml
from dialog_s2s.evaluation.text_metrics import text_scores
from dialog_s2s.text.lines import Line
from dialog_s2s.text.turns import Role, Turn

PAIR = Evidence("when do you open", "We open at nine.", "shop/faq.tsv:12", 1.0, 3)


def said(text: str = "We open at nine.", source: str = "exact", confidence: float = 0.8) -> Reply:
    return Reply(
        text=text,
        source=source,
        confidence=confidence,
        evidence=(PAIR,) if source in ("exact", "remembered") else (),
        finish="stop",
        seed=1,
        milliseconds=12.3456,
        turns=(Turn(Role.USER, "when"),),
        turns_read=1,
        settings=GenerationConfig(),
    )


def read(yaml: str) -> tuple[Assertion, ...]:
    lines = [Line(*each) for each in enumerate(yaml.split("\n"), start=1)]
    return expectations.read(from_yaml(lines, "f.yaml"))


def failures(yaml: str, reply: Reply) -> list[str]:
    found = [each.check(reply) for each in read(yaml)]
    return [each for each in found if each is not None]


HOLD = [
    "we open at NINE",
    "[We close., 'We open, at nine!']",
    "reply: We open at nine",
    "any_of: [We open at nine, x]",
    "any_of: We open at nine",
    "contains: nine",
    "contains: [nine, we]",
    "contains_any: [ten, NINE]",
    "regex: n.ne\\.$",
    "starts: we",
    "ends: nine",
    "ends: .",
    "edit_distance: {to: we opn at ten, most: 4}",
    "token_f1: {to: we open, least: 0.6}",
    "token_f1: {to: [nope, we open at nine], least: 1}",
    "words: {least: 4}",
    "words: {most: 4}",
    "words: {least: 4, most: 4}",
    "language: en",
    "source: exact",
    "source: [taught, exact]",
    "confidence: {least: 0.8}",
    "confidence: {least: 0.5, most: 0.8}",
    "cites: WHEN do",
    "cites: at nine",
    "cites: faq.tsv:12",
    "cites: shop",
    "milliseconds: {most: 13}",
    "no_repetition: true",
    "not: {contains: ten, regex: ^at, source: unknown}",
    "not: {contains: [nine, ten]}",
]


@pytest.mark.parametrize("yaml", HOLD)
def test_holds(yaml: str) -> None:
    assert failures(yaml, said()) == []


CAME = "'We open at nine.'"


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("We open at ten.", f"wanted 'We open at ten.'; got {CAME}"),
        ("[a, b]", f"wanted one of 'a', 'b'; got {CAME}"),
        ("reply: a", f"wanted 'a'; got {CAME}"),
        ("any_of: [a, b]", f"wanted one of 'a', 'b'; got {CAME}"),
        ("contains: ten", f"wanted a reply that contains 'ten'; got {CAME}"),
        (
            "contains: [nine, ten, x]",
            f"wanted a reply that contains 'nine', 'ten', 'x'; got {CAME}, without 'ten', 'x'",
        ),
        (
            "contains_any: [ten, x]",
            f"wanted a reply that contains one of 'ten', 'x'; got {CAME}",
        ),
        ("regex: ^at", f"wanted a reply that matches '^at'; got {CAME}"),
        ("regex: we", f"wanted a reply that matches 'we'; got {CAME}"),
        ("starts: at", f"wanted a reply that starts with 'at'; got {CAME}"),
        ("ends: '?'", f"wanted a reply that ends with '?'; got {CAME}"),
        (
            "edit_distance: {to: We open at ten., most: 2}",
            f"wanted edit distance <= 2 from 'We open at ten.'; got 3, for {CAME}",
        ),
        (
            "token_f1: {to: we open, least: 0.7}",
            f"wanted token_f1 >= 0.7 with 'we open'; got 0.667, for {CAME}",
        ),
        (
            "token_f1: {to: [nope, we open], least: 1}",
            f"wanted token_f1 >= 1 with the best of 'nope', 'we open'; got 0.667, for {CAME}",
        ),
        ("words: {least: 5}", f"wanted words >= 5; got 4, for {CAME}"),
        ("words: {most: 3}", f"wanted words <= 3; got 4, for {CAME}"),
        ("words: {least: 1, most: 3}", f"wanted 1 <= words <= 3; got 4, for {CAME}"),
        ("language: ko", f"wanted a reply in the language ko; got en, for {CAME}"),
        ("source: taught", f"wanted the source taught; got exact, for {CAME}"),
        (
            "source: [taught, unknown]",
            f"wanted the source taught or unknown; got exact, for {CAME}",
        ),
        ("confidence: {least: 0.9}", f"wanted confidence >= 0.9; got 0.8, for {CAME}"),
        ("confidence: {most: 0.5}", f"wanted confidence <= 0.5; got 0.8, for {CAME}"),
        (
            "cites: faq.tsv:1",
            "wanted evidence that holds 'faq.tsv:1'; got 'when do you open' (shop/faq.tsv:12), "
            f"for {CAME}",
        ),
        ("milliseconds: {most: 12}", f"wanted milliseconds <= 12; got 12.35, for {CAME}"),
        ("not: {contains: nine}", f"wanted anything but a reply that contains 'nine'; got {CAME}"),
        ("not: {source: exact}", f"wanted anything but the source exact; got exact, for {CAME}"),
        ("not: {no_repetition: true}", f"wanted anything but no repetition; got {CAME}"),
    ],
)
def test_fails(yaml: str, message: str) -> None:
    assert failures(yaml, said()) == [message]


def test_each_assertion_of_a_mapping_speaks_for_itself() -> None:
    yaml = "contains: ten\nsource: exact\nnot: {contains: nine, regex: at, starts: x}\nwords: {}"
    with pytest.raises(DataError, match=r"f\.yaml:4: words is an empty mapping"):
        read(yaml)
    assert len(failures(yaml.replace("{}", "{most: 3}"), said())) == 4


def test_repetition() -> None:
    assert failures("no_repetition: true", said("Yes. We do. Yes.")) == [
        "wanted no repetition; got 'yes' twice, in 'Yes. We do. Yes.'"
    ]
    assert failures("not: {no_repetition: true}", said("Yes. Yes.")) == []


def test_no_language_and_no_evidence() -> None:
    assert failures("language: ko", said("12")) == [
        "wanted a reply in the language ko; got no clear language, for '12'"
    ]
    assert failures("cites: x", said("y", source="generated")) == [
        "wanted evidence that holds 'x'; got none, for 'y'"
    ]


def test_messages_are_one_short_line_whatever_the_reply() -> None:
    (message,) = failures("reply: a", said("b\n\x1b[2J" + "c" * 5000))
    assert "\\n\\x1b[2J" in message
    assert message.isprintable()
    assert len(message) < 200


def test_chrf_is_that_of_evaluation() -> None:
    pytest.importorskip("sacrebleu")
    references = ["we open at ten", "We open."]
    score = text_scores(["We open at nine."], [references]).figures(np.ones(1))["chrf"] / 100
    yaml = "chrf: {to: [we open at ten, We open.], least: %s}"
    assert failures(yaml % (score - 1e-9), said()) == []
    (message,) = failures(yaml % 0.99, said())
    assert message == (
        "wanted chrf >= 0.99 with the best of 'we open at ten', 'We open.'; "
        f"got {score:.3f}, for {CAME}"
    )
    assert failures("chrf: {to: We open at nine., least: 1}", said()) == []
    assert len(failures("chrf: {to: x, least: 0.1}", said(""))) == 1


def test_chrf_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(extra, "import_module", absent)
    with pytest.raises(UsageError, match=r"^chrf needs sacrebleu, .*'dialog-s2s\[evaluate\]'"):
        failures("chrf: {to: x, least: 0.1}", said())


def test_equal_by_value() -> None:
    for yaml in HOLD:
        assert read(yaml) == read(yaml)
    assert read("a") == read("reply: a") == read("[a]") != read("b")
    assert read("contains: a") != read("contains_any: a")


@pytest.mark.parametrize("source", SOURCES)
def test_all_sources(source: str) -> None:
    assert failures(f"source: {source}", said(source=source)) == []


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("''", "1: expect is blank; write a text"),
        ("12", "1: expect is '12', which is a number; it must be a text; quote it: \"12\""),
        ("[]", "1: expect is an empty list; add"),
        ("{}", "1: expect is an empty mapping; add"),
        ("[a,\n  yes]", "2: expect is 'yes', which is true or false; it must be a text; quote"),
        ("contain: a", "1: unknown key 'contain'; is contains meant? expect has only reply, any"),
        ("contains: {a: b}", "1: contains is a mapping; it must be a text or a list of texts"),
        ("contains:", "1: contains is empty; write a text"),
        ("contains: [[a]]", "1: contains is a list; it must be a text"),
        ("starts: a\nstarts: b", '2: the key "starts" occurs twice; keep one'),
        ("starts: [a]", "1: starts is a list; it must be a text"),
        ("starts: a\nregex: '(a'", r"2: the regex '\(a' is not one: missing \), unterminated"),
        ("regex: 'a{99999999999999}'", "1: the regex .* is not one: the repetition number"),
        ("regex: '[[a]'", r"1: the regex '\[\[a\]' is not one: Possible nested set"),
        ("edit_distance: {to: a}", '1: edit_distance has no "most"; add it'),
        ("edit_distance: 3", "1: edit_distance is a number; it must be a mapping"),
        ("edit_distance: {to: a, most: 1.5}", "1: most is '1.5'; it must be a whole number"),
        ("edit_distance: {to: a, most: -1}", "1: most is '-1'; it must be a whole number"),
        ("edit_distance: {to: a, most: '1'}", "1: most is '1'; it must be a whole number"),
        ("token_f1: {to: a, least: 1.1}", "1: least is '1.1'; it must be a number from 0 to 1"),
        ("token_f1: {to: a, least: .nan}", "1: least is '.nan'; it must be a number from 0 to 1"),
        ("token_f1: {to: a, lest: 1}", "1: unknown key 'lest'; is least meant? token_f1 has only"),
        ("chrf: {least: 1}", '1: chrf has no "to"; add it'),
        ("words: {least: 3, most: 2}", "1: words: least 3 is above most 2; exchange them"),
        ("words: 3", "1: words is a number; it must be a mapping"),
        ("confidence: {least: 50}", "1: least is '50'; it must be a number from 0 to 1"),
        ("confidence: {least: [1]}", "1: least is a list; it must be a number from 0 to 1"),
        ("milliseconds: {least: 1}", "1: unknown key 'least'; .*milliseconds has only most"),
        ("milliseconds: {most: .inf}", "1: most is '.inf'; it must be a number of at least 0"),
        ("language: english", "1: unknown language 'english'; .*language has only ar, bg"),
        ("language: no", "1: language is 'no', which is true or false; .*quote it"),
        ("source: rememberd", "1: unknown source 'rememberd'; is remembered meant?"),
        ("source: [exact, 3]", "1: source is '3', which is a number"),
        ("no_repetition: false", "1: no_repetition must be true; write true, or delete it"),
        ("no_repetition: {a: b}", "1: no_repetition must be true"),
        ("not: a", "1: not is a text; it must be a mapping"),
        ("not: {not: {contains: a}}", "1: unknown key 'not'; .*not has only reply"),
        ("not: {contain: a}", "1: unknown key 'contain'; is contains meant? not has only reply"),
        ("not: {function: a.py:b}", "1: unknown key 'function'; .*not has only reply"),
        ("cites: [a]", "1: cites is a list; it must be a text"),
        ('reply: "\\ud800"', r"1: reply holds the character U\+D800, which is not text"),
        ("reply: !x a", "1: reply is 'a', which is a value tagged '!x'"),
        ("# no\n# thing", " holds nothing but comments; add to it"),
    ],
)
def test_mistakes(yaml: str, message: str) -> None:
    pattern = message.replace("? ", r"\? ").replace(" '.", r" '\.")
    with pytest.raises(DataError, match=rf"^f\.yaml:{pattern}") as raised:
        read(yaml)
    assert "\n" not in str(raised.value)


def test_every_kind_is_in_the_page() -> None:
    page = Path(__file__).parents[2] / "docs" / "suites.md"
    table = [line for line in page.read_text(encoding="utf-8").split("\n") if line[:3] == "| `"]
    assert not [kind for kind in KINDS if not any(f"`{kind}: " in line for line in table)]
    tested = {yaml.split(":")[0] for yaml in HOLD if ": " in yaml} | {"chrf", "function"}
    assert tested == set(KINDS)
