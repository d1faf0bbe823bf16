"""The README and the docs tell the truth: their commands, code and examples are run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from dialog_s2s.config import config_from_text
from dialog_s2s.dialogue.sessions import Sessions
from dialog_s2s.dialogue.transcript import FORMATS as TRANSCRIPTS
from dialog_s2s.interfaces.chat.commands import COMMANDS
from dialog_s2s.interfaces.chat.preferences import read_preferences
from dialog_s2s.interfaces.command import main
from dialog_s2s.memory.rows import TAUGHT, NewRow, Rows
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import Role, Turn, examples

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "corpus-format.md").read_text(encoding="utf-8")
MEMORY = (ROOT / "docs" / "answer-memory.md").read_text(encoding="utf-8")
SESSIONS = (ROOT / "docs" / "sessions.md").read_text(encoding="utf-8")
TERMINAL = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "corpora" / "README.md", *(ROOT / "docs").glob("*.md")]

SHORT = "0.01"
"""Minutes that each training of the README is given here; all else is run as it stands."""

GIVEN = {
    "questions.txt": "When do you open?\nIs there tea?\n",
    "test.csv": "question,answer\nWhen are you open?,We open at nine.\nIs tea sold?,Yes.\n",
    "train.de": "guten Morgen\nwo ist der Bahnhof?\n",
    "train.en": "good morning\nwhere is the station?\n",
}
"""Files that the README's reader brings along."""

KEPT = r"(2026-11-22-)?\bk3f9\b"
"""The conversation of the examples; the one that the reader has kept gets an id by chance."""

SAID = (Turn(Role.USER, "Is there tea?"), Turn(Role.BOT, "Yes, green and black tea."))


pytestmark = pytest.mark.timeout(600)  # every command is a process that loads torch


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """The lines of the `sh` blocks, without comments."""
    lines = [
        line.split("  #")[0].strip() for block in blocks(text, "sh") for line in block.split("\n")
    ]
    return [line for line in lines if line]


def shortened(command: str) -> str:
    """A training command with its minutes cut."""
    if not command.startswith("dialog-s2s train ") or " --plan" in command:
        return command
    return re.sub(r" --minutes \S+", "", command) + f" --minutes {SHORT}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader of the README stands."""
    place = tmp_path_factory.mktemp("reader")
    (place / "faq.csv").write_text(blocks(README, "csv")[0], encoding="utf-8")
    for name, text in GIVEN.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def done(folder: Path) -> dict[str, subprocess.CompletedProcess[str]]:
    """Each dialog-s2s command of the documents and what came of it: the first one makes the bot
    that the others ask; then each block is run in order, beside the other blocks."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = str(folder / "data")
    data = dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "APPDATA"), home)
    results: dict[str, subprocess.CompletedProcess[str]] = {}

    def run(lines: Sequence[str], kept: str) -> None:
        for command in lines:
            results[command] = subprocess.run(
                re.sub(KEPT, kept, shortened(command)),
                shell=True,
                cwd=folder,
                env={**os.environ, **data, "PATH": path, "OMP_NUM_THREADS": "1"},
                input="Is there tea?\nand where are you?\n",
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
            )

    runs = [
        [line for line in commands(f"```sh\n{block}```") if line.startswith("dialog-s2s ")]
        for document in (README, MEMORY, SESSIONS, TERMINAL)
        for block in blocks(document, "sh")
    ]
    first, *rest = (lines for lines in runs if lines)
    assert len({line for lines in runs for line in lines}) == sum(map(len, runs)), "a command twice"
    with Sessions.open(folder / "data" / "dialog_s2s" / "sessions.db") as sessions:
        ids = [_kept(sessions) for _ in runs]
    run(first[:1], "")
    with Rows.open(folder / "my-bot" / "memory.db") as rows:
        rows.add(NewRow("Do you wrap gifts?", (), "Yes, for free.", TAUGHT, "test", 0, 1.0))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [*rest, first[1:]], ids))
    return results


def _kept(sessions: Sessions) -> str:
    """A conversation to show, export and delete."""
    id = sessions.start("my-bot").id
    for turn in SAID:
        sessions.add(id, turn)
    return id


def test_the_first_commands_come_first() -> None:
    assert commands(README)[:2] == ["make chat", "make test"]
    assert README.split("\n")[2:6] == [
        "```sh",
        next(line for line in README.split("\n") if line.startswith("make chat")),
        next(line for line in README.split("\n") if line.startswith("make test")),
        "```",
    ]


def test_every_command_works(done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    assert len(done) >= 8
    for command, result in done.items():
        assert result.returncode == 0, f"{command}\n{result.stderr}"
        assert "Traceback" not in result.stderr


def test_what_the_commands_print(
    folder: Path, done: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    for command, result in done.items():
        words = shlex.split(command)
        told = {"train", "teach", "delete", "--out", ">", "--init"}
        if told.intersection(words):
            assert result.stdout == "", command
        elif "--file" in words or (words[1] == "chat" and "-q" not in words):
            assert len(result.stdout.splitlines()) == 2
        elif words[1] == "chat" and "/show model" not in words:
            assert len(result.stdout.splitlines()) == words.count("-q")
        elif words[1] == "ask":
            assert len(result.stdout.splitlines()) == 1
        else:
            assert result.stdout, command
    assert (folder / "my.yaml").read_text(encoding="utf-8").startswith("# Settings")
    assert {"my-bot", "my-other-bot", "my-next-bot", "translator", "plots"} <= {
        place.name for place in folder.iterdir()
    }


def test_what_is_taught_is_said(done: dict[str, subprocess.CompletedProcess[str]]) -> None:
    (taught,) = (command for command in done if command.startswith("dialog-s2s teach "))
    *_, question, answer = shlex.split(taught)
    assert done['dialog-s2s ask my-bot "do you deliver"'].stdout == f"{answer}\n"
    assert f'"{question}" -> "{answer}"' in done["dialog-s2s taught my-bot"].stdout
    (forgotten,) = (command for command in done if command.startswith("dialog-s2s forget "))
    assert f'"{question}" -> "{answer}"' in done[forgotten].stdout
    assert "Forgot 1 pair" in done[forgotten].stderr


def test_conversations_are_shown_and_deleted(
    folder: Path, done: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    shown = done["dialog-s2s sessions show k3f9"].stdout
    assert all(turn.text in shown for turn in SAID)
    for file in ("talk.jsonl", "more.jsonl"):
        (dialogue,) = read([folder / file])
        assert tuple(turn.text for turn in dialogue.turns) == tuple(turn.text for turn in SAID)
    deleted = [command for command in done if command.startswith("dialog-s2s sessions delete ")]
    assert len(deleted) == 2
    assert all("Deleted 1 conversation" in done[command].stderr for command in deleted)


def test_the_python_works(
    folder: Path,
    done: dict[str, subprocess.CompletedProcess[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert done
    monkeypatch.chdir(folder)
    found = blocks(README, "python")
    assert found
    for code in found:
        exec(compile(code.replace("minutes=1)", f"minutes={SHORT})"), "README.md", "exec"), {})
    assert (folder / "tea-bot").is_dir()
    printed = capsys.readouterr().out
    for line in ("Yes, by bike.", "['Is there tea?', 'Do you deliver?'", "Your name is Bo."):
        assert f"\n{line}" in printed
    assert '"When do you open?" -> "We open at nine." (faq.csv:2' in printed
    for code in blocks(SESSIONS, "python"):
        exec(compile(code, "sessions.md", "exec"), {})
    assert "**Bot:**" in capsys.readouterr().out


def test_the_settings_exist() -> None:
    for document in (README, MEMORY):
        for text in blocks(document, "yaml"):
            config = config_from_text(text.encode(), "an example")
            assert config.memory.embeddings


def test_the_settings_of_the_chat_exist(tmp_path: Path) -> None:
    (text,) = blocks(TERMINAL, "yaml")
    (tmp_path / "chat.yaml").write_text(text, encoding="utf-8")
    assert read_preferences(tmp_path / "chat.yaml").generation == {"method": "sample"}


def test_the_commands_of_a_chat_exist() -> None:
    table = [line for line in README.split("\n") if line.startswith("| `/")]
    told = {name for line in table for name in re.findall(r"`(/\w+)", line)}
    assert told == set(COMMANDS) - {"/help"}
    for document in (README, MEMORY, SESSIONS, TERMINAL):
        assert set(re.findall(r"`(/[a-z]+)[ `]", document)) <= set(COMMANDS)
    assert all(f"`{name}`" in SESSIONS for name in TRANSCRIPTS)


def test_the_extras_exist() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\[(\w+)\][`']", README + MEMORY))
    assert named == {"evaluate", "embeddings"} <= set(project["optional-dependencies"])
    (installed,) = re.findall(r"^\.venv/installed:.*\n(?:\t.*\n)*", makefile, re.MULTILINE)
    assert "[evaluate]" in installed


def test_the_files_of_a_bundle_are_told(
    folder: Path, done: dict[str, subprocess.CompletedProcess[str]]
) -> None:
    assert done
    there = {place.name for place in (folder / "my-bot").iterdir()}
    table = README.split("A bot is one folder")[1].split("## ")[0]
    told = {name.rstrip("/") for name in re.findall(r"`([\w./]+)`", table)}
    assert told == there


def test_other_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    for command in commands(README):
        match command.split():
            case ["dialog-s2s", *_]:
                pass
            case ["make", target]:
                assert re.search(rf"^{target}:", makefile, re.MULTILINE), command
            case ["python", "-m", module, *options]:
                asked = [sys.executable, "-m", module, "--help"]
                told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=120)
                assert told.returncode == 0, told.stderr
                for option in options:
                    assert not option.startswith("-") or option in told.stdout, command
            case ["python3", "-m", "venv", place] | [".", place] | [place, "install", *_]:
                assert f"{place.split('/')[0]}/" in ignored, command
            case _:
                pytest.fail(f"no test knows the command {command!r}")


def test_torch_is_the_one_that_is_tested() -> None:
    (pinned,) = {word for line in commands(README) for word in line.split() if "torch=" in word}
    assert pinned in (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"Python {project['requires-python'].removeprefix('>=')} or newer" in README


def mentioned() -> Iterator[tuple[str, str]]:
    """(file, command) for each dialog-s2s command in the documents' blocks and code spans."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for found in re.findall(r"\bdialog-s2s +((?:[^\n`#|>]|\\\n)+)", text):
            yield document.name, found


def helped(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit):
        main([*command, "--help"])
    return capsys.readouterr().out


def test_subcommands_and_options_exist(capsys: pytest.CaptureFixture[str]) -> None:
    known = set(re.findall(r"^    (\w+) ", helped(capsys), re.MULTILINE))
    assert {"train", "chat", "ask", "teach", "forget", "taught", "evaluate", "sessions"} <= known
    options = {name: set(re.findall(r"--[a-z-]+", helped(capsys, name))) for name in known}
    for name in ("sessions", "suite"):
        for action in re.findall(r"^    ([\w-]+)(?: |$)", helped(capsys, name), re.M):
            options[name] |= set(re.findall(r"--[a-z-]+", helped(capsys, name, action)))
    found = list(mentioned())
    assert len(found) >= 10
    for document, command in found:
        name, *words = command.split()
        assert name in known, f"{document}: {command}"
        named = {word for word in words if word.startswith("--")}
        assert named <= options[name], f"{document}: {command}"
    for option in re.findall(r"`(--[a-z-]+)[ `]", README + FORMATS + MEMORY + SESSIONS + TERMINAL):
        assert any(option in each for each in options.values()), option


def test_exit_codes_are_those_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    told = re.search(r"\*\*Exit codes\*\*: (.*?)\.", README, re.DOTALL)
    assert told
    codes = set(re.findall(r"\d+", told[1]))
    assert codes == {*re.findall(r"\d+", helped(capsys).split("exit codes:")[1]), "70"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", text):
        assert link.startswith("https://") or (document.parent / link).exists(), link
        if anchor:
            aim = document.parent / link if link else document
            heads = re.findall(r"^#+ (.*)$", aim.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {head.lower().replace(" ", "-") for head in heads}, anchor
    for path in re.findall(r"`((?:dialog_s2s|tests|docs|corpora)/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), path


def test_the_picture_is_sound() -> None:
    picture = ElementTree.fromstring((ROOT / "docs" / "terminal.svg").read_bytes())
    text = " ".join(picture.itertext())
    assert "you>" in text
    assert "bot>" in text
    assert any("가" <= char <= "힣" for char in text)


def format_examples() -> list[tuple[str, list[str], int]]:
    """(format, files' texts, pairs promised) of docs/corpus-format.md."""
    found, waiting = [], []
    for language, body, pairs in re.findall(
        r"^```(\w+)\n(.*?)^```\n(?:Pairs read: (\d+))?", FORMATS, re.MULTILINE | re.DOTALL
    ):
        waiting.append(body)
        if pairs:
            found.append(("parallel" if language == "text" else language, waiting, int(pairs)))
            waiting = []
    assert not waiting, "an example without its number of pairs"
    return found


EXAMPLES = format_examples()


def test_every_format_has_an_example() -> None:
    assert {format for format, _, _ in EXAMPLES} == {"csv", "tsv", "jsonl", "yaml", "parallel"}


@pytest.mark.parametrize(
    ("format", "texts", "pairs"), EXAMPLES, ids=[f"{each[0]}-{each[2]}" for each in EXAMPLES]
)
def test_the_format_examples_are_read(
    tmp_path: Path, format: str, texts: list[str], pairs: int
) -> None:
    files = [tmp_path / f"example{place}.{format}" for place in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    dialogues = read(files, "parallel" if format == "parallel" else None)
    assert sum(1 for dialogue in dialogues for _ in examples(dialogue)) == pairs


def test_the_corpora_example_is_read(tmp_path: Path) -> None:
    text = (ROOT / "corpora" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "shop.yaml").write_text(*blocks(text, "yaml"), encoding="utf-8")
    assert sum(1 for _ in read([tmp_path / "shop.yaml"])) == 6
