"""`python -m dialog_s2s` is `dialog-s2s`; `torchrun -m dialog_s2s train ...` trains on several
processes."""

import io
import os
import signal
import sys
from collections.abc import Callable

from dialog_s2s.errors import INTERNAL_ERROR


def main() -> int:
    """Runs a command. Until all of it is loaded, and once it has ended, there is nothing to be
    saved or said: then Ctrl-C just ends the process."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from dialog_s2s.interfaces.command import main as run

    if heeded:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        rank, local_rank = (int(os.environ.get(name, "0")) for name in ("RANK", "LOCAL_RANK"))
        return _one_of_many(run, rank, local_rank)
    finally:
        if heeded:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _one_of_many(run: Callable[[], int], rank: int, local_rank: int) -> int:
    """Runs a command, of which the first process speaks. An error all have, so it is told once a
    machine; what went wrong here alone is told too."""
    if rank == 0:
        return run()
    said, sys.stderr = sys.stderr, io.StringIO()
    code = run()
    held, sys.stderr = sys.stderr, said
    if code == INTERNAL_ERROR or (local_rank == 0 and 0 < code < 128):
        said.write(held.getvalue())
        said.flush()
    return code


if __name__ == "__main__":
    sys.exit(main())
