"""What of a conversation the encoder reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text.source import REMEMBERED, SourceFormat, folded
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn

TURNS = [
    Turn(Role.SYSTEM, "we sell tea."),
    Turn(Role.USER, "hello there"),
    Turn(Role.BOT, "how are you today?"),
    Turn(Role.USER, "Do you sell GREEN tea?"),
]
TALK = [Turn(Role.USER, "hi, I want some tea"), *TURNS[1:]]
words = st.sampled_from(["tea", "hello", "Open", "몇 시", "😀", "", " "])
some_turns = st.lists(
    st.builds(
        Turn, st.sampled_from([Role.USER, Role.BOT]), st.lists(words, max_size=6).map(" ".join)
    ),
    min_size=1,
    max_size=7,
)


def segment(tokenizer: Tokenizer, turn: Turn, fold: bool = False) -> list[int]:
    text = folded(turn.text) if fold else turn.text
    return [tokenizer.roles[turn.role], *tokenizer.encode(text)]


def test_turns_follow_each_other_each_behind_its_role(tokenizer: Tokenizer) -> None:
    form = SourceFormat(tokenizer, 1000, 10, False)
    wanted = [piece for turn in TURNS for piece in segment(tokenizer, turn)]
    assert form.pieces(TURNS) == wanted
    assert len(form.read(TURNS)) == 4


@pytest.mark.parametrize("history", [0, 1, 2, 3, 9])
def test_history_turns_are_the_most_of_the_talk_before_the_last(
    tokenizer: Tokenizer, history: int
) -> None:
    form = SourceFormat(tokenizer, 1000, history, False)
    kept = TALK[-1 - history :] if history < 3 else TALK
    assert form.read(TALK) == tuple(kept)
    assert form.pieces(TALK) == [p for turn in kept for p in segment(tokenizer, turn)]


@pytest.mark.parametrize("history", [0, 1, 2, 9])
def test_a_persona_stays_when_older_turns_fall_out(tokenizer: Tokenizer, history: int) -> None:
    form = SourceFormat(tokenizer, 1000, history, False)
    assert form.read(TURNS) == (TURNS[0], *form.read(TURNS[1:]))
    rows = [*TURNS[1:3], Turn(Role.SYSTEM, "tea 3"), *TURNS[1:]]
    spoken = [0, 1, 3, 4, 5]
    wanted = sorted({2, *spoken[-1 - min(history, 4) :]})
    assert form.read(rows) == tuple(rows[place] for place in wanted)


def test_a_persona_comes_before_older_turns_where_room_ends(tokenizer: Tokenizer) -> None:
    lengths = [len(segment(tokenizer, turn)) for turn in TURNS]
    form = SourceFormat(tokenizer, lengths[0] + lengths[-1] + min(lengths[1:3]) - 1, 10, False)
    assert form.read(TURNS) == (TURNS[0], TURNS[-1])
    form = SourceFormat(tokenizer, lengths[0] + lengths[-1] - 1, 10, False)
    assert TURNS[0] not in form.read(TURNS)


def test_older_turns_are_dropped_whole_oldest_first(tokenizer: Tokenizer) -> None:
    lengths = [len(segment(tokenizer, turn)) for turn in TALK]
    for kept in range(1, 5):
        budget = sum(lengths[-kept:])
        for room in range(lengths[-kept - 1] if kept < 4 else 5):
            form = SourceFormat(tokenizer, budget + room, 10, False)
            assert form.read(TALK) == tuple(TALK[-kept:])
            assert len(form.pieces(TALK)) == budget


def test_a_long_turn_is_not_jumped_over(tokenizer: Tokenizer) -> None:
    turns = [Turn(Role.USER, "tea"), Turn(Role.BOT, "tea " * 50), Turn(Role.USER, "tea")]
    form = SourceFormat(tokenizer, 20, 10, False)
    assert form.pieces(turns) == segment(tokenizer, turns[-1])


def test_the_newest_turn_is_cut_at_its_end_only(tokenizer: Tokenizer) -> None:
    whole = segment(tokenizer, TURNS[-1])
    for budget in range(1, len(whole) + 1):
        form = SourceFormat(tokenizer, budget, 10, False)
        assert form.pieces(TURNS) == whole[:budget]
        assert form.read(TURNS) == (TURNS[-1],)


def test_case_is_folded_where_asked(tokenizer: Tokenizer) -> None:
    shouted = [Turn(Role.USER, "WHEN Do You Open?")]
    quiet = [Turn(Role.USER, "when do you open")]
    fold = SourceFormat(tokenizer, 100, 0, True)
    assert fold.pieces(shouted) == fold.pieces(quiet)
    plain = SourceFormat(tokenizer, 100, 0, False)
    assert plain.pieces(shouted) != plain.pieces(quiet)
    assert plain.pieces(quiet) == fold.pieces(quiet)


@settings(max_examples=200, deadline=None)
@given(
    turns=some_turns,
    budget=st.integers(1, 60),
    history=st.integers(0, 5),
    fold=st.booleans(),
)
def test_a_source_is_the_newest_whole_turns_that_fit(
    tokenizer: Tokenizer, turns: list[Turn], budget: int, history: int, fold: bool
) -> None:
    form = SourceFormat(tokenizer, budget, history, fold)
    found = form.pieces(turns)
    assert len(found) <= budget
    segments = [segment(tokenizer, turn, fold) for turn in turns]
    used = len(form.read(turns))
    assert 1 <= used <= min(len(turns), history + 1)
    kept = [piece for each in segments[-used:] for piece in each]
    assert found == (kept if used > 1 else kept[:budget])
    if used < min(len(turns), history + 1):
        assert len(kept) + len(segments[-used - 1]) > budget


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hello", "hello"),
        ("Who are you?!", "who are you"),
        ("그건 얼마예요?", "그건 얼마예요"),
        ("well... yes.", "well... yes"),
        ("3.5", "3.5"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_folding_takes_case_and_closing_punctuation_and_never_everything(
    text: str, kept: str
) -> None:
    assert folded(text) == kept


def test_what_was_remembered_comes_first_as_it_would_be_said(tokenizer: Tokenizer) -> None:
    form = SourceFormat(tokenizer, 1000, 10, True)
    best, next_best = "We sell GREEN tea.", "Yes!"
    wanted = [
        *[tokenizer.memory, *tokenizer.encode(next_best)],
        *[tokenizer.memory, *tokenizer.encode(best)],
        *form.pieces(TURNS),
    ]
    assert form.pieces(TURNS, [best, next_best]) == wanted


def test_what_was_remembered_takes_no_room_of_the_turns_and_is_cut(tokenizer: Tokenizer) -> None:
    form = SourceFormat(tokenizer, 12, 10, False)
    found = form.pieces(TURNS, ["tea " * 500])
    assert found[0] == tokenizer.memory
    assert found[REMEMBERED + 1 :] == form.pieces(TURNS)
