"""Sampling: fixed by its seed, alone or in company, and from the distribution it should be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from fakes import SILENT, VOCABULARY, WORDS, Fake, scrambled

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.search import one_by_one
from dialog_s2s.text.tokenizer import END

FREE = GenerationConfig(method="sample", temperature=1.0, top_p=1.0, max_tokens=8)
LOGITS = {6: 2.0, 7: 1.0, 8: 0.0, END: -1.0}
DRAWS = 4000


def replies(sources: list[tuple], settings: GenerationConfig, seeds: list[int]) -> list[tuple]:
    said: list[list[int]] = [[] for _ in sources]
    for each in one_by_one(Fake(scrambled(1, 1.0)), sources, settings, seeds, SILENT):
        if each.piece is not None:
            said[each.source].append(each.piece)
    return [tuple(pieces) for pieces in said]


def drawn(**changes: object) -> Counter[int]:
    """How often each piece is said first."""
    logits = np.full(VOCABULARY, 5.0, dtype=np.float32)  # of what may not be said
    logits[list(LOGITS)] = list(LOGITS.values())
    settings = GenerationConfig(
        **{
            "method": "sample",
            "temperature": 1.0,
            "top_p": 1.0,
            "min_tokens": 0,
            "max_tokens": 1,
            **changes,
        }
    )
    fake = Fake(lambda *_: logits)
    said = one_by_one(fake, [(4,)] * DRAWS, settings, list(range(DRAWS)), SILENT)
    return Counter(END if each.piece is None else each.piece for each in said)


def expected(temperature: float, pieces: list[int]) -> dict[int, float]:
    powers = {piece: np.exp(LOGITS[piece] / temperature) for piece in pieces}
    return {piece: float(power / sum(powers.values())) for piece, power in powers.items()}


def near(found: Counter[int], wanted: dict[int, float]) -> None:
    """Each frequency within five standard deviations, and nothing else drawn."""
    assert found.keys() <= wanted.keys()
    for piece, chance in wanted.items():
        deviation = (chance * (1 - chance) / DRAWS) ** 0.5
        assert found[piece] / DRAWS == pytest.approx(chance, abs=5 * deviation + 1e-9)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_frequencies_are_those_of_the_distribution(temperature: float) -> None:
    near(drawn(temperature=temperature), expected(temperature, list(LOGITS)))


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_is_respected(k: int) -> None:
    near(drawn(top_k=k), expected(1.0, list(LOGITS)[:k]))


@pytest.mark.parametrize(("p", "kept"), [(0.6, 1), (0.7, 2), (0.9, 3), (0.99, 4)])
def test_top_p_is_respected(p: float, kept: int) -> None:
    near(drawn(top_p=p), expected(1.0, list(LOGITS)[:kept]))


@pytest.mark.parametrize(("share", "kept"), [(0.5, 1), (0.3, 2), (0.1, 3), (0.01, 4), (1e-60, 4)])
def test_min_p_is_respected(share: float, kept: int) -> None:
    near(drawn(min_p=share), expected(1.0, list(LOGITS)[:kept]))


def test_the_shortest_reply_is_respected() -> None:
    near(drawn(min_tokens=1), expected(1.0, list(WORDS)))


def test_a_low_temperature_is_greedy() -> None:
    assert drawn(temperature=0.01) == {6: DRAWS}


def test_the_log_probability_is_the_models_not_the_rules() -> None:
    logits = np.zeros(VOCABULARY, dtype=np.float32)
    settings = GenerationConfig(method="sample", temperature=0.3, top_k=1, max_tokens=1)
    (said,) = one_by_one(Fake(lambda *_: logits), [(4,)], settings, [0], SILENT)
    assert said.log_probability == pytest.approx(-np.log(VOCABULARY))


def test_a_seed_fixes_the_reply() -> None:
    sources = [(4, 6)] * 30
    first = replies(sources, FREE, list(range(30)))
    assert replies(sources, FREE, list(range(30))) == first
    assert len(set(first)) > 5
    assert replies(sources, FREE, list(range(100, 130))) != first


@pytest.mark.parametrize("company", [8, 32])
def test_company_does_not_matter(company: int) -> None:
    sources = [(4, *range(6, 6 + n % 3)) for n in range(company)]
    together = replies(sources, FREE, [7 * n for n in range(company)])
    alone = [replies([source], FREE, [7 * place])[0] for place, source in enumerate(sources)]
    assert together == alone
    assert len({len(each) for each in alone}) > 2


def test_the_same_seed_twice_in_a_batch_is_the_same_reply() -> None:
    first, other, again = replies([(4, 6)] * 3, FREE, [3, 4, 3])
    assert first == again != other
