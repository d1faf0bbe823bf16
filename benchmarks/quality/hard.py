"""Part `hard`: 300 questions of customers that share few words with what the shop's bot knows.

Right is one of the intended intents. The bot of `corpora/shop.en.yaml` alone, beside TF-IDF over
its questions, and over its questions and answers; with a sentence encoder (--embeddings or
--minilm) also the encoder's own look-up of the nearest question, and a bot trained with it.
"""

from __future__ import annotations

import yaml

from benchmarks.embeddings import looked_up
from benchmarks.quality.bots import Bots, Trained, Variant, greedy, texts
from benchmarks.quality.figures import Found, Row, at_least, found
from benchmarks.quality.held_back import replies_by_intent, right, user
from benchmarks.questions import hard_rewordings
from dialog_s2s.evaluation.baselines import nearest
from dialog_s2s.interfaces.starter import corpora
from dialog_s2s.memory.embeddings import SentenceEncoder


def measure(bots: Bots) -> Found:
    """Trains the shop's bot, with an encoder a second one."""
    questions = hard_rewordings()
    asked = [each.ask for each in questions]
    by_intent = replies_by_intent()
    wanted = [
        [reply for intent in each.intents for reply in by_intent[each.file, intent]]
        for each in questions
    ]
    (file,) = (each for each in corpora() if each.name == "shop.en.yaml")
    intents = yaml.safe_load(file.read_text(encoding="utf-8"))["intents"]
    wordings = [(text, intent["reply"][0]) for intent in intents for text in intent["ask"]]
    answers = [(reply, intent["reply"][0]) for intent in intents for reply in intent["reply"]]

    def of(trained: Trained) -> float:
        return right(texts(greedy(trained.bot, [[user(each)] for each in asked])), wanted)

    lookup = right(nearest(wordings, asked), wanted)
    both = right(nearest([*wordings, *answers], asked), wanted)
    share = of(bots.shop())
    rows = [
        Row("hard rewordings", share, "share", lookup),
        Row("TF-IDF on questions and answers", both),
        Row("ahead of TF-IDF on questions", share - lookup, "points", None, at_least(0.1)),
        Row("ahead of TF-IDF on both", share - both, "points", None, at_least(0.1)),
    ]
    if bots.options.encoder:
        encoder = SentenceEncoder.load(bots.options.encoder)
        meant = right(looked_up(encoder, wordings, asked), wanted)
        place = bots.options.encoder
        helped = of(bots.shop(Variant("with a sentence encoder", {"embeddings": place})))
        rows += [
            Row("the encoder's own look-up", meant),
            Row("bot trained with the encoder", helped, "share", lookup),
            Row("ahead of the encoder's look-up", helped - meant, "points", None, at_least(0.08)),
        ]
    return found(rows)
