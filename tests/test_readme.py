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

from dialog_s2s.interfaces.command import main
from dialog_s2s.text.readers import read
from dialog_s2s.text.turns import examples

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "corpus-format.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "corpora" / "README.md", *(ROOT / "docs").glob("*.md")]

SHORT = "0.01"
"""Minutes that each training of the README is given here; all else is run as it stands."""

GIVEN = {
    "questions.txt": "When do you open?\nIs there tea?\n",
    "train.de": "guten Morgen\nwo ist der Bahnhof?\n",
    "train.en": "good morning\nwhere is the station?\n",
}
"""Files that the README's reader brings along."""


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
    """Each dialog-s2s command of the README and what came of it: the first one makes the bot that
    the others ask; then each block is run in order, beside the other blocks."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    results: dict[str, subprocess.CompletedProcess[str]] = {}

    def run(lines: Sequence[str]) -> None:
        for command in lines:
            results[command] = subprocess.run(
                shortened(command),
                shell=True,
                cwd=folder,
                env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1"},
                input="Is there tea?\nand where are you?\n",
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=120,
            )

    runs = [
        [line for line in commands(f"```sh\n{block}```") if line.startswith("dialog-s2s ")]
        for block in blocks(README, "sh")
    ]
    first, *rest = (lines for lines in runs if lines)
    run(first[:1])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, [*rest, first[1:]]))
    return results


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
        if words[1] == "train":
            assert result.stdout == ""
        elif words[1] == "chat" or "--file" in words:
            assert len(result.stdout.splitlines()) == 2
        elif words[1] == "ask":
            assert len(result.stdout.splitlines()) == 1
        else:
            assert result.stdout
    assert (folder / "my.yaml").read_text(encoding="utf-8").startswith("# Settings")
    assert {"my-bot", "my-other-bot", "translator"} <= {place.name for place in folder.iterdir()}


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
    assert capsys.readouterr().out.count("\n") >= 2


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
                source = (ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
                for option in options:
                    assert not option.startswith("-") or f'"{option}"' in source, command
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
    assert {"train", "chat", "ask", "bundle"} <= known
    options = {name: set(re.findall(r"--[a-z]+", helped(capsys, name))) for name in known}
    found = list(mentioned())
    assert len(found) >= 10
    for document, command in found:
        name, *words = command.split()
        assert name in known, f"{document}: {command}"
        named = {word for word in words if word.startswith("--")}
        assert named <= options[name], f"{document}: {command}"
    for option in re.findall(r"`(--[a-z]+)[ `]", README + FORMATS):
        assert any(option in each for each in options.values()), option


def test_exit_codes_are_those_of_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    told = re.search(r"\*\*Exit codes\*\*: (.*?)\.", README, re.DOTALL)
    assert told
    codes = set(re.findall(r"\d+", told[1]))
    assert codes == {*re.findall(r"\d+", helped(capsys).split("exit codes:")[1]), "70"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    for link in links:
        assert link.startswith("https://") or (document.parent / link).exists(), link
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
