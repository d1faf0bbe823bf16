"""Greedy and beam search over a table against trying everything."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fakes import (
    SILENT,
    VOCABULARY,
    WORDS,
    Fake,
    Table,
    exhaustive,
    greedy,
    log_probability,
    scrambled,
)

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation.search import Hypothesis, Said, beam, one_by_one
from dialog_s2s.text.tokenizer import END, PADDING, START, UNKNOWN

SOURCE = (4, 7, 8)
GREEDY = GenerationConfig(max_tokens=6)
WIDE = GenerationConfig(method="beam", beam=64, max_tokens=4)
LIMITS = [
    {},
    {"min_tokens": 3},
    {"min_tokens": 0},
    {"no_repeat_ngram": 1},
    {"no_repeat_ngram": 2},
    {"no_repeat_ngram": 1, "min_tokens": 4},
]
limited = pytest.mark.parametrize("limits", LIMITS, ids=str)
seeded = pytest.mark.parametrize("seed", range(6))


def settings(base: GenerationConfig, **changes: object) -> GenerationConfig:
    return GenerationConfig(**{**{name: getattr(base, name) for name in base.__slots__}, **changes})


def searched(table: Table, chosen: GenerationConfig) -> Hypothesis:
    """What `one_by_one` finds for the one source."""
    said = list(one_by_one(Fake(table), [SOURCE], chosen, [0], SILENT))
    assert [each.finish is None for each in said] == [True] * (len(said) - 1) + [False]
    assert {each.source for each in said} == {0}
    return Hypothesis(
        tuple(each.piece for each in said if each.piece is not None),
        sum(each.log_probability for each in said),
        said[-1].finish or "",
    )


def close(found: Hypothesis, wanted: Hypothesis) -> bool:
    return (found.pieces, found.finish) == (wanted.pieces, wanted.finish) and math.isclose(
        found.log_probability, wanted.log_probability, abs_tol=1e-4
    )


def short(said: tuple[int, ...], piece: int) -> np.ndarray:
    """Logits of a piece that is nearly sure."""
    logits = np.zeros(VOCABULARY, dtype=np.float32)
    logits[piece] = 20
    return logits


@limited
@seeded
def test_greedy_takes_the_likeliest_piece(seed: int, limits: dict[str, int]) -> None:
    chosen = settings(GREEDY, **limits)
    table = scrambled(seed)
    assert close(searched(table, chosen), greedy(table, SOURCE, chosen))


@limited
@seeded
@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.0, 2.0])
def test_a_wide_beam_finds_the_best_of_all(
    seed: int, limits: dict[str, int], penalty: float
) -> None:
    chosen = settings(WIDE, length_penalty=penalty, **limits)
    table = scrambled(seed)
    found = beam(Fake(table), SOURCE, chosen, SILENT)
    wanted = exhaustive(table, SOURCE, chosen)
    assert len(found) == min(64, len(wanted))
    for one, (score, other) in zip(found, wanted, strict=False):
        length = len(one.pieces) + (one.finish == "stop")
        assert one.log_probability / max(1, length) ** penalty == pytest.approx(score, abs=1e-4)
        assert close(one, other)


@seeded
def test_a_wide_beam_misses_nothing_when_few_are_kept(seed: int) -> None:
    """Width 30 holds every open prefix of up to three words, so the best 30 are exact."""
    chosen = settings(WIDE, beam=30)
    table = scrambled(seed)
    found = beam(Fake(table), SOURCE, chosen, SILENT)
    for one, (_, other) in zip(found, exhaustive(table, SOURCE, chosen), strict=False):
        assert close(one, other)


@limited
@seeded
def test_a_beam_of_one_without_penalty_is_greedy(seed: int, limits: dict[str, int]) -> None:
    chosen = settings(GREEDY, beam=1, length_penalty=0.0, **limits)
    (found,) = beam(Fake(scrambled(seed)), SOURCE, chosen, SILENT)
    assert close(found, greedy(scrambled(seed), SOURCE, chosen))


@seeded
@pytest.mark.parametrize("width", [2, 3, 5])
def test_the_n_best_are_sorted_and_differ(seed: int, width: int) -> None:
    chosen = settings(GREEDY, beam=width)
    table = scrambled(seed)
    found = beam(Fake(table), SOURCE, chosen, SILENT)
    lengths = [max(1, len(each.pieces) + (each.finish == "stop")) for each in found]
    scores = [each.log_probability / n for each, n in zip(found, lengths, strict=True)]
    assert scores == sorted(scores, reverse=True)
    assert len(found) == width
    assert len({each.pieces for each in found}) == width
    for each in found:
        whole = (*each.pieces, END) if each.finish == "stop" else each.pieces
        wanted = log_probability(table, SOURCE, whole)
        assert each.log_probability == pytest.approx(wanted, abs=1e-4)


def test_a_beam_beats_greed_where_greed_is_led_astray() -> None:
    chance = {(): {6: 0.6, 7: 0.4}, (6,): {6: 0.4, 7: 0.3, 8: 0.3}, (7,): {END: 1.0}}

    def table(_: tuple, said: tuple) -> np.ndarray:
        logits = np.full(VOCABULARY, -30.0, dtype=np.float32)
        for piece, p in chance.get(said, {END: 1.0}).items():
            logits[piece] = math.log(p)
        return logits

    chosen = settings(GREEDY, beam=3, length_penalty=0.0)
    assert searched(table, chosen).pieces == (6, 6)
    assert beam(Fake(table), SOURCE, chosen, SILENT)[0].pieces == (7,)


def test_the_search_goes_on_while_a_longer_reply_can_overtake() -> None:
    """Ending at once is likeliest; a word that is followed by five sure ones scores higher."""

    def table(_: tuple, said: tuple) -> np.ndarray:
        if said:
            return short(said, 7 if len(said) < 6 else END)
        logits = np.full(VOCABULARY, -30.0, dtype=np.float32)
        logits[[END, 6, 8]] = 1.1, 1.0, 0.9
        return logits

    chosen = settings(GREEDY, beam=1, min_tokens=0, max_tokens=8)
    assert beam(Fake(table), SOURCE, chosen, SILENT)[0].pieces == (6, 7, 7, 7, 7, 7)
    short_ones = settings(chosen, length_penalty=0.0)
    assert beam(Fake(table), SOURCE, short_ones, SILENT)[0].pieces == ()


def test_the_length_penalty_favours_long_replies() -> None:
    table = scrambled(3, spread=0.5)
    lengths = [
        len(beam(Fake(table), SOURCE, settings(WIDE, length_penalty=p), SILENT)[0].pieces)
        for p in (0.0, 1.0, 3.0)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_the_end_is_never_fed_and_special_pieces_never_said(method: str) -> None:
    never = {PADDING, UNKNOWN, START, *SILENT}

    def table(source: tuple, said: tuple) -> np.ndarray:
        logits = scrambled(2, 1.0)(source, said)
        logits[list(never)] += 12  # the model would love to say them
        return logits

    fake = Fake(table)
    chosen = GenerationConfig(method=method, max_tokens=5, beam=4, temperature=1.0, top_p=1.0)
    sources = [(4, n) for n in range(20)]
    if method == "beam":
        said = [piece for each in beam(fake, sources[0], chosen, SILENT) for piece in each.pieces]
    else:
        steps = list(one_by_one(fake, sources, chosen, list(range(20)), SILENT))
        assert {each.finish for each in steps} == {None, "stop", "length"}
        said = [each.piece for each in steps if each.piece is not None]
    assert set(said) <= set(WORDS)
    assert len(said) > 4
    assert END not in fake.fed
    assert set(fake.fed) <= {START, *WORDS}


@pytest.mark.parametrize("width", [1, 3])
def test_finish_reasons(width: int) -> None:
    stops = beam(
        Fake(lambda _, said: short(said, END if len(said) == 2 else 6)),
        SOURCE,
        settings(GREEDY, beam=width),
        SILENT,
    )
    assert (stops[0].pieces, stops[0].finish) == ((6, 6), "stop")
    cut = beam(Fake(lambda _, said: short(said, 7)), SOURCE, settings(GREEDY, beam=width), SILENT)
    assert (cut[0].pieces, cut[0].finish) == ((7,) * 6, "length")
    assert searched(lambda _, said: short(said, 7), GREEDY).finish == "length"
    assert searched(lambda _, said: short(said, END), GREEDY).finish == "stop"


@pytest.mark.parametrize("search", ["one_by_one", "beam"])
def test_shortest_and_longest(search: str) -> None:
    for least, most in ((0, 3), (2, 3), (3, 3)):
        chosen = settings(GREEDY, min_tokens=least, max_tokens=most, beam=2, length_penalty=0.0)
        if search == "beam":
            found = beam(Fake(lambda _, said: short(said, END)), SOURCE, chosen, SILENT)[0]
        else:
            found = searched(lambda _, said: short(said, END), chosen)
        assert len(found.pieces) == least
        assert found.finish == ("length" if least == most else "stop")


def test_where_everything_would_repeat_the_reply_ends() -> None:
    chosen = settings(GREEDY, no_repeat_ngram=1, min_tokens=5)
    for found in (
        searched(scrambled(1), chosen),
        beam(Fake(scrambled(1)), SOURCE, settings(chosen, beam=2), SILENT)[0],
    ):
        assert sorted(found.pieces) == [6, 7, 8]
        assert found.finish == "stop"


def test_finished_rows_leave_the_batch() -> None:
    def table(source: tuple, said: tuple) -> np.ndarray:
        return short(said, END if len(said) == source[0] else 6)

    fake = Fake(table)
    said = list(one_by_one(fake, [(3,), (1,), (2,), (1,)], GREEDY, [0] * 4, SILENT))
    assert fake.rows == [4, 4, 2, 1]
    assert [each.source for each in said] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 2, 0]
    assert [each.source for each in said if each.finish == "stop"] == [1, 3, 2, 0]
    assert said[0] == Said(0, 6, pytest.approx(said[0].log_probability), None)
