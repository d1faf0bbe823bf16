"""From a question to the remembered answers, each with its weight."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialog_s2s.memory import recall as module
from dialog_s2s.memory.indexes import Indexes
from dialog_s2s.memory.keys import indexed, key
from dialog_s2s.memory.mixture import NOTHING, Pieces, Prior
from dialog_s2s.memory.ranker import FEATURES, Ranker
from dialog_s2s.memory.recall import NEAREST, NOTHING_RECALLED, Candidate, Memory, Recalled
from dialog_s2s.memory.rows import FIXED, TAUGHT, TRAINED, NewRow, Row, Rows
from dialog_s2s.memory.similarity import Similarity
from dialog_s2s.memory.vectors import VectorIndex
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.turns import Role, Turn

END = 3
LEXICAL = (9.0,) + (0.0,) * (len(FEATURES) - 1)
RANKER = Ranker(
    tuple(
        {
            "lexical": 9.0,
            "pretrained": 6.0,
            "answer": 0.5,
            "context": 2.0,
            "needs": -1.0,
            "astray": -3.0,
        }.get(name, 0.0)
        for name in FEATURES
    ),
    (0.0, -1.0, 0.0, 0.0, 0.0),
    (3.0, -1.0, 0.0, 0.0, 0.0),
)
"""Goes by no meanings."""

SYNONYMS = Thesaurus.parse(
    "[hours]\nopen, start, doors unlocked\nclose, shut\n[drinks]\ntea, chai, brew\n"
    "[place]\nshop, store, boutique\naddress, located, location\n"
)
SUNDAY = "And on Sunday?"


def after(question: str, reply: str) -> tuple[Turn, ...]:
    return (Turn(Role.USER, question), Turn(Role.BOT, reply))


OPEN = after("When do you open?", "At nine.")
TEA = after("Do you sell tea?", "Yes, green tea.")
CORPUS = [
    NewRow("When do you open?", (), "At nine.", TRAINED, "faq.csv:1"),
    NewRow("Do you sell tea?", (), "Yes, green tea.", TRAINED, "faq.csv:2"),
    NewRow("Where is the shop?", (), "In the old street.", TRAINED, "faq.csv:3", 7),
    NewRow("What is your address?", (), "Old street, number 9.", TRAINED, "faq.csv:4", 7),
    NewRow(SUNDAY, OPEN, "At ten.", TRAINED, "faq.csv:5"),
    NewRow(SUNDAY, TEA, "Only in the morning.", TRAINED, "faq.csv:6"),
]


def encode(answer: str) -> Pieces:
    return (*(10 + byte for byte in answer.encode()), END)


def memory_of(
    rows: Rows,
    prior: Prior = NOTHING,
    encoder: Meanings | None = None,
    thesaurus: Thesaurus = SYNONYMS,
    ranker: Ranker = RANKER,
) -> Memory:
    every = list(rows)
    sentences = None
    if encoder is not None:
        vectors = encoder.encode([row.question for row in every])
        sentences = (encoder, VectorIndex.build([row.id for row in every], vectors))
    return Memory(
        rows,
        Indexes.build(thesaurus, [(row.id, indexed(row.question, row.context)) for row in every]),
        Similarity.counted([f"{row.question} {row.answer}" for row in CORPUS], thesaurus),
        ranker,
        prior,
        encode,
        sentences,  # type: ignore[arg-type]
    )


SAME = {"opening hours": 0, "When do you open?": 0, "Teatime": 1, "Do you sell tea?": 1}


class Meanings:
    """A sentence encoder that knows what questions of different words mean."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), 3), dtype=np.float32)
        for place, text in enumerate(texts):
            vectors[place, SAME.get(text, 2)] = 1
        return vectors


@pytest.fixture
def path(tmp_path: Path) -> Path:
    Rows.create(tmp_path / "memory.db", CORPUS)
    return tmp_path / "memory.db"


@pytest.fixture
def rows(path: Path) -> Iterator[Rows]:
    with Rows.open(path) as opened:
        yield opened


@pytest.fixture
def memory(rows: Rows) -> Memory:
    return memory_of(rows)


def asked(memory: Memory, question: str, before: Sequence[Turn] = ()) -> Recalled:
    return memory.recall((*before, Turn(Role.USER, question)))


def best(memory: Memory, question: str, before: Sequence[Turn] = ()) -> Candidate:
    return asked(memory, question, before).candidates[0]


def taught(question: str, answer: str, *context: Turn, kind: str = TAUGHT) -> NewRow:
    return NewRow(question, context, answer, kind, "chat", 0, 1.0)


def test_the_very_question(memory: Memory) -> None:
    for question in ("When do you open?", "when DO you open", "  When do you open?! "):
        for before in ((), TEA, (Turn(Role.SYSTEM, "be kind"),)):
            found = best(memory, question, before)
            assert (found.row.origin, found.exact) == ("faq.csv:1", True)
            assert found.weight > 0.9
            assert found.lexical == pytest.approx(1, abs=1e-5)


def test_another_wording_and_a_slip(memory: Memory) -> None:
    for question in ("so when do you open", "when do yuo opne"):
        found = best(memory, question)
        assert (found.row.answer, found.exact) == ("At nine.", False)
        assert 0.2 < found.lexical < 1
        assert found.weight < best(memory, "when do you open").weight


def test_a_follow_up_needs_its_context(memory: Memory) -> None:
    for before, answer in ((OPEN, "At ten."), (TEA, "Only in the morning.")):
        found = best(memory, "and on sunday", (*after("hi", "hello"), *before))
        assert (found.row.answer, found.exact) == (answer, True)
        assert found.before == pytest.approx(1, abs=1e-5)
    alone = asked(memory, SUNDAY)
    assert not any(each.exact for each in alone.candidates)
    assert {each.before for each in alone.candidates} == {0}
    other = asked(memory, SUNDAY, after("Where is the shop?", "In the old street."))
    assert not any(each.exact for each in other.candidates)


@pytest.mark.parametrize("kind", [TAUGHT, FIXED])
def test_what_was_taught_outweighs_what_was_trained(memory: Memory, kind: str) -> None:
    memory.rows.add(taught("when do you OPEN", "At eight.", kind=kind))
    found = best(memory, "When do you open?")
    assert (found.row.answer, found.exact) == ("At eight.", True)
    assert found.weight > 0.9
    assert best(memory, SUNDAY, OPEN).row.answer == "At ten."


def test_what_was_taught_for_a_context_outweighs_what_was_taught_for_all(memory: Memory) -> None:
    memory.rows.add(taught(SUNDAY, "Never."))
    memory.rows.add(taught(SUNDAY, "At noon.", *OPEN))
    assert best(memory, SUNDAY, OPEN).row.answer == "At noon."
    for before in ((), after("Where is the shop?", "In the old street.")):
        assert best(memory, SUNDAY, before).row.answer == "Never."


def test_what_was_taught_for_a_context_is_not_said_after_others(memory: Memory) -> None:
    """Even by a ranker that has learnt nothing of contexts."""
    memory.ranker = Ranker(LEXICAL, RANKER.prior, RANKER.generator)
    memory.rows.add(taught("and the tram?", "Line 4.", *OPEN))
    assert best(memory, "And the tram?", OPEN).row.answer == "Line 4."
    for before in ((), TEA):
        found = asked(memory, "And the tram?", before)
        assert found.votes.of(encode("Line 4.")) < 0.01


def test_however_many_rows_have_the_question(memory: Memory) -> None:
    often = 2 * NEAREST
    memory.rows.add_all(
        NewRow("ok", (), f"Fine {number}.", TRAINED, "f:1") for number in range(often)
    )
    row = memory.rows.add(taught("OK!", "Good."))
    found = best(memory, "ok")
    assert found.row == row
    assert found.weight > 0.8
    assert memory.taught("Ok", ()) == [row]


def test_what_was_taught_for_a_key(memory: Memory) -> None:
    assert memory.taught("When do you open?", ()) == []  # that was trained
    plain = memory.rows.add(taught("Why?", "So."))
    one = memory.rows.add(taught("why", "Since.", *OPEN, kind=FIXED))
    assert memory.taught("WHY", ()) == [plain]
    assert memory.taught("why?!", OPEN) == [one]
    assert memory.taught("why", TEA) == []
    memory.rows.remove([plain.id])
    assert memory.taught("why", ()) == []
    again = memory_of(memory.rows)
    assert again.taught("why", OPEN) == [one]


def test_votes_and_what_is_decided(rows: Rows) -> None:
    prior = Prior([encode("At nine."), encode("Bye.")], [3, 1])
    found = asked(memory_of(rows, prior), "where is the shop")
    votes, decided = found.votes, found.decided
    assert sum(votes.weights) + votes.prior + votes.generator == pytest.approx(1)
    assert sum(decided.weights) + decided.generator == pytest.approx(1)
    assert votes.prior > 0 == decided.prior
    # what is left over is shared as it was
    assert decided.generator == pytest.approx(votes.generator / (1 - votes.prior))
    # two rows of one intent: one voice
    street, number = encode("In the old street."), encode("Old street, number 9.")
    assert votes.of(street) > 0 < votes.of(number)
    assert decided.of(number) == 0
    both = (votes.of(street) + votes.of(number)) / (1 - votes.prior)
    assert decided.of(street) == pytest.approx(both)
    assert [found.spoken[id] for id in (3, 4)] == [street, street]
    assert found.texts[street] == "In the old street."
    assert found.texts[number] == "Old street, number 9."
    without = asked(memory_of(rows), "where is the shop").votes
    assert without.prior == 0
    assert sum(without.weights) + without.generator == pytest.approx(1)


def test_answers_of_the_same_pieces_vote_together(memory: Memory) -> None:
    memory.rows.add(taught("When do you close?", "At nine."))
    found = asked(memory, "when do you open or close")
    assert len(found.votes.answers) == len(set(found.votes.answers))
    shares = [each.weight for each in found.candidates if each.row.answer == "At nine."]
    assert len(shares) == 2
    assert found.votes.of(encode("At nine.")) == pytest.approx(sum(shares))


@pytest.mark.parametrize("prior", [NOTHING, Prior([encode("Bye.")], [1])])
def test_an_empty_memory(tmp_path: Path, prior: Prior) -> None:
    Rows.create(tmp_path / "empty.db", [])
    with Rows.open(tmp_path / "empty.db") as rows:
        found = asked(memory_of(rows, prior), "hello", OPEN)
        assert (found.candidates, found.votes.answers) == ((), ())
        assert found.votes.prior + found.votes.generator == pytest.approx(1)
        assert found.decided.generator == 1
        rows.add(taught("hello", "Hi."))


def test_nothing_recalled_is_the_generator_alone() -> None:
    assert NOTHING_RECALLED.decided.generator == 1
    assert NOTHING_RECALLED.candidates == ()


def test_rows_that_are_left_out(memory: Memory) -> None:
    def without(row: Row) -> bool:
        return row.origin == "faq.csv:1"

    turns = (Turn(Role.USER, "When do you open?"),)
    found = memory.recall(turns, without)
    assert "faq.csv:1" not in [each.row.origin for each in found.candidates]
    assert not any(each.exact for each in found.candidates)
    nothing = memory.recall(turns, lambda row: True)
    assert nothing.candidates == ()
    assert memory.recall(turns).candidates[0].exact


def test_changes_are_followed(memory: Memory, path: Path) -> None:
    """Those of this process and of others, in any order."""
    question = "Do you sell cake?"

    def answers() -> list[str]:
        return [each.row.answer for each in asked(memory, question).candidates if each.exact]

    assert answers() == []
    with Rows.open(path) as other:
        first = other.add(taught(question, "Never."))
        assert answers() == ["Never."]
        second = memory.rows.add(taught(question, "In spring."))
        other.remove([first.id])
        assert answers() == ["In spring."]
        other.remove([second.id])
        assert answers() == []
        other.restore([first, second])
        assert sorted(answers()) == ["In spring.", "Never."]
        other.remove([1])
        assert best(memory, "when do you open").row.id != 1
        other.restore([Row(1, "When do you open?", (), "At nine.", TRAINED, "faq.csv:1", 0, None)])
        assert best(memory, "when do you open").row.id == 1


def test_an_interrupt_loses_no_change(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    memory.rows.add(taught("Do you sell cake?", "Never."))
    memory.rows.remove([1])
    for step in ("remove", "add"):
        with monkeypatch.context() as patch:
            patch.setattr(memory._indexes, step, interrupt)
            with pytest.raises(KeyboardInterrupt):
                asked(memory, "cake")
    assert best(memory, "any cake to sell").row.answer == "Never."
    assert best(memory, "when do you open").row.id != 1


def test_a_sentence_encoder_finds_what_shares_no_words(rows: Rows) -> None:
    memory = memory_of(rows, encoder=Meanings())
    found = best(memory, "opening hours")
    assert (found.row.answer, found.pretrained) == ("At nine.", 1)
    assert best(memory_of(rows), "opening hours").pretrained == 0
    row = rows.add(taught("Teatime", "At four."))
    near = {each.row.id: each.pretrained for each in asked(memory, "Do you sell tea?").candidates}
    assert near[row.id] == 1
    rows.remove([row.id])
    assert row.id not in [each.row.id for each in asked(memory, "Do you sell tea?").candidates]


def test_familiarity_and_length(memory: Memory) -> None:
    known, strange = asked(memory, "when do you open"), asked(memory, "xyzzy plugh")
    assert known.familiar == pytest.approx((1, 1), abs=1e-5)
    assert strange.familiar[0] < 0.3
    assert strange.familiar[1] == 0
    reworded = asked(memory, "boutique chai")
    assert reworded.familiar[0] < 0.6
    assert reworded.familiar[1] == pytest.approx(1, abs=1e-5)
    assert known.terms > len("when do you open") - 4
    assert asked(memory, "?!").terms > 0


words = st.sampled_from(
    [*" ".join(row.question + " " + row.answer for row in CORPUS).split(), "x", "🙂", "?"]
)
texts = st.lists(words, min_size=1, max_size=7).map(" ".join)
turns = st.lists(st.builds(Turn, st.sampled_from(Role), texts), max_size=4)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=texts, before=turns)
def test_whatever_is_asked(memory: Memory, question: str, before: list[Turn]) -> None:
    found = asked(memory, question, before)
    for votes in (found.votes, found.decided):
        shares = [*votes.weights, votes.prior, votes.generator]
        assert min(shares) >= 0
        assert sum(shares) == pytest.approx(1)
        assert all(answer[-1] == END for answer in votes.answers)
    weights = [each.weight for each in found.candidates]
    assert weights == sorted(weights, reverse=True)
    assert found.spoken.keys() == {each.row.id for each in found.candidates}
    assert set(found.texts.values()) == {each.row.answer for each in found.candidates}
    for each in found.candidates:
        for likeness in (each.lexical, each.meaning, each.named):
            assert 0 <= likeness <= 1 + 1e-5
        assert each.exact <= (each.lexical > 0.999)


def test_threads_may_ask_and_teach_at_once(memory: Memory) -> None:
    wrong: list[str] = []

    def work(number: int) -> None:
        for step in range(5):
            question = f"what of topic {number} {'again ' * step}"
            row = memory.rows.add(taught(question, f"answer {number} {step}"))
            if best(memory, question).row != row:
                wrong.append(question)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(memory.rows.listed()) == 30


def weights(memory: Memory, text: str) -> list[float]:
    """Of the terms of a text, as the memory stands."""
    memory.recall([Turn(Role.USER, "hello")])
    return memory.similarity.bags([text]).weights.tolist()


PROBE = "which bus goes to dunfellow, and when do you open"


def test_what_is_taught_is_counted_and_what_is_forgotten_is_not(memory: Memory) -> None:
    before = weights(memory, PROBE)
    added = memory.rows.add_all(taught(f"which bus goes to place {n}", "9") for n in range(5))
    after = weights(memory, PROBE)
    assert after != before
    assert min(asked(memory, "bus to place").familiar) > 0.9
    memory.rows.remove([row.id for row in added])
    assert weights(memory, PROBE) == before
    memory.rows.restore(added)
    assert weights(memory, PROBE) == after
    assert min(asked(memory, "bus to place").familiar) > 0.9


def test_a_memory_that_is_opened_again_weighs_as_the_living_one(rows: Rows, path: Path) -> None:
    living = memory_of(rows)
    for n in range(6):
        rows.add(taught(f"which bus goes to place {n}", "9"))
    rows.remove([rows.listed()[2].id, 1])
    wanted = weights(living, PROBE)
    with Rows.open(path) as again:
        opened = memory_of(again)
        assert weights(opened, PROBE) == wanted
        for name in ("when do you open", "bus to place 3", "bus"):
            mine, theirs = asked(living, name), asked(opened, name)
            assert [each.weight for each in mine.candidates] == [
                each.weight for each in theirs.candidates
            ]
            assert mine.familiar == theirs.familiar


def test_rows_that_training_gives_are_not_counted_again(memory: Memory) -> None:
    before = weights(memory, PROBE)
    memory.rows.add(NewRow("which bus goes to dunfellow", (), "9", TRAINED, "faq.csv:9"))
    assert best(memory, "which bus goes to dunfellow").row.answer == "9"
    assert weights(memory, PROBE) == before


def test_a_row_that_came_back_otherwise_is_not_mistaken(memory: Memory) -> None:
    """The terms of rows are kept, by their ids."""
    row = memory.rows.add(taught("which bus goes to dunfellow", "Nine."))
    assert best(memory, "bus to dunfellow").lexical > 0.4
    memory.rows.remove([row.id])
    memory.rows.restore([dataclasses.replace(row, question="who waters the plants")])
    assert asked(memory, "who waters the plants").candidates[0].exact
    assert best(memory, "who waters plants").lexical > 0.4
    assert all(each.lexical < 0.4 for each in asked(memory, "bus to dunfellow").candidates)


def test_no_more_terms_are_kept_than_so_many(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = [asked(memory, row.question).candidates for row in CORPUS]
    monkeypatch.setattr(module, "KEPT", 2)
    assert [asked(memory, row.question).candidates for row in CORPUS] == wanted
    assert len(memory._terms) <= 2


def test_one_that_goes_by_another_likeness(memory: Memory) -> None:
    before = weights(memory, PROBE)
    other = memory.alike_by(memory.similarity.untaught([CORPUS[0].question]), ())
    assert other.similarity.texts == memory.similarity.texts - 1
    other.similarity.count(other.similarity.terms(["which bus goes to dunfellow"]))
    assert weights(memory, PROBE) == before
    assert asked(other, "when do you open").candidates[0].row.id == 1


def test_what_shares_no_word_is_found_by_what_it_means(rows: Rows) -> None:
    meant = tuple(
        {"lexical": 3.0, "meaning": 9.0, "named": 9.0}.get(name, 0.0) for name in FEATURES
    )
    ranker = dataclasses.replace(RANKER, features=meant)
    memory = memory_of(rows, ranker=ranker)
    for question, answer in (
        ("doors unlocked?", "At nine."),
        ("any brews", "Yes, green tea."),
        ("boutique, located", "In the old street."),
    ):
        found = best(memory, question)
        assert found.row.answer == answer
        assert not found.exact
        assert found.weight > best(memory_of(rows), question).weight
    found = best(memory, "chai?")
    assert found.lexical < 0.5 < found.meaning < 1
    assert found.named == pytest.approx(1, abs=1e-5)


def test_a_name_that_a_row_has_not_tells(memory: Memory) -> None:
    memory.rows.add(taught("Do you sell cake?", "Never."))
    found = {each.row.answer: each for each in asked(memory, "do you sell tea").candidates}
    assert found["Yes, green tea."].named == pytest.approx(1, abs=1e-5)
    assert found["Never."].named < found["Never."].meaning < 1


def test_what_an_answer_tells_of_the_question(rows: Rows) -> None:
    """By its meanings too: "located" is nowhere but in an address."""
    told = tuple(9.0 * (name == "told") for name in FEATURES)
    memory = memory_of(rows, ranker=dataclasses.replace(RANKER, features=told))
    rows.add(taught("How do I find you?", "Our address is the old street."))
    row = rows.add(taught("How do I find her?", "Ask again."))
    weights = {each.row.answer: each.weight for each in asked(memory, "how do I find").candidates}
    assert weights["Our address is the old street."] == pytest.approx(weights["Ask again."])
    found = asked(memory, "located how do I find").candidates
    assert found[0].row.answer == "Our address is the old street."
    assert row in [each.row for each in found]


def test_without_a_thesaurus_nothing_is_meant(rows: Rows) -> None:
    found = asked(memory_of(rows, thesaurus=EMPTY), "When do you open?")
    assert {(each.meaning, each.named) for each in found.candidates} == {(0, 0)}
    assert found.familiar == (pytest.approx(1, abs=1e-5), 0)
    assert found.candidates[0].exact


def test_a_misspelt_question_means_what_it_should(rows: Rows) -> None:
    """Its words are compared as they were typed, for a name must not be mended away."""
    memory = memory_of(rows)
    right, slip = best(memory, "is it addres"), best(memory, "is it address")
    assert right.row == slip.row
    assert right.meaning == slip.meaning > 0
    assert right.lexical < slip.lexical
    found = {each.row.id: each for each in asked(memory, "boutiqe").candidates}
    assert found[3].meaning > 0.5 > found[3].lexical
    assert asked(memory, "boutiqe").familiar[1] == pytest.approx(1, abs=1e-5)
    assert asked(memory_of(rows, thesaurus=EMPTY), "boutiqe").candidates == ()


def test_a_taught_row_has_the_square_root_of_the_votes_of_an_answer(rows: Rows) -> None:
    alone = memory_of(rows)
    many = memory_of(rows, ranker=dataclasses.replace(RANKER, wordings=5.0))
    row = rows.add(taught("Do you sell cake?", "Never."))
    before = {each.row.id: each.weight for each in asked(alone, "sell any cake").candidates}
    after = {each.row.id: each.weight for each in asked(many, "sell any cake").candidates}
    for id in before.keys() - {row.id}:
        gained = (after[row.id] / after[id]) / (before[row.id] / before[id])
        assert gained == pytest.approx(5**0.5)


def test_rows_as_if_they_had_been_taught_have_as_many(rows: Rows) -> None:
    many = memory_of(rows, ranker=dataclasses.replace(RANKER, wordings=5.0))
    question = "so when do you open and close"
    other = many.alike_by(many.similarity, [key("WHEN do you open", ())])
    before = {each.row.id: each.weight for each in asked(many, question).candidates}
    after = {each.row.id: each.weight for each in asked(other, question).candidates}
    for id in before.keys() - {1}:
        gained = (after[1] / after[id]) / (before[1] / before[id])
        assert gained == pytest.approx(5**0.5)
    assert asked(many.alike_by(many.similarity, ()), question).candidates == (
        asked(many, question).candidates
    )
