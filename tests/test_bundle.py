"""A bot's folder: whole or not there, and every change to it found."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dialog_s2s.bundle import FORMAT, LIVING, MANIFEST, REQUIRED, open_bundle, write_bundle
from dialog_s2s.errors import BundleError

FILES = {name: f"what {name} holds\n".encode() * 20 for name in REQUIRED}
OTHER = {name: data[::-1] for name, data in FILES.items()}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A bundle in a folder of its own."""
    return write_bundle(tmp_path / "x", FILES).path


def manifest_of(place: Path) -> dict[str, object]:
    return json.loads((place / MANIFEST).read_text())


def left(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_what_is_written_is_read(place: Path) -> None:
    opened = open_bundle(place)
    assert {name: opened.read(name) for name in opened.files} == FILES
    assert opened.files == {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    assert left(place) == sorted([*FILES, MANIFEST])
    assert left(place.parent) == ["x"]
    assert manifest_of(place)["format"] == FORMAT


def test_folders_above_are_made(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a" / "b" / "c", FILES)
    assert open_bundle(str(tmp_path / "a" / "b" / "c")).read(REQUIRED[0]) == FILES[REQUIRED[0]]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("where", [0, 0.5, 1])
def test_a_changed_byte_is_found(place: Path, name: str, where: float) -> None:
    data = bytearray(FILES[name])
    data[int(where * (len(data) - 1))] ^= 1
    (place / name).write_bytes(data)
    with pytest.raises(BundleError, match=f"{name}: has changed") as caught:
        open_bundle(place)
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("change", [lambda data: data[:-1], lambda data: data + b" "])
def test_a_cut_or_longer_file_is_found(place: Path, change) -> None:
    (place / REQUIRED[1]).write_bytes(change(FILES[REQUIRED[1]]))
    with pytest.raises(BundleError, match="has changed"):
        open_bundle(place)


def test_a_changed_digest_is_found(place: Path) -> None:
    text = (place / MANIFEST).read_text()
    digest = hashlib.sha256(FILES[REQUIRED[2]]).hexdigest()
    other = ("0" if digest[0] != "0" else "1") + digest[1:]
    (place / MANIFEST).write_text(text.replace(digest, other))
    with pytest.raises(BundleError, match=f"{REQUIRED[2]}: has changed"):
        open_bundle(place)


def test_a_change_after_opening_is_found(place: Path) -> None:
    opened = open_bundle(place)
    (place / REQUIRED[1]).write_bytes(OTHER[REQUIRED[1]])
    with pytest.raises(BundleError, match="has changed"):
        opened.read(REQUIRED[1])
    assert opened.read(REQUIRED[0]) == FILES[REQUIRED[0]]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_file_is_named(place: Path, name: str) -> None:
    (place / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: is missing"):
        open_bundle(place)


@pytest.mark.parametrize("name", REQUIRED)
def test_an_unlisted_file_is_named(place: Path, name: str) -> None:
    tree = manifest_of(place)
    del tree["files"][name]  # type: ignore[attr-defined]
    (place / MANIFEST).write_text(json.dumps(tree))
    with pytest.raises(BundleError, match=f"does not list {name}"):
        open_bundle(place)


def test_a_folder_in_a_files_place_is_refused(place: Path) -> None:
    (place / REQUIRED[0]).unlink()
    (place / REQUIRED[0]).mkdir()
    with pytest.raises(BundleError, match=REQUIRED[0]):
        open_bundle(place)


@pytest.mark.parametrize("name", LIVING)
def test_what_changes_with_use_may_change_but_not_be_missing(tmp_path: Path, name: str) -> None:
    place = tmp_path / "x"
    write_bundle(place, {**FILES, name: b"as trained"})
    (place / name).write_bytes(b"as taught")
    assert name in open_bundle(place).files
    (place / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: is missing"):
        open_bundle(place)


def test_no_manifest(place: Path) -> None:
    (place / MANIFEST).unlink()
    with pytest.raises(BundleError, match="not a trained bot"):
        open_bundle(place)


@pytest.mark.parametrize("path", ["none", "file", "nul\0name", "file/below"])
def test_no_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="there is no bot here"):
        open_bundle(tmp_path / path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"17",
        b"null",
        b"{}",
        b'{"format": %d}' % FORMAT,
        b'{"files": {}}',
        b'{"format": %d, "files": []}' % FORMAT,
        b'{"format": %d, "files": {"config.yaml": 5}}' % FORMAT,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format": ' + b"9" * 5000 + b', "files": {}}',
    ],
    ids=lambda raw: raw[:24].decode("latin-1"),
)
def test_a_damaged_manifest(place: Path, raw: bytes) -> None:
    (place / MANIFEST).write_bytes(raw)
    with pytest.raises(BundleError, match=r"manifest\.json: is damaged"):
        open_bundle(place)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/hostname", "..", ".", "", "a/b", "a\0b", "\ud800", "x/", "a\nb"]
)
def test_names_that_lead_elsewhere_are_refused(place: Path, name: str) -> None:
    (place.parent / "secret").write_text("")
    tree = manifest_of(place)
    tree["files"][name] = hashlib.sha256(b"").hexdigest()  # type: ignore[index]
    (place / MANIFEST).write_text(json.dumps(tree))
    with pytest.raises(BundleError, match="is damaged"):
        open_bundle(place)


@pytest.mark.parametrize(
    ("version", "advice"),
    [(FORMAT + 1, "update"), (0, "train"), ("1", "train"), (None, "train"), ([1], "train")],
)
def test_other_versions(place: Path, version: object, advice: str) -> None:
    (place / MANIFEST).write_text(json.dumps({**manifest_of(place), "format": version}))
    with pytest.raises(BundleError, match=f"format version .*; {advice}"):
        open_bundle(place)


def test_what_is_not_a_bundle_stays(tmp_path: Path) -> None:
    folder, file, link = tmp_path / "folder", tmp_path / "file", tmp_path / "link"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    file.write_text("mine")
    link.symlink_to(tmp_path / "nowhere")
    for place in (folder, file, link):
        for replace in (False, True):
            with pytest.raises(BundleError, match="exists and is not a trained bot"):
                write_bundle(place, FILES, replace)
    assert (folder / "mine").read_text() == file.read_text() == "mine"
    assert left(tmp_path) == ["file", "folder", "link"]


def test_a_bundle_is_replaced_only_when_asked(place: Path) -> None:
    with pytest.raises(BundleError, match="add --force"):
        write_bundle(place, OTHER)
    assert open_bundle(place).read(REQUIRED[0]) == FILES[REQUIRED[0]]
    write_bundle(place, OTHER, replace=True)
    assert open_bundle(place).read(REQUIRED[0]) == OTHER[REQUIRED[0]]
    assert left(place.parent) == ["x"]


def test_an_empty_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    write_bundle(tmp_path / "x", FILES)
    monkeypatch.chdir(tmp_path / "y")
    write_bundle(".", FILES)
    for name in ("x", "y"):
        assert open_bundle(tmp_path / name).files
    assert left(tmp_path) == ["x", "y"]


def test_a_link_to_a_bundle_is_replaced_and_the_bundle_stays(place: Path) -> None:
    link = place.with_name("link")
    link.symlink_to(place)
    write_bundle(link, OTHER, replace=True)
    assert open_bundle(link).read(REQUIRED[0]) == OTHER[REQUIRED[0]]
    assert open_bundle(place).read(REQUIRED[0]) == FILES[REQUIRED[0]]
    assert left(place.parent) == ["link", "x"]


def test_the_longest_name_can_be_written_and_replaced(tmp_path: Path) -> None:
    for name in ("n" * 255, "가" * 85):
        write_bundle(tmp_path / name, FILES)
        write_bundle(tmp_path / name, OTHER, replace=True)
        assert open_bundle(tmp_path / name).read(REQUIRED[0]) == OTHER[REQUIRED[0]]
    assert len(left(tmp_path)) == 2
