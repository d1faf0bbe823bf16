"""Facts: kept, corrected, forgotten, carried over, and never more than what was said."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialog_s2s.dialogue.facts import LONGEST, MOST_FACTS, Fact, Facts, Recollection
from dialog_s2s.dialogue.facts_korean import closed
from dialog_s2s.dialogue.facts_wordings import pattern, rules

# pieces of sentences of both languages, in no sensible order
PIECES = (
    *("my name is ", "I'm ", "I live in ", "I like ", "my favourite food is ", "my dog is called "),
    *("remember that ", "Remember that.", "what's ", "my name", "do you remember ", "no, it's "),
    *(", not ", "I have two ", "cats", "my ", " is ", "'s name", "Alice", "bob", "25", "May 3rd"),
    *(
        "제 이름은 ",
        "내 ",
        "저는 ",
        "앨리스",
        "예요",
        "이야",
        "에 살아요",
        "을 좋아해",
        "기억해 줘",
        " 뭐야?",
    ),
    *(
        "가 아니라 ",
        "a@b.co",
        "red, green and blue",
        '"',
        "“",
        "”",
        "'",
        "’",
        "?",
        "? ",
        ". ",
        ", ",
    ),
    *("\n", "\t", "\0", ";", "*", "[", "{x}", "{", "%s", "\\", "é", "ß", "İ", "ﬁ", "각", "\ud800"),
)
MESS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=10).map("".join)
STARTS = (
    *("My name is ", "hi, I'm ", "i live in ", "I like ", "I hate ", "my favorite food is "),
    *("my dog is called ", "remember that Ann is ", "My locker code is ", "it's Bob, not "),
    *("제 이름은 ", "저는 ", "제 취미는 ", "강아지 이름은 "),
)
VALUES = (
    *(
        "Alice",
        "bob",
        "Mary-Jane o’Neil",
        "straße",
        "ﬁn",
        "Zoë",
        "İnci",
        "red, green and blue",
        "25",
    ),
    *(
        '"Rex"',
        "'Rex'",
        "A. B. Lee",
        "e\u0301clair",
        "앨리스",
        "지민",
        "강아지",
        "C#",
        "{x}",
        "3.5%",
    ),
)
ENDS = (
    "",
    ".",
    "!",
    " please",
    ", not him",
    "예요",
    "이야.",
    "에 살아요",
    "를 좋아해",
    "?",
    "\n",
    " ;) ",
)
SAID = st.builds("".join, st.tuples(*map(st.sampled_from, (STARTS, VALUES, ENDS))))
TEXT = st.lists(SAID, min_size=1, max_size=3).map(" ".join) | MESS
TEXTS = st.lists(TEXT, max_size=4)


def told(*turns: str) -> Facts:
    facts = Facts()
    for number, text in enumerate(turns, start=1):
        facts.hear(text, number)
    return facts


def kept(facts: Facts) -> dict[str, str]:
    return {fact.key: fact.value for fact in facts}


def reply(facts: Facts, question: str) -> str | None:
    found = facts.answer(question)
    return found.text if found else None


def plain(text: str) -> str:
    """`text` as it is compared: apostrophes, composition, case and spacing aside."""
    text = unicodedata.normalize("NFC", text).replace("’", "'")
    return " ".join(text.split()).casefold()


def test_a_recollection_says_where_it_is_from() -> None:
    facts = told("hello", "Hi, my name is Alice and I like tea.", "i also like jazz!")
    name = Fact("name", "Alice", 2, "Hi, my name is Alice and I like tea.")
    assert facts.answer("what's my name?") == Recollection("Your name is Alice.", (name,))
    likes = facts.answer("what do I like?")
    assert likes is not None
    assert likes.text == "You like tea and jazz."
    assert [(fact.turn, fact.words) for fact in likes.facts] == [
        (2, "Hi, my name is Alice and I like tea."),
        (3, "i also like jazz!"),
    ]
    untold = facts.answer("do you remember how old I am?")
    assert untold == Recollection("You have not told me your age yet.", ())


def test_hearing_returns_what_it_noted() -> None:
    facts = Facts()
    heard = facts.hear("My name is Ann, and my dog is called Rex. What now?", 4)
    assert [(fact.key, fact.value, fact.turn) for fact in heard] == [
        ("name", "Ann", 4),
        ("dog's name", "Rex", 4),
    ]
    assert heard == list(facts)
    assert facts.hear("Where is my order?", 5) == []


@pytest.mark.parametrize(
    ("turns", "facts"),
    [
        (["my name is Alice", "no, my name is Bob"], {"name": "Bob"}),
        (["my name is Alice", "sorry, it's Bob, not Alice"], {"name": "Bob"}),
        (["my name is Alice", "I meant Bob not Alice"], {"name": "Bob"}),
        (["my name is Alice", "it's Bob, not Carol"], {"name": "Alice"}),
        (["my name is Alice", "my name is not Alice"], {}),
        (["my name is Alice", "my name isn't Bob"], {"name": "Alice"}),
        (["my name is Alice", "My name is not Alice, it's Bob."], {"name": "Bob"}),
        (["my name is Alice", "I'm not Alice, I'm Bob."], {"name": "Bob"}),
        (["I live in Rome", "I don't live in Rome anymore"], {}),
        (["I live in Rome", "I moved to Oslo"], {"home": "Oslo"}),
        (["my dog is called Rex", "actually my dog is called Max"], {"dog's name": "Max"}),
        (["my favorite color is red", "my favourite colour is blue"], {"favourite colour": "blue"}),
        (["I like tea", "I don't like tea any more"], {"dislikes: tea": "tea"}),
        (["I hate tea", "I love Tea"], {"likes: tea": "Tea"}),
        (["I like tea", "I like jazz"], {"likes: tea": "tea", "likes: jazz": "jazz"}),
        (["제 이름은 민수예요", "아니요, 제 이름은 민호예요"], {"name": "민호"}),
        (["제 이름은 민수예요", "민수가 아니라 민호예요"], {"name": "민호"}),
        (["제 이름은 민수예요", "제 이름은 민수가 아니에요"], {}),
        (["제 이름은 민수예요", "제 이름은 민수가 아니라 지호예요"], {"name": "지호"}),
        (["저는 커피를 좋아해요", "저는 커피를 싫어해요"], {"dislikes: 커피": "커피"}),
        (["my name is Alice", "제 이름은 앨리스예요"], {"name": "앨리스"}),
    ],
)
def test_the_last_word_counts(turns: list[str], facts: dict[str, str]) -> None:
    assert kept(told(*turns)) == facts


def test_what_is_in_quotes_is_someone_elses() -> None:
    for text in (
        '"My name is Bond. I live in London. I like tea."',
        "He says “My name is Bond. I live in London.” and leaves.",
        "It begins 'My name is Bond. I'm 40 years old. I live in London.' I think.",
        "「제 이름은 민수예요. 서울에 살아요.」",
    ):
        assert kept(told(text)) == {}
    assert kept(told('my dog is called "Rex"')) == {"dog's name": "Rex"}


def test_korean_in_separate_letters_is_read() -> None:
    facts = told(unicodedata.normalize("NFD", "제 이름은 지민이에요."))
    asked = unicodedata.normalize("NFD", "제 이름이 뭐예요?")
    assert reply(facts, asked) == "지민이라고 하셨어요."


def test_notes_are_recalled_together() -> None:
    facts = told("remember that the meeting is at 3", "And remember that Ann is vegan, please.")
    asked = "what did I ask you to remember?"
    assert reply(facts, asked) == (
        'You asked me to remember: "the meeting is at 3" and "Ann is vegan".'
    )
    assert reply(facts, "when is the meeting?") == "The meeting is at 3."
    facts.forget("the meeting*")
    assert reply(facts, asked) == 'You asked me to remember: "Ann is vegan".'


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("name", ["home", "likes: tea", "likes: jazz", "dog's name"]),
        ("NAME", ["home", "likes: tea", "likes: jazz", "dog's name"]),
        ("*name", ["home", "likes: tea", "likes: jazz"]),
        ("likes", ["name", "home", "dog's name"]),
        ("likes: tea", ["name", "home", "likes: jazz", "dog's name"]),
        ("alice", ["home", "likes: tea", "likes: jazz", "dog's name"]),
        ("j?zz", ["name", "home", "likes: tea", "dog's name"]),
        ("*", []),
        ("nothing of the kind", ["name", "home", "likes: tea", "likes: jazz", "dog's name"]),
        ("", ["name", "home", "likes: tea", "likes: jazz", "dog's name"]),
    ],
)
def test_forgetting(pattern: str, left: list[str]) -> None:
    facts = told("my name is Alice", "I live in Rome. I like tea. I like jazz.", "my dog is Rex")
    before = list(facts)
    gone = facts.forget(pattern)
    assert [fact.key for fact in facts] == left
    assert [fact for fact in before if fact not in gone] == list(facts)


def test_a_forgotten_name_is_untold() -> None:
    facts = told("my name is Alice")
    facts.forget("name")
    assert reply(facts, "do you remember my name?") == "You have not told me your name yet."


def test_a_store_may_hold_bare_values() -> None:
    facts = Facts.load({"name": "Ann", "home": "Rome\tten\tI live in Rome", "age": "30\t2"})
    assert list(facts) == [
        Fact("name", "Ann"),
        Fact("home", "Rome", 0, "I live in Rome"),
        Fact("age", "30", 2),
    ]
    assert reply(facts, "who am I?") == "Your name is Ann."


def test_many_facts_push_the_oldest_out() -> None:
    facts = told("my name is Alice", *(f"my locker {n} code is {n}" for n in range(MOST_FACTS)))
    assert len(list(facts)) == MOST_FACTS
    assert reply(facts, "what's my name?") is None
    assert reply(facts, "what is my locker 7 code?") == "Your locker 7 code is 7."


@pytest.mark.parametrize(
    ("word", "ends"),
    [
        *[(word, True) for word in ("지민", "서울", "3", "10", "Tom", "Ann", "Kim", "Jane", "Bob")],
        *[(word, False) for word in ("유나", "제주도", "2", "45", "Alice", "Max", "Mary", "Peter")],
        *[("앨리스!", False), ('"지민"', True), ("", False), ("Rex", False), ("Jack", True)],
    ],
)
def test_final_consonants(word: str, ends: bool) -> None:
    assert closed(word) is ends


@settings(deadline=None)
@given(name=st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2))
def test_every_korean_name_is_read_and_said_with_its_particles(name: str) -> None:
    name = name[:4]
    if name[-1] in "아이":  # 영이 + 야 and 영 + 이야 look the same
        name = name[:-1] + "하"
    open_end = unicodedata.normalize("NFD", name[-1])[2:] == ""
    facts = told(f"내 이름은 {name}{'야' if open_end else '이야'}")
    if facts.answer("내 이름이 뭐야?"):  # not a word like 바보
        said = f"{name}{'' if open_end else '이'}라고 하셨어요."
        assert reply(facts, "내 이름이 뭐야?") == said


@settings(deadline=None, max_examples=300)
@given(texts=TEXTS, question=TEXT)
@example(texts=["my name is ﬁn"], question="what's my name?")
@example(texts=["I'm vegan. Remember that."], question="what did I ask you to remember?")
@example(texts=["I’m 30. I've got two cats"], question="how many cats do i have?")
def test_nothing_is_quoted_that_was_not_said(texts: list[str], question: str) -> None:
    facts = told(*texts)
    for fact in facts:
        said = plain(texts[fact.turn - 1])
        assert fact.words
        assert plain(fact.words) in said
        assert plain(fact.value) in plain(fact.words) or fact.key.startswith("note: ")
        assert plain(fact.value) in said
    for asked in (question, "what's my name?", "what do I like?", "내 이름이 뭐야?", *texts):
        found = facts.answer(asked)
        if found:
            assert found.text.endswith((".", "\"'", "'"))
            assert set(found.facts) <= set(facts)
            assert all(fact.value in found.text for fact in found.facts)


@settings(deadline=None)
@given(texts=TEXTS)
def test_export_and_load_change_nothing(texts: list[str]) -> None:
    facts = told(*texts)
    again = Facts.load(facts.export())
    assert list(again) == list(facts)
    for question in ("what's my name?", "what do I like?", "do you remember my dog's name?"):
        assert again.answer(question) == facts.answer(question)


@settings(deadline=None)
@given(text=TEXT | st.text(), pattern=TEXT)
def test_any_text_will_do(text: str, pattern: str) -> None:
    facts = told(text)
    found = facts.answer(text)
    assert found is None or set(found.facts) <= set(facts)
    before = list(facts)
    gone = facts.forget(pattern)
    assert [fact for fact in before if fact not in gone] == list(facts)
    loaded = Facts.load({text: text})
    assert [fact.key for fact in loaded] == [text]
    found = loaded.answer(text)
    assert found is None or set(found.facts) <= set(loaded)


@pytest.mark.parametrize("piece", [*PIECES, "hi, ", "a, ", "I like a, b, ", "my a is 1 ", "A. "])
def test_long_texts_are_read_in_passing(piece: str) -> None:
    """Would not end, nearly, if any pattern backtracked without bound."""
    for length in (LONGEST, 20_000):
        for end in ("", "x", "?", " 이야"):
            text = (piece * (length // len(piece) + 1))[: length - len(end)] + end
            facts = told(text)
            found = facts.answer(text)
            assert all(0 < len(fact.words) <= LONGEST for fact in facts)
            assert found is None or set(found.facts) <= set(facts)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("My name is Alice", "Noted. Your name is Alice."),
        ("hi, my name is Alice. Nice to meet you!", "Noted. Your name is Alice."),
        ("I’m 25 years old.", "Noted. You are 25 years old."),
        ("I like tea. I like jazz.", "Noted. You like tea and jazz."),
        ("I have a dog called Rex", "Noted. You have a dog. Your dog's name is Rex."),
        ("my name is Al. No, my name is Bo.", "Noted. Your name is Bo."),
        (
            "Can you remember that the meeting is at 3?",
            'Noted. You asked me to remember: "the meeting is at 3".',
        ),
        ("제 이름은 지민이에요. 만나서 반가워요!", "기억할게요. 지민이라고 하셨어요."),
        ("저는 서울에 살아요", "기억할게요. 서울에 사신다고 하셨어요."),
        ("My name is 지민", "Noted. Your name is 지민."),
    ],
)
def test_a_statement_is_acknowledged(text: str, said: str) -> None:
    facts = Facts()
    heard = facts.hear(text, 1)
    found = facts.acknowledged(text, heard)
    assert found is not None
    assert found.text == said
    assert set(found.facts) <= set(facts)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "what is my name?",
        "My name is Alice. Do you sell tea?",
        "Do you sell tea? My name is Alice.",
        "My name is Alice. I need a refund for a pot that broke",
        "My name is Alice, can you help me?",
        'My name is Alice. What does "as it is written here" mean?',
        "My name is Alice. " + "and what then " * LONGEST,
        "I am not Alice",
        "제 이름은 지민이에요. 녹차 있어요?",
    ],
)
def test_more_than_a_statement_is_not_acknowledged(text: str) -> None:
    facts = Facts()
    assert facts.acknowledged(text, facts.hear(text, 1)) is None


@settings(deadline=None)
@given(texts=TEXTS, text=TEXT | st.text())
def test_an_acknowledgement_rests_on_what_was_just_said(texts: list[str], text: str) -> None:
    facts = told(*texts)
    heard = facts.hear(text, len(texts) + 1)
    found = facts.acknowledged(text, heard)
    if found is not None:
        assert found.facts
        assert set(found.facts) <= set(heard) & set(facts)


def test_overlong_sentences_and_pasted_texts_are_not_taken_for_facts() -> None:
    assert kept(told("my name is " + "Alice " * LONGEST)) == {}
    assert kept(told("It is so. " * 1000 + "My name is Alice.")) == {}


def test_the_notation_of_patterns() -> None:
    slots = {"n": r"\d+", "pair": "<n>-<n>"}
    assert rules("a {x} = (an? )?<value:pair>\nb = one\n  (two)?\n", slots) == (
        ("a {x}", pattern("(an? )?<value:pair>", slots)),
        ("b", pattern("one(two)?", slots)),
    )
    found = pattern("(an? )?<value:pair>", slots).fullmatch("AN 12-3")
    assert found is not None
    assert found.groups() == found.groups("value") == ("12-3",)
    assert pattern(r"\(a(?P<x>b)(?=c)c").groups == 1
