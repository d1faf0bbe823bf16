"""The engine: many sources, each as if it were alone, in the order they came."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fakes import Fake, Table, scrambled

from dialog_s2s.config import GenerationConfig
from dialog_s2s.generation import engine as module
from dialog_s2s.generation.engine import SLOTS, Engine
from dialog_s2s.memory.mixture import SILENT, Votes
from dialog_s2s.text.tokenizer import END, START, Tokenizer

SOURCES = [(4, *range(7, 7 + n % 5), n) for n in range(2 * SLOTS + 7)]
SEEDS = list(range(len(SOURCES)))
METHODS = {
    method: GenerationConfig(method=method, temperature=1.0, max_tokens=7, beam=3)
    for method in ("greedy", "sample", "beam")
}
each_method = pytest.mark.parametrize("settings", METHODS.values(), ids=METHODS)


@pytest.fixture
def table(tokenizer: Tokenizer) -> Table:
    return scrambled(4, 4.0, tokenizer.size)


@pytest.fixture
def engine(table: Table, tokenizer: Tokenizer) -> Engine:
    return Engine(Fake(table, tokenizer.size), tokenizer)


@each_method
def test_replies_keep_the_order(engine: Engine, settings: GenerationConfig) -> None:
    found = engine.replies(SOURCES, settings, SEEDS)
    alone = [
        engine.replies([source], settings, [seed])[0]
        for source, seed in zip(SOURCES, SEEDS, strict=True)
    ]
    assert found == alone
    assert len({each.pieces for each in found}) > len(SOURCES) // 2


def test_no_more_than_the_slots_at_once(engine: Engine) -> None:
    engine.replies(SOURCES, METHODS["greedy"], SEEDS)
    assert engine.backend.encoded == [SLOTS, SLOTS, 7]  # type: ignore[attr-defined]
    assert max(engine.backend.rows) == SLOTS  # type: ignore[attr-defined]


def test_like_lengths_are_decoded_together(engine: Engine, monkeypatch) -> None:
    batches: list[list[int]] = []
    real = engine.backend.encode

    def encode(sources):
        batches.append([len(source) for source in sources])
        return real(sources)

    monkeypatch.setattr(engine.backend, "encode", encode)
    engine.replies(SOURCES, METHODS["greedy"], SEEDS)
    flat = [length for batch in batches for length in batch]
    assert flat == sorted(flat)
    assert flat != [len(source) for source in SOURCES]


@each_method
def test_nothing_asked_nothing_said(engine: Engine, settings: GenerationConfig) -> None:
    assert engine.replies([], settings, []) == []


@each_method
def test_a_stream_is_the_reply(engine: Engine, settings: GenerationConfig) -> None:
    for source, seed in zip(SOURCES[:20], SEEDS, strict=False):
        (reply,) = engine.replies([source], settings, [seed])
        said = list(engine.stream(source, settings, seed))
        assert tuple(each.piece for each in said if each.piece is not None) == reply.pieces
        assert sum(each.log_probability for each in said) == pytest.approx(reply.log_probability)
        assert [each.finish for each in said if each.finish] == [reply.finish]
        assert said[-1].finish == reply.finish


@pytest.mark.parametrize("method", ["greedy", "sample"])
def test_a_stream_says_each_piece_at_once(engine: Engine, method: str) -> None:
    stream = engine.stream(SOURCES[0], METHODS[method], 1)
    next(stream)
    assert engine.backend.fed == [START]  # type: ignore[attr-defined]


@each_method
def test_candidates_begin_with_the_reply(engine: Engine, settings: GenerationConfig) -> None:
    found = engine.candidates(SOURCES[3], settings, 9)
    assert found[0] == engine.replies([SOURCES[3]], settings, [9])[0]
    assert len(found) == (3 if settings.method == "beam" else 1)


@each_method
def test_role_pieces_are_never_said(table: Table, tokenizer: Tokenizer, settings) -> None:
    roles = list(tokenizer.openers)

    def fond(source, said):
        logits = table(source, said)
        logits[roles] += 50
        return logits

    engine = Engine(Fake(fond, tokenizer.size), tokenizer)
    said = [piece for each in engine.replies(SOURCES, settings, SEEDS) for piece in each.pieces]
    assert len(said) > len(SOURCES)
    assert not set(said) & {0, 1, 2, 3, *roles}


@each_method
def test_threads_do_not_disturb_each_other(engine: Engine, settings: GenerationConfig) -> None:
    wanted = [engine.replies(SOURCES[n : n + 9], settings, SEEDS[n : n + 9]) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(
            pool.map(
                lambda n: engine.replies(SOURCES[n : n + 9], settings, SEEDS[n : n + 9]), range(8)
            )
        )
    assert found == wanted


def test_fewer_slots_change_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = engine.replies(SOURCES, METHODS["sample"], SEEDS)
    monkeypatch.setattr(module, "SLOTS", 3)
    assert engine.replies(SOURCES, METHODS["sample"], SEEDS) == wanted


def voted(answer: int, weight: float) -> Votes:
    """For an answer of two pieces, by which it is known, and one that begins as it does."""
    votes = ((200, 200 + answer, END), (200, 199, 198, END))
    return Votes(votes, (weight, 0.1 * weight), 0.0, 1 - 1.1 * weight)


VOTES = [SILENT if place % 3 == 0 else voted(place, 0.9) for place in range(len(SOURCES))]


@each_method
def test_each_source_has_its_own_votes(engine: Engine, settings: GenerationConfig) -> None:
    found = engine.replies(SOURCES, settings, SEEDS, VOTES)
    alone = [
        engine.candidates(source, settings, seed, votes)[0]
        for source, seed, votes in zip(SOURCES, SEEDS, VOTES, strict=True)
    ]
    assert found == alone
    silent = engine.replies(SOURCES, settings, SEEDS)
    assert found[::3] == silent[::3]
    recalled = [each.pieces == (200, 200 + place) for place, each in enumerate(found)]
    assert not any(recalled[::3])
    assert sum(recalled) > len(SOURCES) // 2
    if settings.method == "greedy":
        likely = [
            each.log_probability for each, known in zip(found, recalled, strict=True) if known
        ]
        # what the generator adds to the vote is next to nothing
        assert likely == pytest.approx([np.log(0.9)] * sum(recalled), abs=0.01)


@each_method
def test_a_stream_with_votes_is_the_reply(engine: Engine, settings: GenerationConfig) -> None:
    for place in range(1, 12):
        (reply,) = engine.replies([SOURCES[place]], settings, [place], [VOTES[place]])
        said = list(engine.stream(SOURCES[place], settings, place, VOTES[place]))
        assert tuple(each.piece for each in said if each.piece is not None) == reply.pieces
        assert sum(each.log_probability for each in said) == pytest.approx(reply.log_probability)


def test_attention_to_what_is_said(engine: Engine) -> None:
    weights_TS = engine.attended(SOURCES[3], (200, 201))
    assert engine.backend.fed == [START, 200, 201]  # type: ignore[attr-defined]
    assert weights_TS.shape == (3, len(SOURCES[3]))
    assert weights_TS.sum(1) == pytest.approx(np.ones(3))
    assert engine.attended(SOURCES[3], ()).shape == (1, len(SOURCES[3]))


REPLY = (200, 201, 200)
EACH_VOTES = pytest.mark.parametrize(
    "votes",
    [
        SILENT,
        Votes(((*REPLY, END), (200, END), (9, 201, END)), (0.3, 0.2, 0.1), 0.0, 0.4),
        Votes(((*REPLY, END), (*REPLY, 7, END)), (0.6, 0.4), 0.0, 0.0),
        Votes(((9, END),), (0.5,), 0.0, 0.5),
        Votes(((9, END),), (1.0,), 0.0, 0.0),
    ],
)


@EACH_VOTES
@pytest.mark.parametrize("pieces", [(), (200,), REPLY, (9, 9)])
def test_the_probability_of_each_piece(
    engine: Engine, votes: Votes, pieces: tuple[int, ...]
) -> None:
    found = engine.probabilities(SOURCES[3], pieces, votes)
    assert len(found) == len(pieces) + 1
    assert all(0 <= each <= 1 for each in found)
    (whole,) = engine.likelihood([SOURCES[3]], [(*pieces, END)], [votes])
    assert np.prod(found) == pytest.approx(np.exp(whole), rel=1e-4)
