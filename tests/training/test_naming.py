"""Which words of a corpus are names, and whether slots for them pay."""

from __future__ import annotations

from dialog_s2s.text.turns import Dialogue, Example, Role, Turn, examples
from dialog_s2s.training.naming import MOST, naming, plain


def talk(*texts: str) -> list[Example]:
    """A dialogue in which user and bot speak in turn; what begins with "=" is a database row."""
    turns: list[Turn] = []
    for text in texts:
        if text.startswith("="):
            turns.append(Turn(Role.SYSTEM, text[1:]))
        else:
            last = turns[-1].role if turns else Role.BOT
            turns.append(Turn(Role.BOT if last is Role.USER else Role.USER, text))
    return list(examples(Dialogue(tuple(turns))))


PLACES = ["Rome", "Paris", "Bern", "Oslo"]
BOOKED = [
    example
    for number in range(24)
    for example in talk(
        f"=hotel{number} phone tel_{number % 5} rating {number % 3}",
        "hello",
        "where shall it be?",
        f"in {PLACES[number % 4]}, please",
        f"I book {PLACES[number % 4]} for you.",
        "the phone number",
        f"call tel_{number % 5}",
    )
]


def test_what_the_bot_only_repeats_is_a_name() -> None:
    known = naming(BOOKED).known
    assert not known & {"rome", "paris", "bern", "oslo"}
    assert {"in", "please", "hello", "where", "book", "for", "you", "call"} <= known


def test_a_code_is_a_name_unless_the_bot_says_it_of_itself() -> None:
    known = naming(BOOKED).known
    assert not known & {f"tel_{number}" for number in range(5)}
    asked = [
        example for number in range(6) for example in talk("the price?", f"ask desk_1 for {number}")
    ]
    assert "desk_1" in naming(asked).known


def test_a_number_that_is_met_often_counts_for_what_it_is_worth() -> None:
    assert {"0", "1", "2"} <= naming(BOOKED).known


def test_a_word_of_few_dialogues_is_a_name() -> None:
    assert not naming(BOOKED).known & {f"hotel{number}" for number in range(24)}


def test_a_word_that_somebody_always_says_is_none() -> None:
    said = [
        example
        for number in range(9)
        for example in talk(f"code {number} for x{number}", f"x{number} for you")
    ]
    assert "for" in naming(said).known


def test_slots_are_enough_for_the_most_names_of_a_source() -> None:
    found = naming(BOOKED)
    assert found.repeating == 2 / 3
    assert 3 <= found.slots <= 6
    many = talk("=" + " ".join(f"n_{number}" for number in range(500)), "which?", "n_7")
    assert naming(many).slots == MOST


def test_slots_do_not_pay_where_names_are_not_repeated() -> None:
    told = [example for n in range(30) for example in talk(f"what is w{n}", f"a thing of v{n}")]
    assert naming(told).slots == 0
    # nor where replies hold rare words of their own
    terms = " ".join("abcdefg")
    told = [
        example
        for n in range(30)
        for example in talk(f"what is w{n}", " ".join(f"{term}{n}x" for term in terms) + f" w{n}")
    ]
    assert naming(told).repeating == 1.0
    assert naming(told).slots == 0


def test_a_text_without_its_names() -> None:
    known = frozenset({"i", "book", "for", "you"})
    assert plain("I book Rome, for you.", known) == "I book , for you."
