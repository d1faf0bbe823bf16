"""The starter bot on wordings held back: part `starter` of `benchmarks.quality`.

python -m benchmarks.starter [--minutes 0.75] [--seed 1] [--config FILE] [--json]
"""

from __future__ import annotations

import sys

from benchmarks.quality.held_back import follow_ups, held_back, right, split, user

__all__ = ["follow_ups", "held_back", "right", "split", "user"]

if __name__ == "__main__":
    from benchmarks.quality.command import main

    main(["starter", *sys.argv[1:]])
