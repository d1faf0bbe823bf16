"""`python -m benchmarks.training`."""

from __future__ import annotations

from benchmarks.training.command import main

if __name__ == "__main__":
    main()
