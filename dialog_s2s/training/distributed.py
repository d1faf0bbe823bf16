"""The processes that train one bot together: their number, and what they tell each other.

Started by `torchrun`, by Slurm through it, or by Ray Train, each process runs the same program; the
same code runs alone, where nothing is told to anybody. Every process makes the same batches and has
the same weights at every update; a process makes the gradients of its share of the batch.
"""

from __future__ import annotations

import datetime
import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from dialog_s2s.errors import (
    BundleError,
    BusyError,
    ConfigError,
    DataError,
    DialogError,
    DiskError,
    UsageError,
)

KINDS: Mapping[str, type[DialogError]] = {
    kind.__name__: kind
    for kind in (BundleError, BusyError, ConfigError, DataError, DiskError, UsageError)
}
"""Errors that one process can have and all are told of."""

T = TypeVar("T")

TIMEOUT = datetime.timedelta(minutes=30)
"""How long a process waits for the others, the first of which may be fitting the answer memory."""


class LostError(DialogError):
    """Another process ended before the training did."""


@dataclass(frozen=True, slots=True)
class World:
    """One process among `size`; `rank` 0 writes files and talks to the user."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Its number on its machine."""
    local_size: int = 1
    """Processes on its machine."""
    device: str = "cpu"
    """Where it trains."""

    @property
    def first(self) -> bool:
        """Whether it is the one that writes."""
        return self.rank == 0

    def summed(self, values: Tensor) -> Tensor:
        """`values`, which become the sums over all processes."""
        if self.size > 1:
            with _reached():
                dist.all_reduce(values)
        return values

    def same(self, value: Any) -> Any:
        """The first process's `value`, which JSON can hold, on all of them."""
        if self.size == 1:
            return value
        return json.loads(self.same_bytes(json.dumps(value).encode()))

    def same_bytes(self, data: bytes) -> bytes:
        """The first process's `data` on all of them."""
        return data if self.size == 1 else self._told(data, 0)

    def by_the_first(self, work: Callable[[], T]) -> T | None:
        """What `work` makes on the first process; None on the others, which wait for it.

        Raises:
            DialogError: what it raises, on all of them.
        """
        return self.together(lambda: work() if self.first else None)

    def together(self, work: Callable[[], T]) -> T:
        """What `work`, which speaks to no other process, makes on each of them.

        Raises:
            DialogError: what it raises on any of them, on all of them: each its own error, or else
                that of the first that has one.
        """
        if self.size == 1:
            return work()
        made: list[T] = []
        failure: DialogError | None = None
        try:
            made.append(work())
        except DialogError as error:
            failure = error
        except OSError as error:
            failure = DiskError(f"{error.strerror}; free some space, then try again")
        failing = torch.tensor([self.size if failure is None else self.rank], device=self.device)
        with _reached():
            dist.all_reduce(failing, dist.ReduceOp.MIN)
        source = int(failing)
        if source == self.size:
            return made[0]
        own = json.dumps([type(failure).__name__, str(failure)]).encode()
        kind, message = json.loads(self._told(own, source))
        if failure is not None:
            raise failure
        raise KINDS.get(kind, DialogError)(f"process {source}: {message}" if source else message)

    def agree(self, value: str, what: str) -> None:
        """Sees to it that all processes have the same `value`, a digest.

        Raises:
            UsageError: they have not; on every process.
        """
        if self.size == 1:
            return
        differs = torch.tensor([float(self.same(value) != value)], device=self.device)
        if self.summed(differs).item():
            raise UsageError(
                f"the processes have different {what}; give all of them the same files, settings "
                "and versions of the program"
            )

    def _told(self, data: bytes, source: int) -> bytes:
        """One process's `data` on all of them."""
        device = torch.device(self.device)
        length = torch.tensor([len(data)], device=device)
        with _reached():
            dist.broadcast(length, source)
            held = torch.zeros(int(length), dtype=torch.uint8, device=device)
            if self.rank == source and data:
                held.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
            if len(held):
                dist.broadcast(held, source)
        return held.cpu().numpy().tobytes()


ALONE = World()


@contextmanager
def joined() -> Iterator[World]:
    """The processes of this run: those of a group that is there already, as in Ray Train; those
    that `torchrun` started; or this one alone.

    Raises:
        UsageError: the others cannot be reached.
    """
    if dist.is_available() and dist.is_initialized():
        yield _world()
        return
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or "RANK" not in os.environ:
        yield World(device=_device(0))
        return
    device = _own_device()
    if device != "cpu":
        torch.cuda.set_device(device)
    try:
        store, rank, size = next(iter(rendezvous("env://", timeout=TIMEOUT)))
        dist.init_process_group(
            "nccl" if device != "cpu" else "gloo",
            timeout=TIMEOUT,
            store=_of_this_start(store, rank, size),
            rank=rank,
            world_size=size,
        )
    except (RuntimeError, ValueError) as error:
        raise UsageError(
            f"the other processes cannot be reached ({str(error).splitlines()[0]}); check "
            "torchrun's --master-addr or --rdzv-endpoint, and the network"
        ) from None
    try:
        yield _world()
    finally:
        dist.destroy_process_group()


def _of_this_start(store: Store, rank: int, size: int) -> Store:
    """The store by whose help processes find each other, with names that no others have used.

    That of `torchrun` outlives the processes that it starts: those started anew would look for each
    other where the lost ones were, without an end.
    """
    if rank:
        own = secrets.token_hex(8)
        store.set(f"here/{rank}", own)
        name = store.get(f"named/{own}").decode()
        store.set(f"{name}/{rank}", "")
        return PrefixStore(name, store)
    name = secrets.token_hex(8)
    waiting = set(range(1, size))
    deadline = time.monotonic() + TIMEOUT.total_seconds()
    while waiting:
        for other in sorted(waiting):
            if store.check([f"here/{other}"]):  # or what an earlier one left: then it asks again
                store.set(f"named/{store.get(f'here/{other}').decode()}", name)
            if store.check([f"{name}/{other}"]):
                waiting.remove(other)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(waiting)} of {size} did not come")
        time.sleep(0.02)
    return PrefixStore(name, store)


def job() -> str:
    """Which `torchrun` on which machine started this process, and starts it anew where another one
    is lost or joins; empty where none did."""
    name = os.environ.get("TORCHELASTIC_RUN_ID")
    return "" if name is None else f"{name} {socket.gethostname()} {os.getppid()}"


def restarted() -> bool:
    """Whether `torchrun` started this process anew after one was lost."""
    return os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") not in ("", "0")


def _world() -> World:
    size = dist.get_world_size()
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", size))
    local_rank = int(os.environ.get("LOCAL_RANK", dist.get_rank() % local_size))
    # a group that others made, as Ray Train does, may leave the GPUs alone
    device = _device(local_rank) if "nccl" in dist.get_backend() else "cpu"
    return World(dist.get_rank(), size, local_rank, local_size, device)


def _device(local_rank: int) -> str:
    """A GPU of its own where there are any, else the processor."""
    if not torch.cuda.is_available():
        return "cpu"
    return f"cuda:{local_rank % torch.cuda.device_count()}"


def _own_device() -> str:
    """That of a process that `torchrun` started.

    Raises:
        UsageError: there are GPUs, but not one for each process.
    """
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if torch.cuda.is_available() and torch.cuda.device_count() < processes:
        raise UsageError(
            f"there are {processes} processes and {torch.cuda.device_count()} GPUs on this "
            "machine; start a process a GPU, or hide the GPUs with CUDA_VISIBLE_DEVICES=''"
        )
    return _device(int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def _reached() -> Iterator[None]:
    """For what is said to other processes, which may be gone."""
    try:
        yield
    except RuntimeError as error:
        raise LostError(
            "another process of this training was lost; what was saved is kept: go on with --resume"
        ) from error
