"""How the bot answers, and what there is to know of it: settings, seed, persona, language, bot."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from shell import ENTER, typed
from tiny import FOLLOW_UPS, REPLIES, SINGLES, SUNDAY

from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.interfaces.chat.commands_settings import SHOWS
from dialog_s2s.interfaces.chat.loading import LoadingBot
from dialog_s2s.interfaces.chat.preferences import default_path

OPEN = "when do you open"
PAIRS = len(SINGLES) + len(FOLLOW_UPS)
SURE: dict[str, object] = {"threshold": "1"}


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> LoadingBot:
    """The bot, which no test here teaches."""
    return LoadingBot(tiny_bundle)


@pytest.fixture(autouse=True)
def _speaks_as_it_did(tiny: LoadingBot) -> None:
    tiny.get().speaks = None


@pytest.fixture
def other(tiny_bundle: Path, tmp_path: Path) -> LoadingBot:
    """Another bot, which knows one thing that the first does not."""
    loading = LoadingBot(Path(shutil.copytree(tiny_bundle, tmp_path / "other bot")))
    loading.get().teach("do you repair bicycles", "On Mondays.")
    return loading


def chat(
    loading: LoadingBot,
    *lines: str,
    sessions: Sessions | None = None,
    resume: str | None = None,
    settings: dict[str, object] | None = None,
) -> list[str]:
    """What is written after these lines, the greeting left out."""
    keys = (line + ENTER for line in lines)
    shown = typed(loading, *keys, sessions=sessions, resume=resume, settings=settings)
    return [line for line in shown.splitlines()[1:] if not line.startswith("Kept.")]


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (["/set"], "Settings as the bot was trained with; /set name=value changes one."),
        (["/set top_k=3 beam=2"], "top_k=3 beam=2"),
        (["/set top_k=3", "/set beam=2"], "top_k=3 beam=2"),
        (["/set top_k=3 beam=2", "/set top_k="], "beam=2"),
        (
            ["/set top_k=3", "/set top_k="],
            "Settings as the bot was trained with; /set name=value changes one.",
        ),
        (["/set top_k=3", "/set top_k"], "top_k=3"),
        (["/set beam"], "beam=4"),
        (["/set seed"], "seed="),
        (["/set beam=7", "/set beam top_p"], "beam=7 top_p=0.9"),
        (["/set beam=5 beam=6"], "beam=6"),
        (["/set beam=5", "/set beam= top_k=2"], "top_k=2"),
        (["/set beam=5", "/reset", "/set"], "beam=5"),
    ],
)
def test_set(tiny: LoadingBot, lines: list[str], last: str) -> None:
    assert chat(tiny, *lines)[-1] == last


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("temprature=1", "'temperature'"),
        ("temprature=", "'temperature'"),
        ("temperature=hot", "must be a number from 0.01 to 10.0, but is 'hot'"),
        ("temperature=0", "must be a number from 0.01"),
        ("method=gredy", "greedy"),
        ("seed=-1", "must be a whole number from 0"),
        ("seed=1.5", "must be a whole number from 0"),
        ("threshold=nan", "must be a number from 0.0 to 1.0"),
        ("=3", "'=3' is not name=value, such as temperature=0.8"),
        ("beam top_k=3", "'beam' is not name=value"),
        ("temperature 0.5", "'temperature' is not name=value"),
        ("온도=1", "generation.온도: unknown setting"),
    ],
)
def test_a_wrong_set_says_why_and_changes_nothing(
    tiny: LoadingBot, words: str, reason: str
) -> None:
    shown = chat(tiny, "/set top_p=0.5", f"/set min_p=0.25 {words}", "/set", "hello")
    assert reason in shown[1]
    assert shown[2:] == ["top_p=0.5", f"bot> {REPLIES['hello']}"]


def test_every_mistake_of_a_set_is_told(tiny: LoadingBot) -> None:
    first, second, *_ = chat(tiny, "/set beem=2 top_k=-1")
    assert "did you mean 'beam'" in first
    assert "generation.top_k: must be" in second


def test_what_is_set_holds_for_the_next_reply(tiny: LoadingBot) -> None:
    shown = chat(tiny, "/set min_tokens=40 threshold=0", "hello", "/set min_tokens=", "hello")
    assert len(shown[1]) > len(shown[3])
    assert shown[3] == f"bot> {REPLIES['hello']}"


def test_a_seed_draws_the_same_reply(tiny: LoadingBot) -> None:
    wild: dict[str, object] = {"method": "sample", "temperature": "5", "top_p": "1"}
    lines = ("/seed 3", "zq xv", "/reset", "zq xv", "/seed new", *["/reset", "zq xv"] * 4)
    shown = chat(tiny, *lines, settings={**wild, "threshold": "0", "max_tokens": "9"})
    said = [line for line in shown if line.startswith("bot> ")]
    assert said[0] == said[1]
    assert len(set(said[2:])) > 1


def test_seed_tells_what_it_is(tiny: LoadingBot) -> None:
    shown = chat(tiny, "/seed", "/seed 7", "/seed", "hello", "/seed", "/set", "/seed new", "/set")
    fresh, last = "A new seed for each reply.", "  the last reply had the seed 7"
    hint = "  it matters where replies are drawn by chance: /set method=sample"
    reply = f"bot> {REPLIES['hello']}"
    assert shown[:-1] == [
        *(fresh, "The seed is 7.", hint, "The seed is 7.", reply, "The seed is 7.", last),
        *("seed=7", fresh),
    ]
    assert "seed" not in shown[-1]
    assert len(chat(tiny, "/seed 7", settings={"method": "sample"})) == 1


@pytest.mark.parametrize("word", ["x", "-1", "1.5", "7 8", "new 7", "²", "9" * 30])
def test_a_wrong_seed_says_why_and_changes_nothing(tiny: LoadingBot, word: str) -> None:
    shown = chat(tiny, "/seed 5", f"/seed {word}", "/seed", "hello")
    assert shown[2].startswith("generation.seed: must be a whole number from 0 to ")
    assert shown[3:] == ["The seed is 5.", f"bot> {REPLIES['hello']}"]


def test_a_persona_is_kept_with_the_conversation(tiny: LoadingBot, kept: Sessions) -> None:
    shown = chat(tiny, "/persona", "/persona I am  a pirate.", "hello", "/persona", sessions=kept)
    assert shown[:2] == ["No persona. /persona TEXT gives one.", "Persona: I am  a pirate."]
    assert shown[3] == "Persona: I am  a pirate."
    (session,) = kept.listed()
    assert session.persona == "I am  a pirate."
    shown = chat(tiny, "/persona", "/persona 나는 해적.", sessions=kept, resume=session.id)
    assert shown[-2:] == ["Persona: I am  a pirate.", "Persona: 나는 해적."]
    assert kept.find(session.id).persona == "나는 해적."


@pytest.mark.parametrize("word", ["off", "none"])
def test_a_persona_is_put_off(tiny: LoadingBot, kept: Sessions, word: str) -> None:
    shown = chat(tiny, "/persona I am.", "hello", f"/persona {word}", "/persona", sessions=kept)
    assert shown[2:] == ["No persona any more.", "No persona. /persona TEXT gives one."]
    assert [each.persona for each in kept.listed()] == [""]


def test_the_bot_is_told_its_persona(tiny: LoadingBot) -> None:
    shown = chat(tiny, "hello", "/why", "/reset", "/persona I am a pirate.", "hello", "/why")
    before, after = " ".join(shown).split("Persona: I am a pirate.")
    assert "  system  " not in before
    assert "  system  i" in after


def test_a_persona_stays_after_a_reset(tiny: LoadingBot, kept: Sessions) -> None:
    shown = chat(tiny, "/persona I am.", "hello", "/reset", "/persona", "bye", sessions=kept)
    assert shown[-2] == "Persona: I am."
    assert [each.persona for each in kept.listed()] == ["I am."] * 2


def test_the_bot_says_in_another_language_that_it_does_not_know(tiny: LoadingBot) -> None:
    lines = ("/lang", "/lang ko", "/lang", "zq xv", "/lang auto", "/lang", "zq xv", "뭐라고")
    shown = [line for line in chat(tiny, *lines, settings=SURE) if not line.startswith("  ")]
    each = "The language of each question."
    assert shown[:3] == [each, "Language: ko", "Language: ko"]
    assert shown[3].startswith("bot> 그건 아직 몰라요.")
    assert shown[4:6] == [each, each]
    assert shown[6].startswith("bot> I don't know that yet.")
    assert shown[7].startswith("bot> 그건 아직 몰라요.")


@pytest.mark.parametrize(("code", "near"), [("koo", "'ko'"), ("eng", "'en'"), ("zh-cn", "'zh'")])
def test_an_unknown_language_names_the_nearest(tiny: LoadingBot, code: str, near: str) -> None:
    shown = chat(tiny, "/lang de", f"/lang {code}", "/lang", "zq xv", settings=SURE)
    assert shown[1].startswith(f"language: unknown code '{code}', did you mean {near}")
    assert "ko" in shown[1]
    assert shown[2] == "Language: de"
    assert "bot> Das weiß ich noch nicht." in "\n".join(shown)


def test_the_conversation_goes_on_with_another_bot(
    tiny: LoadingBot, other: LoadingBot, kept: Sessions
) -> None:
    lines = (OPEN, "do you repair bicycles", f"/model {other.path}", "do you repair bicycles")
    shown = chat(tiny, *lines, "/model", "/undo 2", SUNDAY, sessions=kept, settings=SURE)
    assert shown[1].startswith("bot> I don't know")
    assert shown[3:] == [
        "  loading ...",
        "Now other bot answers; the conversation goes on.",
        "bot> On Mondays.",
        f"This is other bot, in {other.path}. /model PATH talks to another bot.",
        "Took back: do you repair bicycles",
        f"bot> {FOLLOW_UPS[OPEN]}",
    ]
    (session,) = kept.listed()
    assert [turn.text for turn in kept.turns(session.id)] == [
        *(OPEN, REPLIES[OPEN], SUNDAY, FOLLOW_UPS[OPEN])
    ]


def test_what_is_set_holds_for_another_bot_too(tiny: LoadingBot, other: LoadingBot) -> None:
    lines = ("/lang ko", "/persona I am.", f"/model {other.path}", "/set", "/persona", "zq xv")
    shown = chat(tiny, "/set top_k=3", *lines, settings=SURE)
    assert shown[-4:-2] == ["threshold=1 top_k=3", "Persona: I am."]
    assert shown[-2].startswith("bot> 그건 아직 몰라요.")


def test_another_bot_before_anything_was_said(
    tiny: LoadingBot, other: LoadingBot, kept: Sessions
) -> None:
    shown = chat(tiny, f"/model {other.path}", "do you repair bicycles", sessions=kept)
    assert shown[-1] == "bot> On Mondays."
    assert [Path(each.bot) for each in kept.listed()] == [other.path]


def test_a_wrong_path_keeps_the_bot(
    tiny: LoadingBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("file").write_text("hello")
    paths = ("none", "empty", "file", "~nobody-here/bot", "a bot")
    shown = chat(tiny, OPEN, *(f"/model {path}" for path in paths), "/model", SUNDAY)
    errors = [line for line in shown[1:-2] if line != "  loading ..."]
    assert [line.split(": ")[0] for line in errors] == list(paths)
    assert errors[0].endswith(
        "there is no bot here; train one with: dialog-s2s train FILE --out none"
    )
    assert shown[-2:] == [
        f"This is tiny, in {tiny.path}. /model PATH talks to another bot.",
        f"bot> {FOLLOW_UPS[OPEN]}",
    ]


def test_a_home_is_found(
    tiny: LoadingBot, other: LoadingBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(other.path.parent))
    monkeypatch.setenv("USERPROFILE", str(other.path.parent))
    assert chat(tiny, "/model ~/other bot")[-1].startswith("Now other bot answers")


def test_show_model(tiny: LoadingBot) -> None:
    shown = dict(line.split(None, 1) for line in chat(tiny, "/show model"))
    assert shown.pop("size").endswith(" MB")
    assert shown == {
        "bot": f"tiny, in {tiny.path}",
        "core": "gru, attention general, width 64",
        "layers": "1 encoder, 1 decoder",
        "vocabulary": "340 pieces",
        "reads": "the last 4 turns",
        "embeddings": "none",
        "language": "en",
    }


def test_show_settings_marks_what_was_changed(tiny: LoadingBot) -> None:
    *shown, hint = chat(tiny, "/set beam=9", "/show settings")[1:]
    assert [line for line in shown if line.startswith("  *")] == [
        next(line for line in shown if "beam=" in line)
    ]
    assert shown[5].startswith("  * beam=9 ")
    assert shown[0].startswith("    method=greedy ")
    assert str(default_path()) in hint


def test_show_stats(tiny: LoadingBot) -> None:
    lines = ("/show stats", "my name is Ada", "hello", "bye", "zq xv", "/undo", "/show stats")
    shown = chat(tiny, *lines, settings=SURE)
    assert shown[:2] == ["  conversation  0 questions, 0 turns", "  median time   -"]
    *told, time, name = shown[shown.index("Took back: zq xv") + 1 :]
    assert told == [
        "  conversation  3 questions, 6 turns",
        "  exact         2 replies",
        "  remembered    1 reply",
        "  unknown       1 reply",
    ]
    assert time.startswith("  median time   ")
    assert name == "  you said      name: Ada"


def test_show_memory(own: LoadingBot) -> None:
    lines = ("/teach one => uno", "hello", "/fix Good day!", "/show memory")
    shown = dict(line.split(None, 1) for line in chat(own, *lines)[-5:])
    assert shown.pop("file").startswith(str(own.path))
    assert shown == {
        "pairs": str(PAIRS + 2),
        "trained": str(PAIRS),
        "taught": "1",
        "fixed": "1",
    }


def test_a_bot_without_a_memory_has_none_to_show(without_memory: Path) -> None:
    shown = chat(LoadingBot(without_memory), "/show memory", "/taught", "/show model")
    assert shown[0] == shown[1] == f"{without_memory}: has no answer memory; train the bot again"
    assert shown[2].startswith("  bot ")


@pytest.mark.parametrize("what", ["", "modle", "MODEL", "model settings", "all"])
def test_what_cannot_be_shown(tiny: LoadingBot, what: str) -> None:
    shown = chat(tiny, f"/show {what}", "hello")
    assert shown == [
        f"/show takes one of {', '.join(SHOWS)}, not {what!r}",
        f"bot> {REPLIES['hello']}",
    ]


@pytest.mark.parametrize("what", SHOWS)
def test_there_is_something_to_show_before_anything_was_said(tiny: LoadingBot, what: str) -> None:
    assert chat(tiny, f"/show {what}", "/reset", f"/show {what}").count("A new conversation.") == 1
