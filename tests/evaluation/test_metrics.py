"""Likelihood: each reply for itself, whatever its company."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import dialogues

from dialog_s2s import Bot
from dialog_s2s.evaluation.metrics import (
    Likelihood,
    concatenated,
    joint_likelihood,
    likelihood,
)
from dialog_s2s.generation.engine import SLOTS
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.text.tokenizer import END, START
from dialog_s2s.text.turns import Example, Role, Turn, examples

CORPUS = [example for dialogue in dialogues() for example in examples(dialogue)]
FAR = [
    Example((Turn(Role.USER, "hello"),), reply)
    for reply in ("Hello there!", "x", "We open at nine. " * 5, "안녕", "🙂")
]


@pytest.fixture
def forgetful(tiny_bot: Bot) -> Bot:
    """The same generator, and no answer memory."""
    return Bot(tiny_bot.engine, tiny_bot.format, tiny_bot.config, tiny_bot.path)


def alone(bot: Bot, example: Example) -> tuple[float, int]:
    """Nats and pieces of one reply, a step at a time."""
    backend = bot.engine.backend
    state = backend.encode([bot.format.pieces(example.history)])
    fed, nats = START, 0.0
    wanted = [*bot.format.tokenizer.encode(example.reply), END]
    for piece in wanted:
        logits_RV, state = backend.step([fed], state)
        logits_V = logits_RV[0].astype(np.float64)
        nats -= logits_V[piece] - np.log(np.exp(logits_V - logits_V.max()).sum()) - logits_V.max()
        fed = piece
    return nats, len(wanted)


def test_each_reply_is_scored_as_if_it_were_alone(tiny_bot: Bot) -> None:
    corpus = (CORPUS + FAR) * 2
    assert len(corpus) > SLOTS
    found = likelihood(tiny_bot, corpus)
    for place in (0, 7, len(CORPUS) - 1, *range(len(CORPUS), len(CORPUS) + len(FAR))):
        nats, tokens = alone(tiny_bot, corpus[place])
        assert found.nats_N[place] == pytest.approx(nats, abs=1e-3)
        assert found.tokens_N[place] == tokens
        assert found.characters_N[place] == len(corpus[place].reply)


def test_what_was_learnt_is_likely_and_what_was_not_is_not(tiny_bot: Bot) -> None:
    assert likelihood(tiny_bot, CORPUS).nats_per_char < 0.1
    assert likelihood(tiny_bot, FAR[1:]).nats_per_char > 0.5


def test_a_greedy_reply_is_as_likely_as_it_says(forgetful: Bot) -> None:
    for example in CORPUS[::5]:
        reply = forgetful.reply(example.question, example.history[:-1])
        said = Example(example.history, reply.text)
        (nats,) = likelihood(forgetful, [said]).nats_N
        assert -nats == pytest.approx(reply.log_probability, abs=1e-3)
        assert math.exp(-nats) == pytest.approx(reply.confidence, rel=1e-3)


def test_sums_and_ratios() -> None:
    found = Likelihood(np.array([1.0, 2.0]), np.array([3, 3]), np.array([10, 20]))
    assert (found.nats, found.tokens, found.characters) == (3.0, 6, 30)
    assert found.nats_per_char == pytest.approx(0.1)
    assert found.nats_per_token == pytest.approx(0.5)


def test_parts_and_wholes(tiny_bot: Bot) -> None:
    whole = likelihood(tiny_bot, CORPUS)
    parts = [whole.part(np.arange(10)), whole.part(np.arange(10, len(CORPUS)))]
    again = concatenated(parts)
    assert again.nats_N.tolist() == whole.nats_N.tolist()
    assert (again.tokens, again.characters) == (whole.tokens, whole.characters)


def test_no_replies(tiny_bot: Bot) -> None:
    found = likelihood(tiny_bot, [])
    assert (found.nats, found.tokens, found.characters) == (0.0, 0, 0)
    assert math.isnan(found.nats_per_char)
    assert math.isnan(found.nats_per_token)


def test_without_a_memory_the_joint_is_the_generator(forgetful: Bot) -> None:
    both = [measure(forgetful, FAR).nats_N.tolist() for measure in (joint_likelihood, likelihood)]
    assert both[0] == both[1]


def stepwise(bot: Bot, example: Example) -> float:
    """Nats of one reply under memory and generator together, piece by piece."""
    assert bot.memory is not None
    votes = bot.recall(example.history).votes
    backend = MixedBackend(bot.engine.backend, [votes], bot.memory.prior)
    state = backend.encode([bot.format.pieces(example.history)])
    fed, nats = START, 0.0
    for piece in (*bot.format.tokenizer.encode(example.reply), END):
        logits_RV, state = backend.step([fed], state)
        nats -= float(logits_RV[0, piece])
        fed = piece
    return nats


@pytest.mark.parametrize("example", CORPUS[::6] + CORPUS[-1:] + FAR, ids=lambda each: each.reply)
def test_the_joint_of_a_reply_is_the_product_over_its_pieces(
    tiny_bot: Bot, example: Example
) -> None:
    (nats,) = joint_likelihood(tiny_bot, [example]).nats_N
    assert nats == pytest.approx(stepwise(tiny_bot, example), rel=1e-6, abs=1e-6)


def test_the_joint_of_replies_to_questions_of_other_words(tiny_bot: Bot) -> None:
    asked = ["is there any tea", "what time is it", "zq xv wj", "hello hello"]
    replies = ["Yes, green and black tea.", "We open at nine.", "Goodbye!"]
    far = [Example((Turn(Role.USER, each),), reply) for each in asked for reply in replies]
    shares = set()
    for example in far:
        (nats,) = joint_likelihood(tiny_bot, [example]).nats_N
        assert nats == pytest.approx(stepwise(tiny_bot, example), rel=1e-6, abs=1e-6)
        shares.add(round(tiny_bot.recall(example.history).votes.prior, 2))
    assert len(shares) > 1


def test_what_is_remembered_is_likelier_than_by_the_generator_alone(tiny_bot: Bot) -> None:
    known = likelihood(tiny_bot, CORPUS)
    joint = joint_likelihood(tiny_bot, CORPUS, known)
    assert joint.nats < known.nats / 2
    assert joint.tokens_N is known.tokens_N
    again = joint_likelihood(tiny_bot, CORPUS)
    assert joint.nats_N.tolist() == again.nats_N.tolist()
