"""A bot that learnt from orders to repeat the number it is told: also one that it never met."""

from __future__ import annotations

import dataclasses
import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny import CONFIG

from dialog_s2s import Bot, train
from dialog_s2s.bundle import WORDS
from dialog_s2s.dialogue.why import strips
from dialog_s2s.errors import BundleError
from dialog_s2s.evaluation.metrics import likelihood
from dialog_s2s.text.slots import Source
from dialog_s2s.text.turns import Dialogue, Example, Role, Turn

ASKED = ("my order number is {}", "it is {}.", "I wait for {}", "where is order {}?")
CALLED = ("my name is {}", "I am {}", "call me {}")


def dialogues() -> Iterator[Dialogue]:
    """A name, then an order that a database line tells the state of."""
    draw = random.Random(4)
    for number in range(120):
        code = f"{draw.choice('ABCDXYZ')}-{draw.randrange(1000, 9999)}"
        name = "".join(draw.choices("abdeiklmnorstu", k=draw.randrange(3, 8))).title()
        state = draw.choice(["packed", "lost", "sent"])
        lines = [
            (Role.USER, CALLED[number % 3].format(name)),
            (Role.BOT, f"Hello {name}, how can I help?"),
            (Role.SYSTEM, f"{code} {state}"),
            (Role.USER, ASKED[number % 4].format(code)),
            (Role.BOT, f"Order {code} is {state}."),
        ]
        yield Dialogue(tuple(Turn(role, text) for role, text in lines))


SETTINGS = dataclasses.replace(
    CONFIG,
    text=dataclasses.replace(CONFIG.text, phrases=False),
    model=dataclasses.replace(CONFIG.model, copy=True),
    training=dataclasses.replace(CONFIG.training, steps=220),
    memory=dataclasses.replace(CONFIG.memory, enabled=False),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bots") / "orders"
    train(list(dialogues()), place, config=SETTINGS)
    return place


@pytest.fixture(scope="module")
def bot(place: Path) -> Bot:
    return Bot.load(place)


def about(code: str, state: str = "lost") -> list[Turn]:
    return [
        Turn(Role.USER, "I am Ferdinand"),
        Turn(Role.BOT, "Hello Ferdinand, how can I help?"),
        Turn(Role.SYSTEM, f"{code} {state}"),
        Turn(Role.USER, f"my order number is {code}"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("code", ["Q-0815", "ZZ/77-x", "뷁_쀍9", "order7@shop.example"])
def test_what_was_never_met_is_repeated_to_the_letter(bot: Bot, code: str) -> None:
    *history, asked = about(code)
    reply = bot.reply(asked.text, history)
    assert reply.text == f"Order {code} is lost."
    assert reply.confidence > 0.5
    assert bot.reply("call me Jean-Luc").text == "Hello Jean-Luc, how can I help?"


def test_slots_are_chosen_and_kept(bot: Bot, place: Path) -> None:
    assert bot.format.slots is not None
    assert bot.config.text.slots == bot.format.slots.count >= 3
    assert "order" in (place / WORDS).read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_stream_says_the_name(bot: Bot, method: str) -> None:
    *history, asked = about("Q-0815")
    settings = {"method": method, "seed": 3, "beam": 2, "threshold": 0.0}
    said = bot.reply(asked.text, history, **settings).text
    assert "".join(bot.stream(asked.text, history, **settings)) == said


def test_many_at_once_are_as_one_by_one(bot: Bot) -> None:
    talks = [about(f"N-{number}", state) for number in (1, 22, 333) for state in ("lost", "sent")]
    alone = [bot.reply(talk[-1].text, talk[:-1]) for talk in talks]
    together = bot.replies(talks)
    assert [each.text for each in together] == [each.text for each in alone]
    for one, other in zip(alone, together, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-4)


def test_the_probability_of_a_reply_is_what_the_search_finds(bot: Bot) -> None:
    talk = about("Q-0815")
    reply = bot.reply(talk[-1].text, talk[:-1])
    measured = likelihood(bot, [Example(tuple(talk), reply.text)])
    assert -measured.nats == pytest.approx(reply.log_probability, abs=1e-4)
    # whatever the name is
    other = likelihood(bot, [Example(tuple(about("V-17")), reply.text.replace("Q-0815", "V-17"))])
    assert other.nats == pytest.approx(measured.nats, abs=1e-4)


def test_what_was_looked_at_is_told_by_name(bot: Bot) -> None:
    talk = about("Q-0815")
    attention = bot.reply(talk[-1].text, talk[:-1]).attention
    assert attention is not None
    assert attention.source.count("▁Q-0815") == 2
    place = attention.reply.index("▁Q-0815")
    found = attention.weights_TS[place].argmax()
    assert attention.source[found] == "▁Q-0815"
    assert len(attention.reply) == len(attention.weights_TS)


def test_a_name_is_one_piece_with_a_probability(bot: Bot) -> None:
    talk = about("Q-0815")
    reply = bot.reply(talk[-1].text, talk[:-1], threshold=0)
    attended = reply.attention
    assert attended is not None
    assert len(attended.probabilities_T) == len(attended.reply)
    product = np.prod(attended.probabilities_T)
    assert product == pytest.approx(np.exp(reply.log_probability), abs=1e-4)
    *_, said = strips(reply)
    assert re.search(r"Q-0815 \d+%", said)


def test_a_bundle_without_its_words_is_refused(place: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(place, broken)
    manifest = json.loads((broken / "manifest.json").read_text())
    del manifest["files"][WORDS]
    (broken / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"words\.txt"):
        Bot.load(broken)


def test_beside_an_answer_memory(tmp_path: Path) -> None:
    """What was taught is said as it was taught, and names are still repeated."""
    settings = dataclasses.replace(
        SETTINGS, memory=dataclasses.replace(SETTINGS.memory, enabled=True)
    )
    train(list(dialogues()), tmp_path / "bot", config=settings)
    bot = Bot.load(tmp_path / "bot")
    assert bot.format.slots is not None
    talk = about("Q-0815")
    assert isinstance(bot.source(talk, bot.recall(talk)), Source)
    reply = bot.reply(talk[-1].text, talk[:-1], threshold=0)
    assert (reply.text, reply.source) == ("Order Q-0815 is lost.", "generated")
    bot.teach("who is Gandalf", "Gandalf runs the shop.")
    taught = bot.reply("who is Gandalf")
    assert (taught.text, taught.source) == ("Gandalf runs the shop.", "taught")
    assert taught.attention is not None
    product = np.prod(taught.attention.probabilities_T)
    assert product == pytest.approx(np.exp(taught.log_probability), abs=1e-4)
    assert "".join(bot.stream("who is Gandalf", threshold=0)) == taught.text
