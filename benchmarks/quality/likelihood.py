"""Part `likelihood`: a bot of real pairs after 90 seconds, on the test split of its corpus.

Nats per character are the negative log-likelihood of the replies' pieces, end piece included,
over the characters of the raw replies, so that tokenizers compare; under the bot's generator
alone, and under generator and memory as one. Replies that also occur in training (`seen`) and
others (`unseen`) are reported apart. chrF and exact are of greedy replies, however unsure the bot
is. The test split is read once, after training; what training holds out is of the training split.
"""

from __future__ import annotations

import numpy as np

from benchmarks.quality.bots import Bots, greedy, read_examples, texts
from benchmarks.quality.figures import Found, Row, at_least, at_most, found
from dialog_s2s.evaluation.metrics import joint_likelihood, likelihood
from dialog_s2s.evaluation.text_metrics import text_scores


def measure(bots: Bots) -> Found:
    """Trains on --corpus and measures on --test."""
    options = bots.options
    trained = bots.corpus(options.corpus)
    test = read_examples(bots.file(options.corpus, options.test))
    known = {answer for _, answer in trained.pairs}
    seen_N = np.array([example.reply in known for example in test])
    alone = likelihood(trained.bot, test)
    joint = joint_likelihood(trained.bot, test, alone)
    strict = (options.corpus, options.test) == ("ko_chatbot", "test")
    rows = []
    for side, chosen in (
        ("all", np.arange(len(test))),
        ("seen", np.flatnonzero(seen_N)),
        ("unseen", np.flatnonzero(~seen_N)),
    ):
        by_itself, joined = alone.part(chosen).nats_per_char, joint.part(chosen).nats_per_char
        wanted = at_most(1.20) if strict and side == "all" else None
        rows += [
            Row(f"nats per character, {side}", joined, "nats", None, wanted),
            Row(f"its generator alone, {side}", by_itself, "nats"),
            Row(f"replies, {side}", len(chosen), "count"),
        ]
    # `joined` and `by_itself` are those of the unseen
    rows.append(
        Row("unseen: what the memory costs", joined - by_itself, "nats", None, at_most(0.05))
    )
    wanted_texts = [(example.reply,) for example in test]
    ones = np.ones(len(test))
    said, looked_up = (
        text_scores(replies, wanted_texts).figures(ones)
        for replies in (
            texts(greedy(trained.bot, [example.history for example in test])),
            trained.looked_up([example.question for example in test]),
        )
    )
    bar = at_least(32.0) if strict else None
    rows += [
        Row("chrF, greedy", said["chrf"], "score", looked_up["chrf"], bar),
        Row("exact, greedy", said["exact"], "share", looked_up["exact"]),
        Row("training", trained.report.outcome.seconds, "seconds"),
        Row("training, all in", trained.seconds, "seconds"),
        Row(
            "passes over the corpus",
            trained.report.outcome.pairs / trained.report.survey.pairs,
            "score",
        ),
    ]
    return found(rows)
