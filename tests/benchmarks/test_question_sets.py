"""The benchmark questions: as many as promised, new to the starter corpora, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import yaml

from benchmarks import questions
from benchmarks.questions import make_taught
from benchmarks.questions.taught_en import ENGLISH
from benchmarks.questions.taught_ko import KOREAN
from dialog_s2s.text.turns import fold

Intent = dict[str, Any]

CORPORA = {
    file.name: {
        intent["id"]: intent
        for intent in yaml.safe_load(file.read_text(encoding="utf-8"))["intents"]
    }
    for file in sorted((Path(__file__).parents[2] / "corpora").glob("*.yaml"))
}
FILES = sorted(questions.FOLDER.glob("*.yaml"))
HARD = questions.hard_rewordings()
FRESH = questions.fresh_wordings()
TAUGHT = questions.taught()
UNKNOWN = questions.unknown()
GROUPS = ("other_domain", "near_domain", "nonsense")

FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the this that these those it its there here what which who whom whose when where how
        why i me my we us our you your he his she her they them their one any some all no not and
        or but if so than then as of at by for from in into on onto out off up to with without
        about over is are am was were be been being do does did doing done have has had having can
        could may might must shall should will would s m re ve ll d t n don doesn didn isn please
        too also just want like get got let go
        """,
    )
)
"""Words that tell nothing of what is asked; `s`, `ll` and such are left of I'll once folded."""


def wordings(intent: Intent) -> Iterator[str]:
    """What stands under `ask`, in follow-ups too."""
    yield from [intent["ask"]] if isinstance(intent["ask"], str) else intent["ask"]
    for child in intent.get("then", ()):
        yield from wordings(child)


def stem(word: str) -> str:
    """The word without an English ending, so that "cards" meets "card" and "paying" meets "pay"."""
    return re.sub(r"(?<=\w{3})(ing|ed|es|s|e)$", "", word)


def content(text: str) -> set[str]:
    """The stems of the words of a text that say what it is about."""
    return {stem(word) for word in fold(text).split() if word not in FUNCTION_WORDS}


def shared(question: questions.Question) -> float:
    """The share of the content words of a question that its intents' wordings have too."""
    intents = (CORPORA[question.file][name] for name in question.intents)
    known = set().union(*(content(text) for intent in intents for text in intent["ask"]))
    words = content(question.ask)
    return len(words & known) / len(words)


def everything() -> list[str]:
    """Every question of every file, rewordings of the taught ones included."""
    return [
        *(each.ask for each in (*HARD, *FRESH)),
        *(each.ask for each in TAUGHT),
        *(each.ask for each in UNKNOWN),
        *(each.reworded for each in TAUGHT),
    ]


def test_there_are_as_many_as_promised() -> None:
    assert len(HARD) == 300
    assert len(FRESH) == 2 * sum(map(len, CORPORA.values())) == 612
    assert Counter((each.by_hand, each.language) for each in TAUGHT) == {
        (True, "en"): 170,
        (True, "ko"): 80,
        (False, "en"): 500,
        (False, "ko"): 250,
    }
    assert Counter((each.group, each.language) for each in UNKNOWN) == {
        (group, language): count
        for group in GROUPS
        for language, count in (("en", 134), ("ko", 66))
    }


def test_every_intent_exists() -> None:
    for question in (*HARD, *FRESH):
        assert question.intents
        assert set(question.intents) <= CORPORA[question.file].keys(), question


def test_hard_rewordings_are_spread_over_all_intents_of_the_shop() -> None:
    counts = Counter(question.intents[0] for question in HARD)
    assert counts.keys() == CORPORA["shop.en.yaml"].keys()
    assert set(counts.values()) <= set(range(4, 9))


def test_fresh_wordings_are_two_an_intent() -> None:
    counts = Counter((question.file, *question.intents) for question in FRESH)
    assert counts == {(file, name): 2 for file, intents in CORPORA.items() for name in intents}


def test_hard_rewordings_share_few_words_with_their_intents(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hard = [shared(question) for question in HARD]
    fresh = [shared(question) for question in FRESH if question.file == "shop.en.yaml"]
    with capsys.disabled():
        print(f"\ncontent words in common: hard {mean(hard):.1%}, fresh {mean(fresh):.1%}")
    assert mean(hard) <= 0.25
    assert sorted(hard)[len(hard) * 95 // 100] <= 0.5
    assert mean(fresh) > 2 * mean(hard)


def test_the_measure_of_shared_words_sees_them() -> None:
    assert content("Can I pay by credit cards, please?") == {"pay", "credit", "card"}
    assert content("paying with a card") == {"pay", "card"}
    known = questions.Question("when do you open", "shop.en.yaml", ("shop.hours",))
    assert shared(known) == 1.0


def test_no_question_stands_in_a_starter_corpus() -> None:
    known = {
        fold(text)
        for intents in CORPORA.values()
        for intent in intents.values()
        for text in wordings(intent)
    }
    assert len(known) > 3000
    assert [text for text in everything() if fold(text) in known] == []


def test_no_question_is_asked_twice() -> None:
    counts = Counter(map(fold, everything()))
    assert {text: count for text, count in counts.items() if count > 1} == {}


def test_taught_pairs_differ_in_more_than_the_order_of_words() -> None:
    for texts in ([each.ask for each in TAUGHT], [each.reworded for each in TAUGHT]):
        assert len({frozenset(fold(text).split()) for text in texts}) == len(texts)
    assert len({fold(each.reply) for each in TAUGHT}) == len(TAUGHT)


def test_taught_replies_stand_in_no_starter_corpus() -> None:
    text = "\n".join(repr(intents) for intents in CORPORA.values())
    assert [each.reply for each in TAUGHT if each.reply in text] == []


def test_the_part_by_template_is_what_the_templates_make() -> None:
    text = make_taught.FILE.read_text(encoding="utf-8")
    assert make_taught.made(text) == text
    head = text.partition(make_taught.MARK)[0]
    assert make_taught.made(head) == text
    assert all(len(template.reworded) >= 3 for template in (*ENGLISH, *KOREAN))


def test_korean_is_korean_and_english_is_not() -> None:
    hangul = re.compile("[\u3131-\u318e\uac00-\ud7a3]")
    told = [(each.ask, each.language) for each in TAUGHT]
    told += [(each.reworded, each.language) for each in TAUGHT]
    told += [(each.ask, each.language) for each in UNKNOWN]
    for text, language in told:
        assert bool(hangul.search(text)) == (language == "ko"), text
    for question in FRESH:
        assert bool(hangul.search(question.ask)) == (".ko." in question.file), question.ask


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_files_say_what_they_are_and_are_clean(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    head = " ".join(line.lstrip("# ") for line in text.split("\n\n")[0].split("\n"))
    assert "no bot is trained" in head
    assert "no setting is chosen by them" in head
    assert unicodedata.is_normalized("NFC", text)
    assert [line for line in text.split("\n") if line != line.rstrip()] == []
    assert [each for each in everything() if each != each.strip() or not each] == []
