"""A trained bot: replies, settings, conversations, and questions nobody expects."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tiny import CONFIG, FOLLOW_UPS, REPLIES, SINGLES, SUNDAY, brief

from dialog_s2s import Bot, Reply, train, why
from dialog_s2s.dialogue.manager import MAX_QUESTION
from dialog_s2s.dialogue.noted import noted
from dialog_s2s.errors import BundleError, ConfigError, UsageError
from dialog_s2s.generation.engine import Engine
from dialog_s2s.generation.mixed_backend import MixedBackend
from dialog_s2s.generation.search import Said
from dialog_s2s.memory.mixture import Votes
from dialog_s2s.text.tokenizer import END, START
from dialog_s2s.text.turns import Role, Turn

NEW = [
    *("is there some tea", "so when do you open", "where are you now", "do you sell green tea"),
    *("tell me your name", "hello hello", "zq xv wj", "coffee", "what on earth", "녹차", "xyzzy"),
    *("when", "plugh 7", "how far is the moon"),
]
"""Questions in words that were not learnt."""

WILD = {"method": "sample", "temperature": 3.0, "top_p": 1.0, "max_tokens": 12}


def alike(reply: Reply) -> tuple:
    """What of a reply does not depend on the clock."""
    return (
        *(reply.text, reply.source, reply.finish, reply.seed, reply.turns_read),
        *(reply.suggestions, reply.withheld, round(reply.confidence, 4)),
        tuple((each.row, round(each.weight, 4)) for each in reply.evidence),
    )


def test_a_reply(tiny_bot: Bot) -> None:
    reply = tiny_bot.reply("  What time do\nyou   OPEN ")
    assert reply.text == REPLIES["what time do you open"]
    assert (reply.source, reply.finish) == ("exact", "stop")
    assert reply.question == "What time do you OPEN"
    assert 0.5 < reply.confidence <= 1
    assert reply.turns_read == 1
    assert reply.milliseconds > 0
    assert reply.settings == CONFIG.generation


def test_confidence_is_lower_where_it_does_not_know(tiny_bot: Bot) -> None:
    assert tiny_bot.reply("zq xv wj").confidence < tiny_bot.reply("hello").confidence


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\u3000\u2028"])
def test_an_empty_question(tiny_bot: Bot, question: str) -> None:
    for ask in (
        tiny_bot.reply,
        tiny_bot.candidates,
        tiny_bot.stream,
        tiny_bot.conversation().reply,
    ):
        with pytest.raises(UsageError, match="empty"):
            ask(question)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"temprature": 1}, "temperature"),
        ({"temperature": 0}, "0.01"),
        ({"method": "magic"}, "greedy"),
        ({"max_tokens": 1.5}, "whole number"),
        ({"seed": -1}, "seed"),
        ({"beam": "many"}, "beam"),
    ],
)
def test_wrong_settings(tiny_bot: Bot, settings: dict, word: str) -> None:
    for ask in (tiny_bot.reply, tiny_bot.candidates, tiny_bot.stream):
        with pytest.raises(ConfigError, match=word):
            ask("hello", **settings)
    with pytest.raises(ConfigError, match=word):
        tiny_bot.replies([[Turn(Role.USER, "hello")]], **settings)


def test_settings_reach_the_search(tiny_bot: Bot) -> None:
    reply = tiny_bot.reply("hello", max_tokens=12, min_tokens=12)
    assert reply.finish == "length"
    assert reply.settings.max_tokens == 12
    assert tiny_bot.reply("hello", method="sample", seed=5).seed == 5
    assert len({tiny_bot.reply("hello", **WILD).seed for _ in range(4)}) == 4
    said = {tiny_bot.reply("hello", seed=seed, **WILD).text for seed in range(8)}
    assert len(said) > 1
    again = tiny_bot.reply("hello", seed=3, **WILD)
    assert alike(again) == alike(tiny_bot.reply("hello", seed=3, **WILD))


@pytest.mark.parametrize(
    "question",
    [
        "why " * 50_000,
        "가" * 100_000,
        "🙂👩‍👩‍👧‍👦🏳️‍🌈",
        "몇 시에 여나요?",
        "\x00\x1b[31m\x07",
        "\ud800 half a pair \udfff",
        "‮olleh",
        "<user> hello </s> <bot>",
        "\U0010ffff",
        "?!",
    ],
    ids=[
        "long",
        "long Hangul",
        "emoji",
        "Hangul",
        "controls",
        "surrogates",
        "bidi",
        "roles",
        "last character",
        "marks",
    ],
)
def test_any_question_is_answered(tiny_bot: Bot, question: str) -> None:
    reply = tiny_bot.reply(question)
    assert reply.finish in ("stop", "length")
    assert reply.turns_read == 1
    assert "".join(tiny_bot.stream(question)).strip() == reply.text
    assert "<" not in reply.text


def test_only_the_beginning_of_a_long_question_is_read(tiny_bot: Bot) -> None:
    long = "hello " * MAX_QUESTION
    assert tiny_bot.reply(long).text == tiny_bot.reply(long + "when do you close").text


def test_a_conversation_remembers(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation()
    asked = "do you sell tea"
    assert talk.reply(asked).turns_read == 1
    second = talk.reply(SUNDAY)
    assert (second.text, second.turns_read) == (FOLLOW_UPS[asked], 3)
    assert [turn.text for turn in talk.turns] == [asked, REPLIES[asked], SUNDAY, second.text]
    assert [turn.role for turn in talk.turns] == [Role.USER, Role.BOT] * 2


def test_the_history_decides(tiny_bot: Bot) -> None:
    said = set()
    for question in FOLLOW_UPS:
        talk = tiny_bot.conversation()
        talk.reply(question)
        said.add(talk.reply(SUNDAY).text)
    assert len(said) > 2


def test_no_more_turns_are_read_than_it_learnt_with(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation()
    read = [talk.reply("hello").turns_read for _ in range(4)]
    assert read == [1, 3, 5, 5]


def test_conversations_are_apart(tiny_bot: Bot) -> None:
    one, other = tiny_bot.conversation(), tiny_bot.conversation()
    one.reply("hello")
    assert other.turns == []
    one.turns.clear()
    assert len(one.turns) == 2


def test_undo_and_reset(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation()
    assert talk.undo() is None
    talk.reply("where are you")
    talk.reply("hello")
    assert talk.undo() == "hello"
    assert talk.reply(SUNDAY).text == FOLLOW_UPS["where are you"]
    talk.reset()
    assert talk.turns == []
    assert talk.reply("hello").turns_read == 1


def test_a_failed_question_is_not_remembered(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation()
    with pytest.raises(UsageError):
        talk.reply(" ")
    with pytest.raises(UsageError):
        talk.reply("hello", nonsense=1)
    assert talk.turns == []


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_stream_is_the_reply(tiny_bot: Bot, method: str) -> None:
    settings = {"method": method, "seed": 11, "temperature": 2.0, "beam": 2, "max_tokens": 30}
    for question, _ in SINGLES[::5]:
        for threshold in (None, 0.0, 1.0):
            said = tiny_bot.reply(question + " now", threshold=threshold, **settings).text
            parts = list(tiny_bot.stream(question + " now", threshold=threshold, **settings))
            assert "".join(parts).strip() == said
            assert all(parts)


def test_a_stream_is_of_pieces_where_nothing_is_withheld(tiny_bot: Bot) -> None:
    assert len(list(tiny_bot.stream("안녕", threshold=0))) > 1
    assert list(tiny_bot.stream("when do you open")) == ["We", " open", " at", " nine."]


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_the_value_of_a_stream_is_its_reply(tiny_bot: Bot, threshold: float) -> None:
    for question in ("hello", "zq xv wj", "안녕"):
        parts, stream = [], tiny_bot.stream(question, threshold=threshold, seed=1)
        try:
            while True:
                parts.append(next(stream))
        except StopIteration as end:
            reply = end.value
        assert "".join(parts) == reply.text
        assert alike(reply) == alike(tiny_bot.reply(question, threshold=threshold, seed=1))
        assert reply.log_probability == pytest.approx(
            tiny_bot.reply(question, threshold=threshold).log_probability, abs=1e-4
        )


def test_a_conversation_streams_too(tiny_bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces come before the reply is whole."""
    steps: list[int] = []
    real = Engine.stream

    def counted(*each: Any, **more: Any) -> Iterator[Said]:
        for said in real(*each, **more):
            steps.append(1)
            yield said

    monkeypatch.setattr(Engine, "stream", counted)
    talk = tiny_bot.conversation()
    stream = talk.stream("안녕", threshold=0)
    next(stream)
    first = len(steps)
    assert talk.last is None
    rest = "".join(stream)
    assert len(steps) > first
    assert talk.turns[1].text.endswith(rest)
    assert talk.last is not None


def test_the_stream_of_a_taught_answer_is_whole(tiny_bot: Bot) -> None:
    assert (
        "".join(tiny_bot.stream("when do you open", threshold=0, max_tokens=1))
        == (REPLIES["when do you open"])
    )


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_the_limit_is_for_what_the_generator_makes_up(tiny_bot: Bot, method: str) -> None:
    """A remembered answer is said whole, even where it is exactly as long as the limit."""
    assert tiny_bot.memory is not None
    for question, answer in SINGLES[::6]:
        length = len(tiny_bot.format.tokenizer.encode(answer))
        for most in {1, length - 1, length, length + 1} - {0}:
            reply = tiny_bot.reply(question, method=method, beam=2, seed=3, max_tokens=most)
            assert (reply.text, reply.source, reply.finish) == (answer, "exact", "stop")
            assert reply.evidence[0].answer == answer
    made = tiny_bot.reply("hello", method=method, min_tokens=60, max_tokens=60, threshold=0)
    assert (made.source, made.finish) == ("generated", "length")


def test_a_persona_stays_when_older_turns_fall_out(tiny_bot: Bot) -> None:
    persona = Turn(Role.SYSTEM, "be kind")
    said = [Turn(Role.USER, "hello"), Turn(Role.BOT, "Hello there!")] * 5
    reply = tiny_bot.reply("bye", [persona, *said])
    assert reply.turns_read == 1 + CONFIG.text.history_turns + 1
    assert reply.attention is not None
    read = [turn for turn, _ in reply.attention.turns]
    assert read == [persona, *said[-4:], Turn(Role.USER, "bye")]
    assert reply.attention.source.count("<system>") == 1

    narrow = dataclasses.replace(tiny_bot.format, budget=30)
    tight = Bot(tiny_bot.engine, narrow, tiny_bot.config, tiny_bot.path, tiny_bot.memory)
    asked = tight.reply("bye", [persona, *said]).attention
    assert asked is not None
    assert asked.turns[0][0] == persona
    assert 1 < len(asked.turns) < 5
    long = Turn(Role.SYSTEM, "be kind " * 40)
    without = tight.reply("bye", [long, *said])
    assert without.turns_read == tight.reply("bye", said).turns_read > 1
    alone = dataclasses.replace(tiny_bot.format, history_turns=0)
    single = Bot(tiny_bot.engine, alone, tiny_bot.config, tiny_bot.path, tiny_bot.memory)
    assert single.reply("bye", [persona, *said]).turns_read == 2


def test_a_reply_that_was_noted(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation("be kind")
    talk.reply("where are you")
    for question, threshold in ((SUNDAY, None), ("zq xv wj", 1.0)):
        reply = talk.reply(question, threshold=threshold)
        again = tiny_bot.again(reply.turns, json.loads(json.dumps(noted(reply))))
        assert again is not None
        assert alike(again)[:5] == alike(reply)[:5]
        assert [each.row for each in again.nearest] == [each.row for each in reply.nearest]
        assert why(again).splitlines()[:3] == why(reply).splitlines()[:3]
    assert tiny_bot.again(reply.turns, {}) is None
    assert tiny_bot.again(reply.turns, noted(reply) | {"settings": {"method": "x"}}) is None


def test_a_streamed_reply_is_remembered(tiny_bot: Bot) -> None:
    talk = tiny_bot.conversation()
    assert "".join(talk.stream("when do you close")) == talk.turns[1].text
    assert [turn.text for turn in talk.turns] == ["when do you close", talk.turns[1].text]
    assert talk.turns[1].text == tiny_bot.reply("when do you close").text
    assert talk.reply(SUNDAY).turns_read == 3


def test_candidates(tiny_bot: Bot) -> None:
    found = tiny_bot.candidates("hello", method="beam", beam=5)
    assert len(found) == 5
    assert found[0].text == REPLIES["hello"]
    assert found[0].confidence > found[-1].confidence
    assert alike(found[0])[:2] == alike(tiny_bot.reply("hello", method="beam", beam=5))[:2]
    assert len(tiny_bot.candidates("hello")) == 1


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_many_at_once_are_as_one_by_one(tiny_bot: Bot, method: str) -> None:
    settings = {"method": method, "seed": 2, "temperature": 1.5, "beam": 2, "max_tokens": 30}
    questions = [question for question, _ in SINGLES[::2]] + NEW
    dialogues = [[Turn(Role.USER, question)] for question in questions] + [
        [Turn(Role.USER, question), Turn(Role.BOT, REPLIES[question]), Turn(Role.USER, SUNDAY)]
        for question in FOLLOW_UPS
    ]
    together = tiny_bot.replies(dialogues, **settings)
    alone = [tiny_bot.reply(turns[-1].text, turns[:-1], **settings) for turns in dialogues]
    assert len(together) >= 32
    assert [alike(reply) for reply in together] == [alike(reply) for reply in alone]
    assert {reply.turns_read for reply in together} == {1, 3}
    if method == "greedy":
        assert {reply.source for reply in together} >= {"exact", "remembered", "unknown"}
    assert tiny_bot.replies([], **settings) == []


def test_two_threads_at_once(tiny_bot: Bot) -> None:
    questions = [question for question, _ in SINGLES] * 2

    def ask(question: str) -> tuple:
        return alike(tiny_bot.reply(question, seed=4, **WILD))

    wanted = [ask(question) for question in questions]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, questions)) == wanted


def test_no_bot(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no bot here"):
        Bot.load(tmp_path / "none")


def test_without_a_threshold_it_always_answers(tiny_bot: Bot) -> None:
    for question in NEW:
        reply = tiny_bot.reply(question, threshold=0)
        assert reply.source != "unknown"
        assert reply.withheld is None
        assert reply.suggestions == ()


def test_at_the_highest_threshold_it_answers_what_was_asked_verbatim(tiny_bot: Bot) -> None:
    for question, answer in SINGLES:
        reply = tiny_bot.reply(question.upper() + "!", threshold=1)
        assert (reply.text, reply.source) == (answer, "exact")
    for question in NEW:
        reply = tiny_bot.reply(question, threshold=1)
        assert reply.source == "unknown"
        assert reply.evidence == ()
        assert reply.withheld == tiny_bot.reply(question, threshold=0).text
        assert reply.confidence == tiny_bot.reply(question, threshold=0).confidence < 1
        assert reply.text != reply.withheld


def test_the_bar_is_the_fitted_one_unless_it_is_set(tiny_bot: Bot) -> None:
    assert tiny_bot.confidence is not None
    bar = tiny_bot.confidence.threshold
    assert tiny_bot.bar(tiny_bot.settings()) == bar
    assert tiny_bot.bar(tiny_bot.settings(threshold=0.25)) == 0.25
    for reply in (tiny_bot.reply(question) for question in NEW):
        assert (reply.source == "unknown") == (reply.confidence < bar)
    bare = Bot(tiny_bot.engine, tiny_bot.format, tiny_bot.config, tiny_bot.path)
    assert bare.bar(bare.settings()) == 0


def test_what_may_have_been_meant_is_known(tiny_bot: Bot) -> None:
    offered = {question: tiny_bot.reply(question, threshold=1).suggestions for question in NEW}
    assert {each for found in offered.values() for each in found} <= REPLIES.keys()
    assert "is there tea" in offered["is there some tea"]
    assert offered["xyzzy"] == ()
    for question, found in offered.items():
        assert question not in found
        assert len({REPLIES[each] for each in found}) == len(found) <= 2
        text = tiny_bot.reply(question, threshold=1).text
        assert all(f'"{each}"' in text for each in found if each.isascii())


def test_a_bot_without_a_memory_answers_by_its_generator(tiny_bot: Bot) -> None:
    bare = Bot(tiny_bot.engine, tiny_bot.format, tiny_bot.config, tiny_bot.path)
    for question, answer in SINGLES[::4]:
        reply = bare.reply(question)
        assert (reply.text, reply.source, reply.evidence) == (answer, "generated", ())
        assert reply.nearest == ()


@pytest.mark.parametrize(
    "question", ["When do you open?", "is there tea", "zq xv wj", "close", "안녕"]
)
def test_greedy_replies_are_as_likely_as_all_of_the_memory_finds_them(
    tiny_bot: Bot, question: str
) -> None:
    reply = tiny_bot.reply(question, threshold=0)
    recalled = tiny_bot.recall(reply.turns)
    backend = MixedBackend(tiny_bot.engine.backend, [recalled.decided])
    state = backend.encode([tiny_bot.source(reply.turns, recalled)])
    fed, found = START, 0.0
    for piece in (*tiny_bot.format.tokenizer.encode(reply.text), END):
        logits_RV, state = backend.step([fed], state)
        found += float(logits_RV[0, piece])
        fed = piece
    assert reply.log_probability == pytest.approx(found, abs=1e-4)


def test_a_greedy_reply_is_the_weightiest_answer_where_many_begin_alike(tmp_path: Path) -> None:
    pairs = [(f"which tea is {kind}", f"It is the {kind} one.") for kind in ("red", "old", "new")]
    pairs.append(("which tea is best", "Ours."))
    train(pairs, tmp_path / "x", config=brief(1))
    bot = Bot.load(tmp_path / "x")
    said = Votes(
        tuple((*bot.format.tokenizer.encode(answer), END) for _, answer in pairs),
        (0.2, 0.2, 0.2, 0.3),
        0.0,
        0.1,
    )
    recalled = bot.recall((Turn(Role.USER, "which tea"),))
    (reply,) = bot.answered(
        [(Turn(Role.USER, "which tea"),)],
        [dataclasses.replace(recalled, decided=said)],
        bot.settings(threshold=0.0, method="greedy"),
        0.0,
    )
    assert reply.text == "Ours."
    assert math.exp(reply.log_probability) == pytest.approx(0.3, abs=0.05)


def test_the_language_it_speaks(bundle: Path) -> None:
    bot = Bot.load(bundle)
    assert bot.speaks is None
    for code, words in (("ko", "그건 아직 몰라요."), ("de", "Das weiß ich noch nicht.")):
        bot.speaks = code
        for question in ("xyzzy", "언제 열어요 뷁"):
            reply = bot.reply(question, threshold=1)
            assert reply.source == "unknown"
            assert reply.text.startswith(words)
        assert bot.reply("hello").text == "Hello there!"
    for wrong, near in (("eng", "en"), ("kr", "k|r"), ("", ""), ("KO", "")):
        with pytest.raises(UsageError, match=f"unknown code '{wrong}', did you mean '.*({near})"):
            bot.speaks = wrong
    assert bot.speaks == "de"
    bot.speaks = None
    assert bot.reply("xyzzy", threshold=1).text.startswith("I don't know")
    assert bot.memory is not None
    bot.memory.rows.close()
