"""The command line: what it prints, where, and what it returns."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from shell import Shell, process
from tiny import FOLLOW_UPS, REPLIES, SINGLES, SUNDAY, brief

import dialog_s2s
from dialog_s2s.bundle import CARD, MEMORY, open_bundle
from dialog_s2s.config import MemoryConfig, config_text, read_config
from dialog_s2s.interfaces import command
from dialog_s2s.text.turns import Role, Turn

FIELDS = (
    *("question", "reply", "source", "confidence", "evidence"),
    *("milliseconds", "finish", "seed"),
)


def test_importing_the_command_does_not_load_torch() -> None:
    program = "import sys, dialog_s2s.interfaces.command; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.slow
def test_train_then_ask_then_chat(tmp_path: Path, table: Path) -> None:
    """The whole way, each step a process of its own."""
    config, bot = tmp_path / "tiny.yaml", tmp_path / "my bot"
    config.write_text(config_text(brief(100)))
    trained = process("train", table, "--out", bot, "--config", config, "--seed", 3)
    out, err = trained.communicate()
    assert (trained.returncode, out) == (0, "")
    assert err.startswith("30 pairs, 30 different questions, 10 different replies")
    assert "100%" in err
    assert f"The bot is in {bot}\n" in err
    assert "\x1b" not in err
    assert open_bundle(bot).files
    assert read_config(bot / "config.yaml").training.seed == 3

    made = dialog_s2s.Bot.load(bot)
    asked = process("ask", bot, "When do you close?")
    assert asked.communicate() == (f"{made.reply('When do you close?').text}\n", "")
    assert asked.returncode == 0

    talk = process("chat", bot)
    conversation = made.conversation()
    wanted = [conversation.reply("hello").text, "", conversation.reply("안녕").text]
    assert talk.communicate("hello\n\n안녕\n") == ("\n".join(wanted) + "\n", "")
    assert talk.returncode == 0
    assert wanted[0]


def test_ask_prints_the_reply_alone(shell: Shell, tiny_bundle: Path) -> None:
    assert shell("ask", tiny_bundle, "hello") == (0, f"{REPLIES['hello']}\n", "")


def test_ask_reads_lines(shell: Shell, tiny_bundle: Path, tmp_path: Path) -> None:
    text = "hello\n\nwhere are you\r\nbye"
    wanted = (0, f"{REPLIES['hello']}\n\n{REPLIES['where are you']}\n{REPLIES['bye']}\n", "")
    assert shell("ask", tiny_bundle, stdin=text) == wanted
    (tmp_path / "questions.txt").write_bytes(text.encode())
    assert shell("ask", tiny_bundle, "--file", tmp_path / "questions.txt") == wanted
    assert shell("ask", tiny_bundle, stdin="") == (0, "", "")


def test_ask_json(shell: Shell, tiny_bundle: Path) -> None:
    code, out, err = shell("ask", tiny_bundle, "--json", "--set", "seed=5", stdin="hello\n\n안녕\n")
    assert (code, err) == (0, "")
    first, second = map(json.loads, out.splitlines())
    assert tuple(first) == tuple(second) == FIELDS
    assert (first["question"], first["reply"]) == ("hello", REPLIES["hello"])
    assert (first["source"], first["finish"]) == ("exact", "stop")
    best = first["evidence"][0]
    assert (best["question"], best["answer"]) == ("hello", REPLIES["hello"])
    assert best["origin"]
    assert 0.5 < best["weight"] <= 1
    assert first["seed"] == 5
    assert 0 < first["confidence"] <= 1
    assert first["milliseconds"] > 0
    assert (second["question"], second["reply"]) == ("안녕", REPLIES["안녕"])
    assert "안녕" in out


def test_ask_with_history(shell: Shell, tiny_bundle: Path, tiny_bot: dialog_s2s.Bot) -> None:
    lines, wanted = [], []
    for question in FOLLOW_UPS:
        said = [("user", question), ("bot", REPLIES[question]), ("user", SUNDAY)]
        lines.append(json.dumps({"turns": [{"role": r, "text": t} for r, t in said]}))
        turns = [Turn(Role(role), text) for role, text in said]
        wanted.append(tiny_bot.reply(SUNDAY, turns[:-1]).text)
    code, out, err = shell("ask", tiny_bundle, stdin="\n".join(lines))
    assert (code, err) == (0, "")
    assert out.splitlines() == wanted
    assert len(set(wanted)) > 2
    code, out, _ = shell("ask", tiny_bundle, "--json", lines[0])
    assert json.loads(out)["question"] == SUNDAY


def test_each_question_is_asked_on_its_own(shell: Shell, tiny_bundle: Path) -> None:
    _, apart, _ = shell("ask", tiny_bundle, stdin=f"{SUNDAY}\nwhere are you\n{SUNDAY}\n")
    assert apart.splitlines()[0] == apart.splitlines()[2]
    _, talk, _ = shell("chat", tiny_bundle, stdin=f"where are you\n{SUNDAY}\n")
    assert talk.splitlines()[1] != apart.splitlines()[2]


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_settings(shell: Shell, tiny_bundle: Path, command: str) -> None:
    wild = "method=sample temperature=4 top_p=1 threshold=0"
    words = [word for each in wild.split() for word in ("--set", each)]
    lines = "hello\nbye\nhi\n"
    first, again, other = (
        shell(command, tiny_bundle, *words, "--set", f"seed={seed}", stdin=lines)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first[0] == other[0] == 0
    assert first[1] != other[1]


def test_what_it_does_not_know(shell: Shell, tiny_bundle: Path) -> None:
    code, out, err = shell(
        "ask", tiny_bundle, "--json", "--set", "threshold=1", "자전거도 고치나요"
    )
    fields = json.loads(out)
    assert (code, err) == (0, "")
    assert (fields["source"], fields["evidence"]) == ("unknown", [])
    assert fields["reply"].startswith("그건 아직 몰라요.")


@pytest.mark.parametrize("command", ["ask", "chat"])
@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ("temperatur=1", "'temperature'"),
        ("temperature=99", "10"),
        ("loud", "name=value"),
        ("=3", "name=value"),
        ("seed=x", "whole number"),
    ],
)
def test_wrong_settings(shell: Shell, tiny_bundle: Path, command, setting, word) -> None:
    code, out, err = shell(command, tiny_bundle, "--set", setting)
    assert (code, out) == (2, "")
    assert err.startswith("dialog-s2s: ")
    assert err.count("\n") == 1
    assert word in err


def test_bundle_show_and_verify(shell: Shell, tiny_bundle: Path, tmp_path: Path) -> None:
    card = (tiny_bundle / CARD).read_text()
    assert shell("bundle", "show", tiny_bundle) == (0, card, "")
    code, out, err = shell("bundle", "verify", tiny_bundle)
    assert (code, err) == (0, "")
    pairs = f"{len(SINGLES) + len(FOLLOW_UPS)} pairs, 0 taught"
    assert out == f"ok: 7 files are as they were written; memory.db holds {pairs}\n"
    code, out, err = shell("bundle", "verify", tmp_path)
    assert (code, out) == (3, "")
    assert "not a trained bot" in err


def test_a_memory_that_is_damaged(shell: Shell, own_bundle: Path) -> None:
    with (own_bundle / MEMORY).open("r+b") as file:
        file.truncate(5000)
    code, out, err = shell("bundle", "verify", own_bundle)
    assert (code, out) == (3, "")
    assert MEMORY in err
    (own_bundle / MEMORY).unlink()
    assert shell("bundle", "verify", own_bundle)[0] == 3


def test_evaluate_takes_its_options(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(command, "evaluate", lambda *given, **more: called.append((given, more)))
    assert shell("evaluate", "bot", "a.csv", "b.csv") == (0, "", "")
    (bot, files, _), more = called.pop()
    assert (bot, files) == ("bot", ["a.csv", "b.csv"])
    plain = {"as_json": False, "plots": None, "format": None, "limit": None}
    assert more == {**plain, "settings": {}, "training": []}
    words = (
        "--json --plots p --format csv --limit 3 --set a=1 --set b=2 --training c d --training e"
    )
    assert shell("evaluate", "bot", "a.csv", *words.split()) == (0, "", "")
    given = {"as_json": True, "plots": "p", "format": "csv", "limit": 3}
    settings = {"a": "1", "b": "2"}
    assert called.pop()[1] == {**given, "settings": settings, "training": ["c", "d", "e"]}


def test_evaluate(shell: Shell, tiny_bundle: Path, table: Path) -> None:
    for package in ("sacrebleu", "sklearn"):
        pytest.importorskip(package)
    code, out, _ = shell("evaluate", tiny_bundle, table, "--json", "--limit", "3")
    found = json.loads(out)
    assert (code, found["n"], found["exact"]) == (0, 3, 1.0)


def test_a_plan_is_a_config(shell: Shell, table: Path, tmp_path: Path, monkeypatch) -> None:
    code, out, err = shell("train", table, "--plan", "--minutes", "0.5")
    assert (code, err) == (0, "")
    file = tmp_path / "plan.yaml"
    file.write_text(out)
    planned = read_config(file)
    assert planned.training.minutes == 0.5
    assert planned.model.width is not None
    used = []

    def train(*_: object, **given: object) -> None:
        used.append(given["config"])
        raise KeyboardInterrupt

    monkeypatch.setattr(dialog_s2s, "train", train, raising=False)
    assert shell("train", table, "--out", tmp_path / "x", "--config", file)[0] == 130
    assert used == [planned]


def test_force_replaces(shell: Shell, table: Path, quick: Path, tmp_path: Path) -> None:
    words = ("train", table, "--out", tmp_path / "x", "--config", quick)
    assert shell(*words)[0] == 0
    before = (tmp_path / "x" / "model.safetensors").read_bytes()
    code, _, err = shell(*words, "--seed", 2)
    assert code == 3
    assert "--force" in err
    assert (tmp_path / "x" / "model.safetensors").read_bytes() == before
    assert shell(*words, "--seed", 2, "--force")[0] == 0
    assert (tmp_path / "x" / "model.safetensors").read_bytes() != before


def test_force_never_drops_what_was_taught(
    shell: Shell, table: Path, own_bundle: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.yaml"
    alone = dataclasses.replace(brief(2), memory=MemoryConfig(enabled=False))
    bare.write_text(config_text(alone), encoding="utf-8")
    words = ("train", table, "--out", own_bundle, "--config", bare, "--force")
    shell("teach", own_bundle, "one", "uno")
    before = (own_bundle / MEMORY).read_bytes()
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert "was taught 1 pairs, which would be lost" in err
    assert f"dialog-s2s taught '{own_bundle}' --json" in err
    assert (own_bundle / MEMORY).read_bytes() == before
    shell("forget", own_bundle, "uno", "--yes")
    assert shell(*words)[0] == 0
    assert not (own_bundle / MEMORY).exists()
    assert shell(*words)[0] == 0


def test_several_files_are_one_corpus(shell: Shell, table: Path, quick: Path, tmp_path) -> None:
    more = tmp_path / "more.jsonl"
    more.write_text('{"question": "one more", "answer": "yes"}\n')
    code, _, err = shell("train", table, more, "--out", tmp_path / "x", "--config", quick)
    assert code == 0
    assert err.startswith("31 pairs")


def test_parallel_text(shell: Shell, quick: Path, tmp_path: Path) -> None:
    for name, text in (("a.de", "eins\nzwei\n"), ("a.en", "one\ntwo\n")):
        (tmp_path / name).write_text(text)
    files = (tmp_path / "a.de", tmp_path / "a.en")
    words = ("--out", tmp_path / "x", "--config", quick)
    assert shell("train", *files, *words)[0] == 2
    assert shell("train", "--format", "parallel", *files, *words)[0] == 0


def test_version_and_help(shell: Shell) -> None:
    assert shell("--version") == (0, f"{dialog_s2s.__version__}\n", "")
    _, out, _ = shell("--help")
    commands = out.split("COMMAND\n")[1].split("\n\n")[0].split("options:")[0]
    names = [line.split()[0] for line in commands.splitlines() if line.startswith("    ")]
    assert len(names) == 13
    actions = [["sessions", action] for action in ("list", "show", "export", "delete")]
    suites = ("from-corpus", "robust", "unknown", "check", "schema")
    actions += [["suite", action] for action in suites]
    for words in ([], *([name] for name in names), *actions):
        code, out, err = shell(*words, "--help")
        assert (code, err) == (0, "")
        assert "exit codes: 0 fine" in out
        assert max(map(len, out.splitlines())) <= 100


def test_a_reply_the_locale_cannot_show() -> None:
    program = "import sys; from dialog_s2s.interfaces import command; print('ready', end='')"
    code = (
        f"{program}; command._run = lambda _: sys.stdout.write('\\uac00 ok') and 0; "
        "sys.exit(command.main(['chat']))"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"ready? ok", b"")
