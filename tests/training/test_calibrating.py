"""How sure a fresh bot may be: figures by hand, and bars that reach the precision asked for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from stores import SYNONYMS
from tiny import dialogues

from dialog_s2s import Bot
from dialog_s2s.dialogue.confidence import CLEAR, FEATURES
from dialog_s2s.errors import ConfigError
from dialog_s2s.generation.torch_backend import TorchBackend
from dialog_s2s.memory.keys import key
from dialog_s2s.memory.rows import NewRow, Row
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.turns import Example, Origin, Role, Turn, examples, fold
from dialog_s2s.training import calibration as module
from dialog_s2s.training.calibration import (
    HELD_OUT,
    LEFT_OUT,
    Asked,
    _known,
    _left_out,
    _Probe,
    ask,
    calibration_error,
    fit,
)
from dialog_s2s.training.memory import rows_of

CORPUS = [example for dialogue in dialogues() for example in examples(dialogue)]
ROWS = rows_of(CORPUS, 4)


def replies(scores: NDArray[np.float64], right: NDArray[np.bool_], known: NDArray) -> Asked:
    """Replies of which a single number is known."""
    features = np.zeros((len(scores), len(FEATURES)))
    features[:, 0] = 1.0
    features[:, FEATURES.index("weight")] = scores
    return Asked(features, right.astype(bool), known.astype(bool))


def drawn(count: int, steepness: float, seed: int = 1) -> Asked:
    """Half known, half unknown; the known are right the likelier the higher their score."""
    random = np.random.default_rng(seed)
    known = np.arange(count) % 2 == 0
    scores = random.normal(size=count) + 2.0 * known
    chances = 1 / (1 + np.exp(-steepness * (scores - 1.0)))
    return replies(scores, known & (random.random(count) < chances), known)


def test_what_is_as_sure_as_it_is_right_has_no_error() -> None:
    random = np.random.default_rng(2)
    confidence = random.random(20_000)
    right = random.random(20_000) < confidence
    assert calibration_error(confidence, right, np.ones(20_000)) < 0.015
    assert calibration_error(confidence**3, right, np.ones(20_000)) > 0.2


def test_the_error_by_hand() -> None:
    confidence = np.array([0.05, 0.15, 0.15, 0.95, 1.0])
    right = np.array([False, True, False, True, True])
    weights = np.array([1.0, 1.0, 3.0, 2.0, 1.0])
    # bins: 0.05 of 1; (0.15 - 0.25) of 4; (0.9666 - 1) of 3
    wanted = (0.05 * 1 + 0.1 * 4 + (0.1 / 3) * 3) / 8
    assert calibration_error(confidence, right, weights) == pytest.approx(wanted)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.floats(0.1, 9)), min_size=1))
def test_the_error_is_a_share(items: list[tuple[float, bool, float]]) -> None:
    confidence, right, weights = (np.array(each) for each in zip(*items, strict=True))
    assert 0.0 <= calibration_error(confidence, right, weights) <= 1.0
    assert calibration_error(right.astype(float), right, weights) == 0.0


def confidence_of(asked: Asked, fitted: module.Fitted) -> NDArray[np.float64]:
    return np.array([fitted.confidence.of(each, False) for each in asked.features_QF.tolist()])


def test_a_bar_reaches_the_precision_where_right_and_wrong_lie_apart() -> None:
    random = np.random.default_rng(3)
    known = np.arange(400) % 2 == 0
    scores = np.where(known, 0.8, 0.2) + random.uniform(-0.1, 0.1, 400)
    asked = replies(scores, known, known)
    for precision in (0.9, 0.95, 0.99):
        fitted = fit(asked, precision)
        assert fitted.reached
        assert fitted.answered > 0.99
        assert fitted.precision >= precision
        said = confidence_of(asked, fitted) >= fitted.confidence.threshold
        assert said[known].mean() > 0.99
        assert known[said].mean() > precision - 0.01
    assert (fitted.confidence.error or 0.0) < 0.05


@pytest.mark.parametrize("precision", [0.6, 0.8, 0.9])
def test_a_bar_reaches_the_precision_at_a_price(precision: float) -> None:
    asked = drawn(4000, 4.0)
    fitted = fit(asked, precision)
    assert fitted.reached
    assert fitted.precision == pytest.approx(precision, abs=0.01)
    said = confidence_of(asked, fitted) >= fitted.confidence.threshold
    assert asked.right_Q[said].mean() == pytest.approx(precision, abs=0.03)
    assert said[asked.known_Q].mean() == pytest.approx(fitted.answered, abs=0.03)


def test_more_precision_is_a_higher_bar_and_fewer_answers() -> None:
    asked = drawn(2000, 4.0)
    made = [fit(asked, precision) for precision in (0.5, 0.7, 0.9)]
    assert all(each.reached for each in made)
    bars = [each.confidence.threshold for each in made]
    assert bars == sorted(set(bars))
    shares = [each.answered for each in made]
    assert shares == sorted(set(shares), reverse=True)


def test_where_no_bar_reaches_it_a_tenth_is_refused() -> None:
    """Open chat: most replies are not the one that the corpus has."""
    fitted = fit(drawn(2000, 0.0), 0.95)
    assert not fitted.reached
    assert fitted.answered == pytest.approx(0.9, abs=0.01)
    assert fitted.precision < 0.7


def test_where_it_would_refuse_most_a_tenth_of_the_right_is_withheld() -> None:
    random = np.random.default_rng(5)
    known = np.arange(1000) % 2 == 0
    sure = random.random(1000) < 0.2
    right = known & (sure | (random.random(1000) < 0.3))
    scores = np.where(known & sure, 1.0, 0.0) + random.normal(0, 0.05, 1000)
    fitted = fit(replies(scores, right, known), 0.95)
    assert not fitted.reached
    # all of the sure fifth, and of the rest what is above nine tenths of all right ones
    unsure = right.sum() - (known & sure).sum()
    kept = 1 - 0.1 * right.sum() / unsure
    assert fitted.answered == pytest.approx(0.2 + 0.8 * kept, abs=0.04)


def test_replies_that_are_equally_sure_are_said_or_not_together() -> None:
    """Or the bar would let through what it was not measured with."""
    known = np.arange(100) < 50
    right = np.arange(100) < 46
    scores = np.where(np.arange(100) < 40, 1.0, 0.5)  # six of sixty are right at a half
    fitted = fit(replies(scores, right, known), 0.95)
    assert fitted.reached
    assert fitted.precision >= 0.95
    assert fitted.answered == pytest.approx(0.8)


def test_no_bar_keeps_the_very_words_from_being_answered() -> None:
    known = np.arange(20_000) < 10_000
    asked = replies(np.where(known, 1.0, 0.0), known, known)
    assert fit(asked, 1.0).confidence.threshold <= CLEAR


def test_known_and_unknown_count_alike_however_many() -> None:
    """A bar for half of the questions being strange, were ten times as many known ones asked."""
    random = np.random.default_rng(6)
    known = np.arange(4400) < 4000
    scores = random.normal(size=4400) + 1.5 * known
    few = fit(replies(scores, known, known), 0.85)
    kept = np.concatenate([np.arange(400), np.arange(4000, 4400)])
    even = fit(replies(scores[kept], known[kept], known[kept]), 0.85)
    assert few.reached
    assert few.confidence.threshold == pytest.approx(even.confidence.threshold, abs=0.1)
    assert few.answered == pytest.approx(even.answered, abs=0.08)


def test_the_confidence_is_calibrated() -> None:
    asked = drawn(6000, 3.0)
    fitted = fit(asked, 0.9)
    assert fitted.confidence.error is not None
    assert fitted.confidence.error < 0.04
    sure = confidence_of(asked, fitted)
    assert calibration_error(sure, asked.right_Q, np.ones(6000)) < 0.04
    order = np.argsort(asked.features_QF[:, FEATURES.index("weight")])
    assert (np.diff(sure[order]) >= -1e-9).all()


def test_the_curve_is_of_coverage_and_accuracy() -> None:
    fitted = fit(drawn(2000, 6.0), 0.9)
    bars, coverage, accuracy = zip(*fitted.confidence.curve, strict=True)
    assert bars == tuple(round(0.05 * place, 4) for place in range(20))
    assert coverage[0] == pytest.approx(1.0)
    assert list(coverage) == sorted(coverage, reverse=True)
    assert accuracy[0] < 0.5 < 0.9 < accuracy[16]


def test_fitting_is_repeatable() -> None:
    assert fit(drawn(500, 3.0), 0.9) == fit(drawn(500, 3.0), 0.9)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-5, 5), st.booleans(), st.booleans()), min_size=3, max_size=40),
    st.floats(0, 1),
)
def test_whatever_came_of_asking_there_is_a_bar(
    items: list[tuple[float, bool, bool]], precision: float
) -> None:
    fitted = fit(replies(*map(np.array, zip(*items, strict=True))), precision)
    assert 0.0 <= fitted.confidence.threshold <= 1.0
    assert 0.0 <= fitted.answered <= 1.0
    assert 0.0 <= fitted.precision <= 1.0
    assert not fitted.reached or fitted.precision >= min(precision, 1.0) - 1e-9
    assert all(map(math.isfinite, fitted.confidence.coefficients))
    assert fitted.confidence == type(fitted.confidence).from_tree(fitted.confidence.tree())


def asked_of(bot: Bot, held_out: Sequence[Example] = (), seed: int = 1) -> Asked:
    return ask(bot, ROWS, held_out, seed)


def test_what_is_known_and_what_is_not_are_asked(tiny_bot: Bot) -> None:
    asked = asked_of(tiny_bot)
    assert asked.features_QF.shape == (len(asked.right_Q), len(FEATURES))
    assert len(ROWS) <= asked.known_Q.sum() <= len(ROWS) + 10  # ten answers could be lessons
    assert 0.1 < asked.known_Q.mean() < 0.8
    assert not asked.right_Q[~asked.known_Q].any()
    assert asked.right_Q[asked.known_Q].any()
    assert np.isfinite(asked.features_QF).all()


def test_the_seed_alone_decides(tiny_bot: Bot) -> None:
    made = [asked_of(tiny_bot, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(made[0].features_QF, made[1].features_QF)
    assert np.array_equal(made[0].right_Q, made[1].right_Q)
    assert not np.array_equal(made[0].features_QF, made[2].features_QF)


def scarce(patch: pytest.MonkeyPatch, most: int) -> None:
    """Memory for so many sources at once."""
    real = TorchBackend.encode

    def encode(self: TorchBackend, sources: Sequence[Sequence[int]]) -> object:
        if len(sources) > most:
            raise MemoryError
        return real(self, sources)

    patch.setattr(TorchBackend, "encode", encode)


def test_where_memory_runs_out_it_is_asked_by_halves(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked_of(tiny_bot)
    scarce(monkeypatch, 4)
    found = asked_of(tiny_bot)
    assert np.allclose(found.features_QF, wanted.features_QF, atol=1e-4)
    assert np.array_equal(found.right_Q, wanted.right_Q)
    assert np.array_equal(found.known_Q, wanted.known_Q)
    scarce(monkeypatch, 0)
    with pytest.raises(ConfigError, match="memory does not suffice for a single example"):
        asked_of(tiny_bot)


def rows_in(bot: Bot) -> list[Row]:
    assert bot.memory is not None
    return list(bot.memory.rows)


def known(
    held_out: Sequence[Example] = (),
    rows: Sequence[NewRow] = ROWS,
    thesaurus: Thesaurus = EMPTY,
) -> list[_Probe]:
    return _known(rows, held_out, thesaurus, np.random.default_rng(1))


def test_its_own_questions_are_asked_without_their_rows(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Misspelt ones too: the row would still be the nearest. Where it is the only one, it stays,
    and what cannot be misspelt, such as "hi", is not asked."""
    monkeypatch.setattr(module, "MISSPELT", 1.0)
    monkeypatch.setattr(module, "REWORDED", 0.0)
    probes = known()
    assert len(ROWS) - 3 <= len(probes) <= len(ROWS)
    assert {probe.kind for probe in probes} == {LEFT_OUT}
    asked = {fold(row.question) for row in ROWS}
    assert sum(fold(probe.turns[-1].text) not in asked for probe in probes) > len(ROWS) / 2
    assert {probe.turns[:-1] for probe in probes if not probe.own} <= {
        row.context for row in ROWS if row.context
    }
    for probe in probes:
        without = _left_out(probe)
        own = [row for row in rows_in(tiny_bot) if key(row.question, row.context) == probe.own]
        assert len(own) == bool(probe.own)
        assert all(without(row) and fold(row.answer) in probe.wanted for row in own)


def test_its_own_questions_are_asked_in_other_words(
    tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their rows there, by which they may be known; what no word of the thesaurus is in is
    asked without its row, or misspelt if it is the only one of its answer."""
    monkeypatch.setattr(module, "REWORDED", 1.0)
    asked = {fold(row.question) for row in ROWS}
    for thesaurus in (EMPTY, SYNONYMS):
        probes = known(thesaurus=thesaurus)
        changed = [probe for probe in probes if fold(probe.turns[-1].text) not in asked]
        assert changed
        assert not any(probe.own for probe in changed)
        assert not any(_left_out(probe)(row) for probe in changed for row in rows_in(tiny_bot))
        said = [probe.turns[-1].text.split() for probe in probes]
        assert any("start" in words for words in said) == (thesaurus is SYNONYMS)


def test_held_out_questions_are_asked_as_they_are() -> None:
    held_out = CORPUS[::3]
    probes = [each for each in known(held_out) if each.kind == HELD_OUT]
    assert not any(probe.own for probe in probes)
    assert {probe.turns for probe in probes} == {example.history for example in held_out}
    replies_of = {example.history: fold(example.reply) for example in held_out}
    assert all(probe.wanted == {replies_of[probe.turns]} for probe in probes)


def test_where_enough_is_held_out_its_own_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEW", 5)
    probes = known(CORPUS[:6])
    assert {probe.kind for probe in probes} == {HELD_OUT}


@pytest.mark.parametrize(("meaning", "right"), [(Origin("a.yaml", 3), 2), (None, 1)])
def test_what_means_the_same_is_right(meaning: Origin | None, right: int) -> None:
    corpus = [
        Example((Turn(Role.USER, question),), reply, None, meaning)
        for question, reply in (("one two", "Three."), ("four five", "Six."))
    ]
    probes = known(corpus[:1], rows_of(corpus, 0))
    assert {probe.kind for probe in probes} == {HELD_OUT, LEFT_OUT}
    assert all(len(probe.wanted) == right for probe in probes)
