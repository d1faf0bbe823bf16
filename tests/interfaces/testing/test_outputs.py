"""Places of reports: refused before anything is run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialog_s2s.errors import UsageError
from dialog_s2s.interfaces.testing.outputs import check_places


def test_places(tmp_path: Path) -> None:
    check_places([str(tmp_path / "a.xml"), str(tmp_path / "b.html")])
    with pytest.raises(UsageError, match="is not there; make it first"):
        check_places([str(tmp_path / "none" / "a.xml")])
    with pytest.raises(UsageError, match="is a folder"):
        check_places([str(tmp_path)])
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UsageError, match="is a device or a pipe"):
            check_places([str(tmp_path / "pipe")])
    with pytest.raises(UsageError, match="two reports"):
        check_places([str(tmp_path / "a"), f"{tmp_path}/./a"])
