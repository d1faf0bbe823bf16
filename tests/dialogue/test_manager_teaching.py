"""Teaching, correcting and forgetting: true for the very next question, and for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tiny import ANSWERS, FOLLOW_UPS, REPLIES, SINGLES, SUNDAY

from dialog_s2s import Bot, Reply
from dialog_s2s.errors import UsageError
from dialog_s2s.memory.keys import NEEDED
from dialog_s2s.memory.rows import FIXED, TAUGHT, TRAINED
from dialog_s2s.text.turns import Role, Turn

CAKE, MONDAYS = "Do you sell cake?", "Only on Mondays."
MONDAY, SEVEN = "And on Monday?", "At seven."
SECRET = "Zanzibar"
NOUNS = ("scarves", "lamps", "umbrellas", "violins", "kites", "ladders", "compasses", "maps")
LEARNT = [(question, ()) for question, _ in SINGLES]


def after(question: str) -> list[Turn]:
    """The turns of one exchange."""
    return [Turn(Role.USER, question), Turn(Role.BOT, REPLIES[question])]


LEARNT += [(SUNDAY, after(question)) for question in FOLLOW_UPS]


def said(bot: Bot, asked: Sequence[tuple[str, Sequence[Turn]]] = LEARNT) -> list[tuple[str, str]]:
    """What a bot replies, and from where."""
    dialogues = [[*history, Turn(Role.USER, question)] for question, history in asked]
    return [(reply.text, reply.source) for reply in bot.replies(dialogues)]


def lesson(number: int) -> tuple[str, str]:
    """A question that no other one is like, and its answer."""
    noun = NOUNS[number % len(NOUNS)]
    return f"How many {noun} does box {number} hold?", f"Box {number} has {number * 7} {noun}."


def everything(folder: Path) -> bytes:
    """All files of a bundle."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def texts(reply: Reply) -> str:
    """All that a reply tells."""
    pairs = [(each.question, each.answer) for each in reply.evidence + reply.nearest]
    return repr((reply.text, reply.withheld, reply.suggestions, pairs, reply.tree()))


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_the_very_next_question_is_answered_as_taught(bot: Bot, method: str) -> None:
    assert bot.reply(CAKE).text != MONDAYS
    row = bot.teach(CAKE, MONDAYS, origin="2026-01-02-abcd")
    assert (row.kind, row.origin, row.context) == (TAUGHT, "2026-01-02-abcd", ())
    for question in (CAKE, "do you sell cake", "DO YOU\n SELL  CAKE!!", "“Do you sell: cake…”"):
        reply = bot.reply(question, method=method, beam=2, max_tokens=40)
        assert (reply.text, reply.source) == (MONDAYS, "taught")
        assert reply.confidence > 0.99
        best = reply.evidence[0]
        assert (best.question, best.answer, best.origin) == (CAKE, MONDAYS, row.origin)
        assert best.row == row.id
        assert best.weight > 0.9
        assert "".join(bot.stream(question, method=method, beam=2, max_tokens=40)) == MONDAYS
    assert bot.taught() == [row]


@pytest.mark.parametrize("method", ["greedy", "sample", "beam"])
def test_a_taught_answer_is_said_whole_however_long(bot: Bot, method: str) -> None:
    long = " ".join(f"Cake {number} is on a Monday." for number in range(40))
    pieces = len(bot.format.tokenizer.encode(long))
    assert pieces > bot.settings().max_tokens
    bot.teach(CAKE, long)
    for threshold in (None, 0.0):
        settings = {"method": method, "beam": 2, "threshold": threshold}
        reply = bot.reply(CAKE, **settings)
        assert (reply.text, reply.source, reply.finish) == (long, "taught", "stop")
        assert reply.confidence > 0.99
        assert "".join(bot.stream(CAKE, **settings)) == long
        (reply,) = bot.replies([[Turn(Role.USER, CAKE)]], **settings)
        assert reply.text == long


@pytest.mark.parametrize(
    "answer",
    [
        "E = mc², ½ a cup™ …",
        "One.\nTwo.\n\n  Three.",
        "two  spaces",
        "전각（괄호）와 ①②③",
        "네, 월요일에만 팔아요! 🙂👩‍👩‍👧",
        "<user> </s> <bot>",
        "word " * 30,
        "?!",
    ],
)
def test_an_answer_is_said_as_it_was_given(bot: Bot, answer: str) -> None:
    bot.teach(CAKE, f"  {answer}\n")
    for threshold in (None, 0.0):
        reply = bot.reply(CAKE, threshold=threshold)
        assert (reply.text, reply.source, reply.finish) == (answer.strip(), "taught", "stop")
        assert "".join(bot.stream(CAKE, threshold=threshold)) == answer.strip()


@pytest.mark.parametrize("question", ["ㅋㅋ", "?!", "🙂", "zq xv wj", "a", "왜요", "x" * 500])
def test_any_question_can_be_taught(bot: Bot, question: str) -> None:
    bot.teach(question, MONDAYS)
    reply = bot.reply(question)
    assert (reply.text, reply.source) == (MONDAYS, "taught")


@pytest.mark.parametrize("texts", [("", MONDAYS), (" \n", MONDAYS), (CAKE, ""), (CAKE, "\n ")])
def test_nothing_is_not_taught(bot: Bot, texts: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match="empty"):
        bot.teach(*texts)
    assert bot.taught() == []


def test_an_answer_for_a_context_needs_it(bot: Bot) -> None:
    tea, street = after("do you sell tea"), after("where are you")
    before = bot.reply(MONDAY, threshold=0).text
    row = bot.teach(MONDAY, SEVEN, tea)
    assert row.context == tuple(tea)
    persona = Turn(Role.SYSTEM, "you are brief")
    for history in (tea, after("hello") + tea, [persona, *tea]):
        reply = bot.reply("and on monday", history)
        assert (reply.text, reply.source) == (SEVEN, "taught")
        assert reply.evidence[0].row == row.id
    # other words before, which mean the same: whether it is sure enough is another matter
    assert bot.reply(MONDAY, after("is there tea"), threshold=0).text == SEVEN
    assert bot.reply(MONDAY, threshold=0).text == before
    for history in (street, [*tea, *street]):
        assert bot.reply(MONDAY, history, threshold=0).text != SEVEN
    bot.teach(MONDAY, "At eight.", street)
    bot.teach(MONDAY, "At nine.")
    assert [bot.reply(MONDAY, each).text for each in (tea, street, (), after("hello"))] == [
        SEVEN,
        "At eight.",
        "At nine.",
        "At nine.",
    ]


def test_a_bot_of_single_pairs_can_be_taught_a_follow_up(table_bot: Bot) -> None:
    assert table_bot.format.history_turns == 0
    tea = after("do you sell tea")
    table_bot.teach(MONDAY, SEVEN, tea)
    assert table_bot.reply(MONDAY, after("hello") + tea).text == SEVEN
    assert table_bot.reply(MONDAY).text != SEVEN
    assert table_bot.reply(MONDAY, after("where are you")).text != SEVEN
    assert len(table_bot.taught()[0].context) == NEEDED


def test_however_often_a_question_was_learnt(table_bot: Bot) -> None:
    """More rows with this question than a look-up looks at."""
    assert table_bot.reply("ok").text.startswith("Fine")
    for answer in ("All right.", "Good."):
        table_bot.teach("OK", answer)
        reply = table_bot.reply("ok")
        assert (reply.text, reply.source) == (answer, "taught")
    assert len(table_bot.taught()) == 1


def test_teaching_again_replaces(bot: Bot) -> None:
    tea = after("do you sell tea")
    bot.teach(CAKE, "Never.")
    bot.teach(CAKE, "In spring.", tea)
    row = bot.teach("do you sell CAKE", MONDAYS)
    assert bot.taught()[0] == row
    assert [each.answer for each in bot.taught()] == [MONDAYS, "In spring."]
    assert bot.reply(CAKE).text == MONDAYS
    assert bot.reply(CAKE, tea).text == "In spring."
    fixed = bot.fix(bot.reply(CAKE), "Never.")
    assert bot.taught()[0] == fixed
    assert len(bot.taught()) == 2
    assert bot.reply(CAKE).text == "Never."  # though it was replaced once


def test_it_is_there_after_loading(bot: Bot, bundle: Path) -> None:
    lessons = [lesson(number) for number in range(5)]
    rows = [bot.teach(*each) for each in lessons]
    bot.remove(rows[:1])
    again = Bot.load(bundle)
    assert again.taught() == rows[:0:-1]
    assert [again.reply(question).text for question, _ in lessons[1:]] == [
        answer for _, answer in lessons[1:]
    ]
    assert again.reply(lessons[0][0]).text != lessons[0][1]


def test_another_bot_of_the_bundle_sees_it_at_its_next_question(bot: Bot, bundle: Path) -> None:
    other = Bot.load(bundle)
    before = other.reply(CAKE).text
    row = bot.teach(CAKE, MONDAYS)
    assert (other.reply(CAKE).text, other.reply(CAKE).source) == (MONDAYS, "taught")
    other.teach(CAKE, "Never.")
    assert bot.reply(CAKE).text == "Never."
    assert row not in bot.taught()
    bot.forget("cake")
    assert other.reply(CAKE).text == before
    assert other.taught() == []


def test_other_questions_keep_their_answers(bot: Bot) -> None:
    before = said(bot)
    assert [text for text, _ in before] == [*REPLIES.values(), *FOLLOW_UPS.values()]
    lessons = [lesson(number) for number in range(100)]
    for question, answer in lessons:
        bot.teach(question, answer)
    assert said(bot) == before
    taught = said(bot, [(question, ()) for question, _ in lessons])
    assert taught == [(answer, "taught") for _, answer in lessons]
    assert len(bot.taught()) == 100
    bot.forget("box")
    assert said(bot) == before


def test_teaching_in_many_threads_loses_nothing(bot: Bot, bundle: Path) -> None:
    lessons = [lesson(number) for number in range(40)]

    def taught(pair: tuple[str, str]) -> str:
        bot.teach(*pair)
        return bot.reply(pair[0]).text

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(taught, lessons)) == [answer for _, answer in lessons]
    assert len({row.id for row in bot.taught()}) == 40
    wanted = [(answer, "taught") for _, answer in lessons]
    for each in (bot, Bot.load(bundle)):
        assert said(each, [(question, ()) for question, _ in lessons]) == wanted


def test_threads_that_teach_the_same_question_leave_one_answer(bot: Bot) -> None:
    answers = [f"Answer {number}." for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda answer: bot.teach(CAKE, answer), answers))
    (row,) = bot.taught()
    assert bot.reply(CAKE).text == row.answer
    assert row.answer in answers


def test_a_reply_is_corrected(bot: Bot) -> None:
    assert bot.memory is not None
    size = len(bot.memory.rows)
    row = bot.fix(bot.reply("Hello!"), " Ahoy! ", origin="chat")
    assert (row.kind, row.question, row.answer, row.origin) == (FIXED, "Hello!", "Ahoy!", "chat")
    reply = bot.reply("hello")
    assert (reply.text, reply.source) == ("Ahoy!", "taught")
    assert bot.reply("hi").text == REPLIES["hi"]
    assert len(bot.memory.rows) == size + 1
    with pytest.raises(UsageError, match="empty"):
        bot.fix(reply, " ")


def test_a_follow_up_is_corrected_where_it_is_one(bot: Bot) -> None:
    tea = after("do you sell tea")
    alone = bot.reply(SUNDAY).text
    row = bot.fix(bot.reply(SUNDAY, after("hello") + tea), "Not at all.")
    assert row.context == tuple(tea)
    for history in (tea, after("who are you") + tea):
        assert bot.reply(SUNDAY, history).text == "Not at all."
    for question in FOLLOW_UPS.keys() - {"do you sell tea"}:
        assert bot.reply(SUNDAY, after(question)).text == FOLLOW_UPS[question]
    assert bot.reply(SUNDAY).text == alone
    bot.fix(bot.reply(SUNDAY, tea), "Maybe.")
    assert [each.answer for each in bot.taught()] == ["Maybe."]
    assert bot.reply(SUNDAY, tea).text == "Maybe."


def test_what_was_not_known_is_corrected(bot: Bot) -> None:
    reply = bot.reply("zq xv wj", after("hello"))
    assert reply.source == "unknown"
    assert bot.fix(reply, "Indeed.").context == ()
    assert bot.reply("zq xv wj").text == "Indeed."


def test_what_is_forgotten_leaves_no_trace(bot: Bot, bundle: Path) -> None:
    other = Bot.load(bundle)
    before = said(bot)
    lessons = [
        (f"Where is {SECRET.upper()}?", "In the east.", ()),
        ("Where do you sail?", f"To {SECRET}, of course.", ()),
        (MONDAY, SEVEN, [Turn(Role.USER, f"open in {SECRET.lower()}"), Turn(Role.BOT, "Yes.")]),
    ]
    rows = [bot.teach(question, answer, history) for question, answer, history in lessons]
    kept = bot.teach(CAKE, MONDAYS)
    dialogues = [[*history, Turn(Role.USER, question)] for question, _, history in lessons]
    for each in (bot, other):
        assert [reply.text for reply in each.replies(dialogues)] == [pair[1] for pair in lessons]
    assert everything(bundle).lower().count(SECRET.lower().encode()) == 3
    assert bot.forget(f" {SECRET}! ") == rows
    assert SECRET.lower().encode() not in everything(bundle).lower()
    assert bot.taught() == [kept]
    asked = [*dialogues[:2], [Turn(Role.USER, "sail where")], [Turn(Role.USER, MONDAY)]]
    for each in (bot, other, Bot.load(bundle)):
        for threshold in (0.0, 1.0):
            for turns, reply in zip(asked, each.replies(asked, threshold=threshold), strict=True):
                reply_texts = texts(reply).replace(repr(turns[-1].text)[1:-1], "")
                assert SECRET.lower() not in reply_texts.lower()
        assert said(each) == before
        assert each.reply(CAKE).text == MONDAYS
    assert SECRET.lower().encode() not in everything(bundle).lower()


def test_what_was_trained_is_forgotten_too(bot: Bot, bundle: Path) -> None:
    assert b"Goodbye!" in everything(bundle)
    gone = bot.forget("GOODBYE")
    assert [row.question for row in gone] == ["bye", "see you", "good night"]
    assert {(row.kind, row.origin) for row in gone} == {(TRAINED, "pairs")}
    assert b"Goodbye!" not in everything(bundle)


def test_what_was_forgotten_is_brought_back_as_it_was(bot: Bot, bundle: Path) -> None:
    before = said(bot)
    row = bot.teach(CAKE, MONDAYS, after("hello"), origin="2026-01-02-abcd")
    gone = bot.forget("mondays") + bot.forget("tea")
    assert gone[0] == row
    assert len(gone) > 3
    assert said(bot) != before
    assert bot.restore(gone) == gone
    for each in (bot, Bot.load(bundle)):
        assert each.taught() == [row]
        assert said(each) == before
        assert each.reply(CAKE, after("hello")).evidence[0].row == row.id


def test_an_answer_that_was_forgotten_is_never_said_again(bot: Bot, bundle: Path) -> None:
    questions = ANSWERS["Goodbye!"]
    generator = Bot(bot.engine, bot.format, bot.config, bot.path)
    assert {generator.reply(question).text for question in questions} == {"Goodbye!"}
    gone = bot.forget("goodbye")
    for each in (bot, Bot.load(bundle)):
        replies = [
            each.reply(question, method=method, threshold=threshold, seed=3, max_tokens=40)
            for question in questions
            for method in ("greedy", "sample", "beam")
            for threshold in (None, 0.0)
        ]
        assert "Goodbye!" not in repr([texts(reply) for reply in replies])
        assert any(reply.source == "unknown" and reply.withheld is None for reply in replies)
        for question in questions:
            streamed = "".join(each.stream(question, threshold=0.0))
            assert "Goodbye" not in streamed
            assert streamed == each.reply(question, threshold=0.0).text
    row = bot.teach("see you", "Goodbye!")
    assert bot.reply("see you").text == "Goodbye!"
    bot.remove([row])
    assert bot.reply("see you").text != "Goodbye!"
    bot.restore(gone)
    assert [bot.reply(question).text for question in questions] == ["Goodbye!"] * 3


def test_an_answer_that_others_give_is_not_blocked(bot: Bot) -> None:
    assert [row.answer for row in bot.forget("good night")] == ["Goodbye!"]
    assert bot.reply("bye").text == "Goodbye!"
    bot.teach(CAKE, "We open at nine.")
    assert bot.forget("cake")
    assert bot.reply("when do you open").text == "We open at nine."


@pytest.mark.parametrize("pattern", ["", "  ", "\n"])
def test_nothing_is_not_forgotten(bot: Bot, pattern: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        bot.forget(pattern)
    assert bot.forget("no pair holds this") == []


def test_a_bot_without_a_memory_cannot_be_taught(bot: Bot) -> None:
    bare = Bot(bot.engine, bot.format, bot.config, bot.path)
    reply = bare.reply("hello")
    for call in (
        lambda: bare.teach(CAKE, MONDAYS),
        lambda: bare.fix(reply, MONDAYS),
        lambda: bare.forget("hello"),
        lambda: bare.remove([]),
        lambda: bare.restore([]),
    ):
        with pytest.raises(UsageError, match=f"{bot.path}: has no answer memory; train"):
            call()
    assert bare.taught() == []


def test_the_bundle_that_was_copied_knows_nothing_of_it(
    bot: Bot, tiny_bot: Bot, tmp_path: Path
) -> None:
    shutil.copytree(bot.path, tmp_path / "copy")
    bot.teach(CAKE, MONDAYS)
    assert tiny_bot.taught() == Bot.load(tmp_path / "copy").taught() == []
