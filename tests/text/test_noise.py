"""Changes to training sources: the right share of them, and never more than they may change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialog_s2s.text.noise import Noise
from dialog_s2s.text.shards import Encoding, write_shard
from dialog_s2s.text.tokenizer import END, Tokenizer
from dialog_s2s.text.turns import Role

sentences = st.lists(
    st.sampled_from(["hello there", "when do you open?", "green tea", "쀍", "you", ""]), max_size=3
).map(" ".join)
sources_of = st.lists(st.tuples(st.sampled_from(Role), sentences), min_size=1, max_size=4)
rates = st.floats(0.0, 1.0)


def source(tokenizer: Tokenizer, turns: list[tuple[Role, str]]) -> list[int]:
    return [
        piece for role, text in turns for piece in (tokenizer.roles[role], *tokenizer.encode(text))
    ]


def ordinary(tokenizer: Tokenizer) -> list[int]:
    turns = [(Role.USER, "hello there"), (Role.BOT, "how are you today?"), (Role.USER, "green tea")]
    return source(tokenizer, turns)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@settings(max_examples=50, deadline=None)
@given(turns=sources_of, seed=st.integers(0, 99))
def test_without_rates_nothing_changes(
    tokenizer: Tokenizer, turns: list[tuple[Role, str]], seed: int
) -> None:
    before = source(tokenizer, turns)
    assert Noise(tokenizer).applied(before, rng(seed)) == before


@settings(max_examples=200, deadline=None)
@given(turns=sources_of, seed=st.integers(0, 999), subword=rates, drop=rates)
def test_roles_stay_and_the_newest_turn_keeps_a_piece(
    tokenizer: Tokenizer,
    turns: list[tuple[Role, str]],
    seed: int,
    subword: float,
    drop: float,
) -> None:
    before = source(tokenizer, turns)
    kept = before.copy()
    after = Noise(tokenizer, subword=subword, drop=drop).applied(before, rng(seed))
    roles = set(tokenizer.roles.values())
    assert [p for p in after if p in roles] == [p for p in before if p in roles]
    assert (after[-1] in roles) == (before[-1] in roles)
    assert before == kept
    again = Noise(tokenizer, subword=subword, drop=drop).applied(before, rng(seed))
    assert again == after


@settings(max_examples=100, deadline=None)
@given(turns=sources_of, seed=st.integers(0, 999))
def test_finer_pieces_spell_the_same_text(
    tokenizer: Tokenizer, turns: list[tuple[Role, str]], seed: int
) -> None:
    before = source(tokenizer, turns)
    after = Noise(tokenizer, subword=1.0, cut=1.0).applied(before, rng(seed))
    assert tokenizer.decode(after) == tokenizer.decode(before)
    assert len(after) >= len(before)


def test_pieces_are_cut_finer_at_the_given_rates(tokenizer: Tokenizer) -> None:
    before = ordinary(tokenizer)
    splits = tokenizer.splits()
    can = sum(bool(splits[piece]) for piece in before)
    assert can > 3
    noise = Noise(tokenizer, subword=0.5, cut=0.3)
    random = rng(1)
    grown = [len(noise.applied(before, random)) - len(before) for _ in range(4000)]
    assert np.mean(grown) == pytest.approx(0.5 * 0.3 * can, rel=0.1)
    assert np.mean(np.array(grown) == 0) == pytest.approx(0.5 + 0.5 * 0.7**can, abs=0.03)


def test_every_way_to_split_is_taken(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = [[] for _ in range(tokenizer.size)]
    ways[300] = [(263, 264), (265, 266), (267, 268)]
    monkeypatch.setattr(Tokenizer, "splits", lambda _: ways)
    noise = Noise(tokenizer, subword=1.0, cut=1.0)
    random = rng(2)
    taken = [tuple(noise.applied([300, 301], random)) for _ in range(600)]
    assert {(*way, 301) for way in ways[300]} == set(taken)
    assert min(taken.count(way) for way in set(taken)) > 150


def test_pieces_are_dropped_at_the_given_rate(tokenizer: Tokenizer) -> None:
    before = ordinary(tokenizer)
    words = len(before) - 3
    noise = Noise(tokenizer, drop=0.2)
    random = rng(3)
    gone = [len(before) - len(noise.applied(before, random)) for _ in range(4000)]
    assert np.mean(gone) == pytest.approx(0.2 * words, rel=0.05)


def test_what_would_leave_no_question_is_not_dropped(tokenizer: Tokenizer) -> None:
    before = ordinary(tokenizer)
    assert Noise(tokenizer, drop=1.0).applied(before, rng(4)) == before


def test_names_get_other_slots_and_stay_the_same_names(tokenizer: Tokenizer) -> None:
    first = tokenizer.size
    noise = Noise(tokenizer, subword=1.0, drop=0.5, slots=6)
    before = [*ordinary(tokenizer), first, first + 2, first]
    target = [*tokenizer.encode("tea"), first + 2, 3]
    seen = set()
    for seed in range(40):
        source, said = noise.renumbered(before, target, rng(seed))
        one, two, again = source[-3:]
        assert one == again != two == said[-2]
        assert source[:-3] == before[:-3]
        assert (said[:-2], said[-1]) == (target[:-2], 3)
        seen |= {one, two}
        # nor is one cut finer or dropped, for the reply needs it
        assert [piece for piece in noise.applied(source, rng(seed)) if piece >= first] == [
            one,
            two,
            one,
        ]
    assert seen == set(range(first, first + 6))
    assert Noise(tokenizer).renumbered(before, target, rng(0)) == (before, target)


def test_unrelated_turns_come_without_their_names(tokenizer: Tokenizer, tmp_path: Path) -> None:
    first = tokenizer.size
    encoding = Encoding([*ordinary(tokenizer), first], [*tokenizer.encode("hello"), first, END])
    shard = write_shard(tmp_path / "shard", [encoding], first + 1)
    noise = Noise(tokenizer, stray=1.0, slots=1)
    asked = [tokenizer.roles[Role.USER], *tokenizer.encode("green tea")]
    said = [tokenizer.roles[Role.BOT], *tokenizer.encode("hello")]
    assert noise.exchange(shard, 0) == [*asked, *said]
