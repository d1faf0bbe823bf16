"""Words that mean the same, in a bot of a few pairs: from the thesaurus that comes with the program
and from a file of the user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny import CONFIG, brief

from dialog_s2s import Bot, train
from dialog_s2s.bundle import THESAURUS, open_bundle
from dialog_s2s.config import Config
from dialog_s2s.errors import DataError
from dialog_s2s.memory.recall import Candidate, Memory
from dialog_s2s.text.thesaurus import Thesaurus
from dialog_s2s.text.turns import Role, Turn

RETURNS, HOURS, PLACE = "Within 30 days, with the receipt.", "At nine.", "In the old street."
PAIRS = [
    ("what about returns", RETURNS),
    ("when do you open", HOURS),
    ("what is your address", PLACE),
    ("do you have parking", "No, but the tram stops here."),
    ("can I pay by card", "Yes, by any card."),
]
BACK = "may i send it back"
"""Shares no word with any question, and is about returns."""

FLORPS = [
    ("how do I florp", "Press the green button."),
    ("how do I stop", "Press the red button."),
    ("how do I begin", "Press any button."),
]
OWN = "# how we speak\n[machine]\nflorp, wibble, go for a spin\n"


def settings(**memory: object) -> Config:
    quick = brief(1)
    given = {"learned": 0, "misspelt": 0.0, "reworded": 0.6, **memory}
    text = replace(CONFIG.text, vocabulary=300)
    return replace(quick, text=text, memory=replace(quick.memory, **given))


def trained(place: Path, pairs: list[tuple[str, str]], **memory: object) -> Bot:
    train(pairs, place, config=settings(**memory))
    return Bot.load(place)


def memory_of(bot: Bot) -> Memory:
    assert bot.memory is not None
    return bot.memory


def candidates(bot: Bot, question: str) -> list[Candidate]:
    return list(bot.recall((Turn(Role.USER, question),)).candidates)


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """A bot of `PAIRS` with the program's thesaurus."""
    return trained(tmp_path_factory.mktemp("knowing") / "bot", PAIRS)


@pytest.fixture(scope="module")
def literal(tmp_path_factory: pytest.TempPathFactory) -> Bot:
    """One without."""
    return trained(tmp_path_factory.mktemp("literal") / "bot", PAIRS, thesaurus=False)


def test_a_question_is_answered_that_only_means_the_same(knowing: Bot) -> None:
    best = candidates(knowing, BACK)[0]
    assert best.row.answer == RETURNS
    assert min(best.meaning, best.named) > 0.3
    reply = knowing.reply(BACK, threshold=0)
    assert (reply.text, reply.source) == (RETURNS, "remembered")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("bring it back please", RETURNS),
        ("please take a retrun", RETURNS),
        ("your opening hours", HOURS),
        ("where are you located", PLACE),
    ],
)
def test_other_words_and_slips_of_the_finger_too(knowing: Bot, question: str, answer: str) -> None:
    assert candidates(knowing, question)[0].row.answer == answer


def test_without_a_thesaurus_nothing_means_the_same(literal: Bot) -> None:
    assert not len(memory_of(literal).similarity.thesaurus)
    for question in (BACK, *(asked for asked, _ in PAIRS)):
        for each in candidates(literal, question):
            assert each.meaning == each.named == 0.0
    assert RETURNS not in {each.row.answer for each in candidates(literal, BACK)}
    for asked, answer in PAIRS:  # and the letters are enough for what is asked as it was given
        assert literal.reply(asked).text == answer


def test_the_thesaurus_is_in_the_bundle(knowing: Bot, literal: Bot) -> None:
    own, none = (open_bundle(bot.path).read(THESAURUS) for bot in (knowing, literal))
    assert own == Thesaurus.known().json()
    assert not len(Thesaurus.from_json(none))


@pytest.mark.parametrize("shipped", [True, False])
def test_a_users_own_words_count(tmp_path: Path, shipped: bool) -> None:
    """Beside those of the program, or alone; and when the file is gone."""
    file = tmp_path / "our words.txt"
    file.write_text(OWN, encoding="utf-8")
    bot = trained(tmp_path / "bot", FLORPS, synonyms=str(file), thesaurus=shipped)
    file.unlink()
    bot = Bot.load(tmp_path / "bot")
    for question in ("wibble please", "let us go for a spin"):
        best = candidates(bot, question)[0]
        assert best.row.answer == FLORPS[0][1]
        assert best.named > 0.3
    known = memory_of(bot).similarity.thesaurus
    assert known.knows("wibble")
    assert known.knows("refund") == shipped


def test_words_that_nobody_said_mean_the_same_do_not(tmp_path: Path) -> None:
    bot = trained(tmp_path / "bot", FLORPS)
    assert all(each.meaning == each.named == 0.0 for each in candidates(bot, "wibble please"))


@pytest.mark.parametrize(
    ("text", "line"), [("florp\n", 1), ("[a]\n\nflorp, wibble\nflorp, \n", 4), ("a, b\n[c\n", 2)]
)
def test_a_bad_line_is_told_with_its_place(tmp_path: Path, text: str, line: int) -> None:
    file = tmp_path / "words.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="must be words or phrases of one meaning") as caught:
        train(FLORPS, tmp_path / "bot", config=settings(synonyms=str(file)))
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert not (tmp_path / "bot").exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.txt"):
        train(FLORPS, tmp_path / "bot", config=settings(synonyms=str(tmp_path / "none.txt")))
    assert not (tmp_path / "bot").exists()


# --- what was taught -----------------------------------------------------------------------------

FRAMES = (
    "how do I return my {}",
    "can I return the {}",
    "I want to send back a {}",
    "is it possible to give the {} back",
    "returning a {}",
    "may I return {}",
)
THINGS = ("shoes", "jacket", "lamp")
MANY = [(frame.format(thing), RETURNS) for frame in FRAMES for thing in THINGS]
SALE, NEVER = "can I return things from the sale", "What was on sale stays sold."


def test_what_was_taught_wins_over_an_answer_of_many_wordings(tmp_path: Path) -> None:
    """Which vote together: the one row that was taught stands for as many."""
    bot = trained(tmp_path / "bot", [*PAIRS[1:], *MANY])
    memory = memory_of(bot)
    assert memory.ranker.wordings == pytest.approx((len(MANY) + 4) / 5)
    reworded = "may I send back something that was in the clearance sale"
    assert bot.reply(reworded, threshold=0).text == RETURNS
    bot.teach(SALE, NEVER)
    for question in (SALE, "can I return something from the sale", reworded):
        reply = bot.reply(question, threshold=0)
        assert (reply.text, reply.source) == (NEVER, "taught")
    # and the others stay what they were
    for question in ("can I send the jacket back", "how do I return a hat", *(q for q, _ in MANY)):
        assert bot.reply(question, threshold=0).text == RETURNS

    def share() -> float:
        found = bot.recall((Turn(Role.USER, reworded),))
        return sum(each.weight for each in found.candidates if each.row.answer == NEVER)

    before = share()
    memory.ranker = replace(memory.ranker, wordings=1.0)
    assert share() < before
