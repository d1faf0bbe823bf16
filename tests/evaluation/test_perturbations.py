"""Questions that are put differently: always changed, and only in the way that was named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog_s2s.evaluation.perturbations import TEXT_KINDS, frequencies, perturbed
from dialog_s2s.text.turns import fold

ENGLISH, KOREAN = "when do you open on Sunday?", "일요일에는 몇 시에 문을 여나요?"
LOOKS = ("casing", "punctuation")


def made(text: str, kind: str, seed: int = 0, others: tuple[str, ...] = ()) -> str | None:
    return perturbed(text, kind, np.random.default_rng(seed), frequencies([text, *others]))


@given(
    st.text(max_size=30) | st.sampled_from([ENGLISH, KOREAN, "a", "?!", "ß", "İ", "ᄒ ᅡ", "é é"]),
    st.sampled_from(list(TEXT_KINDS)),
    st.integers(0, 50),
)
def test_changed_or_none(text: str, kind: str, seed: int) -> None:
    found = made(text, kind, seed)
    assert found == made(text, kind, seed)
    if found is not None:
        assert found.strip()
        assert found != " ".join(text.split())
        assert (fold(found) == fold(text)) is (kind in LOOKS)


@pytest.mark.parametrize("kind", TEXT_KINDS)
def test_each_kind_does_something(kind: str) -> None:
    text = KOREAN if kind.startswith("spacing") else ENGLISH
    assert len({made(text, kind, seed) for seed in range(30)} - {None}) > 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hi", "typos"),
        ("tea please", "dropped_word"),
        ("hello", "swapped_words"),
        ("no no", "swapped_words"),
        (KOREAN, "casing"),
        ("?!", "punctuation"),
        (ENGLISH, "spacing_removed"),
        (ENGLISH, "spacing_added"),
        ("안녕하세요", "spacing_removed"),
        ("네", "spacing_added"),
        ("", "typos"),
    ],
)
def test_what_cannot_be_changed(text: str, kind: str) -> None:
    assert made(text, kind) is None


def test_a_word_that_others_share_is_dropped() -> None:
    others = ("do you sell coffee", "do you sell milk", "when do you open")
    for seed in range(20):
        found = made("do you sell tea", "dropped_word", seed, others)
        assert found in ("you sell tea", "do sell tea")


def test_neighbours_are_swapped_and_the_end_stays() -> None:
    assert {made("a b c?", "swapped_words", seed) for seed in range(30)} == {"b a c?", "a c b?"}


def test_spacing_of_korean() -> None:
    removed = {made("몇 시에 문을 여나요?", "spacing_removed", seed) for seed in range(60)}
    assert removed == {
        "몇시에 문을 여나요?",
        "몇 시에문을 여나요?",
        "몇 시에 문을여나요?",
        "몇시에문을여나요?",
    }
    added = {made("여나요?", "spacing_added", seed) for seed in range(30)}
    assert added == {"여 나요?", "여나 요?"}
    assert made("wifi 비번", "spacing_removed") == "wifi비번"
