"""A bundle's answer memory: opened whatever has become of its index, refused where unsound."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tiny import SINGLES

from dialog_s2s import Bot
from dialog_s2s.bundle import (
    MEMORY,
    RECALL,
    RECALL_TENSORS,
    THESAURUS,
    TOKENIZER,
    open_bundle,
    write_bundle,
)
from dialog_s2s.errors import BundleError, UsageError
from dialog_s2s.memory.recall import Memory
from dialog_s2s.memory.rows import NewRow, Rows
from dialog_s2s.memory.stored import INDEX, open_memory
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn

ASKED = [question for question, _ in SINGLES] + ["is there some tea", "do yuo sell cake", "xyzzy"]
CAKE = NewRow("Do you sell cake?", (), "On Mondays.", "taught", "chat", 0, 1.0)


@pytest.fixture
def bundle(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy of `tiny_bundle`."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bot"))


def opened(bundle: Path) -> Memory:
    """Its memory, freshly opened."""
    found = open_memory(open_bundle(bundle), Tokenizer((bundle / TOKENIZER).read_bytes()))
    assert found is not None
    return found[0]


def look_ups(memory: Memory) -> list[object]:
    """What a memory says of some questions."""
    found = (memory.recall((Turn(Role.USER, question),)) for question in ASKED)
    return [(each.votes, each.candidates) for each in found]


def indexes(bundle: Path) -> list[Path]:
    return sorted((bundle / INDEX).iterdir())


def changed(tiny_bundle: Path, place: Path, name: str, data: bytes) -> Path:
    """A sound bundle whose one file is another one."""
    bundle = open_bundle(tiny_bundle)
    files = {each: (tiny_bundle / each).read_bytes() for each in bundle.files}
    write_bundle(place, files | {name: data})
    return place


def with_tree(tiny_bundle: Path, place: Path, **changes: object) -> Path:
    """A bundle whose settings of the memory are others."""
    tree = json.loads((tiny_bundle / RECALL).read_text()) | changes
    return changed(tiny_bundle, place, RECALL, json.dumps(tree).encode())


def test_training_leaves_an_index(bundle: Path) -> None:
    (index,) = indexes(bundle)
    assert index.name == f"{open_bundle(bundle).files[MEMORY][:16]}-34"
    assert set(index.iterdir()) == {letters(index), meanings(index)}
    before = {file: file.stat().st_mtime_ns for file in index.iterdir()}
    memory = opened(bundle)
    look_ups(memory)
    assert indexes(bundle) == [index]
    assert {file: file.stat().st_mtime_ns for file in index.iterdir()} == before


def letters(index: Path) -> Path:
    return index / "lexical.index"


def meanings(index: Path) -> Path:
    return index / "meaning.index"


def gone(index: Path) -> None:
    shutil.rmtree(index.parent)


def emptied(index: Path) -> None:
    shutil.rmtree(index)
    index.mkdir()


def one_missing(index: Path) -> None:
    meanings(index).unlink()


def a_byte_changed(index: Path) -> None:
    data = bytearray(meanings(index).read_bytes())
    data[len(data) // 2] ^= 1
    meanings(index).write_bytes(data)


def cut(index: Path) -> None:
    file = letters(index)
    os.truncate(file, file.stat().st_size // 2)


def of_an_old_version(index: Path) -> None:
    for file in index.iterdir():
        file.write_bytes(b"s2s-lex0" + file.read_bytes()[8:])


def of_other_rows(index: Path) -> None:
    index.rename(index.with_name("0123456789abcdef-34"))


def beside_strange_names(index: Path) -> None:
    for name in ("x", "-1", "34.old", "", "³"):
        (index.parent / f"{index.name[:16]}-{name}").mkdir(exist_ok=True)
    (index.parent / f"{index.name[:16]}-33").write_text("a file")


@pytest.mark.parametrize("taught", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        gone,
        emptied,
        one_missing,
        a_byte_changed,
        cut,
        of_an_old_version,
        of_other_rows,
        beside_strange_names,
    ],
)
def test_the_index_is_made_again(
    bundle: Path, damage: Callable[[Path], None], taught: bool
) -> None:
    memory = opened(bundle)
    if taught:
        memory.rows.add(CAKE)
        memory.rows.remove([1])
    before = look_ups(memory)
    memory.rows.close()
    damage(indexes(bundle)[0])
    for _ in range(2):  # it was made by the first one
        memory = opened(bundle)
        assert look_ups(memory) == before
        memory.rows.close()
    version = 36 if taught else 34  # one was added; one was removed, which is marked
    names = [index.name for index in indexes(bundle)]
    if damage is not beside_strange_names:
        assert f"{open_bundle(bundle).files[MEMORY][:16]}-{version}" in names


def test_what_was_taught_since_the_index_was_made_is_found(bundle: Path) -> None:
    memory = opened(bundle)
    row = memory.rows.add(CAKE)
    memory.rows.close()
    again = opened(bundle)
    assert len(indexes(bundle)) == 1
    (best, *_) = again.recall((Turn(Role.USER, "do you sell cake"),)).candidates
    assert (best.row, best.exact) == (row, True)


def test_rows_that_were_put_back_to_an_earlier_state(bundle: Path) -> None:
    before = look_ups(opened(bundle))
    old = (bundle / MEMORY).read_bytes()
    memory = opened(bundle)
    memory.rows.add_all([CAKE] * 5)
    memory.rows.close()
    shutil.rmtree(bundle / INDEX)
    opened(bundle).rows.close()  # makes an index of the later state
    (bundle / MEMORY).write_bytes(old)
    assert look_ups(opened(bundle)) == before


READ_ONLY = """
import encodings.utf_32_le, mmap, os, sys  # later, the library may not be readable
from dialog_s2s.bundle import TOKENIZER, open_bundle
from dialog_s2s.errors import DiskError
from dialog_s2s.memory.rows import NewRow
from dialog_s2s.memory.stored import open_memory
from dialog_s2s.text.thesaurus import EMPTY, Thesaurus
from dialog_s2s.text.tokenizer import Tokenizer
from dialog_s2s.text.turns import Role, Turn
if os.geteuid() == 0:  # nothing is read-only to root
    os.seteuid(65534)
bundle = open_bundle(sys.argv[1])
memory, _ = open_memory(bundle, Tokenizer(bundle.read(TOKENIZER)))
for question in ("when do you open", "is there some tea"):
    print(memory.recall((Turn(Role.USER, question),)).candidates[0].row.answer)
try:
    memory.rows.add(NewRow("q", (), "a", "taught", "chat", 0, 1.0))
except DiskError as error:
    print("cannot be taught:", "check the permissions" in str(error))
assert "torch" not in sys.modules
"""


@pytest.fixture
def open_to_all(tiny_bundle: Path) -> Iterator[Path]:
    """A copy of `tiny_bundle` that nobody may write to, and everybody may read."""
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(shutil.copytree(tiny_bundle, Path(folder) / "bot"))
        yield bundle
        for each in (Path(folder), bundle, bundle / INDEX):
            if each.exists():
                each.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="other permissions")
@pytest.mark.parametrize("indexed", [True, False])
def test_a_folder_that_may_only_be_read(open_to_all: Path, indexed: bool) -> None:
    if not indexed:
        shutil.rmtree(open_to_all / INDEX)
    for each in (open_to_all.parent, open_to_all, *open_to_all.rglob("*")):
        each.chmod(0o555 if each.is_dir() else 0o444)
    words = [sys.executable, "-c", READ_ONLY, str(open_to_all)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "We open at nine.",
        "Yes, green and black tea.",
        "cannot be taught: True",
    ]
    assert (open_to_all / INDEX).exists() == indexed


def test_a_bot_without_a_memory(tiny_bundle: Path, tmp_path: Path) -> None:
    files = open_bundle(tiny_bundle).files
    kept = {
        name: (tiny_bundle / name).read_bytes()
        for name in files
        if name not in (MEMORY, RECALL, RECALL_TENSORS, THESAURUS)
    }
    bundle = write_bundle(tmp_path / "bare", kept)
    assert open_memory(bundle, Tokenizer(kept[TOKENIZER])) is None
    bot = Bot.load(tmp_path / "bare")
    assert bot.memory is bot.confidence is None
    assert bot.reply("hello").source == "generated"
    with pytest.raises(UsageError, match="has no answer memory"):
        bot.teach("q", "a")


@pytest.mark.parametrize(
    "change",
    [
        {"ranker": {}},
        {"ranker": {"features": [1], "prior": [1] * 5, "generator": [1] * 5, "wordings": 1}},
        {"ranker": None},
        {"ranker": 3},
    ],
)
def test_another_version_is_refused(tiny_bundle: Path, tmp_path: Path, change: dict) -> None:
    place = with_tree(tiny_bundle, tmp_path / "other", **change)
    with pytest.raises(BundleError, match=f"{place / RECALL}: .*; train the bot again"):
        opened(place)
    with pytest.raises(BundleError):
        Bot.load(place)


@pytest.mark.parametrize("confidence", [{}, 3, {"features": {"constant": 1}, "threshold": 0}])
def test_a_confidence_of_another_version_is_refused(
    tiny_bundle: Path, tmp_path: Path, confidence: object
) -> None:
    place = with_tree(tiny_bundle, tmp_path / "other", confidence=confidence)
    with pytest.raises(BundleError, match="of another version; train the bot again"):
        Bot.load(place)


def test_without_a_confidence_it_always_answers(tiny_bundle: Path, tmp_path: Path) -> None:
    bot = Bot.load(with_tree(tiny_bundle, tmp_path / "other", confidence=None))
    reply = bot.reply("xyzzy")
    assert reply.source != "unknown"
    assert 0 < reply.confidence <= 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (RECALL, b"[]"),
        (RECALL, b"{"),
        (RECALL, b"\xff"),
        (RECALL, b"{}"),
        (RECALL_TENSORS, b""),
        (RECALL_TENSORS, b"nonsense" * 20),
        (THESAURUS, b""),
        (THESAURUS, b"\xff"),
        (THESAURUS, b"[]"),
        (THESAURUS, b"{}"),
        (THESAURUS, b'{"phrases": {}}'),
        (THESAURUS, b'{"phrases": {}, "topics": {}}'),
        (THESAURUS, b'{"phrases": {"a": 3}, "topics": {}, "common": []}'),
        (THESAURUS, b'{"phrases": {"tea": [1]}, "topics": {"drinks": 2}, "common": []}'),
        (RECALL_TENSORS, (2).to_bytes(8, "little") + b"{}"),
    ],
)
def test_damage_is_told(tiny_bundle: Path, tmp_path: Path, name: str, data: bytes) -> None:
    place = changed(tiny_bundle, tmp_path / "other", name, data)
    with pytest.raises(BundleError, match="does not fit this program; train the bot again"):
        opened(place)


def test_a_bundle_keeps_the_words_it_was_trained_with(tiny_bundle: Path, tmp_path: Path) -> None:
    assert (tiny_bundle / THESAURUS).read_bytes() == Thesaurus.known().json()
    own = Thesaurus.parse("xyzzy, opening hours")
    place = changed(tiny_bundle, tmp_path / "own", THESAURUS, own.json())
    before, after = (
        opened(each).recall((Turn(Role.USER, "xyzzy?"),)) for each in (tiny_bundle, place)
    )
    assert max((each.meaning for each in before.candidates), default=0) == 0
    assert after.candidates[0].row.answer == "We open at nine."
    assert after.candidates[0].meaning > 0.5


def test_without_words_there_is_one_index(tiny_bundle: Path, tmp_path: Path) -> None:
    place = changed(tiny_bundle, tmp_path / "bare", THESAURUS, EMPTY.json())
    memory = opened(place)
    (index,) = indexes(place)
    assert list(index.iterdir()) == [letters(index)]
    before = look_ups(memory)
    memory.rows.close()
    assert look_ups(opened(place)) == before
    found = memory.similarity.terms(["when do you open"])
    assert (found.buckets < memory.similarity.half).all()


def test_rows_that_are_damaged_are_told(bundle: Path) -> None:
    (bundle / MEMORY).write_bytes(b"nonsense" * 1000)
    with pytest.raises(BundleError, match=str(bundle / MEMORY)):
        opened(bundle)
    (bundle / MEMORY).unlink()
    with pytest.raises(BundleError, match=f"{MEMORY}: is missing"):
        opened(bundle)


def test_a_sentence_encoder_that_is_not_there(tiny_bundle: Path, tmp_path: Path) -> None:
    missing = tmp_path / "encoder"
    place = with_tree(tiny_bundle, tmp_path / "other", embeddings=str(missing))
    with pytest.raises(UsageError, match="encoder"):
        opened(place)


def test_the_rows_are_those_of_the_corpus(tiny_bot: Bot) -> None:
    assert tiny_bot.memory is not None
    kept = [(row.question, row.answer, row.kind, row.taught_at) for row in tiny_bot.memory.rows]
    assert kept[: len(SINGLES)] == [(*pair, "trained", None) for pair in SINGLES]
    prior = tiny_bot.memory.prior
    assert len(prior) == len({answer for _, answer, *_ in kept})
    assert sum(prior.of(answer) for answer in prior.answers) == pytest.approx(1)
    assert isinstance(tiny_bot.memory.rows, Rows)
