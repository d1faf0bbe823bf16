"""Plots are written, are pictures, and show something."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from reports import evaluation

from dialog_s2s.errors import DiskError
from dialog_s2s.evaluation.plots import plots_folder, write_plots

pytest.importorskip("matplotlib")
NAMES = [
    "quality_by_source_length.png",
    "quality_by_turn_depth.png",
    "reliability.png",
    "coverage_accuracy.png",
]


@pytest.mark.parametrize("known", [True, False])
def test_four_pictures(tmp_path: Path, known: bool) -> None:
    folder = plots_folder(tmp_path / "new" / "plots")
    written = write_plots(evaluation(known), folder)
    assert [file.name for file in written] == NAMES
    for file in written:
        data = file.read_bytes()
        assert data.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", data[16:24])
        assert width > 500
        assert height > 400
        assert len(data) > 5000


def test_they_show_the_figures(tmp_path: Path) -> None:
    for known in (True, False):
        write_plots(evaluation(known), plots_folder(tmp_path / str(known)))
    for name in NAMES:
        assert (tmp_path / "True" / name).read_bytes() != (tmp_path / "False" / name).read_bytes()


def test_they_replace_older_ones(tmp_path: Path) -> None:
    (tmp_path / NAMES[0]).write_text("old", encoding="utf-8")
    assert plots_folder(tmp_path) == tmp_path
    write_plots(evaluation(), tmp_path)
    assert (tmp_path / NAMES[0]).stat().st_size > 5000


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for place in (file, file / "below"):
        with pytest.raises(DiskError, match="choose another --plots"):
            plots_folder(place)
    (tmp_path / NAMES[0]).mkdir()
    with pytest.raises(DiskError, match=NAMES[0]):
        write_plots(evaluation(), tmp_path)
