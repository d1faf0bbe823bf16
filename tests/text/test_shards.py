"""Encoded examples on disk: they come back as they were, and a full disk is told of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dialog_s2s
from dialog_s2s.errors import DiskError
from dialog_s2s.text.shards import Encoding, Shard, write_shard
from dialog_s2s.text.turns import Origin

pieces = st.lists(st.integers(0, 65_535), max_size=8)
origins = st.none() | st.builds(
    Origin, st.sampled_from(["a.tsv", "b/c.jsonl", "한.csv"]), st.integers(1, 10**9)
)
encodings = st.lists(st.builds(Encoding, pieces, pieces, origins), max_size=12)


def contents(shard: Shard) -> list[Encoding]:
    return [Encoding(shard.source(i), shard.target(i), shard.origin(i)) for i in range(len(shard))]


@settings(max_examples=60, deadline=None)
@given(items=encodings)
def test_examples_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, items: list[Encoding]
) -> None:
    folder = tmp_path_factory.mktemp("shard")
    assert contents(write_shard(folder, iter(items), 65_536)) == items
    assert contents(Shard(folder)) == items


def test_an_empty_corpus_is_a_shard(tmp_path: Path) -> None:
    assert len(write_shard(tmp_path / "new" / "folder", [], 300)) == 0
    assert contents(Shard(tmp_path / "new" / "folder")) == []


@pytest.mark.parametrize(("vocabulary", "width"), [(300, 2), (1 << 16, 2), ((1 << 16) + 1, 4)])
def test_pieces_take_the_fewest_bytes(tmp_path: Path, vocabulary: int, width: int) -> None:
    last = vocabulary - 1
    shard = write_shard(tmp_path, [Encoding([1, last], [2, last, 3])], vocabulary)
    assert (tmp_path / "tokens.bin").stat().st_size == 5 * width
    assert (shard.source(0), shard.target(0)) == ([1, last], [2, last, 3])
    assert all(type(piece) is int for piece in shard.source(0))


def test_pieces_are_mapped_not_read(tmp_path: Path) -> None:
    shard = write_shard(tmp_path, [Encoding([1], [2])], 300)
    for array in (shard.tokens, shard.rows):
        assert isinstance(array.base, np.memmap)
        assert not array.flags.owndata


def test_writing_anew_replaces_what_was_there(tmp_path: Path) -> None:
    write_shard(tmp_path, [Encoding([1, 2], [3])] * 9, 300)
    items = [Encoding([4], [5, 6], Origin("a.tsv", 7))]
    assert contents(write_shard(tmp_path, items, 300)) == items


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DiskError, match="set TMPDIR") as caught:
            write_shard(folder, [Encoding([1], [2])], 300)
        assert str(caught.value).startswith(f"{folder}: ")
        assert caught.value.exit_code == 4


@pytest.mark.skipif(sys.platform == "win32", reason="there is no limit on a file's size to set")
@pytest.mark.parametrize("count", [30, 100_000], ids=["at the end", "on the way"])
def test_a_full_disk_is_told_of(tmp_path: Path, count: int) -> None:
    program = f"""
import resource, sys
from pathlib import Path
from dialog_s2s.errors import DiskError
from dialog_s2s.text.shards import Encoding, write_shard
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
try:
    write_shard(Path(sys.argv[1]), (Encoding([1, 2], [3]) for _ in range({count})), 300)
except DiskError as error:
    print(error)
    sys.exit(error.exit_code)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(tmp_path / "shard")],
        cwd=Path(dialog_s2s.__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (4, "")
    assert done.stdout.startswith(f"{tmp_path / 'shard'}: File too large; free some space")


@pytest.mark.parametrize("name", ["meta.json", "rows.bin", "tokens.bin"])
def test_a_missing_file_is_told_of(tmp_path: Path, name: str) -> None:
    write_shard(tmp_path, [Encoding([1], [2])], 300)
    (tmp_path / name).unlink()
    with pytest.raises(DiskError, match="cannot be read"):
        Shard(tmp_path)


@pytest.mark.parametrize("meta", ["", "{", "{}", json.dumps({"files": []})])
def test_a_broken_description_is_told_of(tmp_path: Path, meta: str) -> None:
    write_shard(tmp_path, [Encoding([1], [2])], 300)
    (tmp_path / "meta.json").write_text(meta)
    with pytest.raises(DiskError, match="cannot be read"):
        Shard(tmp_path)


def test_rows_cut_short_are_told_of(tmp_path: Path) -> None:
    write_shard(tmp_path, [Encoding([1], [2])], 300)
    rows = tmp_path / "rows.bin"
    rows.write_bytes(rows.read_bytes()[:-1])
    with pytest.raises(DiskError, match="cannot be read"):
        Shard(tmp_path)
