"""Part `ablation`: what every part of the answer memory is worth, by leaving it out.

For each variant a bot is trained on ko_chatbot and measured on its valid split, in nats per
character under memory and generator together, and a starter bot on the wordings held back, as
they are and with typos. Without lexical likeness the rows to rank are still found by their terms:
see `leave_out`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.quality.bots import WHOLE, Bots, Variant, greedy, read_examples, texts
from benchmarks.quality.figures import UNITS, Found, table
from benchmarks.quality.held_back import follow_ups, right, said, user, wordings_held_back
from benchmarks.quality.starter import typed
from dialog_s2s.evaluation.metrics import joint_likelihood, likelihood
from dialog_s2s.text.turns import Turn

CORPUS, SPLIT = "ko_chatbot", "valid"

LEFT_OUT = (
    Variant("without lexical likeness", unranked=("lexical",)),
    Variant("without the thesaurus", {"thesaurus": False}),
    Variant("without names", unranked=("named",)),
    Variant("without learned vectors", {"learned": 0}),
    Variant("without likeness to the answer", unranked=("answer", "told")),
    Variant("without the prior", {"prior": False}),
    Variant("without the copy gate", model={"copy": False}),
    Variant("with a copy gate everywhere", model={"copy": True}),
    Variant("with an answer read by the encoder", {"neighbours": 1}),
    Variant("with an answer that it may copy", {"neighbours": 1}, {"copy": True}),
    Variant("without the memory", {"enabled": False}),
)


def measure(bots: Bots) -> Found:
    """Trains two bots a variant."""
    variants = [WHOLE, *LEFT_OUT]
    if bots.options.encoder:
        place = bots.options.encoder
        variants.append(Variant("with a sentence encoder", {"embeddings": place}))
    figures = {each.name: {**_likelihood(bots, each), **_starter(bots, each)} for each in variants}
    names = list(figures[WHOLE.name])
    rows = [
        [
            variant,
            *(UNITS["nats" if "nats" in name else "share"](values[name]) for name in names),
        ]
        for variant, values in figures.items()
    ]
    return Found(figures, table(["", *names], rows))


def _likelihood(bots: Bots, variant: Variant) -> dict[str, float]:
    trained = bots.corpus(CORPUS, variant)
    valid = read_examples(bots.file(CORPUS, SPLIT))
    known = {answer for _, answer in trained.pairs}
    seen_N = np.array([example.reply in known for example in valid])
    joint = joint_likelihood(trained.bot, valid, likelihood(trained.bot, valid))
    return {
        "nats/char": joint.nats_per_char,
        "nats, seen": joint.part(np.flatnonzero(seen_N)).nats_per_char,
        "nats, unseen": joint.part(np.flatnonzero(~seen_N)).nats_per_char,
    }


def _starter(bots: Bots, variant: Variant) -> dict[str, float]:
    bot = bots.starter(variant).bot
    back = wordings_held_back(bots.intents)
    later = list(follow_ups(bots.intents))
    parents = texts(greedy(bot, [[user(parent)] for parent, _, _ in later]))
    asked: dict[str, list[tuple[list[Turn], Sequence[str]]]] = {
        "held back": [([user(question)], wanted) for question, wanted in back],
        "typos": [
            ([user(question)], wanted) for question, wanted in typed(back, bots.options.seed)
        ],
        "follow-ups": [
            ([user(parent), said(reply), user(wording)], wanted)
            for (parent, wording, wanted), reply in zip(later, parents, strict=True)
        ],
    }
    return {
        name: right(
            texts(greedy(bot, [dialogue for dialogue, _ in some])), [wanted for _, wanted in some]
        )
        for name, some in asked.items()
    }
