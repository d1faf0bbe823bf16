"""Tests of how runs are shown share the runs made by hand that tests of `evaluation` have."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "evaluation"))
